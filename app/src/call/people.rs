//! Who is in this tab's call, as it is shown.

use crate::state::{InRoom, Phase, Quality, use_voice_calls};
use domain::MemberId;
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// So long something may be the matter before anybody is told: whoever hangs up is gone a moment before the server says so,
/// and whoever has just come is heard badly for a moment.
const PASSING: Duration = Duration::from_secs(2);

/// What may be the matter, and pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Trouble {
    Away,
    Weak,
}

fn troubles(people: &HashMap<MemberId, InRoom>) -> HashSet<(MemberId, Trouble)> {
    let away = people.iter().filter(|(_, person)| !person.here).map(|(member, _)| (*member, Trouble::Away));
    let weak = people.iter().filter(|(_, person)| person.quality != Quality::Good);
    away.chain(weak.map(|(member, _)| (*member, Trouble::Weak))).collect()
}

/// Everybody in the call, with what has been the matter for a while. As long as we are not in it ourselves, we know of nobody.
pub(super) fn people_shown() -> Signal<HashMap<MemberId, InRoom>> {
    let voice = use_voice_calls();
    let (people, phase) = (voice.people(), voice.phase());
    let knows = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::InCall(_))));
    let now = Memo::new(move |_| people.with(troubles));
    let lasting = RwSignal::new(HashSet::new());
    Effect::new(move |before: Option<HashSet<(MemberId, Trouble)>>| {
        let now_known = now.get();
        if lasting.with_untracked(|lasting: &HashSet<_>| !lasting.is_subset(&now_known)) {
            lasting.update(|lasting| lasting.retain(|trouble| now_known.contains(trouble)));
        }
        for trouble in now_known.difference(&before.unwrap_or_default()).copied() {
            let tell = move || {
                // The call may be over by now.
                if now.try_with_untracked(|now| now.contains(&trouble)) == Some(true) {
                    lasting.update(|lasting| _ = lasting.insert(trouble));
                }
            };
            set_timeout(tell, PASSING);
        }
        now_known
    });
    Memo::new(move |_| {
        let mut people = if knows.get() { people.get() } else { HashMap::new() };
        lasting.with(|lasting| {
            for (member, person) in &mut people {
                person.here = !lasting.contains(&(*member, Trouble::Away));
                if !lasting.contains(&(*member, Trouble::Weak)) {
                    person.quality = Quality::Good;
                }
            }
        });
        people
    })
    .into()
}
