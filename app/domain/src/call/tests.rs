mod groups;
mod records;

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

const RING: Duration = Duration::from_secs(30);
/// Room for so many.
const SEATS: u32 = 20;
const T0: Timestamp = Timestamp(1_000_000);

const ANNA: MemberId = MemberId(Uuid::from_u128(1));
const BEN: MemberId = MemberId(Uuid::from_u128(2));
const CLARA: MemberId = MemberId(Uuid::from_u128(3));
const EVA: MemberId = MemberId(Uuid::from_u128(9));

const PHONE: DeviceId = DeviceId(Uuid::from_u128(31));
const LAPTOP: DeviceId = DeviceId(Uuid::from_u128(32));

fn seconds(n: u64) -> Timestamp {
    T0 + Duration::from_secs(n)
}

fn call(kind: ChannelKind, audience: Audience, callees: &[MemberId]) -> Call {
    let new = NewCall {
        id: CallId(Uuid::from_u128(100)),
        channel: ChannelId(Uuid::from_u128(200)),
        kind,
        initiator: ANNA,
        device: PHONE,
        audience,
        callees: Callees::Ring(callees.iter().copied().map(Callee::from).collect(), RING),
    };
    Call::start(new, T0).expect("somebody to call").0
}

fn direct() -> Call {
    call(ChannelKind::Direct, Audience::Channel, &[BEN])
}

fn group() -> Call {
    call(ChannelKind::Group, Audience::Channel, &[BEN, CLARA])
}

fn answer(member: MemberId) -> Command {
    Command::Answer { member, device: PHONE, seats: SEATS }
}

fn confirm(member: MemberId) -> Command {
    Command::ConfirmRing { member, device: PHONE }
}

fn leave(member: MemberId) -> Command {
    Command::Leave { member, device: Some(PHONE) }
}

fn after(call: Call, command: Command, at: Timestamp) -> Call {
    call.apply(command, at).expect("a command that can be carried out").0
}

fn participation(call: &Call, member: MemberId) -> Participation {
    call.participant(member).expect("a participant").participation
}

#[test]
fn starting_puts_the_initiator_in_and_rings_everybody_else_once() {
    let call = call(ChannelKind::Group, Audience::Channel, &[BEN, ANNA, CLARA, BEN]);
    assert_eq!(call.state, CallState::Ringing);
    assert_eq!(participation(&call, ANNA), Participation::connected(T0));
    assert_eq!(participation(&call, BEN), Participation::Invited { ring_until: seconds(30) });
    assert_eq!(call.participants.len(), 3);
    assert_eq!(call.deadline(), Some(seconds(30)));
}

#[test]
fn a_call_to_nobody_but_oneself_does_not_start() {
    let new = NewCall { callees: Callees::Ring(vec![ANNA.into()], RING), ..new_call_of(direct()) };
    assert_eq!(Call::start(new, T0), Err(CallError::NobodyToCall));
}

fn new_call_of(call: Call) -> NewCall {
    NewCall {
        id: call.id,
        channel: call.channel,
        kind: call.kind,
        initiator: call.initiator,
        device: PHONE,
        audience: call.audience,
        callees: Callees::Ring(vec![], RING),
    }
}

#[test]
fn an_answer_makes_the_call_active_from_that_moment() {
    let call = after(direct(), answer(BEN), seconds(4));
    assert_eq!(call.state, CallState::Active { since: seconds(4) });
    assert!(call.is_connected(BEN));
    assert_eq!(call.deadline(), Some(T0 + LONGEST));
}

#[test]
fn a_second_answer_of_the_same_member_is_told_that_the_first_won() {
    let call = after(direct(), answer(BEN), seconds(4));
    assert_eq!(call.apply(answer(BEN), seconds(5)), Err(CallError::AlreadyAnswered));
}

#[test]
fn a_device_confirms_the_ring_without_prolonging_it() {
    let call = after(direct(), confirm(BEN), seconds(1));
    assert_eq!(participation(&call, BEN), Participation::Ringing { ring_until: seconds(30) });
    let again = after(call.clone(), confirm(BEN), seconds(2));
    assert_eq!(again, call);
}

#[test]
fn each_device_that_confirms_is_counted_once_and_not_without_end() {
    let confirm = |device: u128| Command::ConfirmRing { member: BEN, device: DeviceId(Uuid::from_u128(device)) };
    let devices = |call: &Call| call.snapshot(T0).participants[1].devices;
    let call = after(after(after(direct(), confirm(1), T0), confirm(2), T0), confirm(1), T0);
    assert_eq!(devices(&call), 2);
    let call = (0..100).fold(call, |call, device| after(call, confirm(device), T0));
    assert_eq!(devices(&call), 8);
    let ring = Command::Ring { by: ANNA, leads: false, callee: CLARA.into(), guest: true, ring_for: RING };
    let gone = after(after(call, ring, T0), Command::Decline(BEN), seconds(1));
    let ring = Command::Ring { by: ANNA, leads: false, callee: BEN.into(), guest: true, ring_for: RING };
    assert_eq!(devices(&after(gone, ring, seconds(2))), 0, "who is rung again is rung anew");
}

#[test]
fn who_has_blocked_the_caller_is_not_rung_and_nobody_else_can_tell() {
    let blocked = |hushed| {
        let callees = Callees::Ring(vec![Callee { member: BEN, hushed, busy: true, quiet: false }], RING);
        Call::start(NewCall { callees, ..new_call_of(direct()) }, T0).expect("a call").0
    };
    let (quiet, loud) = (blocked(true), blocked(false));
    assert_eq!(quiet.ring_changes(None), []);
    assert_eq!(loud.ring_changes(None), [RingChange::Begins { member: BEN, until: seconds(30) }]);
    assert_eq!(quiet.snapshot_for(BEN, T0).rings_for(BEN), None);
    assert_eq!(quiet.clone().apply(confirm(BEN), seconds(1)), Err(CallError::NotRinging));
    let as_anna_sees_it = |call: &Call| call.snapshot_for(ANNA, seconds(1)).participants[1].clone();
    assert_eq!(as_anna_sees_it(&quiet).ring_left_ms, as_anna_sees_it(&loud).ring_left_ms);
    assert_eq!(as_anna_sees_it(&quiet).status, as_anna_sees_it(&loud).status);
    assert!(!as_anna_sees_it(&quiet).busy);
    let missed = after(quiet, Command::Tick, seconds(30));
    assert_eq!(missed.state, CallState::Missed { at: seconds(30), reason: EndReason::Missed });
}

#[test]
fn who_has_quiet_hours_is_not_rung_until_it_is_urgent_and_the_caller_can_tell() {
    let quiet = |quiet| Callee { quiet, ..BEN.into() };
    let callees = Callees::Ring(vec![quiet(true)], RING);
    let call = Call::start(NewCall { callees, ..new_call_of(direct()) }, T0).expect("a call").0;
    assert_eq!(call.ring_changes(None), []);
    assert_eq!(call.snapshot_for(BEN, T0).rings_for(BEN), None);
    assert_eq!(call.clone().apply(confirm(BEN), seconds(1)), Err(CallError::NotRinging));
    let as_anna_sees_it = call.snapshot_for(ANNA, T0);
    assert!(as_anna_sees_it.rings_for(BEN).is_some() && as_anna_sees_it.participant(BEN).expect("Ben").quiet);
    let ring = |callee| Command::Ring { by: ANNA, leads: true, callee, guest: false, ring_for: RING };
    assert_eq!(after(call.clone(), ring(quiet(true)), seconds(5)), call, "once more changes nothing");
    let urgent = after(call.clone(), ring(quiet(false)), seconds(5));
    assert_eq!(urgent.ring_changes(Some(&call)), [RingChange::Begins { member: BEN, until: seconds(35) }]);
    let missed = after(call.clone(), Command::Tick, seconds(30));
    assert_eq!(missed.state, CallState::Missed { at: seconds(30), reason: EndReason::Missed });
    assert_eq!(missed.misses_changed(&call), [BEN]);
}

#[test]
fn a_change_tells_whose_phones_begin_to_ring_and_whose_stop() {
    let over = |member| RingChange::Over { member };
    let before = group();
    let answered = after(before.clone(), answer(BEN), seconds(2));
    assert_eq!(answered.ring_changes(Some(&before)), [over(BEN)]);
    assert_eq!(after(before.clone(), confirm(BEN), seconds(1)).ring_changes(Some(&before)), []);
    let cancelled = after(before.clone(), leave(ANNA), seconds(2));
    assert_eq!(cancelled.ring_changes(Some(&before)), [over(BEN), over(CLARA)]);
    let ring = Command::Ring { by: ANNA, leads: false, callee: EVA.into(), guest: true, ring_for: RING };
    let more = after(answered.clone(), ring, seconds(3));
    assert_eq!(more.ring_changes(Some(&answered)), [RingChange::Begins { member: EVA, until: seconds(33) }]);
    // Her ring is over, nobody has noticed yet, and she is rung again.
    let again = after(more.clone(), ring, seconds(33));
    let begins = |member, until| RingChange::Begins { member, until: seconds(until) };
    assert_eq!(again.ring_changes(Some(&more)), [over(CLARA), begins(EVA, 63)]);
    assert_eq!(after(more.clone(), ring, seconds(32)).ring_changes(Some(&more)), [over(CLARA)], "it rings already");
}

#[test]
fn an_answer_after_the_ring_is_over_is_too_late() {
    assert_eq!(direct().apply(answer(BEN), seconds(30)), Err(CallError::Over));
}

#[test]
fn nobody_answers_and_the_call_is_missed() {
    let (call, effects) = direct().apply(Command::Tick, seconds(30)).expect("a tick");
    assert_eq!(call.state, CallState::Missed { at: seconds(30), reason: EndReason::Missed });
    assert_eq!(participation(&call, BEN), Participation::Missed { at: seconds(30), rang: false });
    assert_eq!(participation(&call, ANNA), Participation::Disconnected { since: T0, until: seconds(30) });
    assert_eq!(effects, [Effect::PostCard, Effect::CloseAudio]);
}

#[test]
fn a_tick_before_the_deadline_changes_nothing() {
    let (call, effects) = direct().apply(Command::Tick, seconds(29)).expect("a tick");
    assert_eq!((call, effects), (direct(), vec![]));
}

#[test]
fn everybody_declines_and_the_call_is_declined() {
    let call = after(group(), Command::Decline(BEN), seconds(2));
    assert_eq!(call.state, CallState::Ringing);
    let call = after(call, Command::Decline(CLARA), seconds(3));
    assert_eq!(call.state, CallState::Declined { at: seconds(3) });
}

#[test]
fn one_declines_and_one_lets_it_ring_and_the_call_is_missed() {
    let call = after(group(), Command::Decline(BEN), seconds(2));
    let call = after(call, Command::Tick, seconds(30));
    assert_eq!(call.state, CallState::Missed { at: seconds(30), reason: EndReason::Missed });
    assert_eq!(participation(&call, BEN), Participation::Declined { at: seconds(2) });
}

#[test]
fn the_initiator_gives_up_and_the_callees_have_a_missed_call() {
    let call = after(group(), confirm(CLARA), seconds(1));
    let call = after(call, leave(ANNA), seconds(5));
    assert_eq!(call.state, CallState::Missed { at: seconds(5), reason: EndReason::Cancelled });
    assert_eq!(participation(&call, BEN), Participation::Missed { at: seconds(5), rang: false });
    assert_eq!(participation(&call, CLARA), Participation::Missed { at: seconds(5), rang: true });
}

#[test]
fn a_cancel_that_comes_after_the_answer_hangs_up() {
    let call = after(direct(), answer(BEN), seconds(4));
    let call = after(call, leave(ANNA), seconds(5));
    assert_eq!(call.state, CallState::Ended { since: seconds(4), at: seconds(5), reason: EndReason::Hangup });
}

#[test]
fn either_ends_a_direct_call() {
    for leaver in [ANNA, BEN] {
        let call = after(direct(), answer(BEN), seconds(4));
        let (call, effects) = call.apply(leave(leaver), seconds(60)).expect("a hang-up");
        assert_eq!(call.state, CallState::Ended { since: seconds(4), at: seconds(60), reason: EndReason::Hangup });
        assert!(!call.is_connected(ANNA) && !call.is_connected(BEN));
        assert_eq!(effects, [Effect::PostCard, Effect::CloseAudio]);
    }
}

#[test]
fn a_group_call_goes_on_until_the_last_one_leaves() {
    let call = after(group(), answer(BEN), seconds(4));
    let (call, effects) = call.apply(leave(ANNA), seconds(10)).expect("a leave");
    assert_eq!(call.state, CallState::Active { since: seconds(4) });
    assert_eq!(effects, [Effect::Disconnect { member: ANNA, epoch: 1 }]);
    assert_eq!(participation(&call, CLARA), Participation::Invited { ring_until: seconds(30) });

    let call = after(call, leave(BEN), seconds(20));
    assert_eq!(call.state, CallState::Ended { since: seconds(4), at: seconds(20), reason: EndReason::Hangup });
    assert_eq!(participation(&call, CLARA), Participation::Missed { at: seconds(20), rang: false });
}

#[test]
fn a_ring_ends_by_itself_while_the_others_talk() {
    let call = after(group(), answer(BEN), seconds(4));
    let call = after(call, Command::Tick, seconds(30));
    assert_eq!(call.state, CallState::Active { since: seconds(4) });
    assert_eq!(participation(&call, CLARA), Participation::Missed { at: seconds(30), rang: false });
}

#[test]
fn who_missed_or_left_may_come_in_later_under_a_new_epoch() {
    let call = after(group(), answer(BEN), seconds(4));
    let call = after(call, leave(BEN), seconds(5));
    let call = after(call, answer(BEN), seconds(6));
    assert_eq!(call.participant(BEN).expect("ben").epoch, 3);
    let call = after(call, answer(CLARA), seconds(40));
    assert!(call.is_connected(CLARA));
}

#[test]
fn a_lost_connection_counts_only_if_it_is_the_current_one() {
    let call = after(group(), answer(BEN), seconds(4));
    let call = after(call, leave(BEN), seconds(5));
    let call = after(call, answer(BEN), seconds(6));
    let late = Command::Lost { member: BEN, epoch: 1 };
    assert_eq!(call.clone().apply(late, seconds(7)), Err(CallError::NotInCall));
    let call = after(call, Command::Lost { member: BEN, epoch: 3 }, seconds(7));
    assert!(!call.is_connected(BEN));
    let call = after(call, Command::Lost { member: ANNA, epoch: 1 }, seconds(8));
    assert_eq!(call.state, CallState::Ended { since: seconds(4), at: seconds(8), reason: EndReason::Empty });
}

#[test]
fn somebody_of_the_channel_joins_a_call_for_the_channel_but_not_one_for_invited_people() {
    let joined = after(group(), answer(EVA), seconds(3));
    assert!(joined.is_connected(EVA));
    let invited = call(ChannelKind::Parish, Audience::Invited, &[BEN]);
    assert_eq!(invited.apply(answer(EVA), seconds(3)), Err(CallError::NotInvited));
}

#[test]
fn who_hung_up_cannot_be_found_again_but_who_was_lost_can() {
    let call = after(group(), answer(BEN), seconds(4));
    let call = after(call, Command::Lost { member: BEN, epoch: 1 }, seconds(5));
    let found = after(call.clone(), Command::Found { member: BEN, epoch: 1, seats: SEATS }, seconds(60));
    assert_eq!(participation(&found, BEN), Participation::connected(seconds(4)));
    assert_eq!(found.check_device(BEN, PHONE).expect("ben").epoch, 1);
    let left = after(found, leave(BEN), seconds(61));
    for epoch in 0..4 {
        let ghost = Command::Found { member: BEN, epoch, seats: SEATS };
        let found = left.clone().apply(ghost, seconds(62));
        // Nobody was ever let in under the epoch that hanging up made.
        assert_eq!(found.is_ok(), epoch == 2, "{found:?}");
    }
}

#[test]
fn with_another_device_one_is_told_where_one_answered_and_cannot_hang_up() {
    let call = after(group(), answer(BEN), seconds(4));
    let second = Command::Answer { member: BEN, device: LAPTOP, seats: SEATS };
    assert_eq!(call.clone().apply(second, seconds(5)), Err(CallError::AnsweredElsewhere));
    let hang_up = Command::Leave { member: BEN, device: Some(LAPTOP) };
    assert_eq!(call.clone().apply(hang_up, seconds(5)), Err(CallError::AnsweredElsewhere));
    assert_eq!(call.check_device(BEN, LAPTOP), Err(CallError::AnsweredElsewhere));
    assert_eq!(call.check_device(CLARA, PHONE), Err(CallError::NotInCall));
}

#[test]
fn a_call_moves_to_another_device_and_the_first_one_is_taken_off() {
    let call = after(direct(), answer(BEN), seconds(4));
    let (call, effects) = call.apply(Command::Move { member: BEN, to: LAPTOP }, seconds(9)).expect("a move");
    assert_eq!(effects, [Effect::Disconnect { member: BEN, epoch: 1 }]);
    assert_eq!(call.check_device(BEN, LAPTOP).expect("ben").epoch, 2);
    assert_eq!(participation(&call, BEN), Participation::connected(seconds(4)));
    let (again, effects) = call.clone().apply(Command::Move { member: BEN, to: LAPTOP }, seconds(9)).expect("no move");
    assert_eq!((again, effects), (call, vec![]));
}

#[test]
fn a_phone_sleeps_while_its_member_talks_with_it_and_is_awake_wherever_they_come_in_anew() {
    let sleep = |device, asleep| Command::Show { member: BEN, device, sign: Sign::Asleep(asleep) };
    let sleeps = |call: &Call| call.snapshot(seconds(99)).participants.iter().any(|p| p.member == BEN && p.asleep);
    assert_eq!(group().apply(sleep(PHONE, true), seconds(1)), Err(CallError::NotInCall));
    let call = after(group(), answer(BEN), seconds(4));
    assert_eq!(call.clone().apply(sleep(LAPTOP, true), seconds(5)), Err(CallError::AnsweredElsewhere));
    let asleep = after(call.clone(), sleep(PHONE, true), seconds(5));
    assert!(sleeps(&asleep));
    assert_eq!(after(asleep.clone(), sleep(PHONE, false), seconds(6)), call);
    let elsewhere = [
        vec![Command::Move { member: BEN, to: LAPTOP }],
        vec![Command::Lost { member: BEN, epoch: 1 }, Command::Found { member: BEN, epoch: 1, seats: SEATS }],
        vec![leave(BEN), answer(BEN)],
    ];
    for commands in elsewhere {
        let awake = commands.into_iter().fold(asleep.clone(), |call, command| after(call, command, seconds(7)));
        assert!(awake.is_connected(BEN) && !sleeps(&awake), "{awake:?}");
    }
}

#[test]
fn who_is_rung_later_or_again_has_a_ring_and_an_outcome_of_their_own() {
    let ring =
        |member: MemberId| Command::Ring { by: ANNA, leads: false, callee: member.into(), guest: true, ring_for: RING };
    let call = after(direct(), answer(BEN), seconds(4));
    let call = after(call, ring(CLARA), seconds(10));
    let call = after(call, ring(EVA), seconds(15));
    assert_eq!(call.deadline(), Some(seconds(40)));
    let call = after(call, Command::Tick, seconds(40));
    assert_eq!(participation(&call, CLARA), Participation::Missed { at: seconds(40), rang: false });
    assert_eq!(participation(&call, EVA), Participation::Invited { ring_until: seconds(45) });
    let call = after(call, ring(CLARA), seconds(41));
    assert_eq!(participation(&call, CLARA), Participation::Invited { ring_until: seconds(71) });
    let call = after(call, answer(CLARA), seconds(42));
    // With a third person, it is a call of a group: two can go on without the one who began it.
    let call = after(call, leave(ANNA), seconds(43));
    assert!(!call.is_over());
    assert_eq!(call.apply(ring(EVA), seconds(44)), Err(CallError::NotInCall));
}

#[test]
fn a_third_person_who_does_not_come_leaves_nobody_alone_in_the_call() {
    let ring = Command::Ring { by: ANNA, leads: false, callee: CLARA.into(), guest: true, ring_for: RING };
    let call = after(after(direct(), answer(BEN), seconds(4)), ring, seconds(10));
    let waiting = after(call.clone(), leave(BEN), seconds(12));
    assert!(!waiting.is_over(), "Anna waits for Clara");
    let missed = after(waiting, Command::Tick, seconds(40));
    assert_eq!(missed.state, CallState::Ended { since: seconds(4), at: seconds(40), reason: EndReason::Hangup });
    let declined = after(call, Command::Decline(CLARA), seconds(11));
    assert!(after(declined, leave(BEN), seconds(12)).is_over());
}

#[test]
fn ringing_somebody_who_rings_or_talks_changes_nothing() {
    let call = after(group(), answer(BEN), seconds(4));
    for member in [ANNA, BEN, CLARA] {
        let ring = Command::Ring { by: ANNA, leads: false, callee: member.into(), guest: true, ring_for: RING };
        assert_eq!(after(call.clone(), ring, seconds(9)), call);
    }
}

#[test]
fn who_may_not_be_here_any_more_is_taken_out_and_their_phone_is_silent() {
    let call = after(group(), answer(BEN), seconds(4));
    let (call, effects) = call.apply(Command::Remove(BEN), seconds(5)).expect("a removal");
    assert_eq!(effects, [Effect::Disconnect { member: BEN, epoch: 1 }]);
    assert_eq!(call.participant(BEN).expect("ben").epoch, 2);
    let call = after(call, Command::Remove(CLARA), seconds(6));
    assert_eq!(participation(&call, CLARA), Participation::Missed { at: seconds(6), rang: false });
    let call = after(call, Command::Remove(ANNA), seconds(7));
    assert_eq!(call.state, CallState::Ended { since: seconds(4), at: seconds(7), reason: EndReason::Removed });
}

#[test]
fn a_call_that_was_forgotten_ends_after_twelve_hours() {
    let call = after(group(), answer(BEN), seconds(4));
    let call = after(call, Command::Tick, T0 + LONGEST);
    assert!(matches!(call.state, CallState::Ended { reason: EndReason::Expired, .. }));
}

#[test]
fn who_is_not_in_the_call_cannot_hang_it_up_and_who_does_not_ring_cannot_decline() {
    assert_eq!(direct().apply(leave(BEN), seconds(1)), Err(CallError::NotInCall));
    assert_eq!(direct().apply(leave(EVA), seconds(1)), Err(CallError::NotInCall));
    assert_eq!(direct().apply(Command::Decline(ANNA), seconds(1)), Err(CallError::NotRinging));
    assert_eq!(direct().apply(Command::Decline(EVA), seconds(1)), Err(CallError::NotRinging));
    assert_eq!(direct().apply(confirm(EVA), seconds(1)), Err(CallError::NotRinging));
}

fn any_member() -> impl Strategy<Value = MemberId> {
    prop::sample::select(vec![ANNA, BEN, CLARA, EVA])
}

fn any_device() -> impl Strategy<Value = DeviceId> {
    prop::sample::select(vec![PHONE, LAPTOP])
}

fn any_sign() -> impl Strategy<Value = Sign> {
    let reactions = vec![Reaction::Thumb, Reaction::Heart, Reaction::Applause, Reaction::Laughter, Reaction::Prayer];
    prop_oneof![
        any::<bool>().prop_map(Sign::Asleep),
        any::<bool>().prop_map(Sign::Hand),
        prop::sample::select(reactions).prop_map(Sign::Reaction),
    ]
}

fn any_act() -> impl Strategy<Value = Lead> {
    prop_oneof![
        any_member().prop_map(Lead::Mute),
        Just(Lead::MuteOthers),
        any_member().prop_map(Lead::AskToUnmute),
        any_member().prop_map(Lead::LowerHand),
        any_member().prop_map(Lead::PutOut),
        any::<bool>().prop_map(Lead::Lock),
        Just(Lead::EndForAll),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        any_member().prop_map(confirm),
        (any_member(), any_device(), 1_u32..4).prop_map(|(member, device, seats)| Command::Answer {
            member,
            device,
            seats
        }),
        any_member().prop_map(Command::Decline),
        (any_member(), any_device()).prop_map(|(member, device)| Command::Leave { member, device: Some(device) }),
        (any_member(), any_device()).prop_map(|(member, to)| Command::Move { member, to }),
        (any_member(), any_device(), any_sign()).prop_map(|(member, device, sign)| Command::Show {
            member,
            device,
            sign
        }),
        (any_member(), any_device(), any_act()).prop_map(|(by, device, act)| Command::Lead { by, device, act }),
        (any_member(), any_member(), any::<bool>()).prop_map(|(by, member, leads)| Command::Ring {
            by,
            leads,
            callee: member.into(),
            guest: true,
            ring_for: RING
        }),
        (any_member(), 0_u32..5).prop_map(|(member, epoch)| Command::Lost { member, epoch }),
        (any_member(), 0_u32..5).prop_map(|(member, epoch)| Command::Found { member, epoch, seats: SEATS }),
        any_member().prop_map(Command::Remove),
        Just(Command::Tick),
    ]
}

fn any_call() -> impl Strategy<Value = Call> {
    let picked = call(ChannelKind::Parish, Audience::Invited, &[BEN, CLARA]);
    prop::sample::select(vec![direct(), group(), picked, groups::gathered()])
}

proptest! {
    /// The invariants of the module's head, over any history of commands at any times.
    #[test]
    fn whatever_happens_the_invariants_hold(
        start in any_call(),
        history in prop::collection::vec((any_command(), 0_u64..9_000), 1..60),
    ) {
        let (mut call, mut now) = (start, T0);
        let mut closed = 0;
        for (command, wait) in history {
            now = now + Duration::from_millis(wait);
            let before = call.clone();
            match call.clone().apply(command, now) {
                Ok((next, effects)) => {
                    prop_assert!(!before.is_over(), "over is over");
                    for was in &before.participants {
                        prop_assert!(next.participant(was.member).is_some_and(|is| is.epoch >= was.epoch));
                    }
                    if let Command::Answer { member, seats, .. } = command {
                        let before = before.participant(member);
                        let let_in = before.is_some_and(|p| p.was_in() || p.participation.ring_until().is_some());
                        prop_assert!(let_in || !next.locked, "nobody new comes into a locked call");
                        prop_assert!(before.is_none_or(|p| !p.put_out), "who was put out stays out");
                        prop_assert!(next.connected().count() <= seats as usize, "nobody stands");
                    }
                    if let Command::Found { member, .. } = command {
                        prop_assert!(before.participant(member).is_some_and(|p| !p.put_out), "who was put out stays out");
                    }
                    closed += effects.iter().filter(|e| **e == Effect::CloseAudio).count();
                    call = next;
                }
                Err(CallError::Over) => {
                    prop_assert!(before.is_over() || before.deadline().is_some_and(|d| d <= now));
                }
                Err(_) => {}
            }

            let connected = call.participants.iter().any(|p| call.is_connected(p.member));
            match call.state {
                CallState::Ringing => {
                    prop_assert!(call.is_connected(call.initiator));
                    prop_assert!(call.next_ring_end().is_some());
                }
                CallState::Active { since } => prop_assert!(connected && since <= now),
                CallState::Ended { since, at, .. } => prop_assert!(!connected && since <= at && at <= now),
                CallState::Missed { .. } | CallState::Declined { .. } => prop_assert!(!connected),
            }
            if call.is_over() {
                prop_assert_eq!(call.deadline(), None);
                prop_assert_eq!(closed, 1, "the audio is closed once");
            }
        }
        // Left alone, nothing rings for ever, and nothing lasts for ever.
        if let Ok((call, _)) = call.apply(Command::Tick, now + RING) {
            prop_assert_eq!(call.next_ring_end(), None);
            if let Ok((call, _)) = call.apply(Command::Tick, T0 + LONGEST) {
                prop_assert!(call.is_over());
            }
        }
    }

    /// Only an answer makes a call active: no news about somebody who was merely invited does.
    #[test]
    fn only_an_answer_starts_the_talk(start in any_call(), commands in prop::collection::vec(any_command(), 1..30)) {
        let mut call = start;
        for command in commands {
            let was_ringing = call.state == CallState::Ringing;
            if let Ok((next, _)) = call.clone().apply(command, seconds(1)) {
                if was_ringing && matches!(next.state, CallState::Active { .. }) {
                    let answered = matches!(command, Command::Answer { .. });
                    prop_assert!(answered);
                }
                call = next;
            }
        }
    }
}
