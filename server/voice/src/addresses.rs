//! Which of this machine's addresses browsers are told.

use crate::{Settings, StartError};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::net::IpAddr;

/// The addresses that were set, or else those that the ports are bound to.
pub(crate) fn to_tell(settings: &Settings) -> Result<Vec<IpAddr>, StartError> {
    let told = if !settings.public_addresses.is_empty() {
        settings.public_addresses.clone()
    } else if settings.bind.is_unspecified() {
        of_this_machine()?.into_iter().filter(|ip| ip.is_ipv4() || settings.bind.is_ipv6()).collect()
    } else {
        vec![settings.bind]
    };
    if told.is_empty() { Err(StartError::NoAddress) } else { Ok(told) }
}

/// All addresses of interfaces that are up, those of the loopback only if there are no others.
fn of_this_machine() -> std::io::Result<Vec<IpAddr>> {
    let up = getifaddrs()?.filter(|interface| interface.flags.contains(InterfaceFlags::IFF_UP));
    let addresses = up.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::from(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::from(v6.ip())))
    });
    // Link-local addresses work only with the name of an interface, which the other side cannot know.
    let usable = addresses.filter(|ip| match ip {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    });
    let mut all: Vec<IpAddr> = usable.collect();
    all.sort_unstable();
    all.dedup();
    let (loopback, others): (Vec<IpAddr>, Vec<IpAddr>) = all.into_iter().partition(IpAddr::is_loopback);
    Ok(if others.is_empty() { loopback } else { others })
}
