//! What follows from what was seen, in words for a volunteer.

use super::look::{Seen, Trouble};
use crate::backup::WHEN_DAMAGED;
use crate::voice_server;
use domain::Timestamp;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use store::{Examined, newest_schema};

/// A certificate that ends sooner than this should have been renewed long ago.
const RENEWED_BY_THEN: Duration = Duration::from_secs(60 * 60 * 24 * 14);
/// Tokens of calls are good for two minutes, and push services take little more.
const CLOCK_MAY_BE_OFF: Duration = Duration::from_secs(30);
/// Less than this is soon full: bytes.
const DISK_LEFT: u64 = 500 * 1024 * 1024;
/// An open page is one file, somebody in a call another one.
const OPEN_FILES: u64 = 1024;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Bad,
    /// It could not be found out from here.
    Unknown,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    /// What was looked at, and what was seen.
    pub(super) seen: String,
    /// What to do; nothing if all is well.
    pub(super) remedy: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.verdict {
            Verdict::Good => "good ",
            Verdict::Bad => "WRONG",
            Verdict::Unknown => "?    ",
        };
        write!(f, "{sign} {}", self.seen)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n      -> {remedy}"),
            None => Ok(()),
        }
    }
}

fn good(seen: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Good, seen: seen.into(), remedy: None }
}

fn bad(seen: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Bad, seen: seen.into(), remedy: Some(remedy.into()) }
}

fn unknown(seen: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Unknown, seen: seen.into(), remedy: Some(remedy.into()) }
}

/// `troubles`: what each setting that cannot be used says of itself.
pub(super) fn settings(troubles: &[String]) -> Finding {
    match troubles {
        [] => good("Settings: all of them can be used"),
        troubles => bad(
            format!("Settings: {}", troubles.join("; ")),
            "change it where you set it (.env, the systemd unit, compose.yaml); paxora --help explains every setting",
        ),
    }
}

/// Who has the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Port {
    Free,
    Ours,
    Taken,
    /// Nobody may have it, or not we.
    Refused(io::ErrorKind),
}

pub(super) fn port(address: SocketAddr, port: &Port) -> Finding {
    match port {
        Port::Free => good(format!("Port: {address} is free, no server runs there now")),
        Port::Ours => good(format!("Port: a Paxora runs at {address}")),
        Port::Taken => bad(
            format!("Port: another program has {address}"),
            format!("stop it (ss -ltnp 'sport = :{}' names it), or choose another port", address.port()),
        ),
        Port::Refused(io::ErrorKind::PermissionDenied) => bad(
            format!("Port: {address} may not be listened on by this user"),
            "take a port from 1024 on, or give the right to: AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd",
        ),
        Port::Refused(why) => bad(
            format!("Port: {address} cannot be listened on ({why})"),
            "it must be an address of this machine; 0.0.0.0 is all of them",
        ),
    }
}

type Look = Result<Seen, Trouble>;

/// `runs`: a server runs here, so somebody should answer.
pub(super) fn public_address(url: &str, look: Option<&Look>, runs: bool) -> Finding {
    let Some(look) = look else {
        return unknown(format!("Address: {url} was not asked, as you wished"), "leave --offline out");
    };
    match look {
        Ok(Seen { status: 200, body, .. }) if body == "ok" => good(format!("Address: a Paxora answers at {url}")),
        Ok(Seen { status: 502..=504, .. }) => bad(
            format!("Address: a proxy answers at {url}, and has nobody behind it"),
            "start Paxora, and let the proxy pass everything on to LISTEN",
        ),
        Ok(Seen { status, .. }) => bad(
            format!("Address: something else than Paxora answers at {url} (status {status})"),
            "let the name point to this machine, and the proxy pass everything on to LISTEN",
        ),
        Err(Trouble::Certificate(_)) => good(format!("Address: somebody answers at {url}")),
        Err(Trouble::Name) => bad(
            format!("Address: nobody knows where {url} is"),
            "enter the name with this machine's address where you have bought it (an A or AAAA record), and wait an hour",
        ),
        Err(Trouble::Silent) if runs => bad(
            format!("Address: nobody answers at {url}"),
            "open the port in the firewall and in the router; if it works from a phone without Wi-Fi, your router only \
             does not lead back in, and all is well",
        ),
        Err(Trouble::Silent) => unknown(
            format!("Address: nobody answers at {url}, and no server runs here"),
            "start the server, and look again",
        ),
    }
}

pub(super) fn https(url: &str, look: Option<&Look>, now: Timestamp) -> Finding {
    if !url.starts_with("https://") {
        let host = crate::config::host_of(url);
        return match host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()) {
            true => good("https: not needed on this machine itself"),
            false => bad(
                "https: people come by http, where no browser lets them use the microphone, and no phone rings",
                "set DOMAIN, which gets a certificate by itself, or put a proxy with https in front; then PUBLIC_URL with https://",
            ),
        };
    }
    let renew = "see that port 443 of this name leads here, and what the log says of certificates; behind a proxy, it is \
                 the proxy's: renew it there";
    match look {
        Some(Ok(Seen { certificate_ends: Some(end), .. })) => {
            let left = end.since(now);
            let days = left.as_secs() / (60 * 60 * 24);
            match left < RENEWED_BY_THEN {
                true => bad(format!("https: the certificate ends in {days} days"), renew),
                false => good(format!("https: the certificate is good for {days} days")),
            }
        }
        Some(Err(Trouble::Certificate(why))) => {
            bad(format!("https: browsers will refuse the certificate ({why})"), renew)
        }
        _ => unknown("https: the certificate was not seen", "look again when the address answers"),
    }
}

/// What could be seen of the database, and of the file it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Database {
    /// What was seen in it, or why it could not be opened; nothing if its file is not there yet.
    pub(super) examined: Option<Result<Examined, String>>,
    pub(super) file: Option<Place>,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: String,
    /// Anybody who has an account on this machine can read it.
    pub(super) open_to_all: bool,
    /// Bytes.
    pub(super) left: Option<u64>,
}

pub(super) fn database(database: &Database) -> Vec<Finding> {
    let mut findings = vec![match &database.examined {
        None => good("Database: there is none yet, it is made at the first start"),
        Some(Err(why)) => bad(
            format!("Database: it cannot be opened ({why})"),
            "DATABASE_URL must name a file that the user of the server may write, or a PostgreSQL that runs and lets it in",
        ),
        Some(Ok(seen)) => contents(seen),
    }];
    if let Some(place) = &database.file {
        let folder = &place.folder;
        findings.push(match place.open_to_all {
            true => bad(
                format!("Data folder: everybody with an account on this machine can read {folder}"),
                format!("chmod 700 {folder}"),
            ),
            false => good(format!("Data folder: {folder} is closed to others")),
        });
        findings.push(match place.left {
            Some(left) if left < DISK_LEFT => bad(
                format!("Disk: only {} MB are left", left / (1024 * 1024)),
                "make room: when the disk is full, nobody can write or call",
            ),
            Some(left) => good(format!("Disk: {} MB are left", left / (1024 * 1024))),
            None => unknown("Disk: it was not told how much is left", format!("df -h {folder}")),
        });
    }
    findings
}

fn contents(seen: &Examined) -> Finding {
    if let Some(damage) = &seen.damage {
        return bad(format!("Database: its file is damaged ({damage})"), WHEN_DAMAGED);
    }
    match seen.schema {
        Some(schema) if schema > newest_schema() => {
            return bad("Database: a newer Paxora has changed it", "run that newer one: this one must not write there");
        }
        Some(schema) if schema < newest_schema() => {
            return unknown(
                "Database: it is from an older Paxora, and is brought up to date at the next start",
                "take a backup before: paxora backup FILE",
            );
        }
        _ => {}
    }
    if !seen.writable {
        return bad(
            "Database: it can be read, but not written",
            "give its file and folder to the user of the server; if something has locked it, stop that; a PostgreSQL must be \
             the primary one, and let us make tables",
        );
    }
    match seen.journal.as_deref() {
        None | Some("wal") => good("Database: it opens, is whole, up to date, and can be written"),
        Some(other) => unknown(
            format!("Database: it is written in the mode {other}, not wal"),
            "start the server once: it changes that; a network drive cannot: move the data to a disk of this machine",
        ),
    }
}

pub(super) fn push_keys(database: &Database) -> Finding {
    let seen = database.examined.as_ref().and_then(|seen| seen.as_ref().ok()).filter(|seen| seen.damage.is_none());
    match seen.map(|seen| seen.push_key.as_deref()) {
        None => unknown("Push key: the database was not seen", "look again when it can be opened"),
        Some(None) => good("Push key: there is none yet, it is made when it is first needed"),
        Some(Some(key)) => match push::VapidKeys::from_secret(key) {
            Ok(_) => good("Push key: it is there, and can be used"),
            Err(_) => bad(
                "Push key: what is kept cannot be used, so no closed phone rings",
                "paxora vapid-keys --rotate puts a fresh one in its place",
            ),
        },
    }
}

pub(super) fn livekit(answer: &Result<(), String>) -> Finding {
    match answer {
        Ok(()) => good("Voice server: LiveKit answers, and takes our key"),
        Err(why) if why.contains("unauthenticated") || why.contains("401") || why.contains("permission") => bad(
            "Voice server: LiveKit answers, but does not take our key",
            "LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be a pair that stands under keys: in LiveKit's own settings",
        ),
        Err(why) => bad(
            format!("Voice server: LiveKit does not answer ({why})"),
            "see that it runs, and that LIVEKIT_URL names it as this machine sees it",
        ),
    }
}

/// A server has the ports of its voice server, so nobody else can try them.
pub(super) fn voice_runs() -> Finding {
    unknown(
        "Voice server: the one built in runs; whether its UDP port can be reached is only tried while the server is stopped",
        "call somebody from a phone without Wi-Fi; or stop the server and look again",
    )
}

/// What came of starting the embedded voice server, and of sending something to the addresses that browsers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Voice {
    /// Why not, with the setting.
    Failed(String),
    Started {
        told: Vec<SocketAddr>,
        echoed: Vec<SocketAddr>,
    },
}

pub(super) fn voice(voice: &Voice, public_host: &str) -> Finding {
    let (told, echoed) = match voice {
        Voice::Failed(why) => {
            return bad(
                format!("Voice server: it cannot start ({why})"),
                "stop what has the port, or choose another one; docs/voice-server.md has the rest",
            );
        }
        Voice::Started { told, echoed } => (told, echoed),
    };
    if voice_server::warning(&format!("https://{public_host}"), told).is_some() {
        return bad(
            "Voice server: people come from everywhere, but are told only addresses that lead nowhere from outside",
            "set VOICE_PUBLIC_ADDRESSES to the address that this machine has on the internet",
        );
    }
    let list = |addresses: &[SocketAddr]| addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ");
    match told.iter().all(|address| echoed.contains(address)) {
        true => good(format!("Voice server: it starts, and this machine reaches it by UDP at {}", list(told))),
        false => unknown(
            format!("Voice server: it starts; this machine does not reach it by UDP at {}", list(told)),
            "many routers do not lead back in, so this may be well: open the UDP port in firewall and router, and call \
             somebody from a phone without Wi-Fi",
        ),
    }
}

/// What a push service, or somebody else outside, was seen to answer.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) host: &'static str,
    pub(super) look: Look,
}

pub(super) fn push_services(services: &[Service]) -> Finding {
    let away: Vec<_> = services.iter().filter(|service| service.look.is_err()).map(|service| service.host).collect();
    match (services, &away[..]) {
        ([], _) => unknown("Push services: they were not asked, as you wished", "leave --offline out"),
        (_, []) => good("Push services: those of Google, Mozilla and Apple can be reached"),
        (_, away) => bad(
            format!(
                "Push services: {} cannot be reached, so closed phones that are told by them do not ring",
                away.join(", ")
            ),
            "let this machine go out by https (TCP port 443)",
        ),
    }
}

/// `clocks`: what others said the time was.
pub(super) fn clock(clocks: &[Timestamp], now: Timestamp) -> Finding {
    let off = clocks.iter().map(|clock| Duration::from_millis(clock.0.abs_diff(now.0))).min();
    match off {
        None => unknown("Clock: nobody could be asked for the time", "timedatectl says whether it is synchronised"),
        Some(off) if off > CLOCK_MAY_BE_OFF => bad(
            format!("Clock: it is {} s off, so voice servers and push services refuse us", off.as_secs()),
            "timedatectl set-ntp true",
        ),
        Some(_) => good("Clock: it is right"),
    }
}

pub(super) fn open_files(limit: Option<u64>) -> Finding {
    match limit {
        None => unknown("Open files: the limit was not told", "ulimit -n"),
        Some(limit) if limit < OPEN_FILES => bad(
            format!("Open files: only {limit} at once, and every open page needs one"),
            "LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536 before the start",
        ),
        Some(limit) => good(format!("Open files: {limit} at once")),
    }
}

#[cfg(test)]
mod tests;
