//! Starts what carries the audio: LiveKit where it is set, and the embedded voice server otherwise.

use crate::config::{Config, host_of};
use backend::voice_server::{Embedded, LiveKit, Webhooks, embedded_api_secret};
use backend::{SystemClock, VoiceServer};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use store::{Engine, Store};
use voice::{StartError, Voice};

/// How long saying goodbye to everybody may take.
const GOODBYE_WITHIN: Duration = Duration::from_secs(3);

/// What carries the audio, ready to be used.
pub(crate) struct Started {
    /// As the use cases know it.
    pub(crate) voice_server: Arc<dyn VoiceServer>,
    /// Where browsers find it, for the content security policy.
    pub(crate) url: String,
    /// Takes in what it tells, if it is LiveKit.
    pub(crate) webhooks: Option<Arc<Webhooks>>,
    /// The one within this process, if it is that one.
    pub(crate) embedded: Option<Voice>,
}

/// What is to carry the audio, as far as settings tell.
pub(crate) enum Plan {
    LiveKit(Box<backend::voice_server::LiveKitSettings>),
    Embedded { settings: Box<voice::Settings>, room_limit: usize },
}

impl Plan {
    /// A setting that cannot be used is named here, before anything is opened.
    pub(crate) fn of(config: &Config) -> anyhow::Result<Plan> {
        if let Some(livekit) = config.livekit()? {
            return Ok(Plan::LiveKit(Box::new(livekit)));
        }
        let settings = Box::new(config.voice.settings(config.only_here())?);
        Ok(Plan::Embedded { settings, room_limit: config.voice.room_limit })
    }

    /// Starts it, if it is ours to start. `public_url`: what people type.
    pub(crate) async fn start(self, store: &Store, public_url: &str) -> anyhow::Result<Started> {
        match self {
            Plan::LiveKit(settings) => {
                let url = settings.url.clone();
                let livekit = LiveKit::new(*settings);
                let webhooks = Some(Arc::new(livekit.webhooks(Arc::new(SystemClock))));
                Ok(Started { voice_server: Arc::new(livekit), url, webhooks, embedded: None })
            }
            Plan::Embedded { mut settings, room_limit } => {
                settings.api_secret = embedded_api_secret(store, &SystemClock).await?;
                let api_secret = settings.api_secret.clone();
                let voice = Voice::start(*settings).map_err(by_setting)?;
                let embedded = Embedded::new(voice.clone(), api_secret, room_limit);
                let url = public_url.to_owned();
                Ok(Started { voice_server: Arc::new(embedded), url, webhooks: None, embedded: Some(voice) })
            }
        }
    }
}

/// Names the setting that is to be changed.
pub(crate) fn by_setting(error: StartError) -> anyhow::Error {
    let setting = match &error {
        StartError::Bind { source, .. } if source.kind() == ErrorKind::AddrNotAvailable => "VOICE_BIND",
        StartError::Bind { what: "UDP", .. } => "VOICE_UDP_PORT",
        StartError::Bind { .. } => "VOICE_TCP_PORT",
        StartError::NoAddress => "VOICE_PUBLIC_ADDRESSES",
        StartError::System(_) => return error.into(),
    };
    anyhow::Error::new(error).context(setting)
}

/// Where the audio of calls goes, for whoever starts the server.
pub(crate) fn described(started: &Started) -> String {
    let Some(voice) = &started.embedded else { return format!("Calls: browsers are told {}", started.url) };
    let (udp, tcp) = voice.addresses();
    let told = [("UDP", udp), ("TCP", tcp)].into_iter().filter(|(_, addresses)| !addresses.is_empty());
    let told: Vec<String> = told.map(|(what, addresses)| format!("{what} {}", list(addresses))).collect();
    format!("Calls: browsers are told {}", told.join(" and "))
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}

/// What to mind, if others could share the database, but not this voice server.
pub(crate) fn warning_of_others(engine: Engine, embedded: bool) -> Option<&'static str> {
    (embedded && engine == Engine::Postgres).then_some(
        "LIVEKIT_URL is not set: only one paxora may run on this PostgreSQL, since the voice server that is built in \
         cannot be shared (docs/several-servers.md)",
    )
}

/// What to do, if people are meant to come from everywhere, but browsers are told addresses that lead nowhere from there.
pub(crate) fn warning(public_url: &str, told: &[SocketAddr]) -> Option<String> {
    let meant_for_here = match host_of(public_url).parse() {
        Ok(ip) => is_private(ip),
        Err(_) => host_of(public_url) == "localhost",
    };
    if meant_for_here || told.iter().any(|address| !is_private(address.ip())) {
        return None;
    }
    Some(format!(
        "people come to {public_url}, but browsers are told only private addresses ({}), which lead nowhere from outside: \
         set VOICE_PUBLIC_ADDRESSES to the address that this machine has there",
        list(told)
    ))
}

/// Whether an address leads to this machine only within its own network.
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        // 100.64.0.0/10: between a provider and its customers.
        IpAddr::V4(v4) => {
            let carrier_grade = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || carrier_grade
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Tells everybody in a call to come back in a moment.
pub(crate) async fn say_goodbye(voice: &Voice) {
    if tokio::time::timeout(GOODBYE_WITHIN, voice.stop()).await.is_err() {
        tracing::warn!("the embedded voice server did not stop in {GOODBYE_WITHIN:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    fn addresses(told: &[&str]) -> Vec<SocketAddr> {
        told.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn whoever_tells_browsers_only_private_addresses_is_told_what_to_set() {
        let told = ["10.0.0.5:7882", "[fd00::5]:7882", "100.64.3.2:7882", "169.254.1.1:7882", "127.0.0.1:7882"];
        let warning = |url: &str, told: &[&str]| warning(url, &addresses(told)).unwrap_or_default();
        for url in ["https://parish.example", "https://parish.example:8443", "http://203.0.113.5"] {
            let said = warning(url, &told);
            assert!(said.contains("set VOICE_PUBLIC_ADDRESSES") && said.contains("10.0.0.5:7882"), "{said}");
        }
        for url in ["http://localhost:3000", "http://127.0.0.1:3000", "http://10.0.0.5", "http://[fd00::5]:3000"] {
            assert_eq!(warning(url, &told), "", "{url}");
        }
        for public in ["203.0.113.5:7882", "[2001:db8::5]:7882", "100.128.0.1:7882"] {
            assert_eq!(warning("https://parish.example", &["10.0.0.5:7882", public]), "", "{public}");
        }
    }

    #[test]
    fn whoever_could_start_another_server_that_has_a_voice_server_of_its_own_is_told_not_to() {
        assert!(warning_of_others(Engine::Postgres, true).unwrap().starts_with("LIVEKIT_URL is not set"));
        assert_eq!(warning_of_others(Engine::Postgres, false), None);
        assert_eq!(warning_of_others(Engine::Sqlite, true), None);
    }

    fn start(args: &[&str]) -> anyhow::Result<Voice> {
        let config = crate::config::tests::config(args);
        Voice::start(config.voice.settings(true)?).map_err(by_setting)
    }

    #[tokio::test]
    async fn a_port_that_somebody_has_is_named_by_its_setting() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = start(&[&format!("--voice-udp-port={port}"), "--voice-tcp-port=off"]).err().unwrap();
        let said = format!("{refused:#}");
        assert!(said.starts_with(&format!("VOICE_UDP_PORT: UDP 127.0.0.1:{port} cannot be listened on")), "{said}");

        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = start(&["--voice-udp-port=0", &format!("--voice-tcp-port={port}")]).err().unwrap();
        let said = format!("{refused:#}");
        assert!(said.starts_with(&format!("VOICE_TCP_PORT: TCP 127.0.0.1:{port} cannot be listened on")), "{said}");

        // Addresses for documentation are nobody's.
        let refused = start(&["--voice-bind=203.0.113.5", "--voice-udp-port=0"]).err().unwrap();
        assert!(format!("{refused:#}").starts_with("VOICE_BIND: UDP 203.0.113.5:0"), "{refused:#}");
    }

    #[tokio::test]
    async fn whoever_starts_it_reads_which_addresses_browsers_are_told() {
        let described = |args: &[&str]| {
            let voice = start(args).unwrap();
            let (udp, _) = voice.addresses();
            let port = udp[0].port();
            let started = Started {
                voice_server: Arc::new(Embedded::new(voice.clone(), "x".repeat(64), 2)),
                url: String::new(),
                webhooks: None,
                embedded: Some(voice),
            };
            (described(&started), port)
        };
        let (said, port) = described(&["--voice-udp-port=0", "--voice-tcp-port=off"]);
        assert_eq!(said, format!("Calls: browsers are told UDP 127.0.0.1:{port}"));
        let (said, port) = described(&[
            "--voice-udp-port=0",
            "--voice-tcp-port=0",
            "--voice-public-addresses=203.0.113.5,2001:db8::5",
        ]);
        let udp = format!("Calls: browsers are told UDP 203.0.113.5:{port}, [2001:db8::5]:{port} and TCP 203.0.113.5:");
        assert!(said.starts_with(&udp), "{said}");
    }
}
