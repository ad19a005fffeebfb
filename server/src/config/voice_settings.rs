//! What can be set about the embedded voice server.

use anyhow::{Context, ensure};
use backend::voice_server::EMBEDDED_API_KEY;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use voice::IceServer;

/// Settings of the voice server that carries the audio while `LIVEKIT_URL` is not set.
#[derive(Args, Clone)]
pub(crate) struct VoiceConfig {
    /// Which of this machine's addresses takes the audio; default: 127.0.0.1 while PUBLIC_URL is not set or names localhost, else 0.0.0.0
    #[arg(long = "voice-bind", env = "VOICE_BIND", global = true)]
    bind: Option<IpAddr>,
    /// UDP port for everybody's audio; 0 takes a free one
    #[arg(long = "voice-udp-port", env = "VOICE_UDP_PORT", default_value_t = 7882, global = true)]
    udp_port: u16,
    /// TCP port for the audio of those whose network lets no UDP through; 0 takes a free one, off opens none
    #[arg(long = "voice-tcp-port", env = "VOICE_TCP_PORT", default_value = "7882", global = true)]
    tcp_port: TcpPort,
    /// Addresses that browsers are told, separated by commas; default: this machine's own
    #[arg(long = "voice-public-addresses", env = "VOICE_PUBLIC_ADDRESSES", value_delimiter = ',', global = true)]
    public_addresses: Vec<IpAddr>,
    /// TURN servers that browsers may use, separated by commas: turn:USER:PASSWORD@HOST:PORT
    #[arg(long = "voice-ice-servers", env = "VOICE_ICE_SERVERS", hide_env_values = true, global = true)]
    ice_servers: Option<String>,
    /// Most people in one call
    #[arg(long = "voice-room-limit", env = "VOICE_ROOM_LIMIT", default_value = "200", value_parser = at_least(2), global = true)]
    pub(crate) room_limit: usize,
    /// Most people in all calls together
    #[arg(long = "voice-people-limit", env = "VOICE_PEOPLE_LIMIT", default_value = "300", value_parser = at_least(2), global = true)]
    people_limit: usize,
    /// Largest request to join, in bytes, after it was unpacked
    #[arg(long = "voice-join-request-limit", env = "VOICE_JOIN_REQUEST_LIMIT", default_value = "65536", value_parser = at_least(16_384), global = true)]
    join_request_limit: usize,
    /// Most datagrams a second from one person; a microphone sends about 60
    #[arg(long = "voice-datagram-rate", env = "VOICE_DATAGRAM_RATE", default_value_t = 500, value_parser = clap::value_parser!(u32).range(100..), global = true)]
    datagram_rate: u32,
    /// How many threads forward audio; default: half of the cores, 4 at most
    #[arg(long = "voice-threads", env = "VOICE_THREADS", value_parser = clap::value_parser!(u8).range(1..=16), global = true)]
    threads: Option<u8>,
}

fn at_least(least: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..)
}

/// `off`, or a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TcpPort(Option<u16>);

impl FromStr for TcpPort {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(TcpPort(None)),
            port => port.parse().map(|port| TcpPort(Some(port))).map_err(|_| "neither a port nor off"),
        }
    }
}

impl fmt::Debug for VoiceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoiceConfig")
            .field("bind", &self.bind)
            .field("udp_port", &self.udp_port)
            .field("tcp_port", &self.tcp_port.0)
            .field("public_addresses", &self.public_addresses)
            .field("ice_servers", &self.ice_servers.as_ref().map(|_| "…"))
            .field("room_limit", &self.room_limit)
            .field("people_limit", &self.people_limit)
            .field("join_request_limit", &self.join_request_limit)
            .field("datagram_rate", &self.datagram_rate)
            .field("threads", &self.threads)
            .finish()
    }
}

impl VoiceConfig {
    /// Everything but the key that tokens are signed with, which is in the database. `only_here`: nobody comes from
    /// another machine.
    pub(crate) fn settings(&self, only_here: bool) -> anyhow::Result<voice::Settings> {
        let by_default = if only_here { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        for address in &self.public_addresses {
            ensure!(!address.is_unspecified(), "VOICE_PUBLIC_ADDRESSES: {address} is no address that can be reached");
        }
        Ok(voice::Settings {
            api_key: EMBEDDED_API_KEY.to_owned(),
            api_secret: String::new(),
            bind: self.bind.unwrap_or(by_default.into()),
            udp_port: self.udp_port,
            tcp_port: self.tcp_port.0,
            public_addresses: self.public_addresses.clone(),
            ice_servers: self.ice_servers()?,
            people_limit: self.people_limit,
            join_request_limit: self.join_request_limit,
            datagrams_per_second: self.datagram_rate,
            threads: self.threads.map_or_else(half_of_the_cores, usize::from),
        })
    }

    fn ice_servers(&self) -> anyhow::Result<Vec<IceServer>> {
        let list = self.ice_servers.as_deref().filter(|list| !list.is_empty());
        let servers = list.into_iter().flat_map(|list| list.split(',')).enumerate();
        servers
            .map(|(at, text)| {
                // The text itself is not repeated: there is a password in it.
                ice_server(text.trim()).with_context(|| {
                    format!(
                        "VOICE_ICE_SERVERS must be like turn:user:password@host:3478, with commas between several; \
                         number {} is not",
                        at + 1
                    )
                })
            })
            .collect()
    }
}

/// `turn:user:password@host:3478`, or `turns:`; what follows the host is passed on as it is (`?transport=tcp`).
fn ice_server(text: &str) -> Option<IceServer> {
    let (scheme, rest) = text.split_once(':').filter(|(scheme, _)| ["turn", "turns"].contains(scheme))?;
    let (login, host) = rest.rsplit_once('@').filter(|(_, host)| !host.is_empty() && !host.contains('/'))?;
    let (username, credential) = login.split_once(':')?;
    let plain = |text| percent_decode_str(text).decode_utf8().ok().filter(|text| !text.is_empty());
    Some(IceServer {
        url: format!("{scheme}:{host}"),
        username: plain(username)?.into_owned(),
        credential: plain(credential)?.into_owned(),
    })
}

fn half_of_the_cores() -> usize {
    (std::thread::available_parallelism().map_or(1, usize::from) / 2).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    fn settings(args: &[&str]) -> anyhow::Result<voice::Settings> {
        let config = config(args);
        config.voice.settings(config.only_here())
    }

    #[test]
    fn audio_stays_on_this_machine_while_nobody_is_meant_to_come_from_another() {
        let bind = |args: &[&str]| settings(args).unwrap().bind.to_string();
        let here = ["http://localhost:3000", "https://localhost", "http://127.0.0.1:3001/", "http://[::1]:3000"];
        for url in here {
            assert_eq!(bind(&[&format!("--public-url={url}")]), "127.0.0.1", "{url}");
        }
        assert_eq!(bind(&[]), "127.0.0.1");
        let elsewhere = ["https://parish.example", "https://parish.example:8443", "https://localhost.example"];
        for url in elsewhere.into_iter().chain(["http://192.168.1.5:3000", "https://[2001:db8::1]"]) {
            assert_eq!(bind(&[&format!("--public-url={url}")]), "0.0.0.0", "{url}");
        }
        assert_eq!(bind(&["--public-url=https://parish.example", "--voice-bind=::"]), "::");
    }

    #[test]
    fn what_is_not_set_has_a_value_that_suits_a_parish() {
        let settings = settings(&[]).unwrap();
        assert_eq!((settings.udp_port, settings.tcp_port), (7882, Some(7882)));
        assert_eq!((settings.people_limit, config(&[]).voice.room_limit), (300, 200));
        assert_eq!((settings.join_request_limit, settings.datagrams_per_second), (64 * 1024, 500));
        assert!((1..=4).contains(&settings.threads));
        assert!(settings.ice_servers.is_empty() && settings.public_addresses.is_empty());
    }

    #[test]
    fn the_tcp_port_can_be_switched_off() {
        assert_eq!(settings(&["--voice-tcp-port=off"]).unwrap().tcp_port, None);
        assert_eq!(settings(&["--voice-tcp-port=443"]).unwrap().tcp_port, Some(443));
        "no".parse::<TcpPort>().unwrap_err();
    }

    #[test]
    fn turn_servers_are_typed_as_one_word_each() {
        let typed = "turn:paxora:s3cret@turn.example:3478, turns:a%3Ab:c%2Cd@[2001:db8::1]:5349?transport=tcp";
        let settings = settings(&["--voice-ice-servers", typed]).unwrap();
        let [one, other] = &settings.ice_servers[..] else { panic!("{}", settings.ice_servers.len()) };
        assert_eq!((&*one.url, &*one.username, &*one.credential), ("turn:turn.example:3478", "paxora", "s3cret"));
        assert_eq!(other.url, "turns:[2001:db8::1]:5349?transport=tcp");
        assert_eq!((&*other.username, &*other.credential), ("a:b", "c,d"));
        // Neither @ nor : in a password needs care.
        let odd = ice_server("turn:paxora:p@ss:word@turn.example").unwrap();
        assert_eq!((&*odd.username, &*odd.credential, &*odd.url), ("paxora", "p@ss:word", "turn:turn.example"));
    }

    #[test]
    fn a_wrong_setting_is_named_in_one_sentence_without_its_password() {
        for wrong in ["stun:u:hunter2@h", "turn:u:hunter2", "turn:hunter2@h", "turn:u:@h", "turn://u:hunter2@h/", "x"] {
            let list = format!("turn:u:hunter2@h,{wrong}");
            let error = settings(&["--voice-ice-servers", &list]).unwrap_err().to_string();
            assert!(error.starts_with("VOICE_ICE_SERVERS must be like turn:user:password@host"), "{wrong}: {error}");
            assert!(error.ends_with("number 2 is not") && !error.contains("hunter2"), "{wrong}: {error}");
        }
        let error = settings(&["--voice-public-addresses=203.0.113.5,0.0.0.0"]).unwrap_err().to_string();
        assert!(error.starts_with("VOICE_PUBLIC_ADDRESSES: 0.0.0.0"), "{error}");
    }

    #[test]
    fn passwords_do_not_show_in_debug_output() {
        let config = config(&["--voice-ice-servers=turn:u:hunter2@h"]);
        let settings = config.voice.settings(true).unwrap();
        let shown = format!("{config:?} {:?} {settings:?}", config.voice);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
