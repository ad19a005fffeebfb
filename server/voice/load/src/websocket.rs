//! A WebSocket on a socket that never blocks.

use anyhow::{Context as _, Result, anyhow, bail};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io;
use std::net::SocketAddr;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::handshake::MidHandshake;
use tungstenite::handshake::client::ClientHandshake;
use tungstenite::{HandshakeError, Message, WebSocket};

/// A WebSocket, from the first packet on.
pub struct Signalling {
    state: State,
    /// What is to be sent once it is open.
    waiting: Vec<Vec<u8>>,
}

enum State {
    /// TCP has no answer.
    Connecting {
        stream: TcpStream,
        request: String,
    },
    /// The upgrade has no answer.
    Shaking(MidHandshake<ClientHandshake<TcpStream>>),
    Open(Box<WebSocket<TcpStream>>),
    Closed,
}

impl Signalling {
    /// Begins to open `ws://{server}{path}`.
    pub fn open(server: SocketAddr, path: &str, registry: &Registry, token: Token) -> Result<Signalling> {
        let mut stream = TcpStream::connect(server)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        let request = format!("ws://{server}{path}");
        Ok(Signalling { state: State::Connecting { stream, request }, waiting: Vec::new() })
    }

    /// Sends a message, as soon as that is possible.
    pub fn send(&mut self, message: Vec<u8>) -> Result<()> {
        match &mut self.state {
            State::Open(socket) => unless_later(socket.send(Message::Binary(message.into()))).map(drop),
            State::Closed => Ok(()),
            State::Connecting { .. } | State::Shaking(_) => {
                self.waiting.push(message);
                Ok(())
            }
        }
    }

    /// The socket can do something: goes on, and gives each message that came to `take`.
    pub fn ready(&mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.shake_hands()?;
        let State::Open(socket) = &mut self.state else { return Ok(()) };
        unless_later(socket.flush())?;
        loop {
            match unless_later(socket.read()) {
                Ok(Some(Message::Binary(bytes))) => take(&bytes)?,
                Ok(Some(Message::Close(_))) => bail!("the server closed the WebSocket"),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn shake_hands(&mut self) -> Result<()> {
        let outcome = match std::mem::replace(&mut self.state, State::Closed) {
            State::Connecting { stream, request } => {
                if let Some(error) = stream.take_error()? {
                    return Err(error).context("the server cannot be reached");
                }
                if stream.peer_addr().is_err() {
                    self.state = State::Connecting { stream, request };
                    return Ok(());
                }
                stream.set_nodelay(true)?;
                tungstenite::client(request.into_client_request()?, stream)
            }
            State::Shaking(handshake) => handshake.handshake(),
            other => {
                self.state = other;
                return Ok(());
            }
        };
        match outcome {
            Ok((socket, _)) => {
                self.state = State::Open(Box::new(socket));
                for message in std::mem::take(&mut self.waiting) {
                    self.send(message)?;
                }
            }
            Err(HandshakeError::Interrupted(handshake)) => self.state = State::Shaking(handshake),
            Err(HandshakeError::Failure(error)) => return Err(refused(error)),
        }
        Ok(())
    }
}

fn refused(error: tungstenite::Error) -> anyhow::Error {
    let tungstenite::Error::Http(answer) = error else { return error.into() };
    let body = answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    anyhow!("refused with {}: {body}", answer.status())
}

/// `None` where the socket cannot do it now: it will be done when it can.
fn unless_later<T>(done: Result<T, tungstenite::Error>) -> Result<Option<T>> {
    match done {
        Ok(it) => Ok(Some(it)),
        Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.into()),
    }
}
