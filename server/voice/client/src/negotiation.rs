//! Offers and answers: which sections there are and who is heard on which.

use crate::microphone::Microphone;
use crate::participant::{Event, Participant, Track};
use crate::proto::{
    DataChannelInfo, SessionDescription, SignalTarget, SyncState, TrackInfo, TrackPublishedResponse, TrickleRequest,
    UpdateSubscription, signal_request::Message,
};
use crate::{Options, Transport, sdp, signalling};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpApi, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::TcpType;
use str0m::{Candidate, Rtc, RtcConfig};

/// The client waits this long for more reasons to negotiate before it does.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// Where negotiating stands.
#[derive(Debug)]
pub(crate) struct Negotiation {
    pub publishing: Option<Publishing>,
    /// The offer that has no answer yet.
    pending: Option<Pending>,
    last_id: u32,
    /// The pair that is in force.
    offer: Option<String>,
    answer: Option<String>,
    channels: Vec<(&'static str, ChannelId)>,
    /// Sections for other people's microphones.
    receiving: Vec<Mid>,
    tracks: HashMap<Mid, Arc<Track>>,
    red: Option<u8>,
    /// Sections that the next offer adds.
    wanted: usize,
    /// Section that the next offer closes.
    silenced: Option<Mid>,
    due: Option<Instant>,
    again: bool,
    candidates: Vec<Candidate>,
    cids: u32,
}

#[derive(Debug)]
struct Pending {
    id: u32,
    sdp: String,
    change: SdpPendingOffer,
    restarts_ice: bool,
}

/// Our microphone on its way.
#[derive(Debug)]
pub(crate) struct Publishing {
    cid: String,
    /// What the server made of it.
    info: Option<TrackInfo>,
    /// Where it was offered.
    mid: Option<Mid>,
    /// Everything is settled.
    open: bool,
}

impl Publishing {
    pub fn new(cid: String) -> Publishing {
        Publishing { cid, info: None, mid: None, open: false }
    }
}

impl Negotiation {
    /// A connection and its first offer.
    pub fn begin(now: Instant, options: &Options) -> (Rtc, Negotiation, SessionDescription) {
        loop {
            let mut config = RtcConfig::new().clear_codecs().enable_opus(true, options.red).set_rtp_mode(true);
            if options.video_sections > 0 {
                config = config.enable_vp8(true);
            }
            if let Some(certificate) = &options.certificate {
                config = config.set_dtls_cert(certificate.clone());
            }
            let mut rtc = config.build(now);
            let mut api = rtc.sdp_api();
            let add = |api: &mut SdpApi, kind, count| -> Vec<Mid> {
                (0..count).map(|_| api.add_media(kind, Direction::RecvOnly, None, None, None)).collect()
            };
            let receiving = add(&mut api, MediaKind::Audio, options.audio_sections);
            add(&mut api, MediaKind::Video, options.video_sections);
            let channels =
                data_channels().map(|(name, channel)| (name, api.add_channel_with_config(channel))).collect();
            let (offer, change) = api.apply().expect("data channels have to be negotiated");
            let sdp = sdp::as_a_browser_writes_it(&offer.to_sdp_string());
            // The names of sections are drawn, and not compared with those drawn just before.
            if sdp::has_twins(&sdp) {
                continue;
            }
            let description = signalling::offer(&sdp, 1);
            let negotiation = Negotiation {
                publishing: None,
                pending: Some(Pending { id: 1, sdp, change, restarts_ice: false }),
                last_id: 1,
                offer: None,
                answer: None,
                channels,
                receiving,
                tracks: HashMap::new(),
                red: None,
                wanted: 0,
                silenced: None,
                due: None,
                again: false,
                candidates: Vec::new(),
                cids: 0,
            };
            return (rtc, negotiation, description);
        }
    }

    /// The first offer once more, for those who send it after joining.
    pub fn first_offer(&self) -> SessionDescription {
        let pending = self.pending.as_ref().expect("nothing was answered before we joined");
        signalling::offer(&pending.sdp, pending.id)
    }

    pub fn next_cid(&mut self) -> String {
        self.cids += 1;
        format!("microphone-{}", self.cids)
    }

    /// Negotiates when nothing more was asked for during a moment.
    pub fn soon(&mut self, now: Instant) {
        self.due = Some(now + DEBOUNCE);
    }

    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The next offer closes this section.
    pub fn silence(&mut self, mid: Mid) {
        self.silenced = Some(mid);
    }

    /// Takes a candidate of the server, or keeps it until there is an answer.
    pub fn candidate(&mut self, rtc: &mut Rtc, trickle: &TrickleRequest) {
        let Some(candidate) = signalling::candidate(trickle) else { return };
        match Candidate::from_sdp_string(&candidate) {
            Ok(candidate) if self.answer.is_some() => rtc.add_remote_candidate(candidate),
            Ok(candidate) => self.candidates.push(candidate),
            Err(error) => tracing::debug!(%error, %candidate, "not a candidate that we can use"),
        }
    }

    /// Who is heard there, and whether that payload has redundancy.
    pub fn who_is_on(&self, mid: Option<Mid>, payload_type: u8) -> (Option<Arc<Track>>, bool) {
        let track = mid.and_then(|mid| self.tracks.get(&mid)).cloned();
        (track, self.red == Some(payload_type))
    }

    /// What a server that forgot us would have to know.
    pub fn sync_state(&self, rtc: &mut Rtc, options: &Options) -> SyncState {
        let description = |kind: &str, sdp: &Option<String>| {
            sdp.as_ref().map(|sdp| SessionDescription {
                r#type: kind.to_owned(),
                sdp: sdp.clone(),
                ..SessionDescription::default()
            })
        };
        let published = self.publishing.iter().filter(|publishing| publishing.open);
        let direct = rtc.direct_api();
        let channels = self.channels.iter().filter_map(|(label, channel)| {
            Some(DataChannelInfo {
                label: (*label).to_owned(),
                id: direct.sctp_stream_id_by_channel_id(*channel)?.into(),
                target: SignalTarget::Publisher.into(),
            })
        });
        SyncState {
            answer: description("answer", &self.answer),
            offer: description("offer", &self.offer),
            subscription: Some(UpdateSubscription {
                subscribe: !options.auto_subscribe,
                ..UpdateSubscription::default()
            }),
            publish_tracks: published
                .map(|publishing| TrackPublishedResponse {
                    cid: publishing.cid.clone(),
                    track: publishing.info.clone(),
                })
                .collect(),
            data_channels: channels.collect(),
            ..SyncState::default()
        }
    }
}

impl Participant {
    pub(crate) fn published(&mut self, now: Instant, published: TrackPublishedResponse) {
        let Some(publishing) = &mut self.negotiation.publishing else { return };
        if publishing.cid == published.cid && publishing.info.is_none() {
            publishing.info = published.track;
            self.negotiation.soon(now);
        }
    }

    pub(crate) fn sections_needed(&mut self, now: Instant, audios: usize) {
        self.negotiation.wanted += audios;
        self.negotiation.soon(now);
    }

    pub(crate) fn negotiate_if_due(&mut self, now: Instant) {
        if self.negotiation.due.is_some_and(|due| due <= now) {
            self.negotiation.due = None;
            if self.negotiation.pending.is_some() {
                self.negotiation.again = true;
            } else {
                self.make_offer(false);
            }
        }
    }

    pub(crate) fn restart_ice(&mut self) {
        self.make_offer(true);
    }

    fn make_offer(&mut self, restart_ice: bool) {
        let negotiation = &mut self.negotiation;
        let unanswered = negotiation.pending.take();
        let (mut api, added, microphone) = loop {
            let mut api = self.rtc.sdp_api();
            let add = |api: &mut SdpApi, direction, cid| api.add_media(MediaKind::Audio, direction, None, cid, None);
            let added: Vec<Mid> = (0..negotiation.wanted).map(|_| add(&mut api, Direction::RecvOnly, None)).collect();
            let to_offer = negotiation.publishing.as_ref().filter(|p| p.info.is_some() && p.mid.is_none());
            let microphone = to_offer.map(|p| add(&mut api, Direction::SendOnly, Some(p.cid.clone())));
            let mut names: Vec<Mid> = added.iter().chain(&microphone).chain(&negotiation.receiving).copied().collect();
            let count = names.len();
            names.sort();
            names.dedup();
            // The names of sections are drawn, and not compared with those drawn just before.
            if names.len() == count {
                break (api, added, microphone);
            }
        };
        for mid in &negotiation.receiving {
            // A section that was answered with silence is offered again, as browsers do.
            api.set_direction(*mid, Direction::RecvOnly);
        }
        if let Some(mid) = negotiation.silenced.take() {
            api.set_direction(mid, Direction::Inactive);
        }
        if restart_ice {
            api.ice_restart(true);
        }
        if !api.has_changes() {
            // Asked to offer the same once more.
            if let Some(mid) = negotiation.receiving.first() {
                api.set_direction(*mid, Direction::Inactive);
                api.set_direction(*mid, Direction::RecvOnly);
            }
        }
        if let Some(unanswered) = unanswered {
            api.merge(unanswered.change);
        }
        let Some((offer, change)) = api.apply() else { return };
        let sdp = sdp::as_a_browser_writes_it(&offer.to_sdp_string());
        negotiation.wanted = 0;
        negotiation.receiving.extend(added);
        if let (Some(mid), Some(publishing)) = (microphone, &mut negotiation.publishing) {
            publishing.mid = Some(mid);
        }
        negotiation.last_id += 1;
        let id = negotiation.last_id;
        let description = signalling::offer(&sdp, id);
        negotiation.pending = Some(Pending { id, sdp, change, restarts_ice: restart_ice });
        self.send(signalling::request(Message::Offer(description)));
    }

    pub(crate) fn answered(&mut self, description: SessionDescription) {
        let negotiation = &mut self.negotiation;
        let for_this = |pending: &mut Pending| description.id == 0 || description.id == pending.id;
        let Some(pending) = negotiation.pending.take_if(for_this) else {
            tracing::debug!(id = description.id, "not the answer to our offer");
            return;
        };
        let first = negotiation.answer.is_none();
        let accepted = SdpAnswer::from_sdp_string(&description.sdp)
            .map_err(|error| error.to_string())
            .and_then(|answer| self.rtc.sdp_api().accept_answer(pending.change, answer).map_err(|e| e.to_string()));
        if let Err(error) = accepted {
            self.fail(format!("the answer makes no sense: {error}"));
            return;
        }
        negotiation.offer = Some(pending.sdp);
        for candidate in negotiation.candidates.drain(..) {
            self.rtc.add_remote_candidate(candidate);
        }
        if first {
            self.offer_our_address();
        }
        self.read_sections(&description);
        self.negotiation.answer = Some(description.sdp);
        if pending.restarts_ice {
            self.tell(Event::Resumed);
        }
        if std::mem::take(&mut self.negotiation.again) {
            self.make_offer(false);
        }
    }

    fn offer_our_address(&mut self) {
        let local = self.options.local;
        let candidate = match self.options.transport {
            Transport::Udp => Candidate::builder().udp().host(local).build(),
            Transport::Tcp => Candidate::builder().tcp().host(local).tcptype(TcpType::Active).build(),
        };
        let candidate = candidate.expect("the address in the options can be offered");
        if let Some(candidate) = self.rtc.add_local_candidate(candidate) {
            let candidate = candidate.to_sdp_string();
            self.send(signalling::trickle(&candidate));
        }
    }

    /// Learns from an answer who is heard on which section, and whether our microphone is open.
    fn read_sections(&mut self, answer: &SessionDescription) {
        for section in sdp::sections(&answer.sdp) {
            let mid = Mid::from(section.mid.as_str());
            if section.red.is_some() {
                self.negotiation.red = section.red;
            }
            if self.negotiation.receiving.contains(&mid) {
                let named = section.msid.filter(|_| section.sends).and_then(|(stream, track)| named(&stream, &track));
                self.heard_on(mid, named);
            }
            let microphone = self.negotiation.publishing.as_mut().filter(|p| p.mid == Some(mid) && !p.open);
            if let (Some(publishing), Some(opus)) = (microphone, section.opus) {
                publishing.open = true;
                let track = publishing.info.as_ref().map(|info| info.sid.clone()).unwrap_or_default();
                let red = section.red.filter(|_| self.options.red);
                self.microphone = Some(Microphone::new(mid, track.clone(), opus, red));
                self.tell(Event::Published { track });
            }
        }
    }

    fn heard_on(&mut self, mid: Mid, named: Option<Track>) {
        let before = self.negotiation.tracks.get(&mid).cloned();
        if before.as_deref() == named.as_ref() {
            return;
        }
        if let Some(before) = before {
            self.negotiation.tracks.remove(&mid);
            self.tell(Event::Unsubscribed(before));
        }
        if let Some(track) = named.map(Arc::new) {
            self.negotiation.tracks.insert(mid, track.clone());
            self.tell(Event::Subscribed(track));
        }
    }
}

/// The names in a stream's `a=msid`: the participant's and the track's are both in the first part.
fn named(stream: &str, track: &str) -> Option<Track> {
    let (participant, in_stream) = stream.split_once('|').unwrap_or((stream, track));
    let sid = if in_stream.starts_with("TR") { in_stream } else { track };
    participant.starts_with("PA").then(|| Track { sid: sid.to_owned(), participant: participant.to_owned() })
}

/// The channels that the client opens.
fn data_channels() -> impl Iterator<Item = (&'static str, ChannelConfig)> {
    let reliable = ChannelConfig { label: "_reliable".to_owned(), ..ChannelConfig::default() };
    let lossy = |label: &str| ChannelConfig {
        label: label.to_owned(),
        ordered: false,
        reliability: Reliability::MaxRetransmits { retransmits: 0 },
        ..ChannelConfig::default()
    };
    [("_lossy", lossy("_lossy")), ("_reliable", reliable), ("_data_track", lossy("_data_track"))].into_iter()
}
