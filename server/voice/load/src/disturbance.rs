//! Those who mean no good, or nothing, while others talk.

use crate::plan::Key;
use crate::worker::clock;
use anyhow::{Context as _, Result};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use voice_client::{Options, Participant, Transport, join_path};

/// How often the malformed ones are sent, a few at a time.
const BEAT: Duration = Duration::from_millis(2);
/// How often it is looked whether the server closed somebody.
const LOOK: Duration = Duration::from_millis(200);

/// What disturbs.
#[derive(Debug, Clone)]
pub enum Disturbance {
    /// Datagrams that are nothing, or nearly something.
    Malformed {
        /// The server's port for audio.
        target: SocketAddr,
        per_second: u32,
    },
    /// Connections that lead to nothing: half of them WebSockets whose owner never says a word, a quarter broken off
    /// in the middle of the request, a quarter only opened. What the server closes is opened again.
    HalfOpen {
        server: SocketAddr,
        /// The server's TCP port for audio, if it has one.
        media: Option<SocketAddr>,
        count: u32,
        /// A room of their own.
        room: String,
    },
}

/// A disturbance that is going on.
pub struct Disturbing {
    stop: Sender<()>,
    thread: JoinHandle<Result<String>>,
}

impl Disturbance {
    /// The room that it needs.
    pub fn room(&self) -> Option<&str> {
        match self {
            Disturbance::Malformed { .. } => None,
            Disturbance::HalfOpen { room, .. } => Some(room),
        }
    }

    pub fn start(&self, key: &Key) -> Result<Disturbing> {
        let (stop, stopped) = channel();
        let thread = match self.clone() {
            Disturbance::Malformed { target, per_second } => {
                std::thread::spawn(move || malformed(target, per_second, &stopped))
            }
            Disturbance::HalfOpen { server, media, count, room } => {
                let idlers =
                    (0..count).map(|number| Idler::new(number, server, media, &room, key)).collect::<Result<_>>()?;
                std::thread::spawn(move || half_open(idlers, &stopped))
            }
        };
        Ok(Disturbing { stop, thread })
    }
}

impl Disturbing {
    /// Ends it; what was done.
    pub fn end(self) -> Result<String> {
        drop(self.stop);
        self.thread.join().ok().context("the disturbance panicked")?
    }
}

/// Whether to go on after this pause.
fn goes_on(stopped: &Receiver<()>, pause: Duration) -> bool {
    stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout)
}

fn malformed(target: SocketAddr, per_second: u32, stopped: &Receiver<()>) -> Result<String> {
    let sockets = (0..8).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).collect::<io::Result<Vec<UdpSocket>>>()?;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (began, mut sent) = (clock(), 0_u64);
    while goes_on(stopped, BEAT) {
        let due = (began.elapsed().as_secs_f64() * f64::from(per_second)) as u64;
        while sent < due {
            let socket = &sockets[dice.below(8) as usize];
            // The server may refuse; that is its right.
            socket.send_to(&nonsense(&mut dice, sent), target).ok();
            sent += 1;
        }
    }
    Ok(format!("{sent} malformed datagrams in {:.1} s", began.elapsed().as_secs_f64()))
}

/// The next datagram: each of five kinds in turn.
fn nonsense(dice: &mut Dice, number: u64) -> Vec<u8> {
    let length = 1 + dice.below(1300) as usize;
    let mut bytes: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
    let head: Vec<u8> = match number % 5 {
        // Anything.
        0 => Vec::new(),
        // A STUN request with a wrong length, and names of nobody.
        1 => {
            let says = dice.below(256) as u8;
            vec![
                0, 1, 0, says, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 9, b'a', b':',
                b'b',
            ]
        }
        // The beginning of a DTLS handshake.
        2 => vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1],
        // An RTP packet of nobody.
        3 => vec![0x90, 111],
        // A report of nobody.
        _ => vec![0x81, 201, 0xff, 0xff],
    };
    for (byte, wanted) in bytes.iter_mut().zip(head) {
        *byte = wanted;
    }
    bytes
}

/// Numbers that look like chance and are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }
}

/// Somebody who connects and then does nothing.
struct Idler {
    target: SocketAddr,
    /// All they ever say.
    words: Vec<u8>,
    connection: Option<TcpStream>,
}

impl Idler {
    fn new(number: u32, server: SocketAddr, media: Option<SocketAddr>, room: &str, key: &Key) -> Result<Idler> {
        let token = key.token(room, &format!("idler-{number}"), false)?;
        let (_, join) = Participant::new(clock(), Options::browser(server, Transport::Udp));
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            join_path(&token, &join)
        );
        let (target, words) = match number % 4 {
            0 | 1 => (server, request),
            2 => (server, request[..40].to_owned()),
            _ => (media.unwrap_or(server), String::new()),
        };
        Ok(Idler { target, words: words.into_bytes(), connection: None })
    }

    fn connect(&mut self) -> io::Result<()> {
        let mut connection = TcpStream::connect(self.target)?;
        connection.write_all(&self.words)?;
        connection.set_nonblocking(true)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Throws away what came; notices if the server closed.
    fn look(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        let mut bytes = [0; 4096];
        loop {
            match connection.read(&mut bytes) {
                Ok(length) if length > 0 => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {
                    self.connection = None;
                    return;
                }
            }
        }
    }
}

fn half_open(mut idlers: Vec<Idler>, stopped: &Receiver<()>) -> Result<String> {
    let (mut opened, mut refused) = (0, 0);
    loop {
        for idler in &mut idlers {
            idler.look();
            if idler.connection.is_none() {
                match idler.connect() {
                    Ok(()) => opened += 1,
                    Err(_) => refused += 1,
                }
            }
        }
        if !goes_on(stopped, LOOK) {
            let count = idlers.len();
            return Ok(format!("{count} half-open connections, {opened} opened in all, {refused} refused"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, nonsense};

    #[test]
    fn nonsense_is_of_every_kind_and_always_the_same() {
        let all = || {
            let mut dice = Dice(1);
            (0..500).map(|number| nonsense(&mut dice, number)).collect::<Vec<_>>()
        };
        assert_eq!(all(), all());
        let starts = |head: &[u8]| all().iter().filter(|bytes| bytes.starts_with(head)).count();
        for head in [&[0, 1, 0][..], &[22, 0xfe, 0xfd], &[0x90, 111], &[0x81, 201]] {
            assert!(starts(head) > 80, "{head:?}: {}", starts(head));
        }
    }
}
