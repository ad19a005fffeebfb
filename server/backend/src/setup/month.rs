//! The demo parish as it would be after a month: forty members, three groups, what they wrote, and how they called each
//! other. The same each time, but for the dates: they are counted back from now.

use super::words::{ANNOUNCEMENTS, CHOIR, COUNCIL, NEIGHBOURS, PARISH, TWO, YOUTH};
use crate::changes::change_for;
use crate::{Backend, Error, ids};
use domain::call::NewCall;
use domain::{
    Audience, Call, CallId, Callee, Callees, ChannelId, ChannelKind, Command, DeviceId, MemberId, MessageId, ParishId,
    PersonId, Role, Timestamp, Words,
};
use std::time::Duration;
use store::{Change, Inserted, NewMember, NewMessage, Saved};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(60 * 60 * 24);
/// So many days are looked back on.
const DAYS: u32 = 30;
/// A voice server that carried these calls had room for so many.
const SEATS: u32 = 20;

/// Where people write and call.
struct Place {
    channel: ChannelId,
    kind: ChannelKind,
    name: String,
    members: Vec<MemberId>,
    /// What was written here last.
    newest: Option<MessageId>,
}

/// What came of a call.
#[derive(Clone, Copy)]
enum Fate {
    /// The first of those who were rung answers after so many seconds; all talk for so many minutes.
    Answered(u64, u64),
    Missed,
    Declined,
    GivenUp,
}

/// In this order, over and over.
const FATES: [Fate; 10] = [
    Fate::Answered(4, 3),
    Fate::Missed,
    Fate::Answered(7, 12),
    Fate::Answered(3, 1),
    Fate::Declined,
    Fate::Answered(11, 25),
    Fate::GivenUp,
    Fate::Answered(5, 8),
    Fate::Missed,
    Fate::Answered(2, 41),
];

/// Fills the parish, moment by moment. Ids are made of the moments, so that what is older stands further up.
struct Chronicle<'a> {
    backend: &'a Backend,
    written: u64,
    called: usize,
}

impl Backend {
    /// Fills the demo parish, which was made a moment ago, with a month.
    pub(super) async fn live_through_a_month(&self, parish: ParishId) -> Result<(), Error> {
        let now = self.now();
        let begin = (0..=DAYS).fold(now, |moment, _| moment - DAY);
        let mut all = self.inner.store.members(parish).await?;
        all.sort_by_key(|member| member.id);
        let mut people: Vec<MemberId> = all.iter().map(|member| member.id).collect();
        for (number, name) in NEIGHBOURS.iter().enumerate() {
            let new = NewMember {
                person: PersonId(ids::fresh(now)),
                member: MemberId(ids::fresh(now)),
                parish,
                name: (*name).to_owned(),
                role: if number % 17 == 3 { Role::Coordinator } else { Role::Member },
                login: None,
                at: begin,
            };
            self.inner.store.insert_member(&new).await?;
            people.push(new.member);
        }
        let mut places = self.places(parish, &people, begin).await?;
        let mut chronicle = Chronicle { backend: self, written: 0, called: 0 };
        let midnight = Timestamp(now.0 - now.0 % i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX));
        for day in (1..=DAYS).rev() {
            chronicle.day(&mut places, (0..day).fold(midnight, |moment, _| moment - DAY), day).await?;
        }
        // Everybody has seen and read all of that; what comes now is new to them.
        for member in people {
            self.inner.store.mark_calls_seen(member, None, now).await?;
        }
        for place in &places {
            for (member, newest) in place.members.iter().zip(std::iter::repeat(place.newest)) {
                if let Some(newest) = newest {
                    self.inner.store.mark_read(*member, place.channel, newest, now).await?;
                }
            }
        }
        chronicle.today(&mut places, now).await
    }

    /// The channels, the largest first: the parish, its announcements, three groups, and some of two.
    async fn places(&self, parish: ParishId, people: &[MemberId], at: Timestamp) -> Result<Vec<Place>, Error> {
        let [anna, ben, clara, david, eva, ..] = people[..] else { return Ok(vec![]) };
        let every = |nth: usize, from: usize| people.iter().copied().skip(from).step_by(nth);
        for (name, members) in [
            ("Youth", [anna, david, eva].into_iter().chain(every(3, 6)).collect()),
            ("Parish council", [anna, clara].into_iter().chain(every(6, 8)).collect::<Vec<_>>()),
        ] {
            self.new_channel(parish, ChannelKind::Group, name, false, members, at).await?;
        }
        for pair in [[anna, clara], [anna, david], [anna, eva], [ben, eva]] {
            self.new_channel(parish, ChannelKind::Direct, "", false, pair.to_vec(), at).await?;
        }
        let mut places: Vec<Place> = vec![];
        for member in [anna, ben, clara] {
            for row in self.inner.store.channels_of(member).await? {
                if places.iter().all(|known| known.channel != row.id) {
                    let members = self.inner.store.channel_members(row.id).await?;
                    places.push(Place { channel: row.id, kind: row.kind, name: row.name, members, newest: None });
                }
            }
        }
        Ok(places)
    }
}

impl Chronicle<'_> {
    /// A day of the month: a thread here and there, and two or three calls.
    async fn day(&mut self, places: &mut [Place], midnight: Timestamp, day: u32) -> Result<(), Error> {
        let day = day as usize;
        for (number, place) in places.iter_mut().enumerate() {
            // Not everybody writes every day.
            let quiet = (day + number) % if place.kind == ChannelKind::Parish { 2 } else { 3 } == 2;
            if !quiet {
                let at = hours(midnight, 8 + (day * 5 + number * 3) as u64 % 12);
                self.thread(place, day + number, at).await?;
            }
        }
        let callable: Vec<&mut Place> = places.iter_mut().filter(|place| place.kind != ChannelKind::Parish).collect();
        let count = callable.len();
        for (number, place) in callable.into_iter().enumerate() {
            if (number + day * 2) % count < 3 {
                self.call(place, hours(midnight, 9 + number as u64)).await?;
            }
        }
        Ok(())
    }

    /// The hours before now: something to read, and a call that was missed.
    async fn today(&mut self, places: &mut [Place], now: Timestamp) -> Result<(), Error> {
        for (number, place) in places.iter_mut().enumerate().filter(|(number, _)| number % 2 == 0) {
            self.thread(place, number, now - HOUR - HOUR).await?;
        }
        let with_anna = places.iter_mut().filter(|place| place.kind == ChannelKind::Direct).nth(1);
        if let Some(place) = with_anna {
            // The first of a place calls: here the other one calls Anna, who was there first.
            place.members.sort_unstable();
            place.members.reverse();
            self.call_with(place, Fate::Missed, now - HOUR).await?;
        }
        Ok(())
    }

    /// One line after the other, each by somebody else, some minutes apart.
    async fn thread(&mut self, place: &mut Place, number: usize, at: Timestamp) -> Result<(), Error> {
        let lines = match (place.kind, &*place.name) {
            (ChannelKind::Parish, "Announcements") => &ANNOUNCEMENTS[number % ANNOUNCEMENTS.len()..][..1],
            (ChannelKind::Parish, _) => PARISH[number % PARISH.len()],
            (ChannelKind::Direct, _) => TWO[number % TWO.len()],
            (ChannelKind::Group, "Choir") => CHOIR[number % CHOIR.len()],
            (ChannelKind::Group, "Youth") => YOUTH[number % YOUTH.len()],
            (ChannelKind::Group, _) => COUNCIL[number % COUNCIL.len()],
        };
        let mut moment = at;
        for (line, text) in lines.iter().enumerate() {
            moment = moment + Duration::from_secs(100 + (number * 37 + line * 61) as u64 % 400);
            // Announcements are made by one who leads: the first of all.
            let author = if place.name == "Announcements" { 0 } else { (number * 5 + line) % place.members.len() };
            let id = MessageId(self.id(moment));
            let words = Words::plain((*text).to_owned());
            let new = NewMessage { id, channel: place.channel, author: place.members[author], words, at: moment };
            place.newest = self.backend.inner.store.insert_message(&new, &[]).await?;
        }
        Ok(())
    }

    async fn call(&mut self, place: &mut Place, at: Timestamp) -> Result<(), Error> {
        let fate = FATES[self.called % FATES.len()];
        // Not always the same one calls.
        place.members.rotate_left(self.called % 2);
        self.call_with(place, fate, at).await
    }

    /// A call by the first of a place to the others, by the same steps as any other. Nobody's phone rings any more.
    async fn call_with(&mut self, place: &mut Place, fate: Fate, at: Timestamp) -> Result<(), Error> {
        self.called += 1;
        let ring_for = self.backend.inner.settings.ring_for;
        let (initiator, others) = (place.members[0], place.members[1..].to_vec());
        let callees = Callees::Ring(others.iter().copied().map(Callee::from).collect(), ring_for);
        let new = NewCall {
            id: CallId(self.id(at)),
            channel: place.channel,
            kind: place.kind,
            initiator,
            device: device(initiator),
            audience: Audience::Channel,
            callees,
        };
        let id = new.id;
        let (call, effects) = Call::start(new, at)?;
        let begun = self.change(call, &effects, at, place);
        if self.backend.inner.store.start_call(&begun, None).await? != Inserted::Yes {
            return Ok(());
        }
        for other in &others {
            let shown = Command::ConfirmRing { member: *other, device: device(*other) };
            self.step(place, id, shown, at + Duration::from_secs(1)).await?;
        }
        let leave = |member| Command::Leave { member, device: None };
        match fate {
            Fate::Answered(rang, minutes) => {
                let mut moment = at + Duration::from_secs(rang);
                // Of many, not all have the time.
                let come: Vec<MemberId> = others.iter().copied().take(4).collect();
                for member in &come {
                    let answer = Command::Answer { member: *member, device: device(*member), seats: SEATS };
                    self.step(place, id, answer, moment).await?;
                    moment = moment + Duration::from_secs(2);
                }
                self.step(place, id, Command::Tick, at + ring_for + Duration::from_secs(1)).await?;
                moment = moment + Duration::from_secs(minutes * 60 + rang * 3);
                for member in come.into_iter().chain([initiator]) {
                    self.step(place, id, leave(member), moment).await?;
                    moment = moment + Duration::from_secs(3);
                }
            }
            Fate::Missed => self.step(place, id, Command::Tick, at + ring_for + Duration::from_secs(1)).await?,
            Fate::Declined => {
                for member in others {
                    self.step(place, id, Command::Decline(member), at + Duration::from_secs(6)).await?;
                }
            }
            Fate::GivenUp => self.step(place, id, leave(initiator), at + Duration::from_secs(14)).await?,
        }
        Ok(())
    }

    /// One step of a call, unless it is over already.
    async fn step(&mut self, place: &mut Place, id: CallId, command: Command, at: Timestamp) -> Result<(), Error> {
        let Some(before) = self.backend.inner.store.call(id).await?.filter(|call| !call.is_over()) else {
            return Ok(());
        };
        let (call, effects) = before.clone().apply(command, at)?;
        if call != before {
            let change = self.change(call, &effects, at, place);
            if self.backend.inner.store.save_calls(&[change]).await? != Saved::Yes {
                return Err(Error::InAnotherCall);
            }
        }
        Ok(())
    }

    /// What is saved, without what is to be done in the world outside: that was a month ago.
    fn change(&mut self, call: Call, effects: &[domain::Effect], at: Timestamp, place: &mut Place) -> Change {
        let change = change_for(call, effects, &[], None, None, at);
        let card = change.card.map(|_| MessageId(self.id(at)));
        place.newest = card.max(place.newest);
        Change { card, jobs: vec![], ..change }
    }

    /// An id as it would have been made at that moment.
    fn id(&mut self, at: Timestamp) -> uuid::Uuid {
        self.written += 1;
        ids::dated(at, self.written)
    }
}

/// Everybody has one.
fn device(of: MemberId) -> DeviceId {
    DeviceId(of.0)
}

fn hours(midnight: Timestamp, hours: u64) -> Timestamp {
    (0..hours).fold(midnight, |moment, _| moment + HOUR)
}
