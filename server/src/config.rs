//! Everything that can be set: one struct, from flags and the environment.

mod tls_settings;
mod voice_settings;

use crate::logs::Format;
use crate::machines::CronSecret;
use anyhow::{Context, bail, ensure};
use app::api::SessionCookie;
use backend::CallLimits;
use backend::voice_server::LiveKitSettings;
use clap::{Args, Parser, Subcommand};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tls_settings::TlsConfig;
use voice_settings::VoiceConfig;

/// The community app of a parish: chat and voice calls.
#[derive(Parser)]
#[command(name = "paxora", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) config: Config,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server (this is also what happens without a command)
    Serve,
    /// Make the demo parish, if it is not there, and print fresh one-time sign-in links
    Demo {
        /// Print JSON for programs
        #[arg(long)]
        json: bool,
        /// If it is made now: with forty members, and a month of messages and calls
        #[arg(long)]
        month: bool,
    },
    /// Ask the server that listens at LISTEN whether it is well, and fail if it is not
    Health,
    /// Bring the database up to date, and stop
    Migrate,
    /// Write all that is remembered into one new file, as it is at this moment; a server may go on running
    Backup {
        /// Where to: there must be no such file yet
        file: PathBuf,
    },
    /// Put back what a backup holds, into a database on which no server runs: all of it or nothing
    Restore {
        /// The file that `paxora backup` wrote
        file: PathBuf,
        /// Even if the database is not empty: what is in it is gone then
        #[arg(long)]
        replace: bool,
        /// Everybody has to sign in again, on all their devices
        #[arg(long)]
        sign_out: bool,
    },
    /// Look at everything that has to be right for phones to ring, and say what to do where it is not
    Doctor {
        /// Ask nobody on the internet
        #[arg(long)]
        offline: bool,
    },
    /// Look after parishes
    Parish {
        #[command(subcommand)]
        command: ParishCommand,
    },
    /// Decide what somebody may do in their parish
    Member {
        /// What from now on: removed, blocked (reads, but neither writes nor calls), member
        standing: String,
        /// Their e-mail address or user name
        login: String,
    },
    /// Print a link by which somebody chooses a new password, once, within a day; it ends all their sessions
    ResetLink {
        /// Their e-mail address or user name
        login: String,
    },
    /// Print the public key that push messages are signed with (made when it is first needed, kept in the database)
    VapidKeys {
        /// Put a fresh one in its place
        #[arg(long)]
        rotate: bool,
    },
    /// Print a link by which people can join a parish
    Invite {
        /// Which parish; may be left out if there is only one
        #[arg(long)]
        parish: Option<String>,
        /// What those who join may do: member, coordinator, admin
        #[arg(long, default_value = "member")]
        role: String,
    },
}

/// What to do with parishes.
#[derive(Subcommand)]
pub(crate) enum ParishCommand {
    /// Open a parish and print the invite link of its first admin
    Create {
        /// The parish's name
        name: String,
    },
}

/// Settings. `.env.example` lists the same ones.
#[derive(Args, Clone)]
pub(crate) struct Config {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:3000", global = true)]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) tls: TlsConfig,
    /// The address people type, with http:// or https://; default: https:// and DOMAIN, or http://localhost and the port listened on
    #[arg(long, env = "PUBLIC_URL", global = true)]
    pub(crate) public_url: Option<String>,
    /// sqlite:PATH (made at first start) or postgres://…
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite:data/paxora.db", hide_env_values = true, global = true)]
    pub(crate) database_url: String,
    /// Where LiveKit is, for us and for browsers: ws://… or wss://…; without it, calls go through the embedded voice server
    #[arg(long, env = "LIVEKIT_URL", global = true)]
    pub(crate) livekit_url: Option<String>,
    /// The name of LiveKit's API key
    #[arg(long, env = "LIVEKIT_API_KEY", global = true)]
    pub(crate) livekit_api_key: Option<String>,
    /// LiveKit's API secret, at least 32 characters
    #[arg(long, env = "LIVEKIT_API_SECRET", hide_env_values = true, global = true)]
    pub(crate) livekit_api_secret: Option<String>,
    #[command(flatten)]
    pub(crate) voice: VoiceConfig,
    /// How long a phone rings, in seconds, before the call is missed
    #[arg(long, env = "RING_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=120), global = true)]
    pub(crate) ring_seconds: u64,
    /// How many calls one member may start in a minute
    #[arg(long, env = "CALLS_PER_MINUTE", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..), global = true)]
    pub(crate) calls_per_minute: u32,
    /// How often one member may ring another in ten minutes
    #[arg(long, env = "RINGS_PER_PAIR", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..), global = true)]
    pub(crate) rings_per_pair: u32,
    /// Whom push services may write to: mailto:… or https://…; default: PUBLIC_URL if that is https
    #[arg(long, env = "PUSH_CONTACT", global = true)]
    pub(crate) push_contact: Option<String>,
    /// More push services to send to, separated by commas, besides those of Google, Mozilla, Apple and Microsoft: push.example.org, or http://127.0.0.1:PORT for tests
    #[arg(long, env = "PUSH_HOSTS", value_delimiter = ',', global = true)]
    pub(crate) push_hosts: Vec<String>,
    /// How long calls are remembered after they ended, in days; 0 remembers them for ever
    #[arg(long, env = "CALL_HISTORY_DAYS", default_value_t = 90, global = true)]
    pub(crate) call_history_days: u32,
    /// What a cron service shows as Authorization: Bearer … at /api/cron/expire-calls, at least 32 characters; without it, there is no such address
    #[arg(long, env = "CRON_SECRET", hide_env_values = true, global = true)]
    pub(crate) cron_secret: Option<String>,
    /// Addresses of reverse proxies, separated by commas, whose X-Forwarded-For is believed
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// A second address and port that only whoever runs the server reaches: measurements for Prometheus at /metrics (docs/observing.md); without it, there is none
    #[arg(long, env = "METRICS_LISTEN", global = true)]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// How the log is written: text for people, json for programs
    #[arg(long, env = "LOG_FORMAT", default_value = "text", global = true)]
    pub(crate) log_format: Format,
    /// The folder that script/build made for browsers; without it, what this binary carries, or target/site if it carries nothing
    #[arg(long, env = "SITE_DIR", global = true)]
    pub(crate) site_dir: Option<PathBuf>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("tls", &self.tls)
            .field("public_url", &self.public_url)
            .field("database_url", &without_password(&self.database_url))
            .field("livekit_url", &self.livekit_url)
            .field("livekit_api_key", &self.livekit_api_key)
            .field("livekit_api_secret", &self.livekit_api_secret.as_ref().map(|_| "…"))
            .field("voice", &self.voice)
            .field("ring_seconds", &self.ring_seconds)
            .field("calls_per_minute", &self.calls_per_minute)
            .field("rings_per_pair", &self.rings_per_pair)
            .field("push_contact", &self.push_contact)
            .field("push_hosts", &self.push_hosts)
            .field("call_history_days", &self.call_history_days)
            .field("cron_secret", &self.cron_secret.as_ref().map(|_| "…"))
            .field("trusted_proxies", &self.trusted_proxies)
            .field("metrics_listen", &self.metrics_listen)
            .field("log_format", &self.log_format)
            .field("site_dir", &self.site_dir)
            .finish()
    }
}

fn without_password(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        (Some(start), Some(at)) if start < at => format!("{}://…{}", &url[..start], &url[at..]),
        _ => url.to_owned(),
    }
}

impl Config {
    /// The address people type, without a slash at its end.
    pub(crate) fn public_url(&self, port: u16) -> anyhow::Result<String> {
        let url = self.known_as().unwrap_or_else(|| format!("http://localhost:{port}"));
        let url = url.trim_end_matches('/').to_owned();
        if let Some(domain) = self.tls.domain() {
            let ours = url.starts_with("https://") && host_of(&url) == domain;
            ensure!(ours, "PUBLIC_URL must be https://{domain}, or not be set, if DOMAIN is; it is {url:?}");
        }
        let host = url.strip_prefix("https://").or(url.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains('/') => Ok(url),
            _ => bail!("PUBLIC_URL must be http:// or https:// and a host, without a path; it is {url:?}"),
        }
    }

    fn known_as(&self) -> Option<String> {
        let domain = self.tls.domain().map(|domain| format!("https://{domain}"));
        self.public_url.clone().or(domain)
    }

    pub(crate) fn session_cookie(&self) -> SessionCookie {
        match self.known_as() {
            Some(url) if url.starts_with("https://") => SessionCookie::Secure,
            _ => SessionCookie::Plain,
        }
    }

    /// What of this the use cases work with.
    pub(crate) fn settings(&self, public_url: &str) -> backend::Settings {
        let days = u64::from(self.call_history_days);
        backend::Settings {
            ring_for: Duration::from_secs(self.ring_seconds),
            keep_calls_for: (days > 0).then_some(Duration::from_secs(days * 60 * 60 * 24)),
            call_limits: CallLimits { starts_per_minute: self.calls_per_minute, rings_per_pair: self.rings_per_pair },
            public_url: public_url.to_owned(),
        }
    }

    /// What sends push messages.
    pub(crate) fn push_sender(&self, public_url: &str) -> anyhow::Result<push::Sender> {
        let contact = match self.push_contact.as_deref().filter(|contact| !contact.is_empty()) {
            Some(contact) => contact,
            None if public_url.starts_with("https://") => public_url,
            // Nobody but this machine can be reached there anyway.
            None => "mailto:nobody@localhost.example",
        };
        let hosts = self.push_hosts.iter().map(|host| host.trim()).filter(|host| !host.is_empty());
        let hosts: Vec<push::ExtraHost> = hosts.map(str::parse).collect::<Result<_, _>>().context("PUSH_HOSTS")?;
        push::Sender::new(contact, hosts).context("PUSH_CONTACT")
    }

    /// What a cron service shows; none if none is to come.
    pub(crate) fn cron_secret(&self) -> anyhow::Result<Option<CronSecret>> {
        let Some(secret) = self.cron_secret.clone().filter(|secret| !secret.is_empty()) else { return Ok(None) };
        ensure!(
            secret.chars().count() >= 32,
            "CRON_SECRET is too short: it must have at least 32 characters, or others can guess it"
        );
        Ok(Some(CronSecret::new(secret)))
    }

    /// The LiveKit to use; none if calls go through the embedded voice server.
    pub(crate) fn livekit(&self) -> anyhow::Result<Option<LiveKitSettings>> {
        let Some(url) = self.livekit_url.clone().filter(|url| !url.is_empty()) else { return Ok(None) };
        let known = ["ws://", "wss://", "http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        ensure!(known, "LIVEKIT_URL must start with ws://, wss://, http:// or https://; it is {url:?}");
        let api_key = self.livekit_api_key.clone().filter(|key| !key.is_empty());
        let api_key = api_key.context("LIVEKIT_API_KEY is not set: the name of the key LiveKit was given")?;
        let api_secret = self.livekit_api_secret.clone().context("LIVEKIT_API_SECRET is not set: LiveKit's key")?;
        ensure!(
            api_secret.chars().count() >= 32,
            "LIVEKIT_API_SECRET is too short: it must have at least 32 characters, or others can guess it"
        );
        Ok(Some(LiveKitSettings { url, api_key, api_secret }))
    }

    /// Whether people reach this server only from the machine it runs on, by what they type.
    pub(crate) fn only_here(&self) -> bool {
        let Some(url) = self.known_as() else { return true };
        let host = host_of(&url);
        host.parse::<IpAddr>().map_or(host == "localhost", |ip| ip.is_loopback())
    }
}

/// The host of an address without a path: without its port, and without the brackets of an IPv6 address.
pub(crate) fn host_of(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    let name = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(name, _)| name) };
    name.trim_matches(['[', ']'])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use clap::builder::Resettable;
    use clap::{CommandFactory, FromArgMatches};

    pub(crate) fn config(args: &[&str]) -> Config {
        // The settings of whoever runs the tests are not those of the tests.
        let command = Cli::command().mut_args(|arg| arg.env(Resettable::Reset));
        let matches = command.try_get_matches_from([&["paxora"], args].concat()).unwrap();
        Cli::from_arg_matches(&matches).unwrap().config
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let config = config(&[
            "--livekit-url=ws://voice.example",
            "--livekit-api-secret=hunter2-hunter2-hunter2-hunter2-hunter2",
            "--database-url=postgres://paxora:swordfish@db.example/paxora?password=trout",
            "--cron-secret=tuna-tuna-tuna-tuna-tuna-tuna-tuna-tuna",
        ]);
        let shown = format!("{config:?} {:?} {:?}", config.livekit().unwrap_err(), config.cron_secret().unwrap());
        assert!(["hunter2", "swordfish", "trout", "tuna"].iter().all(|secret| !shown.contains(secret)), "{shown}");
        assert!(shown.contains("db.example"));
    }

    #[test]
    fn calls_are_remembered_for_as_many_days_as_are_set_and_for_none_for_ever() {
        let kept = |args: &[&str]| config(args).settings("https://parish.example").keep_calls_for;
        let days = |count: u64| Some(Duration::from_secs(count * 86_400));
        assert_eq!(kept(&[]), days(90));
        assert_eq!(kept(&["--call-history-days=7"]), days(7));
        assert_eq!(kept(&["--call-history-days=0"]), None);
    }

    #[test]
    fn a_wrong_setting_is_named_in_one_sentence() {
        let sentence = |args: &[&str]| config(args).livekit().unwrap_err().to_string();
        assert!(sentence(&["--livekit-url=ftp://x"]).starts_with("LIVEKIT_URL must start with"));
        assert!(sentence(&["--livekit-url=ws://x"]).starts_with("LIVEKIT_API_KEY is not set"));
        assert!(
            sentence(&["--livekit-url=ws://x", "--livekit-api-key=k", "--livekit-api-secret=short"])
                .starts_with("LIVEKIT_API_SECRET is too short")
        );
        let short = config(&["--cron-secret=hunter2"]).cron_secret().unwrap_err().to_string();
        assert!(short.starts_with("CRON_SECRET is too short") && !short.contains("hunter2"), "{short}");
        let wrong = config(&["--public-url=parish.example"]).public_url(3000).unwrap_err().to_string();
        assert!(wrong.starts_with("PUBLIC_URL must be"));
    }

    #[test]
    fn without_livekit_calls_go_through_the_embedded_voice_server() {
        assert!(config(&[]).livekit().unwrap().is_none());
        assert!(config(&["--livekit-url=", "--livekit-api-key=k"]).livekit().unwrap().is_none());
        let secret = format!("--livekit-api-secret={}", "x".repeat(32));
        let livekit = config(&["--livekit-url=wss://voice.example", "--livekit-api-key=k", &secret]).livekit();
        assert_eq!(livekit.unwrap().unwrap().url, "wss://voice.example");
    }

    #[test]
    fn no_cron_service_comes_unless_it_was_given_a_secret() {
        assert!(config(&[]).cron_secret().unwrap().is_none());
        assert!(config(&["--cron-secret="]).cron_secret().unwrap().is_none());
        let secret = "x".repeat(32);
        let given = config(&["--cron-secret", &secret]).cron_secret().unwrap().unwrap();
        assert!(given.is(&secret) && !given.is(&secret[1..]) && !given.is(""));
    }

    #[test]
    fn the_example_file_lists_every_setting_and_no_other() {
        let example = include_str!("../../.env.example");
        let settings = example.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
        let settings: Vec<(&str, &str)> = settings.filter_map(|line| line.split_once('=')).collect();
        let mut listed: Vec<&str> = settings.iter().map(|(name, _)| name.trim_start_matches('#')).collect();
        // And it can be used as it stands.
        let set = settings.iter().filter(|(name, _)| !name.starts_with('#'));
        let flags: Vec<String> =
            set.map(|(name, value)| format!("--{}={value}", name.to_lowercase().replace('_', "-"))).collect();
        let config = config(&flags.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(config.livekit().unwrap().is_none());
        config.voice.settings(config.only_here()).unwrap();
        let command = Cli::command();
        let mut known: Vec<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }

    #[test]
    fn the_cookie_is_bound_to_https_where_there_is_https() {
        assert_eq!(config(&["--public-url=https://parish.example"]).session_cookie(), SessionCookie::Secure);
        assert_eq!(config(&[]).session_cookie(), SessionCookie::Plain);
    }
}
