//! The real `paxora` gets a certificate from a real authority (Pebble, by `script/pebble`), and serves https with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};
use tokio_rustls::TlsConnector;

const PATIENCE: Duration = Duration::from_secs(60);
/// Long before those who say nothing are given up.
const SOON: Duration = Duration::from_secs(5);
const DOMAIN: &str = "parish.example";

struct Pebble {
    directory: String,
    root: String,
    roots: String,
    port: u16,
}

/// None where it was said that there is none.
fn pebble() -> Option<Pebble> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match ["ACME_DIRECTORY", "ACME_ROOT", "PEBBLE_ROOTS", "PEBBLE_TLS_PORT"].map(variable) {
        [Some(directory), Some(root), Some(roots), Some(port)] => {
            Some(Pebble { directory, root, roots, port: port.parse().unwrap() })
        }
        _ if variable("PAXORA_WITHOUT_LIVEKIT").is_some() => {
            eprintln!("skipped: PAXORA_WITHOUT_LIVEKIT says that there is no Go, of which Pebble is made");
            None
        }
        _ => panic!(
            "ACME_DIRECTORY is not set: run this through script/pebble or script/test, or set PAXORA_WITHOUT_LIVEKIT=1"
        ),
    }
}

/// Who vouches for what is in this file, or for what is under this text.
fn trust(pem: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(pem) {
        roots.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(client.with_root_certificates(roots).with_no_client_auth())
}

/// What is answered by https, and the certificate that was shown.
async fn ask(at: SocketAddr, name: &str, path: &str, trust: &Arc<ClientConfig>) -> std::io::Result<(String, Vec<u8>)> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let tcp = TcpStream::connect(at).await?;
    let mut stream = TlsConnector::from(Arc::clone(trust)).connect(name.clone(), tcp).await?;
    let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", name.to_str());
    stream.write_all(request.as_bytes()).await?;
    let mut answer = vec![];
    // Go's server ends without a farewell.
    let _ = stream.read_to_end(&mut answer).await;
    Ok((String::from_utf8_lossy(&answer).into_owned(), certificate))
}

async fn connect_from(from: [u8; 4], at: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(at).await.unwrap()
}

async fn start(folder: &Path, pebble: &Pebble) -> Child {
    let manifest = r#"{ "app": "/a.js", "wasm": "/a.wasm", "voice": "/v.mjs", "style": "/s.css", "icons": "/i.svg" }"#;
    std::fs::write(folder.join("manifest.json"), manifest).unwrap();
    let https = format!("127.0.0.1:{}", pebble.port);
    let settings = [
        ("DATABASE_URL", "sqlite:paxora.db"),
        ("SITE_DIR", "."),
        ("LISTEN", "127.0.0.1:0"),
        ("DOMAIN", DOMAIN),
        ("HTTPS_LISTEN", https.as_str()),
        ("HTTP_LISTEN", "127.0.0.1:0"),
        ("ACME_DIRECTORY", pebble.directory.as_str()),
        ("ACME_ROOT", pebble.root.as_str()),
        ("ACME_CONTACT", "sexton@parish.example"),
        ("CERTIFICATES_DIR", "certificates"),
        ("VOICE_BIND", "127.0.0.1"),
        ("VOICE_UDP_PORT", "0"),
        ("VOICE_TCP_PORT", "0"),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_paxora"));
    command.arg("serve").env_clear().envs(settings).current_dir(folder).kill_on_drop(true);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut says = BufReader::new(child.stdout.take().unwrap()).lines();
    let listens = async {
        while let Some(line) = says.next_line().await.unwrap() {
            if line.ends_with("is known as https://parish.example") {
                return;
            }
        }
        panic!("it ended instead of listening");
    };
    timeout(PATIENCE, listens).await.unwrap();
    child
}

/// As soon as there is a certificate.
async fn health(at: SocketAddr, trust: &Arc<ClientConfig>) -> (String, Vec<u8>) {
    let mut turns = interval(Duration::from_millis(50));
    let answered = async {
        loop {
            turns.tick().await;
            if let Ok(answer) = ask(at, DOMAIN, "/health", trust).await {
                return answer;
            }
        }
    };
    timeout(PATIENCE, answered).await.expect("a certificate in time")
}

#[tokio::test]
async fn a_server_gets_a_certificate_for_its_name_and_keeps_it() {
    let Some(pebble) = pebble() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_, roots) = pebble.roots.split_once("https://localhost:").unwrap();
    let (port, path) = roots.split_once('/').unwrap();
    let manage = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    let vouches = trust(&std::fs::read(&pebble.root).unwrap());
    let (answer, _) = ask(manage, "localhost", &format!("/{path}"), &vouches).await.unwrap();
    let signed = trust(&answer.as_bytes()[answer.find("-----BEGIN").unwrap()..]);

    let at = SocketAddr::from(([127, 0, 0, 1], pebble.port));
    let mut server = start(folder.path(), &pebble).await;
    let (answer, certificate) = health(at, &signed).await;
    let head = answer.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200") && answer.ends_with("ok"), "{answer}");
    assert!(head.contains("strict-transport-security: max-age="), "{answer}");

    let kept: Vec<_> = std::fs::read_dir(folder.path().join("certificates")).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept.len(), 2, "a key of the account, and a certificate with its key");
    assert!(kept.iter().all(|file| file.metadata().unwrap().permissions().mode() & 0o777 == 0o600));

    server.kill().await.unwrap();
    let mut server = start(folder.path(), &pebble).await;
    assert_eq!(health(at, &signed).await.1, certificate, "no other one is asked for");

    // As many as can be encrypted at once, from one address, that say nothing: only the first of them are waited for.
    let mut silent = vec![];
    for _ in 0..300 {
        silent.push(connect_from([127, 0, 0, 2], at).await);
    }
    let mut last = silent.pop().unwrap();
    let closed = timeout(SOON, last.read_u8()).await.expect("it is not waited for");
    assert!(closed.is_err());
    assert!(timeout(SOON, ask(at, DOMAIN, "/health", &signed)).await.expect("others are served").is_ok());
    server.kill().await.unwrap();
}
