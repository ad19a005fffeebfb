//! What a member remembers of a call.

use super::*;
use crate::record::Part;
use crate::{CallRecord, CallStatus};

/// What a member had to do with it, who called them, and how long people talked.
fn remembers(call: &Call, member: MemberId) -> (Part, MemberId, Option<u32>) {
    let CallRecord { part, caller, duration, .. } = call.record_for(member);
    (part, caller, duration)
}

#[test]
fn each_of_a_call_remembers_their_own_part_in_it() {
    let call = call(ChannelKind::Group, Audience::Channel, &[BEN, CLARA, EVA]);
    assert_eq!(remembers(&call, ANNA), (Part::Outgoing, ANNA, None));
    assert_eq!(remembers(&call, BEN), (Part::Incoming, ANNA, None));
    let call = after(call, answer(BEN), seconds(2));
    let call = after(call, Command::Decline(CLARA), seconds(3));
    let call = after(call, Command::Tick, seconds(30));
    assert_eq!(remembers(&call, BEN).2, None, "they are still talking");
    let call = after(call, leave(ANNA), seconds(62));
    let call = after(call, leave(BEN), seconds(62));
    assert_eq!(remembers(&call, ANNA), (Part::Outgoing, ANNA, Some(60)));
    assert_eq!(remembers(&call, BEN), (Part::Incoming, ANNA, Some(60)));
    assert_eq!(remembers(&call, CLARA), (Part::Declined, ANNA, Some(60)));
    assert_eq!(remembers(&call, EVA), (Part::Missed, ANNA, Some(60)));
    assert_eq!(remembers(&call, MemberId(Uuid::from_u128(77))), (Part::Apart, ANNA, Some(60)));
}

#[test]
fn those_who_came_are_named_before_those_who_did_not_and_a_few_only() {
    let callees: Vec<MemberId> = (2..=12).map(|n| MemberId(Uuid::from_u128(n))).collect();
    let call = call(ChannelKind::Parish, Audience::Invited, &callees);
    let record = call.record_for(ANNA);
    assert_eq!((record.people, &*record.others, record.more), (1, &callees[..6], 5));
    let record = after(call, answer(CLARA), seconds(1)).record_for(ANNA);
    assert_eq!((record.people, &*record.others, record.more), (2, &[CLARA][..], 0));
}

#[test]
fn who_was_rung_by_somebody_else_remembers_them() {
    let call = after(direct(), answer(BEN), seconds(1));
    let ring = Command::Ring { by: BEN, leads: false, callee: CLARA.into(), guest: true, ring_for: RING };
    let call = after(call, ring, seconds(2));
    let call = after(call, Command::Tick, seconds(32));
    assert_eq!(remembers(&call, CLARA), (Part::Missed, BEN, None));
}

#[test]
fn whoever_has_blocked_the_caller_has_missed_nothing() {
    let hushed = Callee { hushed: true, ..BEN.into() };
    let new = NewCall { callees: Callees::Ring(vec![hushed], RING), ..new_call_of(direct()) };
    let rings = Call::start(new, T0).expect("somebody to call").0;
    assert_eq!(remembers(&rings, BEN).0, Part::Apart);
    let over = after(rings.clone(), Command::Tick, seconds(30));
    assert_eq!(over.record_for(BEN).status, CallStatus::Missed);
    assert_eq!(remembers(&over, BEN).0, Part::Apart);
    assert_eq!(over.misses_changed(&rings), []);
}

#[test]
fn a_call_is_missed_when_the_ring_is_over_and_is_not_while_it_rings_again() {
    let before = after(group(), answer(BEN), seconds(1));
    let missed = after(before.clone(), Command::Tick, seconds(30));
    assert_eq!(missed.misses_changed(&before), [CLARA]);
    let ring = Command::Ring { by: ANNA, leads: false, callee: CLARA.into(), guest: false, ring_for: RING };
    let rings = after(missed.clone(), ring, seconds(40));
    assert_eq!(rings.misses_changed(&missed), [CLARA]);
    let answered = after(rings.clone(), answer(CLARA), seconds(41));
    assert_eq!(answered.misses_changed(&rings), []);
}
