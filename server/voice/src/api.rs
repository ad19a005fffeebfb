//! What the rest of the server sees: settings, a handle, events.

use crate::core::Core;
use crate::peer::Host;
use crate::room::Surroundings;
use crate::shard::{Directory, Mail, Mailbox, Post, Shard};
use crate::token::Tokens;
use crate::traffic::Busyness;
use crate::{addresses, http, names, udp};
use livekit_protocol as proto;
use mio::net::TcpListener;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{broadcast, oneshot, watch};

/// Everything that can be set.
#[derive(Clone)]
pub struct Settings {
    /// The name of the key that tokens are signed with.
    pub api_key: String,
    /// The key itself, at least 32 characters.
    pub api_secret: String,
    /// Which address the media ports are bound to.
    pub bind: IpAddr,
    /// UDP port for everybody's audio; 0 takes a free one.
    pub udp_port: u16,
    /// TCP port for those whose network lets no UDP through; 0 takes a free one, `None` opens none.
    pub tcp_port: Option<u16>,
    /// Which addresses browsers are told. Empty: those of this machine that [`Settings::bind`] covers.
    pub public_addresses: Vec<IpAddr>,
    /// Servers that relay for browsers that cannot reach us (TURN). Usually none.
    pub ice_servers: Vec<IceServer>,
    /// Most people in all rooms together.
    pub people_limit: usize,
    /// Largest join request, in bytes, after it was unpacked.
    pub join_request_limit: usize,
    /// How many datagrams a second one connection may send us. A microphone sends about 60.
    pub datagrams_per_second: u32,
    /// How many threads forward audio. A room lives on one of them.
    pub threads: usize,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("bind", &self.bind)
            .field("udp_port", &self.udp_port)
            .field("tcp_port", &self.tcp_port)
            .field("public_addresses", &self.public_addresses)
            .finish_non_exhaustive()
    }
}

/// A server that relays (TURN), as browsers are told about it.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `turn:…` or `turns:…`
    pub url: String,
    /// Its user name.
    pub username: String,
    /// Its password.
    pub credential: String,
}

impl IceServer {
    fn told(&self) -> proto::IceServer {
        proto::IceServer {
            urls: vec![self.url.clone()],
            username: self.username.clone(),
            credential: self.credential.clone(),
        }
    }
}

/// What a room allows.
#[derive(Debug, Clone, Copy)]
pub struct RoomLimits {
    /// Most people in it.
    pub people: usize,
    /// How long it waits for the first to come.
    pub empty_for: Duration,
    /// How long it waits, once everybody left, for one to come back.
    pub departed_for: Duration,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// As their token says.
    pub identity: String,
    /// Whether nobody hears them: their microphone is muted, or not there.
    pub muted: bool,
}

/// What happened in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Audio can flow to and from them.
    Joined {
        /// Where.
        room: String,
        /// Who.
        identity: String,
    },
    /// They left, were put out, or were not heard of for too long.
    Left {
        /// Where.
        room: String,
        /// Who.
        identity: String,
        /// Whether their browser said goodbye. If not, it fell silent, or was put out.
        goodbye: bool,
    },
    /// The room is closed.
    RoomFinished {
        /// Which.
        room: String,
    },
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be listened on.
    #[error("{what} {address} cannot be listened on")]
    Bind {
        /// `UDP` or `TCP`.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// There is no address that browsers could be told.
    #[error("no address of this machine can be told to browsers: name one")]
    NoAddress,
    /// The system refused something else.
    #[error("the voice server cannot start")]
    System(#[from] std::io::Error),
}

/// It is stopping, or a part of it failed ([`Voice::failed`]).
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the embedded voice server is not running")]
pub struct Stopped;

/// A running voice server. Cheap to clone; it ends with [`Voice::stop`].
#[derive(Clone)]
pub struct Voice {
    core: Arc<Core>,
    events: broadcast::Sender<Event>,
    udp: Arc<[SocketAddr]>,
    tcp: Arc<[SocketAddr]>,
}

impl Voice {
    /// Binds the ports and starts the media threads.
    ///
    /// # Errors
    /// A port is taken, or no address can be told to browsers.
    pub fn start(settings: Settings) -> Result<Voice, StartError> {
        let threads = settings.threads.clamp(1, names::SHARDS_AT_MOST);
        let udp_address = SocketAddr::new(settings.bind, settings.udp_port);
        let bind = |what, address| move |source| StartError::Bind { what, address, source };
        let sockets = udp::open(udp_address, threads).map_err(bind("UDP", udp_address))?;
        let udp_port = sockets.first().map_or(Ok(0), |socket| socket.local_addr().map(|address| address.port()))?;
        let tcp_address = settings.tcp_port.map(|port| SocketAddr::new(settings.bind, port));
        let mut listener =
            tcp_address.map(|address| TcpListener::bind(address).map_err(bind("TCP", address))).transpose()?;
        let tcp_port = listener.as_ref().map(TcpListener::local_addr).transpose()?.map(|address| address.port());

        let addresses = addresses::to_tell(&settings)?;
        let told = |port: u16| addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect::<Vec<_>>();
        let (udp_told, tcp_told) = (told(udp_port), tcp_port.map(told).unwrap_or_default());

        let directory = Arc::new(Directory::default());
        let tokens = Tokens::new(&settings.api_key, &settings.api_secret);
        let events = broadcast::channel(1024).0;
        let posts = sockets.iter().map(|_| Post::new()).collect::<Result<Vec<_>, _>>()?;
        let mailboxes: Arc<[Mailbox]> = posts.iter().map(|post| post.mailbox.clone()).collect();
        let host = Host::new(udp_told.clone(), tcp_told.clone(), settings.datagrams_per_second)
            .ok_or_else(|| std::io::Error::other("no certificate could be made"))?;
        let core = Arc::new(Core {
            tokens: tokens.clone(),
            directory: Arc::clone(&directory),
            mailboxes: Arc::clone(&mailboxes),
            join_request_limit: settings.join_request_limit,
            people_limit: settings.people_limit,
            next_link: AtomicU64::new(1),
            stopped: AtomicBool::new(false),
            failed: watch::Sender::new(false),
        });
        for (number, (socket, post)) in sockets.into_iter().zip(posts).enumerate() {
            let around = Surroundings {
                host: host.clone(),
                tokens: tokens.clone(),
                ice_servers: settings.ice_servers.iter().map(IceServer::told).collect(),
                shard: names::shard_letter(number),
            };
            let shard = Shard::new(
                number,
                around,
                Arc::clone(&directory),
                Arc::clone(&mailboxes),
                events.clone(),
                post,
                socket,
                listener.take(),
            )?;
            let core = Arc::clone(&core);
            let thread = std::thread::Builder::new().name(format!("voice-{number}"));
            thread.spawn(move || core.watch_over(|| shard.run()))?;
        }
        Ok(Voice { core, events, udp: udp_told.into(), tcp: tcp_told.into() })
    }

    /// What browsers connect to, to be nested where it should be found: `/rtc/v1`, `/rtc/v1/validate` and `HEAD /`.
    pub fn router(&self) -> axum::Router {
        http::router(Arc::clone(&self.core))
    }

    /// The addresses for UDP and for TCP that browsers are told.
    #[must_use]
    pub fn addresses(&self) -> (&[SocketAddr], &[SocketAddr]) {
        (&self.udp, &self.tcp)
    }

    /// Opens a room. Opening it twice is the same as once.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn create_room(&self, room: &str, limits: RoomLimits) -> Result<(), Stopped> {
        if self.core.is_stopped() {
            return Err(Stopped);
        }
        let mailbox = self.core.place(room).ok_or(Stopped)?;
        let (done, answer) = oneshot::channel();
        mailbox.put(Mail::Create { room: room.to_owned(), limits, done });
        answer.await.map_err(|_| Stopped)
    }

    /// Closes a room and puts everybody out; whether there was one.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn delete_room(&self, room: &str) -> Result<bool, Stopped> {
        self.ask(room, |room, done| Mail::Delete { room, done }).await
    }

    /// The names of the open rooms.
    ///
    /// # Errors
    /// The server is stopping.
    pub fn rooms(&self) -> Result<Vec<String>, Stopped> {
        if self.core.is_stopped() { Err(Stopped) } else { Ok(self.core.rooms()) }
    }

    /// What it does, and has done since it started.
    #[must_use]
    pub fn busyness(&self) -> Busyness {
        let directory = &self.core.directory;
        Busyness {
            rooms: self.core.rooms().len(),
            people: directory.people.load(Ordering::Relaxed),
            received: directory.traffic.received.so_far(),
            sent: directory.traffic.sent.so_far(),
        }
    }

    /// Who is connected. Empty if there is no such room.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn participants(&self, room: &str) -> Result<Vec<Participant>, Stopped> {
        self.ask(room, |room, done| Mail::List { room, done }).await
    }

    /// Puts somebody out, who cannot come back with the same identity; whether they were there.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn remove_participant(&self, room: &str, identity: &str) -> Result<bool, Stopped> {
        self.ask(room, |room, done| Mail::Remove { room, identity: identity.to_owned(), done }).await
    }

    /// Closes somebody's microphone: nothing of it is passed on until they open it again. Whether they were there.
    ///
    /// # Errors
    /// The server is stopping.
    pub async fn mute_participant(&self, room: &str, identity: &str) -> Result<bool, Stopped> {
        self.ask(room, |room, done| Mail::Mute { room, identity: identity.to_owned(), done }).await
    }

    /// Asks the thread where a room lives; a room that lives nowhere is empty, and nobody is in it.
    async fn ask<T: Default>(
        &self,
        room: &str,
        mail: impl FnOnce(String, oneshot::Sender<T>) -> Mail,
    ) -> Result<T, Stopped> {
        // Rooms that went with their thread are not rooms that are empty.
        if self.core.is_stopped() {
            return Err(Stopped);
        }
        let Some(mailbox) = self.core.mailbox_of(room) else { return Ok(T::default()) };
        let (done, answer) = oneshot::channel();
        mailbox.put(mail(room.to_owned(), done));
        answer.await.map_err(|_| Stopped)
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Waits until a part of it fails, and with it all of it: every question is answered with [`Stopped`] from then on.
    /// Nothing here mends that; the process is to end, and to be started anew.
    pub async fn failed(&self) {
        let _ = self.core.failed.subscribe().wait_for(|failed| *failed).await;
    }

    /// Tells everybody to come back in a moment, and ends the media threads.
    pub async fn stop(&self) {
        self.core.stopped.store(true, Ordering::Relaxed);
        for mailbox in self.core.mailboxes.iter() {
            let (done, stopped) = oneshot::channel();
            if mailbox.put(Mail::Stop { done }) {
                let _ = stopped.await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const LIMITS: RoomLimits =
        RoomLimits { people: 200, empty_for: Duration::from_secs(90), departed_for: Duration::from_secs(20) };

    #[tokio::test]
    async fn a_media_thread_that_fails_is_noticed_and_takes_the_whole_server_with_it() {
        let voice = Voice::start(Settings {
            api_key: "key".to_owned(),
            api_secret: "a secret that is long enough for everybody".to_owned(),
            bind: Ipv4Addr::LOCALHOST.into(),
            udp_port: 0,
            tcp_port: None,
            public_addresses: vec![],
            ice_servers: vec![],
            people_limit: 300,
            join_request_limit: 64 * 1024,
            datagrams_per_second: 500,
            threads: 2,
        })
        .unwrap();
        voice.create_room("room", LIMITS).await.unwrap();
        voice.core.watch_over(|| Ok(()));
        assert_eq!(voice.participants("room").await.unwrap(), [], "one that was told to end is no failure");

        voice.core.watch_over(|| panic!("as a bug would"));
        tokio::time::timeout(Duration::from_secs(20), voice.failed()).await.unwrap();
        assert!(voice.create_room("another", LIMITS).await.is_err());
        assert!(voice.participants("room").await.is_err());
        assert!(voice.delete_room("room").await.is_err());
        assert!(voice.rooms().is_err());
        // Those on the other threads are told to come back, as ever.
        voice.stop().await;
    }
}
