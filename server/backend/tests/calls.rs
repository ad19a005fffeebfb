//! Stories of calls, through the use cases, on a real database and an honest voice server.

use backend::testing::{World, nonce, tap};
use backend::voice_server::{Identity, VoiceEvent, VoiceServer, room_of};
use backend::{Backend, Error, Next, Settings};
use domain::{
    Audience, CallError, CallId, CallState, CallStatus, ChannelKind, EndReason, Event, ParticipantStatus, Participation,
};
use futures::StreamExt;
use std::time::Duration;

const RING: Duration = Duration::from_secs(30);

#[tokio::test]
async fn anna_calls_ben_answers_they_talk_and_hang_up() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let mut phone = world.backend.subscribe(&ben);

    // Anna taps the phone icon: Ben's phone is told to ring, Anna waits in the call's room.
    let seat = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap();
    let id = seat.call.id;
    assert_eq!(seat.call.status, CallStatus::Ringing);
    assert_eq!(seat.call.rings_for(ben.member()), Some(30_000));
    let Next::Event(Event::Call(told)) = phone.next().await else { panic!("Ben's phone was not told") };
    assert_eq!(told.rings_for(ben.member()), Some(30_000));
    world.voice.join(&seat.access).unwrap();

    // His page shows it, and Anna reads that it rings.
    world.backend.confirm_ring(&ben, id).await.unwrap();
    let seen = world.backend.active_call(&anna, channel).await.unwrap().unwrap();
    assert_eq!(seen.participants[1].status, ParticipantStatus::Ringing);

    // He answers after four seconds.
    world.advance(Duration::from_secs(4)).await;
    let seat = world.backend.answer_call(&ben, id, tap()).await.unwrap();
    assert_eq!(seat.call.status, CallStatus::Active);
    world.voice.join(&seat.access).unwrap();
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert_eq!(present.len(), 2);
    assert!(present.contains(&Identity { member: anna.member(), epoch: 1 }));

    // A minute and a half later he hangs up, and it is over for both.
    world.advance(Duration::from_secs(94)).await;
    world.backend.end_call(&ben, id, nonce()).await.unwrap();
    world.settle().await;
    assert_eq!(world.voice.open_rooms(), Vec::<String>::new());
    let call = world.call(id).await;
    let CallState::Ended { since, at, reason: EndReason::Hangup } = call.state else { panic!("{:?}", call.state) };
    assert_eq!(at.since(since), Duration::from_secs(94));

    // The timeline remembers.
    let timeline = world.backend.messages(&anna, channel, None).await.unwrap();
    let card = timeline.last().unwrap().card().unwrap();
    assert_eq!((card.id, card.status, card.duration, card.people), (id, CallStatus::Ended, Some(94), 2));
}

#[tokio::test]
async fn nobody_answers_for_thirty_seconds_and_it_is_a_missed_call() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let seat = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap();
    world.voice.join(&seat.access).unwrap();
    let id = seat.call.id;

    world.advance(RING - Duration::from_secs(1)).await;
    assert_eq!(world.backend.ringing(&ben, ben.parish()).await.unwrap().len(), 1);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(world.backend.ringing(&ben, ben.parish()).await.unwrap(), []);

    let call = world.call(id).await;
    assert!(matches!(call.state, CallState::Missed { reason: EndReason::Missed, .. }), "{:?}", call.state);
    assert_eq!(world.voice.open_rooms(), Vec::<String>::new());
    let timeline = world.backend.messages(&ben, channel, None).await.unwrap();
    assert_eq!(timeline.last().unwrap().card().unwrap().status, CallStatus::Missed);

    // The next call is not in the way of the last one.
    world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap();
}

#[tokio::test]
async fn everybody_of_a_group_declines_and_the_call_is_declined() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let id = world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.unwrap().call.id;
    world.backend.decline_call(&world.actor("Ben"), id, nonce()).await.unwrap();
    assert!(matches!(world.call(id).await.state, CallState::Ringing));
    world.backend.decline_call(&world.actor("Clara"), id, nonce()).await.unwrap();
    assert!(matches!(world.call(id).await.state, CallState::Declined { .. }));
}

#[tokio::test]
async fn the_caller_gives_up_and_ben_has_a_missed_call() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.end_call(&anna, id, nonce()).await.unwrap();
    let call = world.call(id).await;
    assert!(matches!(call.state, CallState::Missed { reason: EndReason::Cancelled, .. }), "{:?}", call.state);
    let ben = call.participant(ben.member()).unwrap();
    assert!(matches!(ben.participation, Participation::Missed { .. }));
}

#[tokio::test]
async fn two_who_call_each_other_at_once_end_up_in_one_call() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let (one, other) = tokio::join!(
        world.backend.initiate_call(&anna, channel, vec![], tap()),
        world.backend.initiate_call(&ben, channel, vec![], tap()),
    );
    assert_eq!(one.unwrap().call.id, other.unwrap().call.id);
    let call = world.backend.active_call(&anna, channel).await.unwrap().unwrap();
    assert_eq!((call.status, call.connected()), (CallStatus::Active, 2));
    assert_eq!(world.voice.open_rooms(), [room_of(call.id)], "the loser's spare room is gone");
}

#[tokio::test]
async fn many_answers_at_once_and_one_wins() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    let devices: Vec<_> = (0..6)
        .map(|_| {
            let (backend, ben) = (world.backend.clone(), ben.clone());
            tokio::spawn(async move { backend.answer_call(&ben, id, tap()).await })
        })
        .collect();
    let mut won = 0;
    for device in devices {
        match device.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, Error::Call(CallError::AlreadyAnswered)), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn picked_people_of_the_parish_ring_apart_and_others_see_nothing() {
    let world = World::new().await;
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let [anna, ben, clara, david, eva] = ["Anna", "Ben", "Clara", "David", "Eva"].map(|name| world.actor(name));
    let one = world.backend.initiate_call(&anna, parish, vec![ben.member()], tap()).await.unwrap().call;
    let other = world.backend.initiate_call(&clara, parish, vec![david.member()], tap()).await.unwrap().call;
    assert_ne!(one.id, other.id);
    assert_eq!(one.audience, Audience::Invited);

    let rings_for_ben = world.backend.ringing(&ben, ben.parish()).await.unwrap();
    let rings_for_david = world.backend.ringing(&david, david.parish()).await.unwrap();
    assert_eq!(rings_for_ben.iter().map(|call| call.id).collect::<Vec<_>>(), [one.id]);
    assert_eq!(rings_for_david.iter().map(|call| call.id).collect::<Vec<_>>(), [other.id]);

    assert_eq!(world.backend.live(&eva).await.unwrap().calls, []);
    assert!(matches!(world.backend.answer_call(&eva, one.id, tap()).await, Err(Error::NotFound)));
    assert_eq!(world.backend.call_history(&eva, parish, false, None).await.unwrap(), []);

    // Not even that there was a call.
    let (mut bens_phone, mut evas_phone) = (world.backend.subscribe(&ben), world.backend.subscribe(&eva));
    world.backend.end_call(&anna, one.id, nonce()).await.unwrap();
    world.backend.post_message(&anna, parish, "Good night.", None).await.unwrap();
    assert!(matches!(bens_phone.next().await, Next::Event(Event::Call(_))));
    assert!(matches!(bens_phone.next().await, Next::Event(Event::Changed(card)) if card.card().is_some()));
    assert!(matches!(evas_phone.next().await, Next::Event(Event::Message(words)) if words.card().is_none()));
    let timeline = world.backend.messages(&eva, parish, None).await.unwrap();
    assert!(timeline.iter().all(|line| line.card().is_none()));
}

#[tokio::test]
async fn an_outsider_gets_the_same_answer_as_for_a_call_that_does_not_exist() {
    let world = World::new().await;
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
    let clara = world.actor("Clara");
    for call in [id, CallId(uuid::Uuid::from_u128(7))] {
        assert!(matches!(world.backend.answer_call(&clara, call, tap()).await, Err(Error::NotFound)));
        assert!(matches!(world.backend.decline_call(&clara, call, nonce()).await, Err(Error::NotFound)));
        assert!(matches!(world.backend.end_call(&clara, call, nonce()).await, Err(Error::NotFound)));
        assert!(matches!(world.backend.confirm_ring(&clara, call).await, Err(Error::NotFound)));
        assert!(matches!(world.backend.call_token(&clara, call).await, Err(Error::NotFound)));
    }
    assert!(matches!(world.backend.initiate_call(&clara, channel, vec![], tap()).await, Err(Error::NotFound)));
    assert!(matches!(world.backend.active_call(&clara, channel).await, Err(Error::NotFound)));
    assert!(matches!(world.backend.call_history(&clara, channel, false, None).await, Err(Error::NotFound)));
    assert!(matches!(world.backend.messages(&clara, channel, None).await, Err(Error::NotFound)));
    assert!(matches!(world.backend.post_message(&clara, channel, "hello", None).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_token_is_for_who_is_in_the_call_now_and_for_nobody_else() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.call_token(&anna, id).await.unwrap();
    assert!(matches!(world.backend.call_token(&ben, id).await, Err(Error::Call(CallError::NotInCall))));
    world.backend.end_call(&anna, id, nonce()).await.unwrap();
    assert!(matches!(world.backend.call_token(&anna, id).await, Err(Error::Call(CallError::Over))));
}

#[tokio::test]
async fn the_voice_server_is_down_and_nobodys_phone_rings() {
    let world = World::new().await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let channel = world.direct("Anna", "Ben").await;
    world.voice.set_down(true);
    assert!(matches!(world.backend.initiate_call(&anna, channel, vec![], tap()).await, Err(Error::VoiceServerDown)));
    assert_eq!(world.backend.live(&ben).await.unwrap().calls, []);
    assert_eq!(world.backend.live(&anna).await.unwrap().calls, []);
}

#[tokio::test]
async fn a_room_is_deleted_in_the_end_even_if_the_voice_server_was_down_when_the_call_was() {
    let world = World::new().await;
    let anna = world.actor("Anna");
    let channel = world.direct("Anna", "Ben").await;
    let id = world.backend.initiate_call(&anna, channel, vec![], tap()).await.unwrap().call.id;
    world.voice.set_down(true);
    world.backend.end_call(&anna, id, nonce()).await.unwrap();
    world.settle().await;
    assert_eq!(world.voice.open_rooms().len(), 1);
    world.voice.set_down(false);
    world.advance(Duration::from_secs(3)).await;
    assert_eq!(world.voice.open_rooms(), Vec::<String>::new());
}

#[tokio::test]
async fn who_is_in_a_call_cannot_slip_into_a_second_one() {
    let world = World::new().await;
    let (anna, clara) = (world.actor("Anna"), world.actor("Clara"));
    let direct = world.direct("Anna", "Ben").await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    world.backend.initiate_call(&anna, direct, vec![], tap()).await.unwrap();
    assert!(matches!(world.backend.initiate_call(&anna, choir, vec![], tap()).await, Err(Error::InAnotherCall)));
    let call = world.backend.initiate_call(&clara, choir, vec![], tap()).await.unwrap().call;
    assert!(matches!(world.backend.answer_call(&anna, call.id, tap()).await, Err(Error::InAnotherCall)));
    assert_eq!(world.call(call.id).await.state, CallState::Ringing);
}

#[tokio::test]
async fn only_those_who_lead_call_where_only_announcements_are_made() {
    let world = World::new().await;
    let channel = world.channel(ChannelKind::Parish, "Announcements").await;
    let (ben, clara) = (world.actor("Ben"), world.actor("Clara"));
    assert!(matches!(
        world.backend.initiate_call(&ben, channel, vec![clara.member()], tap()).await,
        Err(Error::Forbidden)
    ));
    world.backend.initiate_call(&clara, channel, vec![ben.member()], tap()).await.unwrap();
}

#[tokio::test]
async fn a_parish_call_needs_people_of_the_parish() {
    let world = World::new().await;
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let anna = world.actor("Anna");
    let stranger = domain::MemberId(uuid::Uuid::from_u128(1));
    assert!(matches!(world.backend.initiate_call(&anna, parish, vec![stranger], tap()).await, Err(Error::Invalid(_))));
    assert!(matches!(
        world.backend.initiate_call(&anna, parish, vec![], tap()).await,
        Err(Error::Call(CallError::NobodyToCall))
    ));
}

#[tokio::test]
async fn calling_again_and_again_is_stopped() {
    let world = World::new().await;
    let anna = world.actor("Anna");
    let strict = Backend::new(world.store.clone(), world.ports(world.voice.clone()), Settings::default());
    let call = async |channel| {
        let id = strict.initiate_call(&anna, channel, vec![], tap()).await?.call.id;
        strict.end_call(&anna, id, nonce()).await
    };
    let direct = world.direct("Anna", "Ben").await;
    for _ in 0..3 {
        call(direct).await.unwrap();
    }
    assert!(matches!(call(direct).await, Err(Error::Limited { .. })), "three rings for one person are enough");
    let clara = world.direct("Anna", "Clara").await;
    for _ in 0..2 {
        call(clara).await.unwrap();
    }
    assert!(matches!(call(clara).await, Err(Error::Limited { .. })), "six starts in a minute are enough");
}

/// Anna and Ben talk.
async fn anna_and_ben_talk(world: &World) -> CallId {
    let channel = world.direct("Anna", "Ben").await;
    let seat = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.expect("a call");
    world.voice.join(&seat.access).expect("a way in");
    let seat = world.backend.answer_call(&world.actor("Ben"), seat.call.id, tap()).await.expect("an answer");
    world.voice.join(&seat.access).expect("a way in");
    seat.call.id
}

#[tokio::test]
async fn a_page_that_is_closed_in_a_call_does_not_haunt_it() {
    let world = World::new().await;
    let id = anna_and_ben_talk(&world).await;
    world.advance(Duration::from_secs(60)).await;
    world.voice.say_goodbye(world.actor("Ben").member());
    world.advance(Duration::from_secs(10)).await;
    assert!(!world.call(id).await.is_over(), "a reload may take a moment");
    world.advance(Duration::from_secs(10)).await;
    assert!(world.call(id).await.is_over());
    anna_and_ben_talk(&world).await;
}

#[tokio::test]
async fn who_has_left_cannot_come_back_by_the_old_token_and_listen() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let seat = world.backend.initiate_call(&anna, choir, vec![], tap()).await.unwrap();
    world.voice.join(&seat.access).unwrap();
    let id = seat.call.id;
    let bens = world.backend.answer_call(&ben, id, tap()).await.unwrap().access;
    world.voice.join(&bens).unwrap();
    world.backend.end_call(&ben, id, nonce()).await.unwrap();
    world.settle().await;
    assert_eq!(world.voice.participants(&room_of(id)).await.unwrap().len(), 1);
    world.voice.join(&bens).unwrap();
    world.advance(Duration::from_secs(10)).await;
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert_eq!(present, [Identity { member: anna.member(), epoch: 1 }]);
}

#[tokio::test]
async fn who_comes_back_by_the_old_token_is_put_out_the_moment_they_arrive() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let id = world.backend.initiate_call(&anna, choir, vec![], tap()).await.unwrap().call.id;
    let bens = world.backend.answer_call(&ben, id, tap()).await.unwrap().access;
    world.voice.join(&bens).unwrap();
    world.backend.end_call(&ben, id, nonce()).await.unwrap();
    world.settle().await;
    world.voice.join(&bens).unwrap();
    assert_eq!(world.voice.participants(&room_of(id)).await.unwrap().len(), 1);
    world.settle().await;
    assert_eq!(world.voice.participants(&room_of(id)).await.unwrap(), []);
}

#[tokio::test]
async fn while_the_server_runs_it_hears_of_an_intruder_before_it_looks_again() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let id = world.backend.initiate_call(&anna, choir, vec![], tap()).await.unwrap().call.id;
    let bens = world.backend.answer_call(&ben, id, tap()).await.unwrap().access;
    world.backend.end_call(&ben, id, nonce()).await.unwrap();
    let put_out =
        VoiceEvent::Left { room: room_of(id), who: Identity { member: ben.member(), epoch: 1 }, goodbye: false };
    let mut events = world.voice.events().unwrap();
    let mut is_put_out = async || {
        world.voice.join(&bens).unwrap();
        while events.next().await.unwrap() != put_out {}
    };
    let story = async {
        // By the look that the server begins with.
        is_put_out().await;
        tokio::time::timeout(Duration::from_secs(8), is_put_out()).await.expect("sooner than the next look");
    };
    tokio::select! {
        () = world.backend.run() => unreachable!("it runs until dropped"),
        () = story => {}
    }
}

#[tokio::test]
async fn a_page_that_says_goodbye_keeps_its_place_for_ten_seconds() {
    let world = World::new().await;
    let id = anna_and_ben_talk(&world).await;
    let ben = world.actor("Ben");
    world.advance(Duration::from_secs(63)).await;

    // He reloads, and is back in time.
    world.voice.say_goodbye(ben.member());
    world.settle().await;
    world.advance(Duration::from_secs(9)).await;
    world.voice.join(&world.backend.call_token(&ben, id).await.unwrap()).unwrap();
    world.advance(Duration::from_secs(63)).await;
    assert!(!world.call(id).await.is_over());

    // He closes the page.
    world.voice.say_goodbye(ben.member());
    world.settle().await;
    world.advance(Duration::from_secs(9)).await;
    assert!(!world.call(id).await.is_over());
    world.advance(Duration::from_secs(1)).await;
    assert!(world.call(id).await.is_over());
}

#[tokio::test]
async fn a_page_that_says_goodbye_right_after_coming_in_keeps_it_no_longer() {
    let world = World::new().await;
    let id = anna_and_ben_talk(&world).await;
    world.advance(Duration::from_secs(3)).await;
    world.voice.say_goodbye(world.actor("Ben").member());
    world.settle().await;
    world.advance(Duration::from_secs(9)).await;
    assert!(!world.call(id).await.is_over());
    world.advance(Duration::from_secs(1)).await;
    assert!(world.call(id).await.is_over());
}

#[tokio::test]
async fn of_a_voice_server_that_tells_nothing_by_itself_the_same_is_learned_by_asking() {
    let world = World::new().await;
    world.voice.fall_silent();
    let id = anna_and_ben_talk(&world).await;
    world.advance(Duration::from_secs(60)).await;
    world.voice.lose(world.actor("Ben").member());
    world.advance(Duration::from_secs(34)).await;
    assert!(!world.call(id).await.is_over(), "noticed after ten seconds, gone twenty-five seconds later");
    world.advance(Duration::from_secs(1)).await;
    assert!(world.call(id).await.is_over());
}

#[tokio::test]
async fn after_a_restart_the_room_is_there_and_everybody_has_time_to_come_back() {
    let mut world = World::new().await;
    let id = anna_and_ben_talk(&world).await;
    let [anna, ben] = ["Anna", "Ben"].map(|name| world.actor(name));
    world.advance(Duration::from_secs(60)).await;
    world.restart().await;
    assert_eq!(world.voice.open_rooms(), [room_of(id)]);
    world.advance(Duration::from_secs(25)).await;
    for somebody in [&anna, &ben] {
        world.voice.join(&world.backend.call_token(somebody, id).await.unwrap()).unwrap();
    }
    world.advance(Duration::from_secs(60)).await;
    assert!(!world.call(id).await.is_over());

    // Nobody comes back after the next one.
    world.restart().await;
    world.advance(Duration::from_secs(60)).await;
    assert!(world.call(id).await.is_over());
    world.restart().await;
    assert_eq!(world.voice.open_rooms(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_starts_though_the_voice_server_is_down() {
    let world = World::new().await;
    anna_and_ben_talk(&world).await;
    world.voice.set_down(true);
    world.backend.open_rooms().await.unwrap();
}

#[tokio::test]
async fn many_phones_confirm_a_ring_at_once() {
    let world = World::new().await;
    let id = world.backend.initiate_call(&world.actor("Anna"), world.direct("Anna", "Ben").await, vec![], tap()).await;
    let id = id.unwrap().call.id;
    let phones: Vec<_> = (0..50)
        .map(|_| {
            let (backend, ben) = (world.backend.clone(), world.actor("Ben"));
            tokio::spawn(async move { backend.confirm_ring(&ben, id).await })
        })
        .collect();
    for phone in phones {
        phone.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_voice_server_that_cannot_be_asked_ends_no_call() {
    let world = World::new().await;
    let id = anna_and_ben_talk(&world).await;
    world.voice.set_down(true);
    world.advance(Duration::from_secs(120)).await;
    assert!(!world.call(id).await.is_over());
}
