//! What a participant is like.

use std::net::SocketAddr;
use std::time::Duration;
use str0m::config::DtlsCert;
use str0m::net::Protocol;

/// How audio travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One datagram per packet.
    Udp,
    /// A connection that we open, each packet behind its length (RFC 4571).
    Tcp,
}

impl From<Transport> for Protocol {
    fn from(transport: Transport) -> Protocol {
        match transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        }
    }
}

/// What a participant is like. [`Options::browser`] is one as `livekit-client` makes it in Chromium.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where its audio is sent from, and the only address it offers.
    pub local: SocketAddr,
    /// How its audio travels.
    pub transport: Transport,
    /// How many sections for other people's microphones its first offer has.
    pub audio_sections: usize,
    /// How many sections for cameras its first offer has.
    pub video_sections: usize,
    /// Whether the first offer is in the join request, as everywhere but in Firefox.
    pub offer_with_join: bool,
    /// Whether it offers, and sends its own microphone with, redundancy (RFC 2198).
    pub red: bool,
    /// Whether it wants to hear everybody.
    pub auto_subscribe: bool,
    /// Audio that comes within this time after another packet is decrypted and counted at once, but what follows from
    /// it (reports, timers) waits until the time is over. Zero is exact; those with hundreds of participants cannot
    /// afford that.
    pub granularity: Duration,
    /// A certificate to share, for those who make hundreds of participants; otherwise each makes its own.
    pub certificate: Option<DtlsCert>,
}

impl Options {
    /// As `livekit-client` does it in Chromium.
    #[must_use]
    pub fn browser(local: SocketAddr, transport: Transport) -> Options {
        Options {
            local,
            transport,
            audio_sections: 3,
            video_sections: 3,
            offer_with_join: true,
            red: true,
            auto_subscribe: true,
            granularity: Duration::ZERO,
            certificate: None,
        }
    }
}
