//! A small parish: five people with two devices each, two direct channels, a group and the parish channel.

use crate::plan::{PEOPLE, PLACES};
use backend::secret;
use domain::{ChannelId, ChannelKind, MemberId, ParishId, PersonId, Role, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;
use store::{NewChannel, NewMember, NewParish, Store};
use uuid::Uuid;

pub(crate) struct Person {
    pub(crate) member: MemberId,
    /// The secret of each device's session.
    pub(crate) sessions: [String; 2],
}

pub(crate) struct Parish {
    pub(crate) id: ParishId,
    pub(crate) people: Vec<Person>,
    pub(crate) places: Vec<(ChannelId, ChannelKind)>,
    /// Who leads calls of many.
    pub(crate) leaders: BTreeSet<MemberId>,
    /// So many people there is room for in a call.
    pub(crate) seats: u32,
}

impl Parish {
    /// All ids follow from `number`, which is used once per database.
    pub(crate) async fn open(store: &Store, number: i64, seats: u32) -> Parish {
        let at = Timestamp(number);
        let mut last = u128::from(number.unsigned_abs()) << 64;
        let mut id = || {
            last += 1;
            Uuid::from_u128(last)
        };
        let parish = ParishId(id());
        store.insert_parish(&NewParish { id: parish, name: "Model".into(), at }).await.unwrap();
        let mut people = vec![];
        let mut leaders = BTreeSet::new();
        for number in 0..PEOPLE {
            let (person, member) = (PersonId(id()), MemberId(id()));
            let role = match number {
                1 => Role::Coordinator,
                last if last == PEOPLE - 1 => Role::Admin,
                _ => Role::Member,
            };
            if role != Role::Member {
                leaders.insert(member);
            }
            let new = NewMember { person, member, parish, name: "Somebody".into(), role, login: None, at };
            store.insert_member(&new).await.unwrap();
            let sessions = [secret::fresh(), secret::fresh()];
            for session in &sessions {
                let until = at + Duration::from_secs(60 * 60 * 24);
                store.insert_session(&secret::hash(session), member, at, until).await.unwrap();
            }
            people.push(Person { member, sessions });
        }
        let everybody: Vec<MemberId> = people.iter().map(|person| person.member).collect();
        let mut places = vec![];
        for (kind, members) in [
            (ChannelKind::Direct, vec![everybody[0], everybody[1]]),
            (ChannelKind::Direct, vec![everybody[1], everybody[2]]),
            (ChannelKind::Group, everybody.clone()),
            (ChannelKind::Parish, everybody),
        ] {
            let channel = ChannelId(id());
            let name = if kind == ChannelKind::Direct { String::new() } else { "Place".into() };
            let new = NewChannel { id: channel, parish, kind, name, announcements_only: false, members, at };
            store.insert_channel(&new).await.unwrap();
            places.push((channel, kind));
        }
        assert_eq!(places.len(), usize::from(PLACES));
        Parish { id: parish, people, places, leaders, seats }
    }
}
