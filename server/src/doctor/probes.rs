//! Looks, and says what it saw.

use super::findings::{Database, Place, Port, Service, Voice};
use super::look;
use crate::config::Config;
use crate::health::reachable;
use crate::voice_server::{self, Plan};
use backend::VoiceServer;
use backend::voice_server::LiveKit;
use domain::Timestamp;
use std::error::Error;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::timeout;
use voice::Voice as VoiceServerWithin;

/// How long anybody may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a datagram may be on its way to this machine itself.
const ECHO_WITHIN: Duration = Duration::from_secs(2);

/// Where browsers let themselves be told of calls.
const PUSH_SERVICES: [&str; 3] = ["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"];

pub(super) fn settings(config: &Config) -> Vec<String> {
    let authority = config.tls.authority().err();
    let public = config.public_url(config.listen.port());
    let push = public.as_ref().ok().map(|url| config.push_sender(url));
    let troubles = [
        authority.as_ref().map(|error| format!("{error:#}")),
        // What follows from a wrong DOMAIN needs no words of its own.
        public.as_ref().err().filter(|_| authority.is_none()).map(|error| format!("{error:#}")),
        Plan::of(config).err().map(|error| format!("{error:#}")),
        config.cron_secret().err().map(|error| format!("{error:#}")),
        push.and_then(Result::err).map(|error| format!("{error:#}")),
    ];
    troubles.into_iter().flatten().collect()
}

pub(super) async fn port(address: SocketAddr) -> Port {
    match TcpListener::bind(address).await {
        Ok(_) => Port::Free,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            match look::at(&format!("http://{}/health", reachable(address)), PATIENCE).await {
                Ok(seen) if seen.status == 200 && seen.body == "ok" => Port::Ours,
                _ => Port::Taken,
            }
        }
        Err(error) => Port::Refused(error.kind()),
    }
}

pub(super) async fn database(url: &str) -> Database {
    let path = match store::file_of(url) {
        Ok(path) => path,
        Err(error) => return Database { examined: Some(Err(error.to_string())), file: None },
    };
    let file = path.as_deref().map(place);
    if path.as_ref().is_some_and(|path| !path.exists()) {
        return Database { examined: None, file: file.filter(|place| Path::new(&place.folder).exists()) };
    }
    // The innermost reason is the one that helps; addresses, with their passwords, stand in none.
    let why = |error: store::StoreError| {
        let mut cause: &dyn Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        cause.to_string()
    };
    let examined = match timeout(PATIENCE, store::examine(url)).await {
        Ok(examined) => examined.map_err(why),
        Err(_) => Err("it does not answer".to_owned()),
    };
    Database { examined: Some(examined), file }
}

fn place(file: &Path) -> Place {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = |path: &Path| std::fs::metadata(path).map_or(0, |of| of.permissions().mode());
    // Who cannot go through the folder cannot get at the file, whatever its own mode is.
    let open_to_all = mode(folder) & 0o001 != 0 && mode(file) & 0o004 != 0;
    let left = rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    Place { folder: folder.display().to_string(), open_to_all, left }
}

/// None if calls go through the embedded voice server.
pub(super) async fn livekit(config: &Config) -> Option<Result<(), String>> {
    let settings = config.livekit().ok()??;
    let livekit = LiveKit::new(settings);
    Some(match timeout(PATIENCE, livekit.rooms()).await {
        Ok(answer) => answer.map(drop).map_err(|error| error.to_string()),
        Err(_) => Err("no answer".to_owned()),
    })
}

/// Starts the embedded voice server, stops it, and sends something where browsers would.
pub(super) async fn voice(config: &Config) -> Voice {
    let settings = match config.voice.settings(config.only_here()) {
        Ok(settings) => settings,
        Err(error) => return Voice::Failed(format!("{error:#}")),
    };
    let bind = settings.bind;
    // Nobody joins, so no token is made with it.
    let secret = "doctor".repeat(8);
    let started = VoiceServerWithin::start(voice::Settings { api_secret: secret, ..settings });
    let told = match started {
        Ok(voice) => {
            let told = voice.addresses().0.to_vec();
            voice.stop().await;
            drop(voice);
            told
        }
        Err(error) => return Voice::Failed(format!("{:#}", voice_server::by_setting(error))),
    };
    let mut echoed = vec![];
    for address in &told {
        if timeout(ECHO_WITHIN, echo(SocketAddr::new(bind, address.port()), *address)).await.is_ok_and(|came| came) {
            echoed.push(*address);
        }
    }
    Voice::Started { told, echoed }
}

/// Whether something that is sent to `to` comes in at `at`. Waits until that is free: whoever asks has to say how long.
async fn echo(at: SocketAddr, to: SocketAddr) -> bool {
    let from =
        if to.is_ipv4() { SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)) } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let Ok(mouth) = UdpSocket::bind(from).await else { return false };
    // The voice server's threads may still be about to let go of it.
    let mut turns = tokio::time::interval(Duration::from_millis(20));
    let ear = loop {
        turns.tick().await;
        if let Ok(ear) = UdpSocket::bind(at).await {
            break ear;
        }
    };
    let word = b"paxora doctor";
    if mouth.send_to(word, to).await.is_err() {
        return false;
    }
    let mut heard = [0; 64];
    while let Ok((length, _)) = ear.recv_from(&mut heard).await {
        if &heard[..length] == word {
            return true;
        }
    }
    false
}

pub(super) async fn push_services() -> Vec<Service> {
    let ask = PUSH_SERVICES.map(async |host| {
        let look = look::at(&format!("https://{host}/"), PATIENCE).await;
        Service { host, look }
    });
    futures::future::join_all(ask).await
}

/// What others take the time for.
pub(super) fn clocks(database: &Database, services: &[Service]) -> Vec<Timestamp> {
    let outside = services.iter().filter_map(|service| service.look.as_ref().ok()?.date);
    let database = database.examined.as_ref().and_then(|seen| seen.as_ref().ok()).and_then(|seen| seen.clock);
    outside.chain(database.map(Timestamp)).collect()
}

/// How many files this process may have open at once.
pub(super) fn open_files() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
