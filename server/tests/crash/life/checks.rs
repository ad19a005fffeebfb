//! What must be true after a death and a new start.

use super::Life;
use crate::books::{Books, patiently};
use crate::people::{Asked, Reply, Wish, granted};
use app::error::Problem;
use backend::{Clock, SystemClock};
use domain::{CallError, Participation, Timestamp};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How long after its start a server may take until nothing is left undone.
const CONVERGED_WITHIN: Duration = Duration::from_secs(15);

impl Life {
    /// Whatever was acknowledged is written down, and what was refused is not; and everybody stands where they were told
    /// that they stand.
    pub(super) async fn nothing_is_lost(&mut self, books: &Books, asked: &[Asked]) {
        let mut last = BTreeMap::new();
        for it in asked {
            let member = self.people[it.who].member();
            let written = books.granted(member, it.wish.nonce()).await;
            match &it.reply {
                Some(Reply::Seat(seat)) => {
                    assert_eq!(written, Some(granted(seat, member)), "{it:?}");
                    assert!(books.call(seat.call.id).await.version >= seat.call.version, "{it:?}");
                }
                Some(Reply::Done) => assert!(written.is_some(), "{it:?}"),
                Some(Reply::Refused(_)) => {
                    assert_eq!(written, None, "{it:?}");
                    continue;
                }
                None => self.tally.written_and_not_answered += u32::from(written.is_some()),
            }
            last.insert(it.who, it);
        }
        for (who, it) in last {
            let member = self.people[who].member();
            match (&it.reply, &it.wish) {
                (Some(Reply::Seat(seat)), _) => {
                    let call = books.call(seat.call.id).await;
                    let epoch = call.participant(member).map(|participant| participant.epoch);
                    let inside = call.is_connected(member) && epoch == Some(granted(seat, member).epoch);
                    assert!(inside || call.is_over(), "{it:?}, and now {call:?}");
                }
                (Some(Reply::Done), Wish::Leave { call, .. }) => {
                    assert!(!books.call(*call).await.is_connected(member), "{it:?}");
                }
                (Some(Reply::Done), Wish::Decline { call, .. }) => {
                    let call = books.call(*call).await;
                    let mine = call.participant(member).unwrap().participation;
                    assert!(matches!(mine, Participation::Declined { .. }), "{it:?}, and now {call:?}");
                }
                _ => {}
            }
        }
    }

    /// Browsers ask again when they were not answered. Whatever has happened does not happen again, and they are told the
    /// same; whatever has not happens now, and only once.
    pub(super) async fn asked_again_it_is_the_same(&self, books: &Books, server: SocketAddr, asked: &[Asked]) {
        for it in asked {
            let person = &self.people[it.who];
            if books.granted(person.member(), it.wish.nonce()).await.is_none() {
                if it.reply.is_some() {
                    // It was refused, and the browser knows.
                    continue;
                }
                person.ask(server, &it.wish).await.unwrap();
            }
            let Some(written) = books.granted(person.member(), it.wish.nonce()).await else { continue };
            let (before, calls) = (books.call(written.call).await, books.count("SELECT COUNT(*) FROM calls").await);
            let reply = person.ask(server, &it.wish).await.unwrap();
            let after = books.call(written.call).await;
            let told = format!("{it:?} led to {written:?}, and now {reply:?}, where {after:?}");
            // Rings end by themselves meanwhile.
            let rang = before.participants.iter().any(|p| p.participation.ring_until().is_some());
            assert!(rang || before == after, "{told}");
            assert_eq!(books.count("SELECT COUNT(*) FROM calls").await, calls, "{told}");
            assert_eq!(books.granted(person.member(), it.wish.nonce()).await, Some(written), "{told}");
            let epoch = after.participant(person.member()).map(|participant| participant.epoch);
            let in_place = after.is_connected(person.member()) && epoch == Some(written.epoch);
            match (&it.wish, reply) {
                (Wish::Start { .. } | Wish::Answer { .. }, Reply::Seat(seat)) => {
                    assert_eq!(granted(&seat, person.member()), written, "{told}");
                }
                (Wish::Start { .. } | Wish::Answer { .. }, Reply::Refused(problem)) => {
                    let gone = [CallError::Over, CallError::NotInCall, CallError::AnsweredElsewhere];
                    assert!(gone.iter().any(|error| problem == Problem::Call(*error)), "{told}");
                    assert!(after.is_over() || !in_place, "{told}");
                }
                (Wish::Decline { .. } | Wish::Leave { .. }, Reply::Done) => {}
                _ => panic!("{told}"),
            }
        }
    }

    /// Soon nobody's phone rings any more, and what was to be done is done, also what the dead server had in hand.
    pub(super) async fn nothing_is_stuck(&mut self, books: &Books, began: Timestamp) {
        patiently("everything in order", async || {
            let idle = books.undone().await == 0 && books.phones_that_ring().await == 0;
            idle.then_some(())
        })
        .await;
        let took = SystemClock.now().since(began);
        assert!(took <= CONVERGED_WITHIN, "everything was in order only after {took:?}");
        self.tally.converged.push(took);
    }
}
