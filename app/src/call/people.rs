//! Who is in this tab's call, as it is shown.

use crate::state::{InRoom, Phase, use_voice_calls};
use domain::MemberId;
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// So long somebody's place may be empty before anybody is told: whoever hangs up is gone a moment before the server says so.
const EMPTY_FOR: Duration = Duration::from_millis(1_500);

/// Everybody in the call; who has just left is still taken for here. While we are not in it ourselves, we know of nobody.
pub(super) fn people_shown() -> Signal<HashMap<MemberId, InRoom>> {
    let voice = use_voice_calls();
    let (people, phase) = (voice.people(), voice.phase());
    let knows = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::InCall(_))));
    let gone = RwSignal::new(HashSet::<MemberId>::new());
    let is_away =
        move |member: &MemberId| people.with_untracked(|people| people.get(member).is_some_and(|it| !it.here));
    Effect::new(move || {
        let away: Vec<_> =
            people.with(|people| people.iter().filter(|(_, it)| !it.here).map(|(member, _)| *member).collect());
        if gone.with_untracked(|gone| gone.iter().any(|member| !away.contains(member))) {
            gone.update(|gone| gone.retain(|member| away.contains(member)));
        }
        for member in away.into_iter().filter(|member| gone.with_untracked(|gone| !gone.contains(member))) {
            let tell = move || {
                // The call may be over by now.
                if gone.try_with_untracked(HashSet::len).is_some() && is_away(&member) {
                    gone.update(|gone| _ = gone.insert(member));
                }
            };
            set_timeout(tell, EMPTY_FOR);
        }
    });
    Memo::new(move |_| {
        let mut people = if knows.get() { people.get() } else { HashMap::new() };
        for (member, person) in &mut people {
            person.here = gone.with(|gone| !gone.contains(member));
        }
        people
    })
    .into()
}
