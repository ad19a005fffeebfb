//! Where people come in: by plain HTTP, and by https with certificates that this server gets by itself (ACME).

mod certificates;

use crate::config::Config;
use crate::edge::Addresses;
use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use axum::serve::Listener;
pub(crate) use certificates::Authority;
use certificates::Certificates;
use http::StatusCode;
use http::header::HOST;
use rustls_acme::is_tls_alpn_challenge;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

/// How long it may take until a connection is encrypted.
const ENCRYPTED_WITHIN: Duration = Duration::from_secs(10);
/// So many become encrypted at the same time; more wait outside.
const HANDSHAKES: usize = 256;
/// So many of them from one address, or one network of IPv6: whoever is silent there keeps only their own neighbours waiting. A
/// parish hall has one address; a handshake takes moments.
const FROM_ONE_ADDRESS: usize = 64;

type Connection = (TlsStream<TcpStream>, SocketAddr);

/// All ways in, as one.
pub(crate) struct Doors {
    plain: TcpListener,
    secure: Option<Secure>,
}

struct Secure {
    coming: mpsc::Receiver<Connection>,
    address: SocketAddr,
    work: Vec<JoinHandle<()>>,
}

impl Drop for Secure {
    fn drop(&mut self) {
        for work in &self.work {
            work.abort();
        }
    }
}

impl Doors {
    /// Listens wherever the settings say.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Doors> {
        let plain = listen("LISTEN", config.listen).await?;
        let Some(authority) = config.tls.authority()? else { return Ok(Doors { plain, secure: None }) };
        let https = listen("HTTPS_LISTEN", config.tls.https_listen).await?;
        let http = listen("HTTP_LISTEN", config.tls.http_listen).await?;
        let address = https.local_addr()?;
        let certificates = Certificates::from(authority)?;
        let (sender, coming) = mpsc::channel(1);
        let work = vec![
            tokio::spawn(certificates.clone().keep_fresh()),
            tokio::spawn(encrypt(https, certificates.clone(), sender)),
            tokio::spawn(send_on(http, certificates.domain().to_owned())),
        ];
        Ok(Doors { plain, secure: Some(Secure { coming, address, work }) })
    }

    /// Where https comes in, if it does.
    pub(crate) fn secure_address(&self) -> Option<SocketAddr> {
        self.secure.as_ref().map(|secure| secure.address)
    }
}

async fn listen(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{setting}: {address} cannot be listened on"))
}

impl Listener for Doors {
    type Io = Either<TcpStream, TlsStream<TcpStream>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let encrypted = async {
            match &mut self.secure {
                Some(secure) => secure.coming.recv().await,
                None => None,
            }
        };
        tokio::select! {
            (io, address) = Listener::accept(&mut self.plain) => {
                hurry(&io);
                (Either::Left(io), address)
            }
            Some((io, address)) = encrypted => (Either::Right(io), address),
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }
}

/// The voice server's small messages must not wait for each other.
fn hurry(connection: &TcpStream) {
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays slow");
    }
}

/// Makes encrypted connections of those that come in. Nobody who is slow at it keeps others waiting.
async fn encrypt(mut listener: TcpListener, certificates: Certificates, to: mpsc::Sender<Connection>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let addresses = Addresses::default();
    loop {
        let Ok(turn) = Arc::clone(&handshakes).acquire_owned().await else { return };
        let (tcp, address) = Listener::accept(&mut listener).await;
        let Some(visit) = addresses.come(address.ip(), FROM_ONE_ADDRESS) else {
            tracing::warn!("too many connections from one address want to be encrypted: one more was closed");
            continue;
        };
        hurry(&tcp);
        let (certificates, to) = (certificates.clone(), to.clone());
        tokio::spawn(async move {
            // Also while it waits to be served: so there are never more of them.
            let _held = (turn, visit);
            let encrypted = timeout(ENCRYPTED_WITHIN, handshake(tcp, &certificates)).await;
            match encrypted {
                // Nobody waits for it if the server has been stopped.
                Ok(Ok(Some(stream))) => _ = to.send((stream, address)).await,
                Ok(Ok(None)) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a connection could not be encrypted"),
                Err(_) => tracing::debug!("a connection took too long to be encrypted"),
            }
        });
    }
}

/// None for the authority, which only looks whether we have the key it has told us.
async fn handshake(tcp: TcpStream, certificates: &Certificates) -> io::Result<Option<TlsStream<TcpStream>>> {
    let greeted = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
    if is_tls_alpn_challenge(&greeted.client_hello()) {
        let mut stream = greeted.into_stream(Arc::clone(&certificates.challenge)).await?;
        stream.shutdown().await?;
        return Ok(None);
    }
    greeted.into_stream(Arc::clone(&certificates.ours)).await.map(Some)
}

/// Leads whoever comes by http to the same address by https.
async fn send_on(listener: TcpListener, domain: String) {
    let edge = crate::edge::Edge::behind(vec![]);
    crate::edge::serve(listener, by_https(&domain), edge, std::future::pending()).await;
}

fn by_https(domain: &str) -> Router {
    let domain: Arc<str> = domain.into();
    Router::new().fallback(move |request: Request| {
        let domain = Arc::clone(&domain);
        async move { lead(&domain, &request) }
    })
}

/// Only to ourselves: what somebody else has let point here is not our name.
fn lead(domain: &str, request: &Request) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !host.eq_ignore_ascii_case(domain) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match path.starts_with('/') {
        true => Redirect::permanent(&format!("https://{domain}{path}")).into_response(),
        false => StatusCode::BAD_REQUEST.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tower::ServiceExt;

    async fn asked(host: &str, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).header(HOST, host).body(Body::empty()).unwrap();
        let answer = by_https("parish.example").oneshot(request).await.unwrap();
        let to = answer.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
        (answer.status(), to)
    }

    #[tokio::test]
    async fn whoever_comes_by_http_is_led_to_the_same_address_by_https() {
        for host in ["parish.example", "Parish.Example", "parish.example:80"] {
            let led = (StatusCode::PERMANENT_REDIRECT, "https://parish.example/join/abc?x=1".to_owned());
            assert_eq!(asked(host, "/join/abc?x=1").await, led, "{host}");
        }
    }

    #[tokio::test]
    async fn nobody_is_led_to_the_house_of_somebody_else() {
        for host in ["evil.example", "", "parish.example.evil.example", "203.0.113.5"] {
            assert_eq!(asked(host, "/").await, (StatusCode::MISDIRECTED_REQUEST, String::new()), "{host}");
        }
        let (_, to) = asked("parish.example", "//evil.example/").await;
        assert_eq!(to, "https://parish.example//evil.example/");
    }
}
