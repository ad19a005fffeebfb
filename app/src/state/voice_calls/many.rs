//! Calls of many: what this person shows the others, what those who lead may do, and what these want of our microphone.

use super::machine::Machine;
use super::{KEPT_MUTE, VoiceCalls, until_answered};
use crate::api;
use crate::browser;
use domain::{CallId, CallSnapshot, Lead, MemberId, ParticipantStatus, Prompt, Prompted, Reaction, Sign, Timestamp};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Whoever comes to more people than these is muted at first: nobody wants to hear so many kitchens.
const CROWD: usize = 12;

/// Why this person is muted, or asked not to be, though they did not tap for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MuteNews {
    /// Somebody who leads has muted them.
    MutedBy(MemberId),
    /// Somebody who leads would like to hear them.
    AskedBy(MemberId),
    /// There were many when they came in.
    ManyHere,
}

/// What those who lead have wanted of our microphone, as far as this tab knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Prompts {
    call: Option<CallId>,
    seen: Option<Timestamp>,
}

impl Prompts {
    /// This tab comes in: what was wanted before is not wanted of it.
    pub(super) fn come_in(&mut self, call: &CallSnapshot, me: MemberId) {
        let seen = call.participant(me).and_then(|mine| mine.prompt).map(|prompt| prompt.at);
        *self = Prompts { call: Some(call.id), seen };
    }

    /// What is wanted now that was not before. Of a call that is not known to it, only what follows is.
    fn hear(&mut self, call: &CallSnapshot, me: MemberId) -> Option<Prompt> {
        if self.call != Some(call.id) {
            self.come_in(call, me);
        }
        let prompt = call.participant(me)?.prompt.filter(|prompt| Some(prompt.at) > self.seen)?;
        self.seen = Some(prompt.at);
        Some(prompt)
    }
}

/// What is asked of the server, and need not be waited for.
enum Asked {
    Sign(Sign),
    Lead(Lead),
    Ring(Vec<MemberId>),
    RingUrgently,
}

impl VoiceCalls {
    /// Raises this person's hand, or takes it down.
    pub fn raise_hand(&self, up: bool) {
        self.ask(Asked::Sign(Sign::Hand(up)));
    }

    /// Shows everybody what this person makes of it.
    pub fn react(&self, with: Reaction) {
        self.ask(Asked::Sign(Sign::Reaction(with)));
    }

    /// Does what only somebody who leads may do: `domain::may_lead`.
    pub fn lead(&self, act: Lead) {
        self.ask(Asked::Lead(act));
    }

    /// Rings more people, or the same ones again.
    pub fn ring(&self, members: Vec<MemberId>) {
        self.ask(Asked::Ring(members));
    }

    /// Rings those in the call who have quiet hours; for who leads: `domain::quiet::may_ring_urgently`.
    pub fn ring_urgently(&self) {
        self.ask(Asked::RingUrgently);
    }

    fn ask(&self, what: Asked) {
        let Some(call) = self.machine.with_untracked(Machine::call) else { return };
        let (calls, nonce) = (*self, browser::nonce());
        // Whoever has left meanwhile leads nobody any more, and brings nobody in.
        let is_wanted = move || calls.machine.try_with_untracked(Machine::call) == Some(Some(call));
        spawn_local(async move {
            let answer = match what {
                // What is shown late is no longer true.
                Asked::Sign(sign) => api::show_sign(call, sign, nonce).await,
                Asked::Lead(act) => until_answered(is_wanted, || api::lead_call(call, act, nonce)).await,
                Asked::Ring(members) => {
                    until_answered(is_wanted, || api::add_participants(call, members.clone(), nonce)).await
                }
                Asked::RingUrgently => api::ring_urgently(call).await,
            };
            if let Err(error) = answer {
                calls.problem.set(Some(error.problem));
            }
        });
    }

    /// Why this person is muted, or asked not to be, though they did not tap for it.
    #[must_use]
    pub fn mute_news(&self) -> Signal<Option<MuteNews>> {
        self.mute_news.into()
    }

    /// The person does not want to, or knows it by now.
    pub fn dismiss_mute_news(&self) {
        self.mute_news.set(None);
    }

    /// How loud this person hears somebody, of 100.
    #[must_use]
    pub fn loudness(&self, of: MemberId) -> u8 {
        self.loudness.with_value(|known| known.get(&of).copied().unwrap_or(100))
    }

    /// Hears somebody so loud from now on, of 100, as long as this page lives.
    pub fn set_loudness(&self, of: MemberId, percent: u8) {
        self.loudness.update_value(|known| _ = known.insert(of, percent));
        livekit::set_volume(&of.to_string(), f64::from(percent) / 100.0);
    }

    /// Heeds what somebody who leads wants of our microphone, once.
    pub(super) fn heed(&self, call: &CallSnapshot, me: MemberId) {
        match self.prompts.try_update_value(|prompts| prompts.hear(call, me)).flatten() {
            Some(Prompt { what: Prompted::Mute, by, .. }) => {
                self.be_muted();
                self.mute_news.set(Some(MuteNews::MutedBy(by)));
            }
            Some(Prompt { what: Prompted::Unmute, by, .. }) if self.muted.get_untracked() => {
                self.mute_news.set(Some(MuteNews::AskedBy(by)));
            }
            Some(_) | None => {}
        }
    }

    /// Mutes without a tap; to unmute takes one.
    pub(super) fn be_muted(&self) {
        self.muted.set(true);
        self.held_open.set(false);
        browser::keep(KEPT_MUTE, Some("yes"));
        self.apply_mute();
    }

    /// Comes in.
    pub(super) fn take_seat(&self, call: &CallSnapshot, me: MemberId, moved: bool) {
        self.prompts.update_value(|prompts| prompts.come_in(call, me));
        if !moved && starts_muted(call, me) {
            self.be_muted();
            self.mute_news.set(Some(MuteNews::ManyHere));
        }
    }
}

/// Whether somebody who comes in is muted at first.
fn starts_muted(call: &CallSnapshot, me: MemberId) -> bool {
    let others = call.participants.iter().filter(|p| p.status == ParticipantStatus::Connected && p.member != me);
    call.initiator != me && others.count() > CROWD
}

#[cfg(test)]
mod tests;
