//! Just enough of HTTP to see how far a request came: whether it was sent, and whether all of the answer arrived.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A request that is on its way.
pub(crate) struct Sent(TcpStream);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Posts as somebody; with HTTP/1.0, so that the answer comes in one piece and the connection ends with it.
pub(crate) async fn send(server: SocketAddr, session: &str, path: &str, kind: &str, body: &str) -> io::Result<Sent> {
    let mut stream = TcpStream::connect(server).await?;
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: localhost\r\nCookie: paxora={session}\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(Sent(stream))
}

/// Asks for something, in the same way.
pub(crate) async fn get(server: SocketAddr, session: &str, path: &str) -> io::Result<Sent> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\nCookie: paxora={session}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(Sent(stream))
}

impl Sent {
    /// One that was sent by hand.
    pub(crate) fn over(stream: TcpStream) -> Sent {
        Sent(stream)
    }

    /// The connection, for an answer that has no end.
    pub(crate) fn stream(self) -> TcpStream {
        self.0
    }

    /// None if the server died before all of its answer had arrived.
    pub(crate) async fn hear(mut self) -> Option<Answer> {
        let mut bytes = vec![];
        // A connection that breaks has said what it had to say.
        let _ = timeout(crate::house::PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("an answer in time");
        let text = String::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap_or_else(|| panic!("an answer of unknown length: {head}")).parse().ok()?;
        (body.len() == length).then(|| Answer { status, head: head.to_owned(), body: body.to_owned() })
    }
}
