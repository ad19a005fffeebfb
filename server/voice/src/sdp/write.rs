//! Writes the answer.

use super::{Kind, LEVEL_EXTENSION, MID_EXTENSION, Offer, SCTP_PORT, Section};
use std::fmt::{self, Write};
use std::iter;

/// Largest data channel message we take: what str0m is built with.
const MAX_MESSAGE_SIZE: u32 = 256 * 1024;

/// What we answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer<'a> {
    /// Names the connection; the same for as long as it lives.
    pub(crate) session: u64,
    /// Goes up by one with every answer.
    pub(crate) version: u64,
    /// Our half of the ICE user name.
    pub(crate) ufrag: &'a str,
    /// What our ICE messages are signed with.
    pub(crate) pwd: &'a str,
    /// SHA-256 of our certificate: `AA:BB:…`
    pub(crate) fingerprint: &'a str,
    /// Where we are reached: `candidate:…`, each complete.
    pub(crate) candidates: &'a [String],
    /// What each section of the offer is used for, in its order. Missing ones are unused.
    pub(crate) sections: Vec<Use>,
}

/// What a section is used for. A use that the section cannot have (of another kind, or against the direction they
/// want) leaves it unused; one they rejected is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing, for now.
    Inactive,
    /// We hear them.
    Receive,
    /// They hear somebody else.
    Send {
        /// `PA_…|TR_…`: whose voice and which track. The client finds the track by it.
        stream: String,
        /// `TR_…`
        track: String,
        /// What its packets are marked with. A new one for every track: receivers take the same one for the same voice.
        ssrc: u32,
    },
    /// The data channels.
    Data,
    /// Nothing, for ever.
    Refused,
}

impl Answer<'_> {
    /// The text, in answer to `offer`.
    pub(crate) fn write(&self, offer: &Offer) -> String {
        let wanted = self.sections.iter().chain(iter::repeat(&Use::Inactive));
        let uses: Vec<&Use> = offer.sections.iter().zip(wanted).map(|(it, wanted)| effective(it, wanted)).collect();
        let bundle: Vec<usize> = offer.bundle.iter().copied().filter(|place| *uses[*place] != Use::Refused).collect();

        let mut lines = Lines(String::with_capacity(512 + 320 * offer.sections.len()));
        self.write_session(&mut lines, offer, &bundle);
        for (place, (section, usage)) in offer.sections.iter().zip(&uses).enumerate() {
            section.write(&mut lines, usage);
            // Where we are reached is said in the section that speaks for all, and only there.
            if bundle.first() == Some(&place) {
                for candidate in self.candidates {
                    lines.add(format_args!("a={candidate}"));
                }
                lines.add(format_args!("a=end-of-candidates"));
            }
        }
        lines.0
    }

    fn write_session(&self, lines: &mut Lines, offer: &Offer, bundle: &[usize]) {
        // Browsers read the id as a signed number.
        let session = self.session & i64::MAX as u64;
        lines.add(format_args!("v=0"));
        lines.add(format_args!("o=- {session} {} IN IP4 127.0.0.1", self.version));
        lines.add(format_args!("s=-"));
        lines.add(format_args!("t=0 0"));
        if !bundle.is_empty() {
            let mids: Vec<&str> = bundle.iter().map(|place| offer.sections[*place].mid.as_str()).collect();
            lines.add(format_args!("a=group:BUNDLE {}", mids.join(" ")));
        }
        // All sections share one transport, so it is described once: a room of 200 people gets 200 sections.
        lines.add(format_args!("a=ice-lite"));
        lines.add(format_args!("a=ice-ufrag:{}", self.ufrag));
        lines.add(format_args!("a=ice-pwd:{}", self.pwd));
        lines.add(format_args!("a=fingerprint:sha-256 {}", self.fingerprint));
        lines.add(format_args!("a=setup:{}", if offer.dtls_active() { "active" } else { "passive" }));
    }
}

/// What the section can really be used for.
fn effective<'a>(section: &Section, wanted: &'a Use) -> &'a Use {
    match (section.kind, wanted) {
        _ if section.rejected => &Use::Refused,
        (_, Use::Refused) => &Use::Refused,
        (Kind::Application, Use::Data) => &Use::Data,
        // There is no such thing as unused data channels.
        (Kind::Application, _) => &Use::Refused,
        (Kind::Audio, Use::Receive) if section.direction.sends() => wanted,
        (Kind::Audio, Use::Send { .. }) if section.direction.receives() => wanted,
        _ => &Use::Inactive,
    }
}

impl Section {
    fn write(&self, lines: &mut Lines, usage: &Use) {
        if *usage == Use::Refused {
            return self.write_refusal(lines);
        }
        match self.kind {
            Kind::Audio => self.write_audio(lines, usage),
            Kind::Video => self.write_video(lines),
            Kind::Application => {
                self.write_head(lines, &self.format);
                lines.add(format_args!("a=sctp-port:{SCTP_PORT}"));
                lines.add(format_args!("a=max-message-size:{MAX_MESSAGE_SIZE}"));
            }
        }
    }

    fn write_refusal(&self, lines: &mut Lines) {
        lines.add(format_args!("m={} 0 {} {}", self.kind.name(), self.protocol, self.format));
        lines.add(format_args!("c=IN IP4 0.0.0.0"));
        if !self.mid.is_empty() {
            lines.add(format_args!("a=mid:{}", self.mid));
        }
        if self.kind != Kind::Application {
            lines.add(format_args!("a=inactive"));
        }
    }

    fn write_head(&self, lines: &mut Lines, formats: &str) {
        lines.add(format_args!("m={} 9 {} {formats}", self.kind.name(), self.protocol));
        lines.add(format_args!("c=IN IP4 0.0.0.0"));
        lines.add(format_args!("a=mid:{}", self.mid));
    }

    /// RED stands first, so that they send it: it is how a lost packet is made up for.
    fn write_audio(&self, lines: &mut Lines, usage: &Use) {
        let payloads: Vec<String> = [self.red, self.opus].into_iter().flatten().map(|it| it.to_string()).collect();
        self.write_head(lines, &payloads.join(" "));
        let direction = match usage {
            Use::Receive => "recvonly",
            Use::Send { .. } => "sendonly",
            _ => "inactive",
        };
        lines.add(format_args!("a={direction}"));
        lines.add(format_args!("a=rtcp-mux"));
        let extensions = [(self.mid_extension, MID_EXTENSION), (self.level_extension, LEVEL_EXTENSION)];
        for (id, name) in extensions {
            if let Some(id) = id {
                lines.add(format_args!("a=extmap:{id} {name}"));
            }
        }
        if let Some(opus) = self.opus {
            if let Some(red) = self.red {
                lines.add(format_args!("a=rtpmap:{red} red/48000/2"));
                lines.add(format_args!("a=fmtp:{red} {opus}/{opus}"));
            }
            lines.add(format_args!("a=rtpmap:{opus} opus/48000/2"));
            // The same in every section: one payload type may not mean two things in one connection.
            lines.add(format_args!("a=fmtp:{opus} minptime=10;useinbandfec=1;usedtx=1"));
        }
        if let Use::Send { stream, track, ssrc } = usage {
            lines.add(format_args!("a=msid:{stream} {track}"));
            lines.add(format_args!("a=ssrc:{ssrc} cname:{stream}"));
        }
    }

    fn write_video(&self, lines: &mut Lines) {
        let Some(codec) = &self.video else { return self.write_refusal(lines) };
        self.write_head(lines, &codec.payload.to_string());
        lines.add(format_args!("a=inactive"));
        lines.add(format_args!("a=rtcp-mux"));
        lines.add(format_args!("a=rtpmap:{} {}", codec.payload, codec.map));
        if let Some(parameters) = &codec.parameters {
            lines.add(format_args!("a=fmtp:{} {parameters}", codec.payload));
        }
    }
}

struct Lines(String);

impl Lines {
    fn add(&mut self, line: fmt::Arguments<'_>) {
        // A String takes everything.
        let _ = self.0.write_fmt(line);
        self.0.push_str("\r\n");
    }
}
