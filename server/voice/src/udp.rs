//! The UDP port. All media threads have a socket of their own on the same one.

use mio::net::UdpSocket;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// What may wait in the kernel while a thread is busy. It grants less to those who may not have so much.
const BUFFER: usize = 4 * 1024 * 1024;

/// Opens one socket for each of `count` threads, all on one port; the kernel keeps each sender with one of them.
pub(crate) fn open(address: SocketAddr, count: usize) -> io::Result<Vec<UdpSocket>> {
    let mut sockets: Vec<UdpSocket> = vec![];
    let mut address = address;
    for _ in 0..count {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if sockets.is_empty() {
            // Somebody else's sockets must not be joined by mistake: the first one takes the port for itself.
            probe(address)?;
        }
        socket.set_reuse_port(true)?;
        let _ = socket.set_recv_buffer_size(BUFFER);
        let _ = socket.set_send_buffer_size(BUFFER);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into());
        address = socket.local_addr()?;
        sockets.push(socket);
    }
    Ok(sockets)
}

fn probe(address: SocketAddr) -> io::Result<()> {
    if address.port() == 0 {
        return Ok(());
    }
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.bind(&address.into())
}

/// Sends datagrams, as many with one system call as the system allows. What it does not take is lost, as on any network.
#[cfg(target_os = "linux")]
pub(crate) fn send(socket: &UdpSocket, datagrams: &[(SocketAddr, &[u8])]) {
    use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
    use std::io::IoSlice;
    use std::os::fd::AsRawFd;

    /// Linux sends no more with one call than this (UIO_MAXIOV).
    const AT_ONCE: usize = 1024;
    for some in datagrams.chunks(AT_ONCE) {
        let slices: Vec<[IoSlice<'_>; 1]> = some.iter().map(|(_, bytes)| [IoSlice::new(bytes)]).collect();
        let addresses: Vec<Option<SockaddrStorage>> = some.iter().map(|(to, _)| Some((*to).into())).collect();
        let mut sent = 0;
        while sent < some.len() {
            let mut headers = MultiHeaders::preallocate(some.len() - sent, None);
            let (Some(slices), Some(addresses)) = (slices.get(sent..), addresses.get(sent..)) else { break };
            let result = sendmmsg(socket.as_raw_fd(), &mut headers, slices, addresses, [], MsgFlags::MSG_DONTWAIT);
            match result {
                Ok(results) => sent += results.count().max(1),
                Err(nix::errno::Errno::EINTR) => {}
                // One address that cannot be reached is no reason to leave out the others.
                Err(error) => {
                    tracing::trace!(%error, "a datagram was not sent");
                    sent += 1;
                }
            }
        }
    }
}

/// Sends datagrams, one by one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn send(socket: &UdpSocket, datagrams: &[(SocketAddr, &[u8])]) {
    for (to, bytes) in datagrams {
        let _ = socket.send_to(bytes, *to);
    }
}
