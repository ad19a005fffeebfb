use super::*;
use crate::config::tests::config;
use std::fs::{Permissions, set_permissions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Answers everybody with this.
async fn answering(with: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await.unwrap();
            stream.write_all(with.as_bytes()).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn who_has_a_port_is_asked_who_they_are() {
    assert_eq!(port(([127, 0, 0, 1], 0).into()).await, Port::Free);
    assert_eq!(port(answering("HTTP/1.1 200 OK\r\n\r\nok").await).await, Port::Ours);
    assert_eq!(port(answering("HTTP/1.1 200 OK\r\n\r\nIt works!").await).await, Port::Taken);
    assert_eq!(port(answering("220 mail").await).await, Port::Taken);
    // Addresses for documentation are nobody's.
    assert_eq!(port(([203, 0, 113, 5], 3000).into()).await, Port::Refused(ErrorKind::AddrNotAvailable));
}

#[test]
fn every_setting_that_cannot_be_used_is_named_and_no_secret_is() {
    assert_eq!(settings(&config(&[])), [""; 0]);
    let wrong = [
        "--public-url=parish.example",
        "--cron-secret=hunter2",
        "--livekit-url=ws://x",
        "--livekit-api-key=k",
        "--livekit-api-secret=trout",
    ];
    let troubles = settings(&config(&wrong)).join("\n");
    let named = ["PUBLIC_URL", "CRON_SECRET", "LIVEKIT_API_SECRET"];
    assert!(named.iter().all(|setting| troubles.contains(setting)), "{troubles}");
    assert!(!troubles.contains("hunter2") && !troubles.contains("trout"), "{troubles}");
    assert!(settings(&config(&["--push-hosts=https://x/"]))[0].starts_with("PUSH_HOSTS"));
    assert!(settings(&config(&["--domain=https://x"]))[0].starts_with("DOMAIN"));
}

#[tokio::test]
async fn a_database_is_looked_at_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/paxora.db");
    let url = format!("sqlite:{}", path.display());
    assert_eq!(database(&url).await, Database { examined: None, file: None });
    assert!(!path.exists());
    let store = store::Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let seen = database(&url).await.examined.unwrap().unwrap();
    assert!(seen.writable && seen.damage.is_none() && seen.schema == Some(store::newest_schema()));
    store.close().await;
    std::fs::write(&path, "no database at all, whatever its name says").unwrap();
    let seen = database(&url).await;
    assert!(seen.examined.as_ref().unwrap().as_ref().unwrap().damage.is_some(), "{seen:?}");
    let unknown = database("mysql://root:hunter2@x").await.examined.unwrap().unwrap_err();
    assert!(!unknown.contains("hunter2"));
}

#[test]
fn a_file_is_open_to_all_only_if_its_folder_is_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paxora.db");
    std::fs::write(&file, "").unwrap();
    let open = |of_folder, of_file| {
        set_permissions(folder.path(), Permissions::from_mode(of_folder)).unwrap();
        set_permissions(&file, Permissions::from_mode(of_file)).unwrap();
        place(&file).open_to_all
    };
    assert_eq!([open(0o755, 0o644), open(0o700, 0o644), open(0o755, 0o600)], [true, false, false]);
    assert!(place(&file).left.is_some());
}

#[tokio::test]
async fn the_voice_server_is_started_and_something_is_sent_where_browsers_are_told() {
    let Voice::Started { told, echoed } = voice(&config(&["--voice-udp-port=0", "--voice-tcp-port=off"])).await else {
        panic!("it starts")
    };
    assert!(told == echoed && told.len() == 1, "{told:?} {echoed:?}");
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = format!("--voice-udp-port={}", taken.local_addr().unwrap().port());
    let Voice::Failed(why) = voice(&config(&[&port, "--voice-tcp-port=off"])).await else { panic!("it cannot start") };
    assert!(why.starts_with("VOICE_UDP_PORT"), "{why}");
}

#[tokio::test]
async fn a_livekit_that_is_not_there_does_not_answer() {
    assert_eq!(livekit(&config(&[])).await, None);
    let secret = format!("--livekit-api-secret={}", "x".repeat(32));
    let nobody = answering("").await;
    let url = format!("--livekit-url=http://{nobody}");
    let answer = livekit(&config(&[&url, "--livekit-api-key=k", &secret])).await.unwrap().unwrap_err();
    assert!(!answer.contains("xxxx"), "{answer}");
}

#[test]
fn the_limit_of_open_files_is_known() {
    assert!(open_files().is_some_and(|limit| limit > 0));
}
