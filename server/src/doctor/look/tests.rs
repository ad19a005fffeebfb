use super::*;
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const PATIENCE: Duration = Duration::from_secs(20);
const ANSWER: &[u8] = b"HTTP/1.0 200 OK\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\n\r\nok";

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut asked = [0; 1024];
    let length = stream.read(&mut asked).await.unwrap();
    assert!(asked[..length].starts_with(b"GET /health HTTP/1.0\r\n"));
    stream.write_all(ANSWER).await.unwrap();
    stream.shutdown().await.unwrap();
}

/// A server whose certificate for localhost ends then, and who vouches for it.
async fn encrypted(ends: i32) -> (String, RootCertStore) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let mut ours = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    ours.not_before = date_time_ymd(2020, 1, 1);
    ours.not_after = date_time_ymd(ends, 1, 1);
    let ours = ours.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![ours.der().clone()], key).unwrap();
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(server));
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            // Whoever does not trust it goes away.
            if let Ok(stream) = acceptor.accept(tcp).await {
                answer(stream).await;
            }
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    (format!("https://localhost:{port}/health"), roots)
}

#[tokio::test]
async fn what_is_answered_and_what_time_it_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let (seen, ()) = tokio::join!(at(&url, PATIENCE), async { answer(listener.accept().await.unwrap().0).await });
    let date = Some(Timestamp(1_800_000_000_000));
    assert_eq!(seen, Ok(Seen { status: 200, body: "ok".into(), date, certificate_ends: None }));
}

#[tokio::test]
async fn until_when_a_certificate_is_good() {
    let (url, roots) = encrypted(2100).await;
    let seen = trusting(&url, roots).await.unwrap();
    assert_eq!((seen.status, seen.certificate_ends), (200, Some(Timestamp(4_102_444_800_000))));
}

#[tokio::test]
async fn a_certificate_that_browsers_refuse_is_told_with_the_reason() {
    let (url, roots) = encrypted(2021).await;
    assert_eq!(trusting(&url, roots).await, Err(Trouble::Certificate("it has ended".into())));
    let (url, _) = encrypted(2100).await;
    assert_eq!(at(&url, PATIENCE).await, Err(Trouble::Certificate("no known authority vouches for it".into())));
    let (url, roots) = encrypted(2100).await;
    let other = url.replace("localhost", "127.0.0.1");
    let seen = trusting(&other, roots).await;
    // Where localhost is another address, nobody is there.
    assert!(matches!(seen, Err(Trouble::Silent)) || seen == Err(Trouble::Certificate("it is for another name".into())));
}

#[tokio::test]
async fn nobody_answers_where_nobody_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(at(&url, PATIENCE).await, Err(Trouble::Silent));
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", mute.local_addr().unwrap());
    assert_eq!(at(&url, Duration::from_millis(50)).await, Err(Trouble::Silent));
}
