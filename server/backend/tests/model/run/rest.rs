//! What must come of everything once it has come to rest.

use super::{REST, SOON, World, wait};
use crate::audit::{Ledger, Violation, rule};
use backend::voice_server::{Identity, VoiceServer, room_of};
use domain::{Call, ChannelKind};
use std::collections::BTreeSet;

impl World<'_> {
    /// Everything works again, and nobody does anything: what is known, what is heard and what is open must come to agree;
    /// and once everybody is gone, nothing is left.
    pub(super) async fn rest(&mut self, before: Ledger) -> Result<Ledger, Violation> {
        self.voice.set_down(false);
        self.phones.push.answer_as_usual();
        wait(&self.clock, &self.backend, SOON).await;
        let soon = Ledger::settled(self.database, &self.parish).await;
        soon.follows(&before, &self.parish)?;
        self.phones.take_in(&before, &soon)?;
        self.check_pages(&before, &soon).await?;
        for call in soon.live() {
            let (known, heard) = self.known_and_heard(call).await;
            rule!(
                known.is_subset(&heard),
                "I12: a ghost in {}: on the roster {known:?}, in the room {heard:?}",
                call.id
            );
        }
        wait(&self.clock, &self.backend, REST - SOON).await;
        let calm = Ledger::settled(self.database, &self.parish).await;
        calm.follows(&soon, &self.parish)?;
        self.phones.take_in(&soon, &calm)?;
        self.phones.are_silent()?;
        self.check_pages(&soon, &calm).await?;
        self.pages_know_what_there_is(&calm).await?;
        let mut rooms = BTreeSet::new();
        for call in calm.live() {
            let (known, heard) = self.known_and_heard(call).await;
            rule!(known == heard, "I12: on the roster {known:?}, in the room {heard:?}");
            rule!(call.participants.iter().all(|p| p.participation.ring_until().is_none()), "I12: a phone rings");
            for (member, wholly) in &self.expelled {
                let guest = call.participant(*member).is_some_and(|p| p.guest);
                let may = !wholly && (guest || call.kind != ChannelKind::Group);
                rule!(!call.is_connected(*member) || may, "I18: {member} may not be there");
            }
            rooms.insert(room_of(call.id));
        }
        let open: BTreeSet<String> = self.voice.open_rooms().into_iter().collect();
        rule!(open == rooms, "I12: rooms {open:?} for calls {rooms:?}");

        for person in &self.parish.people {
            self.voice.lose(person.member);
        }
        wait(&self.clock, &self.backend, REST).await;
        let end = Ledger::settled(self.database, &self.parish).await;
        end.follows(&calm, &self.parish)?;
        self.phones.take_in(&calm, &end)?;
        self.phones.are_silent()?;
        self.check_pages(&calm, &end).await?;
        self.pages_know_what_there_is(&end).await?;
        rule!(end.live().next().is_none(), "a call goes on without anybody");
        rule!(self.voice.open_rooms().is_empty(), "rooms are open for nobody");
        let now = self.clock.read().0;
        let undone = "SELECT COUNT(*) FROM outbox WHERE done_at IS NULL AND expires_at > $1";
        rule!(self.database.count(undone, now).await == 0, "I17: something was never done");
        self.cards_say_how_it_was(&end).await?;
        Ok(end)
    }
    /// Who is on the roster of a call, and who is in its room.
    async fn known_and_heard(&self, call: &Call) -> (BTreeSet<String>, BTreeSet<String>) {
        let known = call.participants.iter().filter(|p| call.is_connected(p.member));
        let known = known.map(|p| Identity { member: p.member, epoch: p.epoch }.to_string()).collect();
        let heard = self.voice.participants(&room_of(call.id)).await.unwrap();
        (known, heard.iter().map(Identity::to_string).collect())
    }
}
