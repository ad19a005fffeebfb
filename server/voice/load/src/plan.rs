//! Who is in which room and does what.

use crate::person::Plan;
use anyhow::{Context as _, Result, bail};
use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use std::time::Duration;

/// How much of speech is in one packet.
const FRAME: Duration = Duration::from_millis(20);

/// The key that ways in are signed with.
#[derive(Clone)]
pub struct Key {
    name: String,
    secret: String,
}

impl Key {
    /// From `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`.
    pub fn from_environment() -> Result<Key> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        Ok(Key { name: variable("LIVEKIT_API_KEY")?, secret: variable("LIVEKIT_API_SECRET")? })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// A way into a room.
    pub fn token(&self, room: &str, identity: &str, talks: bool) -> Result<String> {
        let grants = VideoGrants {
            room_join: true,
            room: room.to_owned(),
            can_publish: Some(talks),
            can_publish_data: Some(false),
            ..VideoGrants::default()
        };
        let token = AccessToken::with_api_key(&self.name, &self.secret);
        Ok(token.with_identity(identity).with_grants(grants).with_ttl(Duration::from_secs(3600)).to_jwt()?)
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub rooms: u32,
    /// In each room.
    pub talkers: u32,
    /// In each room, who only listen.
    pub listeners: u32,
}

/// Somebody who comes.
#[derive(Debug)]
pub struct Guest {
    pub plan: Plan,
    /// How many hear each of their packets.
    pub listeners: u64,
}

impl Size {
    /// How many people there are.
    pub fn people(self) -> usize {
        self.rooms as usize * (self.talkers + self.listeners) as usize
    }

    /// How many of them talk.
    pub fn talking(self) -> usize {
        self.rooms as usize * self.talkers as usize
    }

    /// The names of the rooms.
    pub fn rooms(self, prefix: &str) -> Vec<String> {
        (0..self.rooms).map(|room| format!("{prefix}{room}")).collect()
    }

    /// Those who talk, then those who listen. All talkers together are spread evenly over the 20 ms.
    pub fn guests(self, prefix: &str, key: &Key) -> Result<(Vec<Guest>, Vec<Guest>)> {
        if self.talkers == 0 || self.rooms == 0 {
            bail!("without rooms and talkers there is nothing to hear");
        }
        let everybody = self.rooms * self.talkers;
        let heard_by = u64::from(self.talkers + self.listeners - 1);
        let (mut talkers, mut listeners) = (Vec::new(), Vec::new());
        for (room, number) in self.rooms(prefix).iter().zip(0..) {
            let hears = number * self.talkers..(number + 1) * self.talkers;
            for talker in hears.clone() {
                // Neighbours in time are in different rooms, and a room's talkers are as far apart as can be.
                let place = (talker % self.talkers) * self.rooms + number;
                talkers.push(Guest {
                    plan: Plan {
                        token: key.token(room, &format!("talker-{talker}"), true)?,
                        talker: Some(talker),
                        hears: hears.clone(),
                        phase: FRAME * place / everybody,
                    },
                    listeners: heard_by,
                });
            }
            for listener in 0..self.listeners {
                let token = key.token(room, &format!("listener-{listener}"), false)?;
                let plan = Plan { token, talker: None, hears: hears.clone(), phase: Duration::ZERO };
                listeners.push(Guest { plan, listeners: 0 });
            }
        }
        Ok((talkers, listeners))
    }
}

/// Opens rooms in a LiveKit.
pub async fn open_rooms(host: &str, key: &Key, rooms: &[String]) -> Result<()> {
    let client = RoomClient::with_api_key(host, &key.name, &key.secret);
    for room in rooms {
        let options = CreateRoomOptions { max_participants: 1000, ..CreateRoomOptions::default() };
        client.create_room(room, options).await.with_context(|| format!("the room {room}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FRAME, Key, Size};

    #[test]
    fn talkers_are_spread_evenly_and_hear_their_room() {
        let key = Key { name: "key".into(), secret: "secret".into() };
        let size = Size { rooms: 3, talkers: 2, listeners: 4 };
        let (talkers, listeners) = size.guests("room-", &key).unwrap();
        assert_eq!((talkers.len(), listeners.len(), size.people()), (6, 12, 18));
        let mut phases: Vec<_> = talkers.iter().map(|talker| talker.plan.phase).collect();
        phases.sort();
        assert_eq!(phases, (0..6).map(|place| FRAME * place / 6).collect::<Vec<_>>());
        assert!(talkers.iter().all(|talker| talker.listeners == 5));
        assert_eq!((listeners[0].plan.hears.clone(), listeners[11].plan.hears.clone()), (0..2, 4..6));
        size.guests("room-", &key).unwrap();
        Size { talkers: 0, ..size }.guests("room-", &key).unwrap_err();
    }
}
