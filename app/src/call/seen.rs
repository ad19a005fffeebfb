//! What is seen of each person in a call. Whatever happens is looked at once for all of them, and wakes those faces only about
//! which it is: with a look of its own for each face, a raised hand in a call of thirty would wake thirty (decision 16).

use super::active_call::Panel;
use super::person_sheet::acts;
use super::standing::{Standing, standing};
use crate::state::{InRoom, Live, Phase, VoiceCalls, use_live, use_voice_calls};
use domain::{CallSnapshot, MemberId, Reacted, Reaction};
use leptos::prelude::*;
use std::collections::HashMap;

/// What is seen of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// Where they stand, as far as it is worth showing.
    pub(super) standing: Option<Standing>,
    pub(super) speaks: bool,
    pub(super) hand: bool,
    pub(super) reaction: Option<Reaction>,
    /// There is something that may be done about them.
    pub(super) can_act: bool,
}

/// All that decides on what is seen.
struct Room<'a> {
    call: Option<&'a CallSnapshot>,
    people: &'a HashMap<MemberId, InRoom>,
    speaking: &'a [MemberId],
    reactions: &'a [(MemberId, Reacted)],
    me: Option<MemberId>,
    /// The call has ended.
    over: bool,
    /// People talk, and we are among them.
    talks: bool,
    /// We lead the call.
    leads: bool,
}

impl Room<'_> {
    fn seen(&self, member: MemberId) -> Seen {
        let person = self.people.get(&member);
        let standing = self.call.and_then(|call| standing(call, member, person)).filter(|standing| {
            // Whoever hung up saw it ring last, and knows that they have left.
            let knows = || self.me == Some(member) || standing.is_called();
            !self.over || !knows()
        });
        let participant = self.call.and_then(|call| call.participant(member));
        let muted = person.is_some_and(|person| person.muted);
        Seen {
            standing,
            // As long as we hear nobody, nobody speaks.
            speaks: person.is_some() && self.speaking.contains(&member),
            hand: !self.over && participant.is_some_and(|participant| participant.hand.is_some()),
            reaction: self.reactions.iter().find(|(who, _)| *who == member).map(|(_, new)| new.with),
            can_act: self.talks && self.call.is_some_and(|call| !acts(call, member, muted, self.leads).is_empty()),
        }
    }
}

/// What is seen of everybody who is shown, a signal each.
#[derive(Clone, Copy)]
pub(super) struct Faces {
    panel: Panel,
    live: Live,
    voice: VoiceCalls,
    shown: StoredValue<Vec<(MemberId, RwSignal<Seen>)>>,
}

impl Faces {
    /// Looks, from now on, whenever something changes.
    pub(super) fn of(panel: Panel) -> Faces {
        let faces = Faces { panel, live: use_live(), voice: use_voice_calls(), shown: StoredValue::default() };
        Effect::new(move || {
            let shown = faces.shown.get_value();
            let members: Vec<_> = shown.iter().map(|(member, _)| *member).collect();
            for ((_, before), now) in shown.iter().zip(faces.look(&members)) {
                if before.get_untracked() != now {
                    before.set(now);
                }
            }
        });
        faces
    }

    /// What is seen of somebody, for as long as their face is there.
    pub(super) fn seen(self, member: MemberId) -> RwSignal<Seen> {
        let seen = RwSignal::new(untrack(|| self.look(&[member])[0]));
        self.shown.update_value(|shown| shown.push((member, seen)));
        // The whole list may be gone by then.
        on_cleanup(move || _ = self.shown.try_update_value(|shown| shown.retain(|(_, other)| *other != seen)));
        seen
    }

    fn look(self, members: &[MemberId]) -> Vec<Seen> {
        let Panel { call, people, reactions, talks, leads, .. } = self.panel;
        let over = self.voice.phase().with(|phase| matches!(phase, Phase::Ended(_)));
        call.with(|call| {
            people.with(|people| {
                self.voice.speaking().with(|speaking| {
                    reactions.with(|reactions| {
                        let room = Room {
                            call: call.as_ref(),
                            people,
                            speaking,
                            reactions,
                            me: self.live.me(),
                            over,
                            talks: talks.get(),
                            leads: leads.get(),
                        };
                        members.iter().map(|member| room.seen(*member)).collect()
                    })
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::sample::{call, member};
    use crate::state::Quality;
    use domain::{ParticipantStatus, Timestamp};

    const HERE: InRoom = InRoom { muted: false, here: true, quality: Quality::Good };

    /// A call that the first one is in, and leads.
    fn room<'a>(call: &'a CallSnapshot, people: &'a HashMap<MemberId, InRoom>, speaking: &'a [MemberId]) -> Room<'a> {
        let me = Some(member(0));
        Room { call: Some(call), people, speaking, reactions: &[], me, over: false, talks: true, leads: true }
    }

    #[test]
    fn who_is_not_heard_does_not_speak() {
        let (call, all) = (call(3), [member(1), member(2)]);
        let heard = HashMap::from([(member(1), HERE)]);
        let room = room(&call, &heard, &all);
        assert!(room.seen(member(1)).speaks);
        assert!(!room.seen(member(2)).speaks);
    }

    #[test]
    fn after_the_end_nobody_rings_and_no_hand_is_up_and_nothing_can_be_done() {
        let mut call = call(4);
        call.participants[1].hand = Some(Timestamp(1));
        call.participants[2].status = ParticipantStatus::Ringing;
        call.participants[2].ring_left_ms = Some(5_000);
        call.participants[3].status = ParticipantStatus::Declined;
        let nobody = HashMap::new();
        let during = room(&call, &nobody, &[]);
        let after = Room { over: true, talks: false, ..room(&call, &nobody, &[]) };
        let standing = |room: &Room| [0, 1, 2, 3].map(|number| room.seen(member(number)).standing);
        let here = Some(Standing::Here);
        assert_eq!(standing(&during), [here, here, Some(Standing::Ringing), Some(Standing::Declined)]);
        assert_eq!(standing(&after), [None, here, None, Some(Standing::Declined)]);
        assert!(during.seen(member(1)).hand && during.seen(member(1)).can_act);
        assert!(!after.seen(member(1)).hand && !after.seen(member(1)).can_act);
    }

    #[test]
    fn what_one_does_changes_nothing_about_the_others() {
        let (before, people) = (call(30), HashMap::new());
        let mut now = before.clone();
        now.participants[7].hand = Some(Timestamp(1));
        let changed = |number: &usize| {
            room(&before, &people, &[]).seen(member(*number)) != room(&now, &people, &[]).seen(member(*number))
        };
        assert_eq!((0..30).filter(changed).collect::<Vec<_>>(), [7]);
    }
}
