//! Calls to try things out on.

use domain::{
    Audience, CallSnapshot, CallStatus, ChannelKind, MemberId, ParticipantSnapshot, ParticipantStatus, Timestamp,
};

pub(crate) fn member(number: usize) -> MemberId {
    format!("01900000-0000-7000-8000-{number:012}").parse().unwrap()
}

/// A call of a group that so many are in; the first one has started it.
pub(crate) fn call(people: usize) -> CallSnapshot {
    let participant = |number| ParticipantSnapshot {
        member: member(number),
        status: ParticipantStatus::Connected,
        ring_left_ms: None,
        epoch: 1,
        devices: 0,
        busy: false,
        quiet: false,
        asleep: false,
        hand: None,
        rung_by: None,
        put_out: false,
        prompt: None,
        reaction: None,
    };
    CallSnapshot {
        id: "01900000-0000-7000-8000-0000000000ca".parse().unwrap(),
        version: 1,
        as_of: Timestamp(0),
        channel_id: "01900000-0000-7000-8000-0000000000cc".parse().unwrap(),
        kind: ChannelKind::Group,
        initiator: member(0),
        audience: Audience::Channel,
        status: CallStatus::Active,
        end_reason: None,
        created_at: Timestamp(0),
        talked_ms: Some(0),
        locked: false,
        participants: (0..people).map(participant).collect(),
    }
}
