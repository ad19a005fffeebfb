//! Messages as `livekit-client` writes them.

use crate::Options;
use crate::proto::{
    self, AddTrackRequest, ClientInfo, ConnectionSettings, JoinRequest, LeaveRequest, Ping, SessionDescription,
    SignalRequest, TrackSource, TrackType, TrickleRequest, WrappedJoinRequest, client_info, leave_request,
    signal_request::Message, wrapped_join_request::Compression,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use flate2::write::GzEncoder;
use prost::Message as _;
use std::io::Write as _;

/// The release that we behave like.
const VERSION: &str = "2.23.0";
/// What it says of itself (`version.ts`).
const PROTOCOL: i32 = 17;
const CLIENT_PROTOCOL: i32 = 2;

/// The path and query to open the WebSocket with.
#[must_use]
pub fn join_path(token: &str, join: &JoinRequest) -> String {
    format!("/rtc/v1?access_token={token}&join_request={}", join_query(join))
}

/// A join request as it stands in the query: zipped, wrapped, in base 64.
#[must_use]
pub fn join_query(join: &JoinRequest) -> String {
    let mut zip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    let zipped = zip.write_all(&join.encode_to_vec()).and_then(|()| zip.finish());
    let wrapped = WrappedJoinRequest {
        compression: Compression::Gzip.into(),
        join_request: zipped.expect("writing to memory cannot fail"),
    };
    URL_SAFE.encode(wrapped.encode_to_vec()).replace('=', "%3D")
}

pub(crate) fn join(options: &Options, offer: Option<SessionDescription>) -> JoinRequest {
    JoinRequest {
        client_info: Some(ClientInfo {
            sdk: client_info::Sdk::Js.into(),
            version: VERSION.to_owned(),
            protocol: PROTOCOL,
            client_protocol: CLIENT_PROTOCOL,
            ..ClientInfo::default()
        }),
        connection_settings: Some(ConnectionSettings {
            auto_subscribe: options.auto_subscribe,
            ..ConnectionSettings::default()
        }),
        publisher_offer: offer,
        ..JoinRequest::default()
    }
}

pub(crate) fn request(message: Message) -> SignalRequest {
    SignalRequest { message: Some(message) }
}

pub(crate) fn offer(sdp: &str, id: u32) -> SessionDescription {
    SessionDescription { r#type: "offer".to_owned(), sdp: sdp.to_owned(), id, ..SessionDescription::default() }
}

pub(crate) fn add_microphone(cid: &str, red: bool) -> SignalRequest {
    request(Message::AddTrack(AddTrackRequest {
        cid: cid.to_owned(),
        r#type: TrackType::Audio.into(),
        source: TrackSource::Microphone.into(),
        disable_red: !red,
        ..AddTrackRequest::default()
    }))
}

pub(crate) fn trickle(candidate: &str) -> SignalRequest {
    let init = serde_json::json!({
        "candidate": candidate,
        "sdpMid": "0",
        "sdpMLineIndex": 0,
        "usernameFragment": null,
    });
    request(Message::Trickle(TrickleRequest {
        candidate_init: init.to_string(),
        target: proto::SignalTarget::Publisher.into(),
        r#final: false,
    }))
}

/// The candidate in a trickle message.
pub(crate) fn candidate(trickle: &TrickleRequest) -> Option<String> {
    let init: serde_json::Value = serde_json::from_str(&trickle.candidate_init).ok()?;
    let candidate = init.get("candidate")?.as_str()?;
    (!candidate.is_empty()).then(|| candidate.to_owned())
}

/// Both kinds, as the client sends them for old and new servers.
pub(crate) fn pings(timestamp: i64, rtt: i64) -> [SignalRequest; 2] {
    [request(Message::Ping(timestamp)), request(Message::PingReq(Ping { timestamp, rtt }))]
}

pub(crate) fn leave() -> SignalRequest {
    request(Message::Leave(LeaveRequest {
        reason: proto::DisconnectReason::ClientInitiated.into(),
        action: leave_request::Action::Disconnect.into(),
        ..LeaveRequest::default()
    }))
}
