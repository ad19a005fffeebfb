//! Stories of races, lost messages, crashes and several devices: whatever happens, there is one truth about a call.

use backend::testing::{World, nonce, tap};
use backend::voice_server::{Identity, VoiceServer, room_of};
use backend::{Error, Next};
use domain::{
    CallError, CallId, CallState, CallStatus, ChannelKind, EndReason, Event, ParticipantStatus, Participation, Seat,
    Sign, Tap,
};
use futures::FutureExt;
use std::task::Poll;
use std::time::Duration;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn switch() -> Tap {
    Tap { switch: true, ..tap() }
}

/// Anna calls the choir, and Ben answers; Clara's phone rings.
async fn the_choir_talks(world: &World) -> (CallId, [Seat; 2]) {
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let annas = world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.expect("a call");
    world.voice.join(&annas.access).expect("a way in");
    let bens = world.backend.answer_call(&world.actor("Ben"), annas.call.id, tap()).await.expect("an answer");
    world.voice.join(&bens.access).expect("a way in");
    (annas.call.id, [annas, bens])
}

#[tokio::test]
async fn the_same_tap_sent_twice_starts_one_call_and_is_answered_twice() {
    let world = World::new().await;
    let (anna, tap) = (world.actor("Anna"), tap());
    let channel = world.direct("Anna", "Ben").await;
    let first = world.backend.initiate_call(&anna, channel, vec![], tap).await.unwrap();
    let again = world.backend.initiate_call(&anna, channel, vec![], tap).await.unwrap();
    assert_eq!((again.call.id, again.call.version), (first.call.id, first.call.version));
    assert_eq!(world.voice.open_rooms(), [room_of(first.call.id)]);

    // When the answer comes very late, the call may be over.
    world.backend.end_call(&anna, first.call.id, nonce()).await.unwrap();
    let late = world.backend.initiate_call(&anna, channel, vec![], tap).await;
    assert!(matches!(late, Err(Error::Call(CallError::Over))), "{late:?}");
}

#[tokio::test]
async fn the_same_tap_sent_six_times_at_once_is_one_call() {
    let world = World::new().await;
    let (anna, tap) = (world.actor("Anna"), tap());
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let ben = world.actor("Ben").member();
    let sent: Vec<_> = (0..6)
        .map(|_| {
            let (backend, anna) = (world.backend.clone(), anna.clone());
            tokio::spawn(async move { backend.initiate_call(&anna, parish, vec![ben], tap).await })
        })
        .collect();
    let mut calls = vec![];
    for sent in sent {
        calls.push(sent.await.unwrap().unwrap().call.id);
    }
    assert!(calls.iter().all(|call| *call == calls[0]), "{calls:?}");
    world.advance(seconds(30)).await;
    assert_eq!(world.voice.open_rooms(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_a_refusal_and_a_goodbye_that_are_sent_twice_happen_once() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let [anna, ben, clara] = ["Anna", "Ben", "Clara"].map(|name| world.actor(name));
    let id = world.backend.initiate_call(&anna, choir, vec![], tap()).await.unwrap().call.id;
    let (answer, refusal, goodbye) = (tap(), nonce(), nonce());
    for _ in 0..2 {
        world.backend.answer_call(&ben, id, answer).await.unwrap();
        world.backend.decline_call(&clara, id, refusal).await.unwrap();
    }
    assert_eq!(world.call(id).await.version, 2);
    for _ in 0..2 {
        world.backend.end_call(&anna, id, goodbye).await.unwrap();
    }
    assert_eq!(world.call(id).await.version, 3);
    // His seat is gone once he has left it: the old request does not bring it back.
    world.backend.end_call(&ben, id, nonce()).await.unwrap();
    assert!(matches!(world.backend.answer_call(&ben, id, answer).await, Err(Error::Call(CallError::Over))));
}

#[tokio::test]
async fn two_devices_answer_and_the_second_is_told_where() {
    let world = World::new().await;
    let (phone, laptop) = (world.actor("Ben"), world.another_device("Ben").await);
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
    let seat = world.backend.answer_call(&phone, id, tap()).await.unwrap();
    world.voice.join(&seat.access).unwrap();
    let second = world.backend.answer_call(&laptop, id, tap()).await;
    assert!(matches!(second, Err(Error::Call(CallError::AnsweredElsewhere))), "{second:?}");
    let token = world.backend.call_token(&laptop, id).await;
    assert!(matches!(token, Err(Error::Call(CallError::AnsweredElsewhere))), "{token:?}");
    let hang_up = world.backend.end_call(&laptop, id, nonce()).await;
    assert!(matches!(hang_up, Err(Error::Call(CallError::AnsweredElsewhere))), "{hang_up:?}");
    assert!(!world.call(id).await.is_over());
}

#[tokio::test]
async fn a_call_moves_to_the_other_device_and_the_first_one_falls_silent() {
    let world = World::new().await;
    let (phone, laptop) = (world.actor("Ben"), world.another_device("Ben").await);
    let channel = world.direct("Anna", "Ben").await;
    let seat = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap();
    world.voice.join(&seat.access).unwrap();
    let id = seat.call.id;
    let old = world.backend.answer_call(&phone, id, tap()).await.unwrap();
    world.voice.join(&old.access).unwrap();
    let new = world.backend.move_call(&laptop, id, nonce()).await.unwrap();
    world.voice.join(&new.access).unwrap();
    world.settle().await;
    let of_ben = |who: &Identity| who.member == phone.member();
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert_eq!(present.iter().filter(|who| of_ben(who)).map(|who| who.epoch).collect::<Vec<_>>(), [2]);
    assert!(matches!(world.backend.call_token(&phone, id).await, Err(Error::Call(CallError::AnsweredElsewhere))));
    world.advance(seconds(120)).await;
    assert!(!world.call(id).await.is_over());
}

#[tokio::test]
async fn the_others_read_that_a_phone_sleeps_as_long_as_it_talks_and_says_so() {
    let world = World::new().await;
    let (ben, laptop) = (world.actor("Ben"), world.another_device("Ben").await);
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
    let told = world.backend.show_sign(&ben, id, Sign::Asleep(true), nonce()).await;
    assert!(matches!(told, Err(Error::Call(CallError::NotInCall))), "{told:?}");
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    let told = world.backend.show_sign(&laptop, id, Sign::Asleep(true), nonce()).await;
    assert!(matches!(told, Err(Error::Call(CallError::AnsweredElsewhere))), "{told:?}");
    let sleeps = async || {
        let live = world.backend.live(&world.actor("Anna")).await.unwrap();
        live.calls[0].participants.iter().any(|p| p.member == ben.member() && p.asleep)
    };
    let version = world.call(id).await.version;
    for asleep in [true, true, false, false, true] {
        world.backend.show_sign(&ben, id, Sign::Asleep(asleep), nonce()).await.unwrap();
        assert_eq!(sleeps().await, asleep);
    }
    assert_eq!(world.call(id).await.version, version + 3, "what is no news changes nothing");
    world.backend.move_call(&laptop, id, nonce()).await.unwrap();
    assert!(!sleeps().await);
}

#[tokio::test]
async fn signing_out_hangs_up_on_that_device_only() {
    let world = World::new().await;
    let laptop = world.another_device("Ben").await;
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&laptop, id, tap()).await.unwrap();
    world.backend.sign_out(world.session("Ben")).await.unwrap();
    assert!(!world.call(id).await.is_over(), "his phone is signed out, he talks on the laptop");
    world.backend.sign_out(world.session("Anna")).await.unwrap();
    assert!(world.call(id).await.is_over());
}

#[tokio::test]
async fn two_who_pick_each_other_in_the_parish_channel_end_up_in_one_call() {
    let world = World::new().await;
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let (one, other) = tokio::join!(
        world.backend.initiate_call(&anna, parish, vec![ben.member()], tap()),
        world.backend.initiate_call(&ben, parish, vec![anna.member()], tap()),
    );
    let (one, other) = (one.unwrap().call, other.unwrap().call);
    assert_eq!(one.id, other.id);
    let call = world.call(one.id).await;
    assert!(call.is_connected(anna.member()) && call.is_connected(ben.member()));
    assert_eq!(world.voice.open_rooms(), [room_of(one.id)]);

    // Others are another matter.
    let (clara, david) = (world.actor("Clara"), world.actor("David"));
    let beside = world.backend.initiate_call(&clara, parish, vec![david.member()], tap()).await.unwrap().call;
    assert_ne!(beside.id, one.id);
}

#[tokio::test]
async fn whoever_switches_just_when_nobody_answers_is_not_kept_in_the_call_that_is_over() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    let (clara, david) = (world.actor("Clara"), world.actor("David"));
    let (clara_calls, david_calls) = (world.direct("Clara", "Eva").await, world.direct("David", "Eva").await);
    let claras = world.backend.initiate_call(&clara, clara_calls, vec![], tap()).await.unwrap().call.id;
    let davids = world.backend.initiate_call(&david, david_calls, vec![], tap()).await.unwrap().call.id;

    // The sweeper has not been there yet.
    world.pass(seconds(30));
    let joined = world.backend.answer_call(&clara, id, switch()).await.unwrap().call;
    assert!(joined.is_connected(clara.member()));
    let other = world.direct("David", "Anna").await;
    let begun = world.backend.initiate_call(&david, other, vec![], switch()).await.unwrap().call;
    assert!(begun.is_connected(david.member()));
    for missed in [claras, davids] {
        let state = world.call(missed).await.state;
        assert!(matches!(state, CallState::Missed { reason: EndReason::Missed, .. }), "{state:?}");
    }
}

#[tokio::test]
async fn whoever_switches_leaves_one_call_and_is_in_the_other_at_the_same_moment() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    let (anna, ben, david) = (world.actor("Anna"), world.actor("Ben"), world.actor("David"));
    let direct = world.direct("Ben", "David").await;
    let davids = world.backend.initiate_call(&david, direct, vec![], tap()).await.unwrap().call.id;

    // Never by accident.
    assert!(matches!(world.backend.answer_call(&ben, davids, tap()).await, Err(Error::InAnotherCall)));
    world.backend.answer_call(&ben, davids, switch()).await.unwrap();
    assert!(!world.call(id).await.is_connected(ben.member()));
    assert!(world.call(davids).await.is_connected(ben.member()));
    world.settle().await;
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert_eq!(present, [Identity { member: anna.member(), epoch: 1 }]);

    // The same with a call that is only begun.
    let other = world.direct("Ben", "Eva").await;
    assert!(matches!(world.backend.initiate_call(&ben, other, vec![], tap()).await, Err(Error::InAnotherCall)));
    let begun = world.backend.initiate_call(&ben, other, vec![], switch()).await.unwrap().call;
    assert_eq!(world.call(davids).await.state.end_reason(), Some(EndReason::Hangup));
    assert!(world.call(begun.id).await.is_connected(ben.member()));
}

#[tokio::test]
async fn a_third_person_is_rung_and_sees_this_call_and_nothing_else() {
    let world = World::new().await;
    let [anna, ben, eva] = ["Anna", "Ben", "Eva"].map(|name| world.actor(name));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    assert!(matches!(world.backend.answer_call(&eva, id, tap()).await, Err(Error::NotFound)));
    let not_in_it = world.backend.add_participants(&eva, id, vec![eva.member()], nonce()).await;
    assert!(matches!(not_in_it, Err(Error::NotFound)), "{not_in_it:?}");

    world.advance(seconds(5)).await;
    world.backend.add_participants(&anna, id, vec![eva.member()], nonce()).await.unwrap();
    let rings = world.backend.ringing(&eva, eva.parish()).await.unwrap();
    assert_eq!(rings[0].rings_for(eva.member()), Some(30_000));
    assert!(matches!(world.backend.messages(&eva, channel, None).await, Err(Error::NotFound)));

    // She lets it ring: a missed call of her own, while the others talk.
    world.advance(seconds(30)).await;
    let hers = world.call(id).await.participant(eva.member()).unwrap().participation;
    assert!(matches!(hers, Participation::Missed { .. }), "{hers:?}");
    world.backend.add_participants(&ben, id, vec![eva.member()], nonce()).await.unwrap();
    world.backend.answer_call(&eva, id, tap()).await.unwrap();
    world.advance(seconds(3)).await;
    assert!(world.call(id).await.is_connected(eva.member()), "she was picked for this call, and stays");
}

#[tokio::test]
async fn who_is_rung_in_and_which_device_one_talks_with_happens_once_however_late_it_comes_again() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    let [anna, ben, clara, eva] = ["Anna", "Ben", "Clara", "Eva"].map(|name| world.actor(name));
    let (both, added) = (vec![clara.member(), eva.member()], nonce());
    world.backend.decline_call(&clara, id, nonce()).await.unwrap();
    let before = world.call(id).await.version;
    world.backend.add_participants(&anna, id, both.clone(), added).await.unwrap();
    assert_eq!(world.call(id).await.version, before + 1, "both at once");
    world.backend.decline_call(&eva, id, nonce()).await.unwrap();
    world.backend.add_participants(&anna, id, both.clone(), added).await.unwrap();
    let declined = world.call(id).await.participant(eva.member()).map(|eva| eva.participation);
    assert!(matches!(declined, Some(Participation::Declined { .. })), "she is not rung once more: {declined:?}");
    let elsewhere = world.backend.initiate_call(&clara, world.direct("Anna", "Clara").await, vec![], tap()).await;
    let elsewhere = elsewhere.unwrap().call.id;
    world.backend.answer_call(&anna, elsewhere, switch()).await.unwrap();
    let other_call = world.backend.add_participants(&anna, elsewhere, both, added).await;
    assert!(matches!(other_call, Err(Error::Call(CallError::NotInCall))), "never asked of this call: {other_call:?}");

    let (phone, laptop) = (ben, world.another_device("Ben").await);
    let (first, back) = (nonce(), nonce());
    world.backend.move_call(&laptop, id, first).await.unwrap();
    world.backend.move_call(&phone, id, back).await.unwrap();
    let late = world.backend.move_call(&laptop, id, first).await;
    assert!(matches!(late, Err(Error::Call(CallError::AnsweredElsewhere))), "{late:?}");
    assert!(world.call(id).await.check_device(phone.member(), phone.device()).is_ok());
}

#[tokio::test]
async fn strangers_cannot_be_rung() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    let stranger = domain::MemberId(uuid::Uuid::from_u128(1));
    for targets in [vec![stranger], vec![]] {
        let refused = world.backend.add_participants(&world.actor("Anna"), id, targets, nonce()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    let clara = world.actor("Clara");
    let not_in_it = world.backend.add_participants(&clara, id, vec![world.actor("Eva").member()], nonce()).await;
    assert!(matches!(not_in_it, Err(Error::Call(CallError::NotInCall))), "{not_in_it:?}");
}

#[tokio::test]
async fn whoever_leaves_the_channel_or_the_parish_is_out_of_the_call_and_cannot_come_back() {
    for how in ["channel", "parish", "blocked"] {
        let world = World::new().await;
        let (id, [_, bens]) = the_choir_talks(&world).await;
        let (ben, clara) = (world.actor("Ben"), world.actor("Clara"));
        let mut phone = world.backend.subscribe(&ben);
        for actor in [&ben, &clara] {
            world.takes_away(how, actor.member()).await;
        }
        world.advance(seconds(5)).await;
        let call = world.call(id).await;
        assert!(!call.is_connected(ben.member()), "{how}");
        assert_eq!(call.participant(clara.member()).unwrap().participation.ring_until(), None, "{how}");
        let present = world.voice.participants(&room_of(id)).await.unwrap();
        assert!(present.iter().all(|who| who.member != ben.member()), "{how}");
        // His page is told that he is out of it.
        while let Next::Event(Event::Call(told)) = phone.next().await {
            if !told.is_connected(ben.member()) {
                break;
            }
        }

        world.voice.join(&bens.access).unwrap();
        world.settle().await;
        let present = world.voice.participants(&room_of(id)).await.unwrap();
        assert!(present.iter().all(|who| who.member != ben.member()), "{how}: by the old token");
        // Whoever has left the parish is not even signed in any more.
        if let Some(ben) = world.backend.authenticate(world.session("Ben")).await.unwrap() {
            assert!(world.backend.answer_call(&ben, id, tap()).await.is_err(), "{how}");
        }
    }
}

#[tokio::test]
async fn whoever_was_picked_for_a_call_stays_in_it_without_its_channel() {
    let world = World::new().await;
    let [anna, ben, eva] = ["Anna", "Ben", "Eva"].map(|name| world.actor(name));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    world.backend.add_participants(&anna, id, vec![eva.member()], nonce()).await.unwrap();
    let access = world.backend.answer_call(&eva, id, tap()).await.unwrap().access;
    world.voice.join(&access).unwrap();
    world.advance(seconds(10)).await;
    assert!(world.call(id).await.is_connected(eva.member()));
    world.takes_away("parish", eva.member()).await;
    world.advance(seconds(5)).await;
    assert!(!world.call(id).await.is_connected(eva.member()));
}

#[tokio::test]
async fn somebody_taken_for_gone_who_is_there_after_all_is_on_the_roster_again() {
    let world = World::new().await;
    world.voice.fall_silent();
    let (id, [_, bens]) = the_choir_talks(&world).await;
    let ben = world.actor("Ben");
    world.advance(seconds(60)).await;
    world.voice.lose(ben.member());
    world.advance(seconds(40)).await;
    assert!(!world.call(id).await.is_connected(ben.member()));
    world.voice.join(&bens.access).unwrap();
    world.advance(seconds(10)).await;
    let call = world.call(id).await;
    assert!(call.is_connected(ben.member()));
    assert_eq!(call.participant(ben.member()).unwrap().epoch, 1);

    // Not if he has gone to another call meanwhile.
    world.voice.lose(ben.member());
    world.advance(seconds(40)).await;
    let direct = world.direct("Ben", "David").await;
    world.backend.initiate_call(&ben, direct, vec![], tap()).await.unwrap();
    world.voice.join(&bens.access).unwrap();
    world.advance(seconds(10)).await;
    assert!(!world.call(id).await.is_connected(ben.member()));
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert!(present.iter().all(|who| who.member != ben.member()));
}

#[tokio::test]
async fn a_phone_that_falls_silent_keeps_its_place_for_forty_five_seconds_and_nobody_stays_for_a_minute() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    let ben = world.actor("Ben");
    world.advance(seconds(61)).await;
    world.voice.lose(ben.member());
    world.settle().await;
    world.advance(seconds(44)).await;
    assert!(world.call(id).await.is_connected(ben.member()));
    world.advance(seconds(2)).await;
    assert!(!world.call(id).await.is_connected(ben.member()));
}

#[tokio::test]
async fn whoever_is_let_in_and_never_comes_is_gone_within_a_minute() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let seat = world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.unwrap();
    world.voice.join(&seat.access).unwrap();
    let (id, ben) = (seat.call.id, world.actor("Ben"));
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    world.advance(seconds(60)).await;
    assert!(!world.call(id).await.is_connected(ben.member()));
}

#[tokio::test]
async fn after_a_restart_of_the_voice_server_the_rooms_are_there_again_and_everybody_comes_back() {
    let world = World::new().await;
    let (id, [annas, bens]) = the_choir_talks(&world).await;
    world.advance(seconds(60)).await;
    world.voice.forget_everything();
    world.advance(seconds(10)).await;
    assert_eq!(world.voice.open_rooms(), [room_of(id)]);
    world.advance(seconds(15)).await;
    for seat in [&annas, &bens] {
        world.voice.join(&seat.access).unwrap();
    }
    world.advance(seconds(120)).await;
    let call = world.call(id).await;
    assert_eq!(call.participants.iter().filter(|p| call.is_connected(p.member)).count(), 2);
}

#[tokio::test]
async fn rooms_that_belong_to_no_call_are_closed_but_not_those_of_others() {
    let world = World::new().await;
    let strange = room_of(CallId(uuid::Uuid::from_u128(7)));
    for room in [&*strange, "concert"] {
        world.voice.create_room(room).await.unwrap();
    }
    world.advance(seconds(20)).await;
    assert_eq!(world.voice.open_rooms().len(), 2, "it may belong to a call that is just beginning");
    world.advance(seconds(10)).await;
    assert_eq!(world.voice.open_rooms(), ["concert"]);
}

#[tokio::test]
async fn a_voice_server_that_is_silent_for_ten_minutes_is_the_end_and_not_before() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    world.advance(seconds(120)).await;
    world.voice.set_down(true);
    world.advance(seconds(599)).await;
    assert!(!world.call(id).await.is_over());
    // The rings ended all the same.
    let clara = world.call(id).await.participant(world.actor("Clara").member()).unwrap().participation;
    assert!(matches!(clara, Participation::Missed { .. }));
    world.advance(seconds(30)).await;
    assert_eq!(world.call(id).await.state.end_reason(), Some(EndReason::MediaLost));
}

#[tokio::test]
async fn a_voice_server_that_answers_but_does_not_say_who_is_there_ends_no_call() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    world.voice.keep_to_itself();
    world.advance(seconds(300)).await;
    assert!(!world.call(id).await.is_over());
}

#[tokio::test]
async fn a_server_that_is_cut_off_from_the_voice_server_ends_nothing_that_another_one_reaches() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    let cut_off = world.another_process_without_voice();
    for _ in 0..90 {
        world.advance(seconds(10)).await;
        cut_off.sweep().await.unwrap();
    }
    assert!(!world.call(id).await.is_over());
}

#[tokio::test]
async fn a_voice_server_that_was_silent_long_ago_and_is_again_after_a_sleep_ends_nothing() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    world.voice.set_down(true);
    world.advance(seconds(10)).await;
    // The machine slept, or its clock was set.
    world.pass(seconds(60 * 60));
    world.advance(seconds(20)).await;
    assert!(!world.call(id).await.is_over());
}

#[tokio::test]
async fn a_call_that_has_just_begun_is_not_ended_by_a_server_that_has_been_cut_off_for_long() {
    let world = World::new().await;
    let cut_off = world.another_process_without_voice();
    for _ in 0..70 {
        world.pass(seconds(10));
        cut_off.sweep().await.unwrap();
    }
    let (id, _) = the_choir_talks(&world).await;
    world.pass(seconds(1));
    cut_off.sweep().await.unwrap();
    assert!(!world.call(id).await.is_over());
}

/// Whether it was over before it had so many turns; if not, it is dropped.
async fn ends_within(turns: usize, asked: impl Future) -> bool {
    let (mut asked, mut left) = (std::pin::pin!(asked), turns);
    std::future::poll_fn(|context| match asked.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if left == 0 => Poll::Ready(false),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn however_far_a_request_got_before_its_connection_was_gone_nobody_rings_without_being_told() {
    let mut world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    for turns in 0.. {
        // Afresh, so that she is not told that she calls too often.
        world.restart().await;
        let mut phone = world.backend.subscribe(&ben);
        let over = ends_within(turns, world.backend.initiate_call(&anna, channel, vec![], tap())).await;
        // What was under way in the database is over once something else was written.
        world.store.mark("a write", domain::Timestamp(0)).await.unwrap();
        if let Some(rings) = world.backend.active_call(&ben, channel).await.unwrap() {
            assert!(phone.next().now_or_never().is_some(), "after {turns} turns a phone rings that was not told");
            world.backend.end_call(&anna, rings.id, nonce()).await.unwrap();
        }
        if over {
            assert!(turns > 3, "it was never interrupted");
            return;
        }
    }
}

#[tokio::test]
async fn killed_while_a_phone_rings_the_server_goes_on_and_the_ring_ends_in_time() {
    let mut world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.advance(seconds(10)).await;
    world.restart().await;
    let rings = world.backend.ringing(&ben, ben.parish()).await.unwrap();
    assert_eq!(rings[0].rings_for(ben.member()), Some(20_000));
    world.advance(seconds(20)).await;
    assert!(matches!(world.call(id).await.state, CallState::Missed { reason: EndReason::Missed, .. }));
    let card = world.backend.messages(&ben, channel, None).await.unwrap().pop().unwrap().card().unwrap().clone();
    assert_eq!(card.status, CallStatus::Missed);
}

#[tokio::test]
async fn a_call_that_was_forgotten_ends_after_half_a_day() {
    let world = World::new().await;
    let (id, _) = the_choir_talks(&world).await;
    world.pass(domain::call::LONGEST);
    world.advance(seconds(1)).await;
    assert_eq!(world.call(id).await.state.end_reason(), Some(EndReason::Expired));
}

#[tokio::test]
async fn calls_are_forgotten_ninety_days_after_they_ended_with_their_cards() {
    let world = World::new().await;
    let anna = world.actor("Anna");
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.end_call(&anna, id, nonce()).await.unwrap();
    let cards = async || {
        let timeline = world.backend.messages(&world.actor("Anna"), channel, None).await.unwrap();
        timeline.iter().filter(|line| line.card().is_some()).count()
    };
    world.pass(seconds(60 * 60 * 24 * 90 - 60));
    world.backend.sweep().await.unwrap();
    assert_eq!(cards().await, 1);
    world.pass(seconds(120));
    world.backend.sweep().await.unwrap();
    assert_eq!(cards().await, 0);
    assert_eq!(world.store.call(id).await.unwrap(), None);
}

#[tokio::test]
async fn a_refusal_that_comes_after_the_ring_is_over_changes_nothing() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.pass(seconds(31));
    assert!(matches!(world.backend.decline_call(&ben, id, nonce()).await, Err(Error::Call(CallError::Over))));
    assert!(matches!(world.backend.answer_call(&ben, id, tap()).await, Err(Error::Call(CallError::Over))));
    world.advance(seconds(1)).await;
    let call = world.call(id).await;
    assert!(matches!(call.state, CallState::Missed { reason: EndReason::Missed, .. }), "{:?}", call.state);
    let seen = call.snapshot(call.created);
    assert_eq!(seen.participants[1].status, ParticipantStatus::Invited);
}

#[tokio::test]
async fn whoever_calls_in_the_moment_in_which_a_call_is_over_begins_a_new_one() {
    let world = World::new().await;
    let (anna, channel) = (world.actor("Anna"), world.direct("Anna", "Ben").await);
    let first = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    // Its time is up, and the sweeper has not been there yet.
    world.pass(Duration::from_secs(30));
    let second = world.backend.initiate_call(&world.actor("Ben"), channel, vec![], tap()).await.unwrap().call.id;
    assert_ne!(second, first);
    assert_eq!(world.call(first).await.state.status(), CallStatus::Missed);
    assert_eq!(world.call(second).await.state.status(), CallStatus::Ringing);
}
