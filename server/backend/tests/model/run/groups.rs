//! What people do in calls of many, and what must come of it.

use super::{Asked, Reply, World};
use crate::audit::{Ledger, Violation, rule};
use crate::plan::{Fault, Step};
use backend::testing::nonce;
use backend::{Actor, Error};
use domain::{CallCard, Lead, MemberId, Message, Reaction, Sign};

/// What the number of an act or a sign means.
fn act(number: u8, whom: MemberId) -> Lead {
    match number {
        0 => Lead::Mute(whom),
        1 => Lead::MuteOthers,
        2 => Lead::AskToUnmute(whom),
        3 => Lead::LowerHand(whom),
        4 => Lead::PutOut(whom),
        5 => Lead::Lock(true),
        6 => Lead::Lock(false),
        _ => Lead::EndForAll,
    }
}

fn sign(number: u8) -> Sign {
    match number {
        0 => Sign::Hand(true),
        1 => Sign::Hand(false),
        2 => Sign::Reaction(Reaction::Applause),
        _ => Sign::Asleep(true),
    }
}

impl World<'_> {
    pub(super) async fn lead(
        &mut self,
        who: u8,
        device: u8,
        number: u8,
        whom: u8,
        fault: Option<Fault>,
    ) -> Option<Option<(Actor, Reply)>> {
        let Some((_, call)) = self.in_newest(who, device).await else { return Some(None) };
        let act = act(number, self.person(whom).member);
        self.ask(who, device, Asked::Lead { call, act, nonce: nonce() }, fault).await
    }

    pub(super) async fn show(
        &mut self,
        who: u8,
        device: u8,
        number: u8,
        fault: Option<Fault>,
    ) -> Option<Option<(Actor, Reply)>> {
        let Some((_, call)) = self.in_newest(who, device).await else { return Some(None) };
        self.ask(who, device, Asked::Show { call, sign: sign(number), nonce: nonce() }, fault).await
    }

    pub(super) async fn all_leave(&self, fault: Option<Fault>) -> Option<Option<(Actor, Reply)>> {
        let mut leaving = vec![];
        for who in (0..).take(self.parish.people.len()) {
            for device in 0..2 {
                leaving.extend(self.in_newest(who, device).await);
            }
        }
        let leave = async {
            for (actor, call) in leaving {
                // Who is not in it, or not with this device, is refused.
                let _ = self.backend.end_call(&actor, call, nonce()).await;
            }
        };
        self.database.under(fault, leave).await?;
        Some(None)
    }

    /// I24: who leads nothing is refused, whatever goes wrong besides, and nothing has changed.
    pub(super) fn check_lead(
        &self,
        step: Step,
        reply: Option<&Option<(Actor, Reply)>>,
        before: &Ledger,
        after: &Ledger,
    ) -> Result<(), Violation> {
        let Step::Lead { who, act: number, whom, .. } = step else { return Ok(()) };
        let member = self.person(who).member;
        let began = before.live().any(|call| call.initiator == member);
        if self.parish.leaders.contains(&member) || (began && act(number, member) == Lead::EndForAll) {
            return Ok(());
        }
        let allowed = matches!(reply, Some(Some((_, Reply::Done | Reply::Seat(_)))));
        rule!(!allowed, "I24: {member} leads nothing and did {:?}", act(number, self.person(whom).member));
        let unchanged = after.differs_by_time_alone(before, self.clock.read());
        rule!(unchanged, "I24: {member} leads nothing, and yet something changed");
        if let Some(Some((_, Reply::Refused(error)))) = reply {
            let plainly = !matches!(error, Error::Call(_));
            rule!(plainly, "I24: {member} leads nothing and was told of the call: {error:?}");
        }
        Ok(())
    }

    /// I15: the one card of each call says what the call says.
    pub(super) async fn cards_say_how_it_was(&self, end: &Ledger) -> Result<(), Violation> {
        for call in end.calls.values() {
            let card = self.database.store.card(call.id).await.unwrap().and_then(|line| line.card().cloned());
            let CallCard { status, .. } = card.ok_or_else(|| format!("I15: no card of {}", call.id))?;
            rule!(status == call.state.status(), "I15: the card of {} says {status:?}", call.id);
        }
        Ok(())
    }
}

/// I15: nobody is told that a call goes on, or waits to be joined, which was over.
pub(super) fn is_no_old_news(line: &Message, before: &Ledger) -> Result<(), Violation> {
    let Some(card) = line.card() else { return Ok(()) };
    let was = before.calls.get(&card.id).filter(|call| call.is_over());
    rule!(
        was.is_none_or(|call| call.state.status() == card.status),
        "I15: a card that says {:?} was told of {}, which is over",
        card.status,
        card.id
    );
    Ok(())
}
