//! `paxora doctor`: looks at everything that has to be right for phones to ring, and says what to do where it is not.
//!
//! What is seen (`probes`) and what follows from it (`findings`) are kept apart: the second is told facts and asks nobody.

mod findings;
mod look;
mod probes;

use crate::config::{Config, host_of};
use anyhow::bail;
use backend::{Clock, SystemClock};
use findings::{Finding, Verdict};
use std::io::Write;

/// Looks at all of it and says so; an error if something has to be done. `offline`: asks nobody on the internet.
pub(crate) async fn examine(config: &Config, offline: bool) -> anyhow::Result<()> {
    let findings = all(config, offline).await;
    let mut out = std::io::stdout();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count() {
        0 => Ok(writeln!(out, "\nNothing has to be done.")?),
        1 => bail!("one thing has to be done"),
        many => bail!("{many} things have to be done"),
    }
}

async fn all(config: &Config, offline: bool) -> Vec<Finding> {
    let mut findings = vec![findings::settings(&probes::settings(config))];
    let Ok(address) = config.public_url(config.listen.port()) else { return findings };

    let port = probes::port(config.listen).await;
    let runs = port == findings::Port::Ours;
    findings.push(findings::port(config.listen, &port));
    if config.tls.domain().is_some() {
        for address in [config.tls.https_listen, config.tls.http_listen] {
            // The same server has them, which does not answer there as it does at LISTEN.
            let port = probes::port(address).await;
            let port = if runs && port == findings::Port::Taken { findings::Port::Ours } else { port };
            findings.push(findings::port(address, &port));
        }
    }

    let seen = match offline && !config.only_here() {
        true => None,
        false => Some(look::at(&format!("{address}/health"), probes::PATIENCE).await),
    };
    let now = SystemClock.now();
    findings.push(findings::public_address(&address, seen.as_ref(), runs));
    findings.push(findings::https(&address, seen.as_ref(), now));

    let database = probes::database(&config.database_url).await;
    findings.extend(findings::database(&database));
    findings.push(findings::push_keys(&database));

    findings.push(match probes::livekit(config).await {
        Some(answer) => findings::livekit(&answer),
        None if runs => findings::voice_runs(),
        None => {
            let voice = probes::voice(config).await;
            findings::voice(&voice, host_of(&address))
        }
    });

    let services = match offline {
        true => vec![],
        false => probes::push_services().await,
    };
    findings.push(findings::push_services(&services));
    findings.push(findings::clock(&probes::clocks(&database, &services), now));
    findings.push(findings::open_files(probes::open_files()));
    findings
}
