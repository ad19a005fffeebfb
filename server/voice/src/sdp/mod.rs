//! Session descriptions: reads what a browser offers, writes what we answer.
//!
//! The browser always offers and we always answer, with one connection for everything (BUNDLE). What it says is
//! hostile until read: nothing of it is trusted to be short, well-formed or consistent.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use write::{Answer, Use};

/// Longest offer. A section for one more voice takes up to 1.2 kB, so this is room for all of [`SECTION_LIMIT`].
pub(crate) const TEXT_LIMIT: usize = 640 * 1024;
/// Most sections in an offer.
pub(crate) const SECTION_LIMIT: usize = 512;
/// Longest line: the group line names every section.
const LINE_LIMIT: usize = 9 * 1024;
/// str0m keeps this many characters of a section's name.
const MID_LIMIT: usize = 16;
/// The only port that SCTP over DTLS is ever offered on.
const SCTP_PORT: &str = "5000";

/// Carries a section's name in a packet.
const MID_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// Carries how loud a packet is.
const LEVEL_EXTENSION: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Why an offer is refused. Says nothing of what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SdpError {
    #[error("the offer is too long")]
    TooLong,
    #[error("a line of the offer is too long")]
    LineTooLong,
    #[error("the offer has too many sections")]
    TooManySections,
    #[error("this is no session description")]
    NotSdp,
    #[error("the head of a section cannot be read")]
    Section,
    #[error("a section has no usable mid of its own")]
    Mid,
    #[error("nothing is offered in a bundle")]
    Bundle,
    #[error("the ICE credentials are missing or malformed")]
    Ice,
    #[error("there is no usable SHA-256 fingerprint")]
    Fingerprint,
    #[error("nobody is offered to begin the DTLS handshake")]
    Setup,
}

/// What a browser offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Their half of the ICE user name.
    pub(crate) ice_ufrag: String,
    /// What their ICE messages are signed with.
    pub(crate) ice_pwd: String,
    /// SHA-256 of the certificate they will show.
    pub(crate) fingerprint: [u8; 32],
    /// Who may begin the DTLS handshake.
    pub(crate) setup: Setup,
    /// In their order, which is also the order of the answer.
    pub(crate) sections: Vec<Section>,
    /// Which sections share the connection, in the order of the group line. The first one speaks for all of them.
    bundle: Vec<usize>,
}

impl Offer {
    /// Whether it is us who must begin the DTLS handshake. Only if they insist on waiting.
    pub(crate) fn dtls_active(&self) -> bool {
        self.setup == Setup::Passive
    }
}

/// Who begins the DTLS handshake, as they see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    /// Either side.
    ActPass,
    /// They do.
    Active,
    /// We do.
    Passive,
}

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One voice.
    Audio,
    /// Never used here, but there.
    Video,
    /// The data channels.
    Application,
}

impl Kind {
    /// As it stands in the head.
    fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
        }
    }
}

/// Which way media may flow, as they see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Both ways.
    SendRecv,
    /// From them.
    SendOnly,
    /// To them.
    RecvOnly,
    /// No way.
    Inactive,
}

impl Direction {
    /// Whether they want to be heard.
    pub(crate) fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether they want to hear.
    pub(crate) fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// One section (`m=` line) of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// Its name: letters, digits and `_` only, because str0m turns everything else into `_`. Empty only where rejected.
    pub(crate) mid: String,
    /// What it is for.
    pub(crate) kind: Kind,
    /// Which way they want media to flow.
    pub(crate) direction: Direction,
    /// They closed it, or it has nothing that we could use: the answer refuses it, whatever the caller wants.
    pub(crate) rejected: bool,
    /// The id of the track they send, as they know it. Stays there when they have stopped sending.
    pub(crate) track: Option<String>,
    /// What their packets in it are marked with.
    pub(crate) ssrc: Option<u32>,
    /// Payload type of Opus. Always there in an audio section that is not rejected.
    pub(crate) opus: Option<u8>,
    /// Payload type of RED around that Opus.
    pub(crate) red: Option<u8>,
    /// Header extension id of the section's name.
    pub(crate) mid_extension: Option<u8>,
    /// Header extension id of the audio level.
    pub(crate) level_extension: Option<u8>,
    /// Largest data channel message they take; 0 is any.
    pub(crate) max_message_size: Option<u64>,
    /// What a video section is answered with.
    video: Option<Codec>,
    /// Of the head, to be repeated in the answer.
    protocol: String,
    /// Of the head: its first format, to be repeated in a refusal.
    format: String,
}

/// A codec that is only ever repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Codec {
    payload: u8,
    map: String,
    parameters: Option<String>,
}
