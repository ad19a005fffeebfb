//! The socket that one person's audio goes through.

use anyhow::Result;
use mio::net::{TcpStream, UdpSocket};
use mio::{Interest, Registry, Token};
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, setsockopt};
use socket2::{Domain, Socket, Type};
use std::io::{self, IoSliceMut, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd as _;
use voice_client::{Datagram, Frames, Transport, frame};

/// How many datagrams are read at once.
const BATCH: usize = 16;
/// No packet is longer.
const LONGEST: usize = 1500;

/// The socket that one person's audio goes through.
pub enum Wire {
    Udp(UdpSocket),
    /// Where to connect to, the first packet says.
    Unconnected(Socket),
    Tcp(Box<Connection>),
    Closed,
}

pub struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    frames: Frames,
    unsent: Vec<u8>,
}

/// Where datagrams are read into; one for all sockets of a thread.
pub struct Buffers {
    headers: MultiHeaders<SockaddrIn>,
    packets: Vec<[u8; LONGEST]>,
    stream: Vec<u8>,
}

impl Default for Buffers {
    fn default() -> Self {
        let stamps = nix::cmsg_space!(nix::sys::time::TimeSpec);
        Buffers {
            headers: MultiHeaders::preallocate(BATCH, Some(stamps)),
            packets: vec![[0; LONGEST]; BATCH],
            stream: vec![0; 64 * 1024],
        }
    }
}

impl Wire {
    /// A socket on the loopback address, and which.
    pub fn bind(transport: Transport, registry: &Registry, token: Token) -> Result<(Wire, SocketAddr)> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        match transport {
            Transport::Udp => {
                let mut socket = UdpSocket::bind(anywhere)?;
                setsockopt(&socket, ReceiveTimestampns, &true)?;
                registry.register(&mut socket, token, Interest::READABLE)?;
                let local = socket.local_addr()?;
                Ok((Wire::Udp(socket), local))
            }
            Transport::Tcp => {
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
                socket.bind(&anywhere.into())?;
                let local = socket.local_addr()?.as_socket().unwrap_or(anywhere);
                Ok((Wire::Unconnected(socket), local))
            }
        }
    }

    /// Sends a packet; whether it could be.
    pub fn send(&mut self, datagram: &Datagram, registry: &Registry, token: Token) -> Result<bool> {
        if let Wire::Unconnected(_) = self
            && let Wire::Unconnected(socket) = std::mem::replace(self, Wire::Closed)
        {
            *self = Wire::Tcp(Box::new(Connection::open(socket, datagram.destination, registry, token)?));
        }
        match self {
            Wire::Udp(socket) => Ok(socket.send_to(&datagram.bytes, datagram.destination).is_ok()),
            Wire::Tcp(connection) if connection.peer == datagram.destination => {
                connection.unsent.extend_from_slice(&frame(&datagram.bytes));
                connection.flush()?;
                Ok(true)
            }
            Wire::Tcp(_) | Wire::Unconnected(_) | Wire::Closed => Ok(false),
        }
    }

    /// Reads all that has come. Each packet is given to `take`, with whom it is from and, where the kernel said, when
    /// it came.
    pub fn ready(&mut self, buffers: &mut Buffers, mut take: impl FnMut(SocketAddr, Option<u64>, &[u8])) -> Result<()> {
        match self {
            Wire::Udp(socket) => read_datagrams(socket, buffers, take),
            Wire::Tcp(connection) => {
                connection.flush()?;
                connection.read(buffers, |peer, packet| take(peer, None, packet))
            }
            Wire::Unconnected(_) | Wire::Closed => Ok(()),
        }
    }

    /// The local port of a UDP socket.
    pub fn udp_port(&self) -> Option<u16> {
        match self {
            Wire::Udp(socket) => socket.local_addr().ok().map(|local| local.port()),
            Wire::Tcp(_) | Wire::Unconnected(_) | Wire::Closed => None,
        }
    }
}

fn read_datagrams(
    socket: &UdpSocket,
    buffers: &mut Buffers,
    mut take: impl FnMut(SocketAddr, Option<u64>, &[u8]),
) -> Result<()> {
    loop {
        let mut slices: Vec<[IoSliceMut; 1]> =
            buffers.packets.iter_mut().map(|packet| [IoSliceMut::new(packet)]).collect();
        let received =
            match recvmmsg(socket.as_raw_fd(), &mut buffers.headers, &mut slices, MsgFlags::MSG_DONTWAIT, None) {
                Ok(received) => received,
                Err(nix::Error::EAGAIN | nix::Error::EINTR) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
        let mut count = 0;
        for message in received {
            count += 1;
            let from = message.address.map_or(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0), SocketAddrV4::from);
            let stamp = message.cmsgs()?.find_map(|control| match control {
                ControlMessageOwned::ScmTimestampns(at) => {
                    Some(at.tv_sec() as u64 * 1_000_000_000 + at.tv_nsec() as u64)
                }
                _ => None,
            });
            if let Some(packet) = message.iovs().next() {
                take(from.into(), stamp, packet);
            }
        }
        // Fewer than fit: there are no more, and we are told of those that come from now on.
        if count < BATCH {
            return Ok(());
        }
    }
}

impl Connection {
    fn open(socket: Socket, peer: SocketAddr, registry: &Registry, token: Token) -> Result<Connection> {
        socket.set_nonblocking(true)?;
        match socket.connect(&peer.into()) {
            Err(error) if error.raw_os_error() != Some(nix::libc::EINPROGRESS) => return Err(error.into()),
            _ => {}
        }
        socket.set_tcp_nodelay(true)?;
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Connection { stream, peer, frames: Frames::default(), unsent: Vec::new() })
    }

    fn flush(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if later(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn read(&mut self, buffers: &mut Buffers, mut take: impl FnMut(SocketAddr, &[u8])) -> Result<()> {
        loop {
            match self.stream.read(&mut buffers.stream) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(length) => {
                    self.frames.push(&buffers.stream[..length]);
                    while let Some(packet) = self.frames.next_packet() {
                        take(self.peer, packet);
                    }
                }
                Err(error) if later(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected | io::ErrorKind::Interrupted)
}
