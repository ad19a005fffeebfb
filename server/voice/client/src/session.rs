//! A participant on real sockets.

use crate::proto::{JoinRequest, SignalResponse};
use crate::wire::Wire;
use crate::{Event, Heard, Options, Output, Participant, Transport, join_path};
use futures::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A participant on real sockets, all of them on the loopback address. It goes when this is dropped, without a word.
#[derive(Debug)]
pub struct Session {
    commands: mpsc::UnboundedSender<Command>,
    events: mpsc::UnboundedReceiver<Event>,
    signals: mpsc::UnboundedReceiver<SignalResponse>,
    heard: mpsc::UnboundedReceiver<Heard>,
    sid: Option<String>,
}

/// Why there is no session, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The server did not take the WebSocket.
    #[error("refused with {status}: {body}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// What else it said.
        body: String,
    },
    /// The WebSocket failed.
    #[error("the WebSocket failed")]
    WebSocket(#[source] Box<tungstenite::Error>),
    /// There is no socket for the audio.
    #[error("no socket for the audio")]
    Wire(#[from] io::Error),
    /// What was waited for cannot come any more: the session ended with this event, or was dropped.
    #[error("the session ended: {0:?}")]
    Ended(Option<Box<Event>>),
}

impl From<tungstenite::Error> for SessionError {
    fn from(error: tungstenite::Error) -> SessionError {
        match error {
            tungstenite::Error::Http(answer) => SessionError::Refused {
                status: answer.status().as_u16(),
                body: answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned(),
            },
            error => SessionError::WebSocket(Box::new(error)),
        }
    }
}

enum Command {
    Publish,
    Unpublish,
    Say(Vec<u8>, i8),
    Mute(bool),
    DropSignalling,
    Resume { token: String, opened: oneshot::Sender<Result<(), SessionError>> },
    Leave,
}

/// Joins the room that the token names, and waits until audio can flow, as `Room.connect()` does.
///
/// The address in the options made by `options` is replaced by that of a new socket.
///
/// # Errors
/// The server refuses, or cannot be reached.
pub async fn connect(
    url: &str,
    token: &str,
    transport: Transport,
    options: impl FnOnce(SocketAddr) -> Options,
) -> Result<Session, SessionError> {
    let (wire, local) = Wire::bind(transport).await?;
    let (participant, join) = Participant::new(clock(), options(local));
    let socket = open(url, token, &join).await?;
    let (commands, to_do) = mpsc::unbounded_channel();
    let (said, events) = mpsc::unbounded_channel();
    let (signalled, signals) = mpsc::unbounded_channel();
    let (audio, heard) = mpsc::unbounded_channel();
    let url = url.to_owned();
    let driver =
        Driver { participant, socket: Some(socket), wire, transport, local, url, to_do, said, signalled, audio };
    tokio::spawn(driver.run());
    let mut session = Session { commands, events, signals, heard, sid: None };
    let join = session.until(|event| if let Event::Joined(join) = event { Ok(join) } else { Err(event) }).await?;
    session.sid = join.participant.map(|participant| participant.sid);
    session.until(|event| if let Event::Connected = event { Ok(()) } else { Err(event) }).await?;
    Ok(session)
}

impl Session {
    /// The name that the server gave us (`PA_…`).
    #[must_use]
    pub fn sid(&self) -> &str {
        self.sid.as_deref().unwrap_or_default()
    }

    /// Opens our microphone and waits until it is heard; its name (`TR_…`).
    ///
    /// # Errors
    /// The session ended before.
    pub async fn publish(&mut self) -> Result<String, SessionError> {
        self.command(Command::Publish);
        self.until(|event| if let Event::Published { track } = event { Ok(track) } else { Err(event) }).await
    }

    /// Closes our microphone for good.
    pub fn unpublish(&self) {
        self.command(Command::Unpublish);
    }

    /// Sends 20 ms of our microphone ([`Participant::say`]).
    pub fn say(&self, opus: &[u8], level: i8) {
        self.command(Command::Say(opus.to_vec(), level));
    }

    /// Tells the others that nothing comes from us, or that something comes again.
    pub fn mute(&self, muted: bool) {
        self.command(Command::Mute(muted));
    }

    /// Cuts the WebSocket without a word, as a network that fails does. Audio goes on.
    pub fn drop_signalling(&self) {
        self.command(Command::DropSignalling);
    }

    /// Opens a new WebSocket for the same session, and waits until ICE was restarted over it.
    ///
    /// # Errors
    /// The server refuses, tells us to go, or cannot be reached.
    pub async fn resume(&mut self, token: &str) -> Result<(), SessionError> {
        let (opened, outcome) = oneshot::channel();
        self.command(Command::Resume { token: token.to_owned(), opened });
        outcome.await.unwrap_or(Err(SessionError::Ended(None)))?;
        self.until(|event| if let Event::Resumed = event { Ok(()) } else { Err(event) }).await
    }

    /// Says goodbye. The events end after it.
    pub fn leave(&self) {
        self.command(Command::Leave);
    }

    /// The next packet of anybody's microphone.
    ///
    /// # Errors
    /// The session ended.
    pub async fn next_heard(&mut self) -> Result<Heard, SessionError> {
        self.heard.recv().await.ok_or(SessionError::Ended(None))
    }

    /// Forgets the packets that have come.
    pub fn forget_heard(&mut self) {
        while self.heard.try_recv().is_ok() {}
    }

    /// The next message of the server, of every kind, from the first on.
    ///
    /// # Errors
    /// The session ended.
    pub async fn next_signal(&mut self) -> Result<SignalResponse, SessionError> {
        self.signals.recv().await.ok_or(SessionError::Ended(None))
    }

    /// What happens next.
    ///
    /// # Errors
    /// The session ended.
    pub async fn next_event(&mut self) -> Result<Event, SessionError> {
        self.events.recv().await.ok_or(SessionError::Ended(None))
    }

    /// Waits for one thing to happen and passes over all others.
    ///
    /// # Errors
    /// The session ended before.
    pub async fn until<T>(&mut self, wanted: impl Fn(Event) -> Result<T, Event>) -> Result<T, SessionError> {
        loop {
            match wanted(self.next_event().await?) {
                Ok(it) => return Ok(it),
                Err(end @ (Event::Disconnected { .. } | Event::Failed(_))) => {
                    return Err(SessionError::Ended(Some(Box::new(end))));
                }
                Err(_) => {}
            }
        }
    }

    fn command(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!("the session has ended");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock of a participant on real sockets")]
fn clock() -> Instant {
    Instant::now()
}

async fn open(url: &str, token: &str, join: &JoinRequest) -> Result<Socket, SessionError> {
    let (socket, _) = connect_async(format!("{}{}", url.trim_end_matches('/'), join_path(token, join))).await?;
    Ok(socket)
}

struct Driver {
    participant: Participant,
    socket: Option<Socket>,
    wire: Wire,
    transport: Transport,
    local: SocketAddr,
    url: String,
    to_do: mpsc::UnboundedReceiver<Command>,
    said: mpsc::UnboundedSender<Event>,
    signalled: mpsc::UnboundedSender<SignalResponse>,
    audio: mpsc::UnboundedSender<Heard>,
}

impl Driver {
    async fn run(mut self) {
        let mut packet = Vec::new();
        let mut leaving = false;
        while !leaving {
            let wake = self.carry_out().await;
            tokio::select! {
                command = self.to_do.recv() => match command {
                    Some(Command::Leave) => leaving = true,
                    Some(command) => self.obey(command).await,
                    None => return,
                },
                frame = next(&mut self.socket) => self.take(frame),
                from = self.wire.receive(&mut packet) => match from {
                    Ok(from) => self.participant.handle_datagram(clock(), self.transport, from, self.local, &packet),
                    Err(error) => tracing::debug!(%error, "the audio's socket"),
                },
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
        self.participant.leave(clock());
        self.carry_out().await;
        if let Some(mut socket) = self.socket {
            // The server closes first, or we do; either is fine.
            socket.close(None).await.ok();
        }
    }

    /// Does what the participant wants done, and says when it wants to be asked again.
    async fn carry_out(&mut self) -> Instant {
        loop {
            match self.participant.poll(clock()) {
                Output::Timeout(at) => return at,
                Output::Transmit(datagram) => {
                    if let Err(error) = self.wire.send(&datagram).await {
                        tracing::debug!(%error, "the audio's socket");
                    }
                }
                Output::Signal(request) => {
                    // A server that takes nothing any more may have said why: reading tells when the WebSocket is lost.
                    if let Some(socket) = &mut self.socket
                        && let Err(error) = socket.send(Message::Binary(request.encode_to_vec().into())).await
                    {
                        tracing::debug!(%error, "not sent");
                    }
                }
                // Whoever does not want to know does not keep the receiver.
                Output::Heard(heard) => drop(self.audio.send(heard)),
                Output::Event(event) => drop(self.said.send(event)),
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Publish => self.participant.publish(),
            Command::Unpublish => self.participant.unpublish(clock()),
            Command::Say(opus, level) => {
                self.participant.say(clock(), &opus, level);
            }
            Command::Mute(muted) => self.participant.mute(muted),
            Command::DropSignalling => self.socket = None,
            Command::Resume { token, opened } => {
                let join = self.participant.resume(clock());
                let outcome = open(&self.url, &token, &join).await.map(|socket| self.socket = Some(socket));
                // Whoever does not wait for it sees the events.
                opened.send(outcome).ok();
            }
            Command::Leave => {}
        }
    }

    fn take(&mut self, frame: Option<Result<Message, tungstenite::Error>>) {
        match frame {
            Some(Ok(Message::Binary(bytes))) => match SignalResponse::decode(bytes) {
                Ok(response) => {
                    drop(self.signalled.send(response.clone()));
                    self.participant.handle_signal(clock(), response);
                }
                Err(error) => tracing::debug!(%error, "not a message"),
            },
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.lost(),
            Some(Ok(_)) => {}
        }
    }

    fn lost(&mut self) {
        self.socket = None;
        drop(self.said.send(Event::SignalLost));
    }
}

/// The next frame; never, where there is no socket.
async fn next(socket: &mut Option<Socket>) -> Option<Result<Message, tungstenite::Error>> {
    match socket {
        Some(socket) => socket.next().await,
        None => std::future::pending().await,
    }
}
