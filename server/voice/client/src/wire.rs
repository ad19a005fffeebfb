//! The socket that audio goes through.

use crate::{Datagram, Frames, Transport, frame};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

/// The socket that audio goes through, on the loopback address.
#[derive(Debug)]
pub(crate) enum Wire {
    Udp(UdpSocket),
    /// Not connected: to whom, the first packet says.
    Unconnected(TcpSocket),
    Tcp(Connection),
    /// The server closed it.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    frames: Frames,
}

impl Wire {
    /// A socket and its address.
    pub async fn bind(transport: Transport) -> io::Result<(Wire, SocketAddr)> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        match transport {
            Transport::Udp => {
                let socket = UdpSocket::bind(anywhere).await?;
                let local = socket.local_addr()?;
                Ok((Wire::Udp(socket), local))
            }
            Transport::Tcp => {
                let socket = TcpSocket::new_v4()?;
                socket.bind(anywhere)?;
                let local = socket.local_addr()?;
                Ok((Wire::Unconnected(socket), local))
            }
        }
    }

    /// Sends a packet; on TCP opens the connection with the first one.
    pub async fn send(&mut self, datagram: &Datagram) -> io::Result<()> {
        if let Wire::Unconnected(_) = self
            && let Wire::Unconnected(socket) = std::mem::replace(self, Wire::Closed)
        {
            let peer = datagram.destination;
            let stream = socket.connect(peer).await?;
            stream.set_nodelay(true)?;
            *self = Wire::Tcp(Connection { stream, peer, frames: Frames::default() });
        }
        match self {
            Wire::Udp(socket) => socket.send_to(&datagram.bytes, datagram.destination).await.map(drop),
            Wire::Tcp(connection) if connection.peer == datagram.destination => {
                connection.stream.write_all(&frame(&datagram.bytes)).await
            }
            Wire::Tcp(_) | Wire::Unconnected(_) | Wire::Closed => Ok(()),
        }
    }

    /// Waits for the next packet and from whom it is. May be given up at any time.
    pub async fn receive(&mut self, packet: &mut Vec<u8>) -> io::Result<SocketAddr> {
        match self {
            Wire::Udp(socket) => {
                packet.resize(2048, 0);
                let (length, from) = socket.recv_from(packet).await?;
                packet.truncate(length);
                Ok(from)
            }
            Wire::Tcp(connection) => {
                let received = connection.receive(packet).await;
                let peer = connection.peer;
                if received.is_err() {
                    *self = Wire::Closed;
                }
                received.map(|()| peer)
            }
            Wire::Unconnected(_) | Wire::Closed => std::future::pending().await,
        }
    }
}

impl Connection {
    async fn receive(&mut self, packet: &mut Vec<u8>) -> io::Result<()> {
        let mut bytes = [0; 4096];
        loop {
            if let Some(whole) = self.frames.next_packet() {
                packet.clear();
                packet.extend_from_slice(whole);
                return Ok(());
            }
            self.stream.readable().await?;
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.frames.push(&bytes[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
