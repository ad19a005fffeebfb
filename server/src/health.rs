//! Whether the server on this machine is well: for whatever watches over it and has nothing else to ask with.

use anyhow::{Context, ensure};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Whoever does not answer in this time is not well.
const PATIENCE: Duration = Duration::from_secs(5);

const QUESTION: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Asks the server that listens at `listen`; an error unless it says that it is well.
pub(crate) async fn ask(listen: SocketAddr) -> anyhow::Result<()> {
    let address = reachable(listen);
    let answer = timeout(PATIENCE, asked(address));
    let answer =
        answer.await.context("it does not answer")?.with_context(|| format!("nobody can be asked at {address}"))?;
    let status = answer.split("\r\n").next().unwrap_or_default();
    ensure!(status.starts_with("HTTP/1.1 200"), "it says {status:?}");
    Ok(())
}

async fn asked(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(QUESTION).await?;
    let mut answer = Vec::new();
    connection.take(64 * 1024).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Who listens everywhere listens on this machine's own address, too.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that gives one answer, whatever it is asked; where it listens, by what LISTEN says.
    async fn server_that_says(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut question = vec![0; QUESTION.len()];
            connection.read_exact(&mut question).await.unwrap();
            connection.write_all(answer.as_bytes()).await.unwrap();
        });
        SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)
    }

    #[tokio::test]
    async fn only_a_server_that_says_so_is_well() {
        assert!(ask(server_that_says("HTTP/1.1 200 OK\r\n\r\nok").await).await.is_ok());
        let ill = ask(server_that_says("HTTP/1.1 503 Service Unavailable\r\n\r\n").await).await.unwrap_err();
        assert!(format!("{ill:#}").contains("503"), "{ill:#}");
        assert!(ask(server_that_says("").await).await.is_err());

        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let nobody = ask(gone).await.unwrap_err();
        assert!(format!("{nobody:#}").contains("nobody can be asked"), "{nobody:#}");
    }

    #[test]
    fn whoever_listens_everywhere_is_asked_at_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("127.0.0.1:1", "127.0.0.1:1"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
