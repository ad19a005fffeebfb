//! Reads an offer.

use super::{
    Codec, Direction, Kind, LEVEL_EXTENSION, LINE_LIMIT, MID_EXTENSION, MID_LIMIT, Offer, SCTP_PORT, SECTION_LIMIT,
    SdpError, Section, Setup, TEXT_LIMIT,
};
use std::collections::{HashMap, HashSet};

/// There are no more payload types: they have seven bits. Keeps the work small where somebody lists more.
const PAYLOADS: usize = 128;

impl Offer {
    /// Reads an offer. What is not known is passed over; what is needed must be there and make sense.
    pub(crate) fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > TEXT_LIMIT {
            return Err(SdpError::TooLong);
        }
        let (session, media) = split(text)?;
        let group = session.group.ok_or(SdpError::Bundle)?;
        let mut sections = media.iter().map(Media::section).collect::<Result<Vec<_>, _>>()?;
        let bundle = bundle(group, &mut sections)?;

        // The first section of the group speaks for all of them; what it does not say, the session does.
        let first = &media[*bundle.first().ok_or(SdpError::Bundle)?].transport;
        let session = &session.transport;
        Ok(Self {
            ice_ufrag: credential(first.ufrag.or(session.ufrag), 4)?,
            ice_pwd: credential(first.pwd.or(session.pwd), 22)?,
            fingerprint: first.fingerprint.or(session.fingerprint).ok_or(SdpError::Fingerprint)?,
            setup: first.setup.or(session.setup).ok_or(SdpError::Setup)?,
            sections,
            bundle,
        })
    }
}

/// What may be said for the session or for a section.
#[derive(Default)]
struct Transport<'a> {
    ufrag: Option<&'a str>,
    pwd: Option<&'a str>,
    fingerprint: Option<[u8; 32]>,
    setup: Option<Setup>,
    direction: Option<Direction>,
}

impl<'a> Transport<'a> {
    fn read(&mut self, name: &str, value: &'a str) -> Result<(), SdpError> {
        match name {
            "ice-ufrag" => self.ufrag = Some(value),
            "ice-pwd" => self.pwd = Some(value),
            // Other hash functions may stand beside the one we use.
            "fingerprint" => {
                if let Some((function, hash)) = value.split_once(' ')
                    && function.eq_ignore_ascii_case("sha-256")
                {
                    self.fingerprint = Some(fingerprint(hash).ok_or(SdpError::Fingerprint)?);
                }
            }
            "setup" => {
                self.setup = Some(match value {
                    "actpass" => Setup::ActPass,
                    "active" => Setup::Active,
                    "passive" => Setup::Passive,
                    _ => return Err(SdpError::Setup),
                });
            }
            "sendrecv" => self.direction = Some(Direction::SendRecv),
            "sendonly" => self.direction = Some(Direction::SendOnly),
            "recvonly" => self.direction = Some(Direction::RecvOnly),
            "inactive" => self.direction = Some(Direction::Inactive),
            _ => {}
        }
        Ok(())
    }
}

#[derive(Default)]
struct Session<'a> {
    transport: Transport<'a>,
    group: Option<&'a str>,
}

/// The lines of one section, not yet made sense of.
struct Media<'a> {
    kind: Kind,
    port: u16,
    protocol: &'a str,
    formats: &'a str,
    /// What the session says where the section does not.
    direction: Option<Direction>,
    transport: Transport<'a>,
    mid: Option<&'a str>,
    bundle_only: bool,
    track: Option<&'a str>,
    ssrc: Option<u32>,
    maps: Payloads<'a>,
    parameters: Payloads<'a>,
    mid_extension: Option<u8>,
    level_extension: Option<u8>,
    sctp_port: Option<&'a str>,
    max_message_size: Option<u64>,
}

fn split(text: &str) -> Result<(Session<'_>, Vec<Media<'_>>), SdpError> {
    let mut lines = text.lines();
    if lines.next() != Some("v=0") {
        return Err(SdpError::NotSdp);
    }
    let mut session = Session::default();
    let mut media: Vec<Media> = Vec::new();
    for line in lines {
        if line.len() > LINE_LIMIT {
            return Err(SdpError::LineTooLong);
        }
        if let Some(head) = line.strip_prefix("m=") {
            if media.len() == SECTION_LIMIT {
                return Err(SdpError::TooManySections);
            }
            media.push(Media::begin(head, session.transport.direction).ok_or(SdpError::Section)?);
        } else if let Some(attribute) = line.strip_prefix("a=") {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            match media.last_mut() {
                Some(section) => section.read(name, value)?,
                None => session.read(name, value)?,
            }
        }
    }
    Ok((session, media))
}

impl<'a> Session<'a> {
    fn read(&mut self, name: &str, value: &'a str) -> Result<(), SdpError> {
        if name == "group" {
            if let Some(mids) = value.strip_prefix("BUNDLE") {
                self.group.get_or_insert(mids);
            }
            return Ok(());
        }
        self.transport.read(name, value)
    }
}

impl<'a> Media<'a> {
    /// `audio 9 UDP/TLS/RTP/SAVPF 111 63`
    fn begin(head: &'a str, direction: Option<Direction>) -> Option<Self> {
        let mut parts = head.splitn(4, ' ');
        let kind = match parts.next()? {
            "audio" => Kind::Audio,
            "video" => Kind::Video,
            "application" => Kind::Application,
            _ => return None,
        };
        let port = parts.next()?.parse().ok()?;
        // Both are repeated in a refusal.
        let protocol = parts.next().filter(|it| token(it))?;
        let formats = parts.next()?;
        formats.split(' ').next().filter(|it| token(it))?;
        Some(Self {
            kind,
            port,
            protocol,
            formats,
            direction,
            transport: Transport::default(),
            mid: None,
            bundle_only: false,
            track: None,
            ssrc: None,
            maps: Payloads::default(),
            parameters: Payloads::default(),
            mid_extension: None,
            level_extension: None,
            sctp_port: None,
            max_message_size: None,
        })
    }

    fn read(&mut self, name: &str, value: &'a str) -> Result<(), SdpError> {
        match name {
            "mid" => self.mid = Some(value),
            "bundle-only" => self.bundle_only = true,
            "msid" => self.track = self.track.or(value.split(' ').nth(1).filter(|id| !id.is_empty())),
            "ssrc" => {
                let ssrc = value.split(' ').next().and_then(|it| it.parse().ok());
                self.ssrc = self.ssrc.or(ssrc);
            }
            "rtpmap" => self.maps.read(value),
            "fmtp" => self.parameters.read(value),
            "extmap" => self.extension(value),
            "sctp-port" => self.sctp_port = Some(value),
            "max-message-size" => self.max_message_size = value.parse().ok(),
            _ => self.transport.read(name, value)?,
        }
        Ok(())
    }

    /// `4 urn:…`, perhaps with more words. One with a direction of its own (`4/recvonly`) is of no use here.
    fn extension(&mut self, value: &str) {
        let mut words = value.split(' ');
        let id = words.next().and_then(|id| id.parse().ok());
        // The short form of header extensions has no other ids.
        let Some(id) = id.filter(|id| (1..=14).contains(id)) else { return };
        match words.next() {
            Some(MID_EXTENSION) => self.mid_extension = Some(id),
            Some(LEVEL_EXTENSION) => self.level_extension = Some(id),
            _ => {}
        }
    }

    fn section(&self) -> Result<Section, SdpError> {
        let closed = self.port == 0 && !self.bundle_only;
        let mid = match self.mid {
            Some(mid) if usable_mid(mid) => mid,
            None if closed => "",
            _ => return Err(SdpError::Mid),
        };
        let (mut opus, mut red, mut video) = (None, None, None);
        let rtp = self.protocol == "UDP/TLS/RTP/SAVPF";
        let usable = match self.kind {
            Kind::Audio => {
                opus = self.payloads().find(|(_, map)| map.eq_ignore_ascii_case("opus/48000/2")).map(|(it, _)| it);
                red = opus.and_then(|opus| self.red(opus));
                rtp && opus.is_some()
            }
            Kind::Video => {
                video = self.video();
                rtp && video.is_some()
            }
            Kind::Application => {
                self.protocol == "UDP/DTLS/SCTP"
                    && self.formats == "webrtc-datachannel"
                    && self.sctp_port == Some(SCTP_PORT)
            }
        };
        Ok(Section {
            mid: mid.to_owned(),
            kind: self.kind,
            direction: self.transport.direction.or(self.direction).unwrap_or(Direction::SendRecv),
            rejected: closed || !usable,
            track: self.track.map(str::to_owned),
            ssrc: self.ssrc,
            opus,
            red,
            mid_extension: self.mid_extension,
            level_extension: self.level_extension.filter(|level| self.mid_extension != Some(*level)),
            max_message_size: self.max_message_size,
            video,
            protocol: self.protocol.to_owned(),
            format: self.formats.split(' ').next().unwrap_or_default().to_owned(),
        })
    }

    /// The payload types of the head that say what they are, in its order.
    fn payloads(&self) -> impl Iterator<Item = (u8, &'a str)> + '_ {
        let formats = self.formats.split(' ').take(PAYLOADS);
        formats.filter_map(|format| {
            let payload = format.parse().ok().filter(|payload| usable_payload(*payload))?;
            Some((payload, self.maps.get(payload)?))
        })
    }

    fn red(&self, opus: u8) -> Option<u8> {
        let around = format!("{opus}/{opus}");
        let fits = |(payload, map): &(u8, &str)| {
            map.eq_ignore_ascii_case("red/48000/2") && self.parameters.get(*payload) == Some(around.as_str())
        };
        self.payloads().find(fits).map(|(payload, _)| payload)
    }

    /// VP8 if it is there, because it needs no parameters to agree on; else whatever comes first.
    fn video(&self) -> Option<Codec> {
        let codecs = || {
            self.payloads().filter_map(|(payload, map)| {
                let parameters = self.parameters.get(payload);
                let plain = printable(map) && parameters.is_none_or(printable);
                plain.then(|| Codec { payload, map: map.to_owned(), parameters: parameters.map(str::to_owned) })
            })
        };
        codecs().find(|codec| codec.map.eq_ignore_ascii_case("VP8/90000")).or_else(|| codecs().next())
    }
}

/// What is said of payload types: `111 opus/48000/2`
#[derive(Default)]
struct Payloads<'a>(Vec<(u8, &'a str)>);

impl<'a> Payloads<'a> {
    fn read(&mut self, value: &'a str) {
        if self.0.len() < PAYLOADS
            && let Some((payload, what)) = value.split_once(' ')
            && let Ok(payload) = payload.parse()
        {
            self.0.push((payload, what));
        }
    }

    fn get(&self, payload: u8) -> Option<&'a str> {
        self.0.iter().find(|(it, _)| *it == payload).map(|(_, what)| *what)
    }
}

/// Sorts out which sections share the connection. What is not among them has no connection of its own with us.
fn bundle(group: &str, sections: &mut [Section]) -> Result<Vec<usize>, SdpError> {
    let mut places = HashMap::new();
    for (place, section) in sections.iter().enumerate() {
        if !section.mid.is_empty() && places.insert(section.mid.as_str(), place).is_some() {
            return Err(SdpError::Mid);
        }
    }
    let mut bundle: Vec<usize> = Vec::new();
    let mut members = HashSet::new();
    for mid in group.split(' ').filter(|mid| !mid.is_empty()) {
        let place = *places.get(mid).ok_or(SdpError::Bundle)?;
        if members.insert(place) {
            bundle.push(place);
        }
    }
    for (place, section) in sections.iter_mut().enumerate() {
        section.rejected |= !members.contains(&place);
    }
    Ok(bundle)
}

fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let mut pairs = text.trim().split(':');
    for byte in &mut bytes {
        let pair = pairs.next().filter(|it| it.len() == 2 && it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    pairs.next().is_none().then_some(bytes)
}

fn credential(text: Option<&str>, shortest: usize) -> Result<String, SdpError> {
    let good = |it: &&str| {
        (shortest..=256).contains(&it.len())
            && it.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'='))
    };
    text.filter(good).map(str::to_owned).ok_or(SdpError::Ice)
}

fn usable_mid(mid: &str) -> bool {
    (1..=MID_LIMIT).contains(&mid.len()) && mid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// With the others a packet could not be told from RTCP.
fn usable_payload(payload: u8) -> bool {
    matches!(payload, 0..=63 | 96..=127)
}

fn token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

fn printable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}
