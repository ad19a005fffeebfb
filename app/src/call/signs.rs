//! What people in a call show each other without a word: raised hands and reactions.

use super::active_call::Panel;
use super::control::{CallControl, Tone};
use super::focus::FocusReturned;
use crate::i18n::{I18n, t, use_i18n};
use crate::state::{use_live, use_voice_calls};
use crate::ui::{Glyph, Show};
use domain::{CallSnapshot, MemberId, ParticipantSnapshot, Reacted, Reaction};
use leptos::prelude::*;
use std::time::Duration;

/// So long a reaction is seen.
const SEEN_FOR: Duration = Duration::from_secs(4);

const REACTIONS: [Reaction; 5] =
    [Reaction::Thumb, Reaction::Heart, Reaction::Applause, Reaction::Laughter, Reaction::Prayer];

/// A reaction as it is seen.
pub(super) fn picture(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Thumb => "👍",
        Reaction::Heart => "❤️",
        Reaction::Applause => "👏",
        Reaction::Laughter => "😄",
        Reaction::Prayer => "🙏",
    }
}

fn word(i18n: I18n, reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Thumb => t!(i18n, call.reaction.thumb),
        Reaction::Heart => t!(i18n, call.reaction.heart),
        Reaction::Applause => t!(i18n, call.reaction.applause),
        Reaction::Laughter => t!(i18n, call.reaction.laughter),
        Reaction::Prayer => t!(i18n, call.reaction.prayer),
    }
}

/// What somebody has just shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Hand(MemberId),
    Reaction(MemberId, Reacted),
}

/// What was shown between two looks at a call.
fn shown_since(before: &CallSnapshot, now: &CallSnapshot) -> Vec<Shown> {
    if before.id != now.id {
        return vec![];
    }
    let fresh = |p: &ParticipantSnapshot| {
        let was = before.participant(p.member);
        let hand = p.hand.is_some() && was.is_none_or(|was| was.hand.is_none());
        let reacted = p.reaction.filter(|new| was.and_then(|was| was.reaction).is_none_or(|old| new.at > old.at));
        hand.then_some(Shown::Hand(p.member)).into_iter().chain(reacted.map(|new| Shown::Reaction(p.member, new)))
    };
    now.participants.iter().flat_map(fresh).collect()
}

/// The reactions that are seen right now.
pub(super) type Reactions = RwSignal<Vec<(MemberId, Reacted)>>;

/// Lets reactions be seen for a moment, and has screen readers tell of them and of raised hands.
#[component]
pub(crate) fn Signs(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let (call, reactions) = (panel.call, panel.reactions);
    let said = RwSignal::new(String::new());
    Effect::new(move |before: Option<Option<CallSnapshot>>| {
        let now = call.get();
        let shown = match (before.flatten(), &now) {
            (Some(before), Some(now)) => shown_since(&before, now),
            _ => vec![],
        };
        let me = untrack(|| live.me());
        let mut words = vec![];
        for one in shown {
            let (who, said) = match one {
                Shown::Hand(who) => (who, t!(i18n, call.said.hand, name = live.name_of(who))),
                Shown::Reaction(who, new) => {
                    reactions.update(|seen| {
                        seen.retain(|(other, _)| *other != who);
                        seen.push((who, new));
                    });
                    // The call may be over by then.
                    let pass = move || _ = reactions.try_update(|seen| seen.retain(|one| *one != (who, new)));
                    set_timeout(pass, SEEN_FOR);
                    let what = word(i18n, new.with).to_lowercase();
                    (who, t!(i18n, call.said.reaction, name = live.name_of(who), what))
                }
            };
            if Some(who) != me {
                words.push(said);
            }
        }
        if !words.is_empty() {
            said.set(words.join(". "));
        }
        now
    });
    view! { <p class="for-ears" role="status">{said}</p> }.into_any()
}

/// Raises one's hand, and takes it down.
#[component]
pub(crate) fn HandButton(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let live = use_live();
    let voice = use_voice_calls();
    let up = Memo::new(move |_| {
        panel.call.with(|call| Some(call.as_ref()?.participant(live.me()?)?.hand.is_some())).unwrap_or_default()
    });
    view! {
        <CallControl
            tone=Tone::Plain
            glyph=Glyph::Hand
            word=Signal::derive(move || {
                if up.get() { t!(i18n, call.lower_hand) } else { t!(i18n, call.raise_hand) }.to_owned()
            })
            lit=up
            is_extra=true
            on_tap=move |_| voice.raise_hand(!up.get_untracked())
        />
    }
    .into_any()
}

/// The reactions to choose from, while they are open.
#[component]
pub(crate) fn ReactionChoice(panel: Panel) -> impl IntoView {
    let i18n = use_i18n();
    let voice = use_voice_calls();
    let one = move |reaction: Reaction| {
        let react = move |_| {
            voice.react(reaction);
            panel.reacts.set(false);
        };
        view! {
            <button type="button" class="reaction" aria-label=move || word(i18n, reaction) on:click=react>
                {picture(reaction)}
            </button>
        }
    };
    view! {
        <Show when=move || panel.reacts.get()>
            <FocusReturned />
            <div class="reactions" role="group" aria-label=t!(i18n, call.react)>
                {REACTIONS.map(one).collect_view()}
            </div>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample::{call, member};
    use domain::Timestamp;

    #[test]
    fn what_was_shown_before_is_not_shown_again() {
        let mut before = call(3);
        before.participants[1].hand = Some(Timestamp(5));
        before.participants[2].reaction = Some(Reacted { with: Reaction::Heart, at: Timestamp(5) });
        assert_eq!(shown_since(&before, &before), []);

        let mut now = before.clone();
        now.participants[0].hand = Some(Timestamp(9));
        now.participants[1].hand = None;
        let again = Reacted { with: Reaction::Heart, at: Timestamp(8) };
        now.participants[2].reaction = Some(again);
        assert_eq!(shown_since(&before, &now), [Shown::Hand(member(0)), Shown::Reaction(member(2), again)]);
    }

    #[test]
    fn another_call_brings_nothing_up() {
        let (before, mut now) = (call(3), call(3));
        now.id = "01900000-0000-7000-8000-0000000000ff".parse().unwrap();
        now.participants[0].hand = Some(Timestamp(9));
        assert_eq!(shown_since(&before, &now), []);
    }
}
