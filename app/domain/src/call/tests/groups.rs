//! Calls of many: who comes in, and what those who lead may do.

use super::*;
use crate::Role;

const LEADS: bool = true;

/// Anna has opened a call without ringing anybody.
pub(super) fn gathered() -> Call {
    Call::start(NewCall { callees: Callees::Gather, ..new_call_of(group()) }, T0).expect("a call").0
}

fn ring(by: MemberId, leads: bool, member: MemberId) -> Command {
    Command::Ring { by, leads, callee: member.into(), guest: true, ring_for: RING }
}

fn lead(act: Lead) -> Command {
    Command::Lead { by: ANNA, device: PHONE, act }
}

fn show(member: MemberId, sign: Sign) -> Command {
    Command::Show { member, device: PHONE, sign }
}

fn full_choir() -> Call {
    let call = after(group(), answer(BEN), seconds(2));
    after(call, answer(CLARA), seconds(3))
}

#[test]
fn a_gathering_rings_nobody_goes_on_from_the_start_and_ends_with_the_last_who_leaves() {
    let (call, effects) =
        Call::start(NewCall { callees: Callees::Gather, ..new_call_of(group()) }, T0).expect("a call");
    assert_eq!((call.state, effects), (CallState::Active { since: T0 }, vec![Effect::PostCard]));
    assert_eq!(call.ring_changes(None), []);
    assert_eq!(call.deadline(), Some(T0 + LONGEST));
    let call = after(call, answer(EVA), seconds(60));
    let call = after(call, leave(ANNA), seconds(70));
    assert!(!call.is_over());
    let (call, effects) = call.apply(leave(EVA), seconds(80)).expect("to leave");
    assert_eq!(call.state, CallState::Ended { since: T0, at: seconds(80), reason: EndReason::Hangup });
    assert_eq!(effects, [Effect::PostCard, Effect::CloseAudio]);
}

#[test]
fn a_call_of_two_becomes_one_of_many_with_the_third_who_comes_in_and_stays_it() {
    let call = after(direct(), answer(BEN), seconds(2));
    assert!(!call.is_group());
    let (call, effects) = call.apply(ring(BEN, false, CLARA), seconds(5)).expect("to ring");
    assert!(!call.is_group() && effects.is_empty());
    assert_eq!(call.participant(CLARA).and_then(|p| p.rung_by), Some(BEN));
    let (call, effects) = call.apply(answer(CLARA), seconds(8)).expect("to answer");
    assert!(call.is_group());
    assert_eq!(effects, [Effect::PostCard]);
    // One left alone waits, as in every call of many.
    let call = after(call, leave(ANNA), seconds(9));
    let call = after(call, leave(BEN), seconds(10));
    assert!(call.is_group() && !call.is_over());
    assert!(after(call, leave(CLARA), seconds(11)).is_over());
}

#[test]
fn a_locked_call_lets_in_who_rings_and_who_was_in_it_and_nobody_else() {
    let call = after(group(), answer(BEN), seconds(2));
    let call = after(call, lead(Lead::Lock(true)), seconds(3));
    assert_eq!(call.clone().apply(answer(EVA), seconds(4)), Err(CallError::Locked));
    assert_eq!(call.clone().apply(ring(BEN, false, EVA), seconds(4)), Err(CallError::Locked));
    assert!(after(call.clone(), answer(CLARA), seconds(4)).is_connected(CLARA));
    let declined = after(call.clone(), Command::Decline(CLARA), seconds(4));
    assert_eq!(declined.apply(answer(CLARA), seconds(5)), Err(CallError::Locked));
    let back = [leave(BEN), answer(BEN)].into_iter().fold(call.clone(), |call, step| after(call, step, seconds(5)));
    assert!(back.is_connected(BEN));
    let rung = after(call.clone(), ring(ANNA, LEADS, EVA), seconds(6));
    assert!(after(rung, answer(EVA), seconds(7)).is_connected(EVA));
    let open = after(call, lead(Lead::Lock(false)), seconds(8));
    assert!(after(open, answer(EVA), seconds(9)).is_connected(EVA));
}

#[test]
fn who_was_put_out_is_taken_off_the_voice_server_and_comes_back_only_if_one_who_leads_rings_them() {
    let (call, effects) = full_choir().apply(lead(Lead::PutOut(BEN)), seconds(5)).expect("to put out");
    assert_eq!(effects, [Effect::Disconnect { member: BEN, epoch: 1 }]);
    assert!(!call.is_connected(BEN));
    assert_eq!(call.clone().apply(answer(BEN), seconds(6)), Err(CallError::PutOut));
    let found = Command::Found { member: BEN, epoch: 1, seats: SEATS };
    assert_eq!(call.clone().apply(found, seconds(6)), Err(CallError::NotInCall));
    assert_eq!(call.clone().apply(ring(CLARA, false, BEN), seconds(6)), Err(CallError::PutOut));
    let rung = after(call, ring(ANNA, LEADS, BEN), seconds(7));
    assert!(after(rung, answer(BEN), seconds(8)).is_connected(BEN));
}

#[test]
fn a_ring_can_be_taken_back_and_is_missed() {
    let call = after(group(), answer(BEN), seconds(2));
    let call = after(call, lead(Lead::PutOut(CLARA)), seconds(3));
    assert!(matches!(participation(&call, CLARA), Participation::Missed { .. }));
    assert_eq!(call.apply(answer(CLARA), seconds(4)), Err(CallError::PutOut));
}

#[test]
fn who_has_left_can_be_kept_from_coming_back_and_is_put_out_once() {
    let left = after(full_choir(), leave(BEN), seconds(4));
    let (call, effects) = left.apply(lead(Lead::PutOut(BEN)), seconds(5)).expect("to keep out");
    assert_eq!(effects, []);
    assert!(matches!(participation(&call, BEN), Participation::Disconnected { .. }));
    assert_eq!(call.clone().apply(answer(BEN), seconds(6)), Err(CallError::PutOut));
    assert_eq!(call.apply(lead(Lead::PutOut(BEN)), seconds(7)), Err(CallError::NotInCall));
}

#[test]
fn who_is_put_out_while_their_connection_is_lost_does_not_come_back_by_it() {
    let lost = after(full_choir(), Command::Lost { member: BEN, epoch: 1 }, seconds(4));
    let call = after(lost, lead(Lead::PutOut(BEN)), seconds(5));
    let found = Command::Found { member: BEN, epoch: 1, seats: SEATS };
    assert_eq!(call.apply(found, seconds(6)), Err(CallError::NotInCall));
}

#[test]
fn who_is_muted_reads_by_whom_and_two_in_a_moment_are_two() {
    let (call, effects) = full_choir().apply(lead(Lead::MuteOthers), seconds(5)).expect("to mute");
    let muted = [BEN, CLARA].map(|member| Effect::Mute { member, epoch: 1 });
    assert_eq!(effects, muted);
    let prompt = |call: &Call, member| call.participant(member).and_then(|p| p.prompt);
    assert_eq!(prompt(&call, ANNA), None);
    assert_eq!(prompt(&call, BEN), Some(Prompt { what: Prompted::Mute, by: ANNA, at: seconds(5) }));
    let (call, effects) = call.apply(lead(Lead::AskToUnmute(BEN)), seconds(5)).expect("to ask");
    assert_eq!(effects, []);
    assert!(prompt(&call, BEN).is_some_and(|prompt| prompt.what == Prompted::Unmute && prompt.at > seconds(5)));
    // Whoever comes in anew has not been asked anything.
    let back = [leave(BEN), answer(BEN)].into_iter().fold(call, |call, step| after(call, step, seconds(6)));
    assert_eq!(prompt(&back, BEN), None);
}

#[test]
fn nothing_is_led_from_outside_nor_against_who_is_not_there() {
    let outside = Command::Lead { by: EVA, device: PHONE, act: Lead::MuteOthers };
    assert_eq!(full_choir().apply(outside, seconds(5)), Err(CallError::NotInCall));
    for act in [Lead::Mute(EVA), Lead::AskToUnmute(EVA), Lead::PutOut(EVA), Lead::LowerHand(EVA), Lead::PutOut(ANNA)] {
        assert_eq!(full_choir().apply(lead(act), seconds(5)), Err(CallError::NotInCall), "{act:?}");
    }
}

#[test]
fn a_call_can_be_ended_for_all() {
    let (call, effects) = full_choir().apply(lead(Lead::EndForAll), seconds(5)).expect("to end");
    assert_eq!(call.state, CallState::Ended { since: seconds(2), at: seconds(5), reason: EndReason::Removed });
    assert_eq!(effects, [Effect::PostCard, Effect::CloseAudio]);
}

#[test]
fn hands_stay_in_the_order_they_went_up_until_taken_down() {
    let hand = |call: &Call, who| call.snapshot(seconds(9)).participant(who).and_then(|p| p.hand);
    let call = after(full_choir(), show(CLARA, Sign::Hand(true)), seconds(5));
    let call = after(call, show(BEN, Sign::Hand(true)), seconds(6));
    let call = after(call, show(CLARA, Sign::Hand(true)), seconds(7));
    assert_eq!((hand(&call, CLARA), hand(&call, BEN)), (Some(seconds(5)), Some(seconds(6))));
    let call = after(call, lead(Lead::LowerHand(CLARA)), seconds(8));
    let call = after(call, show(BEN, Sign::Hand(false)), seconds(8));
    assert_eq!((hand(&call, CLARA), hand(&call, BEN)), (None, None));
}

#[test]
fn the_same_reaction_again_is_seen_again() {
    let at = |call: &Call| call.participant(BEN).and_then(|p| p.reaction).map(|reacted| reacted.at);
    let call = after(full_choir(), show(BEN, Sign::Reaction(Reaction::Heart)), seconds(5));
    let again = after(call.clone(), show(BEN, Sign::Reaction(Reaction::Heart)), seconds(5));
    assert!(at(&again) > at(&call));
}

#[test]
fn a_full_call_lets_in_nobody_more_until_somebody_leaves() {
    let answer = |member| Command::Answer { member, device: PHONE, seats: 2 };
    let call = after(group(), answer(BEN), seconds(2));
    assert_eq!(call.clone().apply(answer(CLARA), seconds(3)), Err(CallError::Full));
    assert_eq!(call.clone().apply(answer(EVA), seconds(3)), Err(CallError::Full));
    let call = after(call, leave(BEN), seconds(4));
    assert!(after(call, answer(CLARA), seconds(5)).is_connected(CLARA));
}

#[test]
fn whose_connection_was_lost_comes_back_only_while_there_is_room() {
    let found = Command::Found { member: BEN, epoch: 1, seats: 2 };
    let lost = after(full_choir(), Command::Lost { member: BEN, epoch: 1 }, seconds(5));
    assert_eq!(lost.clone().apply(found, seconds(6)), Err(CallError::Full));
    let room = after(lost, leave(CLARA), seconds(7));
    assert!(after(room, found, seconds(8)).is_connected(BEN));
}

#[test]
fn only_who_leads_leads_and_the_initiator_may_end_what_they_began() {
    let acts = [Lead::Mute(BEN), Lead::MuteOthers, Lead::AskToUnmute(BEN), Lead::LowerHand(BEN), Lead::PutOut(BEN)];
    for act in acts.into_iter().chain([Lead::Lock(true), Lead::Lock(false)]) {
        for initiator in [false, true] {
            assert!(!may_lead(Role::Member, initiator, true, act), "{act:?}");
            assert!(may_lead(Role::Coordinator, initiator, true, act) && may_lead(Role::Admin, initiator, true, act));
        }
    }
    assert!(may_lead(Role::Member, true, true, Lead::EndForAll));
    assert!(!may_lead(Role::Member, false, true, Lead::EndForAll));
    // Between two, nobody leads.
    assert!(
        !may_lead(Role::Admin, true, false, Lead::EndForAll) && !may_lead(Role::Admin, true, false, Lead::Mute(BEN))
    );
}
