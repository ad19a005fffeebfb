//! The connections themselves: how many there may be, and how long each may take to say what it wants.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// What each connection may do.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// So many at once; whoever comes then waits until another has gone.
    pub(crate) connections: usize,
    /// So many from one address, or one network of IPv6; one more is closed at once. A parish hall has one address.
    pub(crate) from_one_address: usize,
    /// A request's head arrives within this time, also the next one's after an answer. As long as proxies take for granted that
    /// they may ask again.
    pub(crate) head_within: Duration,
    /// Everybody comes from there: they are not counted.
    pub(crate) trusted_proxies: Vec<IpAddr>,
}

impl Edge {
    pub(crate) fn behind(trusted_proxies: Vec<IpAddr>) -> Edge {
        Edge { connections: 10_000, from_one_address: 1_000, head_within: Duration::from_secs(30), trusted_proxies }
    }

    /// So many may come from there.
    fn from(&self, address: IpAddr) -> usize {
        let from = address.to_canonical();
        match from.is_loopback() || self.trusted_proxies.contains(&from) {
            true => usize::MAX,
            false => self.from_one_address,
        }
    }
}

/// Serves until told to stop, and then until the last request is answered.
pub(crate) async fn serve<L>(mut listener: L, app: Router, edge: Edge, stop: impl Future<Output = ()>)
where
    L: Listener<Addr = SocketAddr>,
{
    let places = Arc::new(Semaphore::new(edge.connections));
    let addresses = Addresses::default();
    // Each connection holds one end: it is told to stop by it, and is known by it to be there.
    let (stopping, stopped) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let place = tokio::select! {
            () = &mut stop => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let (io, address) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let most = edge.from(address.ip());
        let Some(visit) = addresses.come(address.ip(), most) else {
            tracing::warn!("too many connections from one address: one more was closed");
            continue;
        };
        let connection = Connection { head_within: edge.head_within, address, app: app.clone() };
        tokio::spawn(connection.talk(io, stopped.clone(), (place, visit)));
    }
    drop((listener, stopped));
    stopping.send_replace(());
    stopping.closed().await;
}

struct Connection {
    head_within: Duration,
    address: SocketAddr,
    app: Router,
}

impl Connection {
    /// Answers what is asked, one request after the other. What it holds is let go when it is over.
    async fn talk<Io>(self, io: Io, mut stopped: watch::Receiver<()>, _held: (OwnedSemaphorePermit, Visit))
    where
        Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let address = self.address;
        let app = self.app.map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            request.map(Body::new)
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(self.head_within);
        // A WebSocket goes on by itself.
        let mut talk = pin!(server.serve_connection(TokioIo::new(io), TowerToHyperService::new(app)).with_upgrades());
        let ended = tokio::select! {
            ended = &mut talk => ended,
            _ = stopped.changed() => {
                talk.as_mut().graceful_shutdown();
                talk.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// How many connections there are from where.
#[derive(Clone, Default)]
pub(crate) struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them.
pub(crate) struct Visit {
    from: IpAddr,
    addresses: Addresses,
}

impl Addresses {
    /// One more from there, or from its network of IPv6; none if that would be more than `most`.
    pub(crate) fn come(&self, from: IpAddr, most: usize) -> Option<Visit> {
        let from = backend::network(from);
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = addresses.entry(from).or_default();
        if *visits >= most {
            return None;
        }
        *visits += 1;
        Some(Visit { from, addresses: self.clone() })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut addresses = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(visits) = addresses.get_mut(&self.from) {
            *visits -= 1;
            if *visits == 0 {
                addresses.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::io;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    /// Takes connections as if they came from elsewhere.
    struct Elsewhere(TcpListener);

    impl Listener for Elsewhere {
        type Io = TcpStream;
        type Addr = SocketAddr;

        async fn accept(&mut self) -> (TcpStream, SocketAddr) {
            let (io, _) = TcpListener::accept(&self.0).await.unwrap();
            (io, SocketAddr::from(([203, 0, 113, 7], 1)))
        }

        fn local_addr(&self) -> io::Result<SocketAddr> {
            self.0.local_addr()
        }
    }

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        over: JoinHandle<()>,
    }

    impl Server {
        async fn start(edge: impl FnOnce(&mut Edge), app: Router) -> Server {
            let mut limits = Edge::behind(vec![]);
            edge(&mut limits);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = oneshot::channel::<()>();
            let stopped = async move { stopped.await.unwrap_or_default() };
            let over = tokio::spawn(serve(Elsewhere(listener), app, limits, stopped));
            Server { address, stop, over }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }
    }

    fn app() -> Router {
        Router::new().route("/", get(|ConnectInfo(from): ConnectInfo<SocketAddr>| async move { from.ip().to_string() }))
    }

    /// What is said until the other side closes.
    async fn all(connection: &mut TcpStream) -> String {
        let mut all = vec![];
        let read = connection.read_to_end(&mut all);
        // Closed with something unread, it is reset.
        let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an end in time");
        String::from_utf8(all).unwrap()
    }

    async fn ask(connection: &mut TcpStream) -> String {
        connection.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        all(connection).await
    }

    #[tokio::test]
    async fn whoever_is_slow_to_say_what_they_want_is_cut_off_and_others_are_served_meanwhile() {
        let server = Server::start(|edge| edge.head_within = Duration::from_millis(200), app()).await;
        let mut slow = vec![];
        for said in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n", "GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\r\nx-b:"] {
            let mut connection = server.connect().await;
            connection.write_all(said.as_bytes()).await.unwrap();
            slow.push(connection);
        }
        let answer = ask(&mut server.connect().await).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("203.0.113.7"), "{answer}");
        for mut connection in slow {
            let end = all(&mut connection).await;
            assert!(end.is_empty() || end.starts_with("HTTP/1.1 408 "), "{end}");
        }
    }

    #[tokio::test]
    async fn one_address_does_not_take_all_connections() {
        let server = Server::start(|edge| edge.from_one_address = 2, app()).await;
        let (first, mut second) = (server.connect().await, server.connect().await);
        // Answered, so they are counted.
        second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        second.read_u8().await.unwrap();
        assert_eq!(ask(&mut server.connect().await).await, "", "closed without an answer");
        drop(second);
        let mut answer = String::new();
        // Until it was noticed that the second one has gone.
        while answer.is_empty() {
            let mut again = server.connect().await;
            if again.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.is_ok() {
                answer = all(&mut again).await;
            }
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        drop(first);
    }

    #[tokio::test]
    async fn whoever_comes_when_all_places_are_taken_waits_for_one() {
        let server = Server::start(|edge| edge.connections = 1, app()).await;
        let mut first = server.connect().await;
        first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        first.read_u8().await.unwrap();
        let mut second = server.connect().await;
        second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let soon = tokio::time::timeout(Duration::from_millis(200), second.peek(&mut [0])).await;
        assert!(soon.is_err(), "there is no place");
        drop(first);
        assert!(all(&mut second).await.starts_with("HTTP/1.1 200 "));
    }

    #[tokio::test]
    async fn what_was_asked_before_the_end_is_answered_and_idle_connections_end() {
        let (asked, mut was_asked) = tokio::sync::mpsc::channel(1);
        let (go_on, gone_on) = watch::channel(false);
        let slow = get(move || async move {
            asked.send(()).await.unwrap();
            gone_on.clone().wait_for(|go_on| *go_on).await.unwrap();
            "at last"
        });
        let server = Server::start(|_| {}, Router::new().route("/", slow)).await;
        let (mut idle, mut busy) = (server.connect().await, server.connect().await);
        busy.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        was_asked.recv().await.unwrap();
        server.stop.send(()).unwrap();
        assert_eq!(all(&mut idle).await, "");
        assert!(TcpStream::connect(server.address).await.is_err(), "nobody new is let in");
        go_on.send_replace(true);
        assert!(all(&mut busy).await.ends_with("at last"));
        server.over.await.unwrap();
    }
}
