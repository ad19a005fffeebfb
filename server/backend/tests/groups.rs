//! Calls of many: gathered, joined, led.

use backend::testing::{World, nonce, tap};
use backend::voice_server::{Identity, VoiceServer, room_of};
use backend::{Actor, Error, Next};
use domain::text::Field;
use domain::{
    Audience, CallError, CallId, CallStatus, ChannelKind, EndReason, Event, GroupChange, Lead, Prompted, Reaction, Sign,
};
use std::time::Duration;

/// A member of the choir who leads nothing.
const PLAIN: &str = "Ben";
/// The coordinator.
const LEADER: &str = "Anna";

/// Anna, Ben and Clara sing together.
async fn choir_talks(world: &World) -> CallId {
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let seat = world.backend.initiate_call(&world.actor("Anna"), choir, vec![], tap()).await.expect("a seat");
    world.voice.join(&seat.access).expect("a way in");
    for name in ["Ben", "Clara"] {
        let seat = world.backend.answer_call(&world.actor(name), seat.call.id, tap()).await.expect("a seat");
        world.voice.join(&seat.access).expect("a way in");
    }
    seat.call.id
}

#[tokio::test]
async fn a_gathering_rings_nobody_and_whoever_sees_its_card_may_join() {
    let world = World::new().await;
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let mut phone = world.backend.subscribe(&ben);
    let seat = world.backend.gather_call(&anna, choir, tap()).await.unwrap();
    assert_eq!((seat.call.status, seat.call.audience), (CallStatus::Active, Audience::Channel));
    assert!(matches!(phone.next().await, Next::Event(Event::Call(call)) if call.rings_for(ben.member()).is_none()));
    let Next::Event(Event::Message(card)) = phone.next().await else { panic!("no card") };
    assert_eq!(card.card().map(|card| (card.id, card.status)), Some((seat.call.id, CallStatus::Active)));
    assert_eq!(world.backend.ringing(&ben, ben.parish()).await.unwrap(), []);

    world.backend.answer_call(&ben, seat.call.id, tap()).await.unwrap();
    world.backend.end_call(&anna, seat.call.id, nonce()).await.unwrap();
    assert!(!world.call(seat.call.id).await.is_over());
    world.backend.end_call(&ben, seat.call.id, nonce()).await.unwrap();
    // The same line says how it was.
    let lines = world.backend.messages(&ben, choir, None).await.unwrap();
    let cards: Vec<_> = lines.iter().filter_map(|line| line.card().map(|call| (line.id, call.status))).collect();
    assert_eq!(cards, [(card.id, CallStatus::Ended)]);
}

#[tokio::test]
async fn the_whole_parish_can_be_gathered_and_two_cannot() {
    let world = World::new().await;
    let (anna, eva) = (world.actor("Anna"), world.actor("Eva"));
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let id = world.backend.gather_call(&anna, parish, tap()).await.unwrap().call.id;
    // Whoever gathers second joins the first.
    assert_eq!(world.backend.gather_call(&eva, parish, tap()).await.unwrap().call.id, id);
    let direct = world.direct("Ben", "Clara").await;
    let refused = world.backend.gather_call(&world.actor("Ben"), direct, tap()).await;
    assert!(matches!(refused, Err(Error::Invalid(Field::Targets))));
}

#[tokio::test]
async fn what_is_shown_or_wanted_of_others_happens_once_however_often_it_is_sent() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (leader, ben) = (world.actor(LEADER), world.actor("Ben"));
    let (mutes, claps, ends) = (nonce(), nonce(), nonce());
    world.backend.lead_call(&leader, id, Lead::Mute(ben.member()), mutes).await.unwrap();
    world.backend.show_sign(&ben, id, Sign::Reaction(Reaction::Applause), claps).await.unwrap();
    let before = world.call(id).await;
    world.advance(Duration::from_secs(2)).await;
    // By then he may have opened his microphone again.
    world.backend.lead_call(&leader, id, Lead::Mute(ben.member()), mutes).await.unwrap();
    world.backend.show_sign(&ben, id, Sign::Reaction(Reaction::Applause), claps).await.unwrap();
    assert_eq!(world.call(id).await, before);
    // Whoever did not hear that it is over is told so.
    for _ in 0..2 {
        world.backend.lead_call(&leader, id, Lead::EndForAll, ends).await.unwrap();
    }
}

#[tokio::test]
async fn who_leads_mutes_on_the_voice_server_too_and_opens_nobodys_microphone() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (leader, ben) = (world.actor(LEADER), world.actor("Ben"));
    world.backend.lead_call(&leader, id, Lead::Mute(ben.member()), nonce()).await.unwrap();
    world.settle().await;
    assert_eq!(world.voice.muted(&room_of(id)), [Identity { member: ben.member(), epoch: 1 }]);
    let prompt = world.call(id).await.participant(ben.member()).unwrap().prompt.unwrap();
    assert_eq!((prompt.what, prompt.by), (Prompted::Mute, leader.member()));

    world.backend.lead_call(&leader, id, Lead::AskToUnmute(ben.member()), nonce()).await.unwrap();
    world.settle().await;
    assert_eq!(world.voice.muted(&room_of(id)).len(), 1);
    world.backend.lead_call(&leader, id, Lead::MuteOthers, nonce()).await.unwrap();
    world.settle().await;
    let muted = world.voice.muted(&room_of(id));
    assert_eq!(muted.len(), 2);
    assert!(muted.iter().all(|who| who.member != leader.member()));
}

#[tokio::test]
async fn who_is_put_out_cannot_come_back_by_the_old_token_nor_by_asking_until_rung_by_who_leads() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (leader, ben, david) = (world.actor(LEADER), world.actor("Ben"), world.actor("David"));
    world.backend.add_participants(&leader, id, vec![david.member()], nonce()).await.unwrap();
    world.backend.answer_call(&david, id, tap()).await.unwrap();
    let old = world.backend.call_token(&ben, id).await.unwrap();
    world.backend.lead_call(&leader, id, Lead::PutOut(ben.member()), nonce()).await.unwrap();
    world.settle().await;
    let is_there = async || {
        let present = world.voice.participants(&room_of(id)).await.unwrap();
        present.iter().any(|who| who.member == ben.member())
    };
    assert!(!is_there().await);
    world.voice.join(&old).unwrap();
    world.settle().await;
    assert!(!is_there().await);
    let answer = async || world.backend.answer_call(&ben, id, tap()).await;
    assert!(matches!(answer().await, Err(Error::Call(CallError::PutOut))));
    assert!(matches!(world.backend.call_token(&ben, id).await, Err(Error::Call(CallError::NotInCall))));
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let start = world.backend.initiate_call(&ben, choir, vec![], tap()).await;
    assert!(matches!(start, Err(Error::Call(CallError::PutOut))));

    let by_david = world.backend.add_participants(&david, id, vec![ben.member()], nonce()).await;
    assert!(matches!(by_david, Err(Error::Call(CallError::PutOut))));
    world.backend.add_participants(&leader, id, vec![ben.member()], nonce()).await.unwrap();
    world.voice.join(&answer().await.unwrap().access).unwrap();
    world.settle().await;
    assert!(is_there().await);
}

#[tokio::test]
async fn who_leads_nothing_leads_no_call_and_changes_nothing() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let before = world.call(id).await;
    let anna = world.actor("Anna").member();
    let acts = [
        Lead::Mute(anna),
        Lead::MuteOthers,
        Lead::AskToUnmute(anna),
        Lead::LowerHand(anna),
        Lead::PutOut(anna),
        Lead::Lock(true),
        Lead::EndForAll,
    ];
    for act in acts {
        let refused = world.backend.lead_call(&world.actor(PLAIN), id, act, nonce()).await;
        assert!(matches!(refused, Err(Error::Forbidden)), "{act:?}");
        // In the parish, and not in the choir: to them there is no such call.
        let outsider = world.backend.lead_call(&world.actor("Eva"), id, act, nonce()).await;
        assert!(matches!(outsider, Err(Error::NotFound)), "{act:?}");
    }
    assert_eq!(world.call(id).await, before);
    assert_eq!(world.voice.muted(&room_of(id)), []);
}

#[tokio::test]
async fn who_leads_and_is_not_in_the_call_or_in_it_with_another_device_does_not_lead_it() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let elsewhere = world.another_device(LEADER).await;
    let lead = async |actor: &Actor| world.backend.lead_call(actor, id, Lead::MuteOthers, nonce()).await;
    assert!(matches!(lead(&elsewhere).await, Err(Error::Call(CallError::AnsweredElsewhere))));
    world.backend.end_call(&world.actor(LEADER), id, nonce()).await.unwrap();
    assert!(matches!(lead(&world.actor(LEADER)).await, Err(Error::Call(CallError::NotInCall))));
}

#[tokio::test]
async fn between_two_nobody_leads_and_with_a_third_who_began_it_may_end_it_for_all() {
    let world = World::new().await;
    let (ben, david, eva) = (world.actor("Ben"), world.actor("David"), world.actor("Eva"));
    let channel = world.direct("Ben", "David").await;
    let id = world.backend.initiate_call(&ben, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&david, id, tap()).await.unwrap();
    let end = async |actor: &Actor| world.backend.lead_call(actor, id, Lead::EndForAll, nonce()).await;
    assert!(matches!(end(&ben).await, Err(Error::Forbidden)));

    let mut davids_page = world.backend.subscribe(&david);
    world.backend.add_participants(&david, id, vec![eva.member()], nonce()).await.unwrap();
    world.backend.answer_call(&eva, id, tap()).await.unwrap();
    let card = loop {
        if let Next::Event(Event::Message(card)) = davids_page.next().await {
            break card.card().unwrap().clone();
        }
    };
    assert_eq!((card.id, card.status, card.people), (id, CallStatus::Active, 3));
    // The third sees this call, and nothing else of the chat of two.
    assert_eq!(world.backend.live(&eva).await.unwrap().calls.len(), 1);
    assert!(matches!(world.backend.messages(&eva, channel, None).await, Err(Error::NotFound)));
    assert!(matches!(world.backend.active_call(&eva, channel).await, Err(Error::NotFound)));

    assert!(matches!(end(&david).await, Err(Error::Forbidden)));
    end(&ben).await.unwrap();
    let call = world.call(id).await;
    assert_eq!(call.state.end_reason(), Some(EndReason::Removed));
    world.settle().await;
    assert_eq!(world.voice.open_rooms(), Vec::<String>::new());
}

#[tokio::test]
async fn a_locked_call_is_joined_by_nobody_new() {
    let world = World::new().await;
    let (anna, ben, clara) = (world.actor("Anna"), world.actor("Ben"), world.actor("Clara"));
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let id = world.backend.gather_call(&anna, choir, tap()).await.unwrap().call.id;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    world.backend.lead_call(&anna, id, Lead::Lock(true), nonce()).await.unwrap();
    let join = async || world.backend.answer_call(&clara, id, tap()).await;
    assert!(matches!(join().await, Err(Error::Call(CallError::Locked))));
    let start = world.backend.initiate_call(&clara, choir, vec![], tap()).await;
    assert!(matches!(start, Err(Error::Call(CallError::Locked))));
    let invite = world.backend.add_participants(&ben, id, vec![clara.member()], nonce()).await;
    assert!(matches!(invite, Err(Error::Call(CallError::Locked))));
    world.backend.lead_call(&anna, id, Lead::Lock(false), nonce()).await.unwrap();
    join().await.unwrap();
}

#[tokio::test]
async fn a_call_is_full_when_the_voice_server_has_no_room_for_more() {
    let world = World::new().await;
    let (anna, ben, clara) = (world.actor("Anna"), world.actor("Ben"), world.actor("Clara"));
    world.voice.set_seats(2);
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    let many = vec![ben.member(), clara.member()];
    let refused = world.backend.initiate_call(&anna, parish, many, tap()).await;
    assert!(matches!(refused, Err(Error::Call(CallError::Full))));
    // A group may have more members than seats: whoever comes first is in.
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let id = world.backend.initiate_call(&anna, choir, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&ben, id, tap()).await.unwrap();
    assert!(matches!(world.backend.answer_call(&clara, id, tap()).await, Err(Error::Call(CallError::Full))));
    let add = world.backend.add_participants(&anna, id, vec![world.actor("Eva").member()], nonce()).await;
    assert!(matches!(add, Err(Error::Call(CallError::Full))));
    world.backend.end_call(&ben, id, nonce()).await.unwrap();
    world.backend.answer_call(&clara, id, tap()).await.unwrap();
}

#[tokio::test]
async fn a_raised_hand_and_a_reaction_are_seen_by_everybody_who_sees_the_call() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (anna, ben) = (world.actor("Anna"), world.actor("Ben"));
    let mut page = world.backend.subscribe(&anna);
    world.backend.show_sign(&ben, id, Sign::Hand(true), nonce()).await.unwrap();
    world.backend.show_sign(&ben, id, Sign::Reaction(Reaction::Applause), nonce()).await.unwrap();
    let mut shown = async || match page.next().await {
        Next::Event(Event::Call(call)) => call.participant(ben.member()).unwrap().clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(shown().await.hand, Some(world.now()));
    assert_eq!(shown().await.reaction.map(|reacted| reacted.with), Some(Reaction::Applause));
    assert!(matches!(
        world.backend.show_sign(&world.actor("Eva"), id, Sign::Hand(true), nonce()).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn nobody_floods_a_call_with_signs() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let ben = world.actor("Ben");
    for _ in 0..20 {
        world.backend.show_sign(&ben, id, Sign::Reaction(Reaction::Heart), nonce()).await.unwrap();
    }
    let one_more = world.backend.show_sign(&ben, id, Sign::Reaction(Reaction::Heart), nonce()).await;
    assert!(matches!(one_more, Err(Error::Limited { .. })));
}

#[tokio::test]
async fn the_card_of_a_ring_names_who_rang() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (clara, eva) = (world.actor("Clara"), world.actor("Eva"));
    world.reach(&eva, "https://updates.push.services.mozilla.com/wpush/v2/eva").await.unwrap();
    world.backend.add_participants(&clara, id, vec![eva.member()], nonce()).await.unwrap();
    world.settle().await;
    let sent = world.push.take_sent();
    assert_eq!(sent[0].card["notification"]["body"], "Clara Ruiz · Voice call");
}

#[tokio::test]
async fn of_several_who_are_to_be_rung_none_is_if_one_may_not_be() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (leader, plain, clara, eva) =
        (world.actor(LEADER), world.actor(PLAIN), world.actor("Clara"), world.actor("Eva"));
    world.backend.lead_call(&leader, id, Lead::PutOut(clara.member()), nonce()).await.unwrap();
    let before = world.call(id).await;
    for both in [[eva.member(), clara.member()], [clara.member(), eva.member()]] {
        let refused = world.backend.add_participants(&plain, id, both.to_vec(), nonce()).await;
        assert!(matches!(refused, Err(Error::Call(CallError::PutOut))));
        assert_eq!(world.call(id).await, before);
    }
}

#[tokio::test]
async fn whoever_was_lost_and_comes_back_finds_their_seat_taken() {
    let world = World::new().await;
    let (anna, ben, clara) = (world.actor("Anna"), world.actor("Ben"), world.actor("Clara"));
    world.voice.set_seats(2);
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let seat = world.backend.gather_call(&anna, choir, tap()).await.unwrap();
    world.voice.join(&seat.access).unwrap();
    let id = seat.call.id;
    let bens = world.backend.answer_call(&ben, id, tap()).await.unwrap().access;
    world.voice.join(&bens).unwrap();
    world.voice.lose(ben.member());
    world.advance(Duration::from_secs(60)).await;
    assert!(!world.call(id).await.is_connected(ben.member()));
    let claras = world.backend.answer_call(&clara, id, tap()).await.unwrap().access;

    // His browser tries again, before hers is there.
    world.voice.join(&bens).unwrap();
    world.settle().await;
    world.voice.join(&claras).unwrap();
    world.settle().await;
    let call = world.call(id).await;
    assert!(call.is_connected(clara.member()) && !call.is_connected(ben.member()));
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert!(present.len() == 2 && present.iter().all(|who| who.member != ben.member()), "{present:?}");
    // Once she leaves, there is room again, by a new way in.
    world.backend.end_call(&clara, id, nonce()).await.unwrap();
    world.voice.join(&world.backend.answer_call(&ben, id, tap()).await.unwrap().access).unwrap();
    world.settle().await;
    assert!(world.call(id).await.is_connected(ben.member()));
}

#[tokio::test]
async fn whoever_is_put_out_while_their_connection_is_lost_is_not_let_in_by_it() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let (leader, ben) = (world.actor(LEADER), world.actor("Ben"));
    let bens = world.backend.call_token(&ben, id).await.unwrap();
    world.voice.lose(ben.member());
    world.advance(Duration::from_secs(60)).await;
    world.backend.lead_call(&leader, id, Lead::PutOut(ben.member()), nonce()).await.unwrap();
    world.voice.join(&bens).unwrap();
    world.settle().await;
    assert!(!world.call(id).await.is_connected(ben.member()));
    let present = world.voice.participants(&room_of(id)).await.unwrap();
    assert!(present.iter().all(|who| who.member != ben.member()), "{present:?}");
}

#[tokio::test]
async fn whoever_is_put_into_a_group_or_taken_out_of_it_is_told_to_see_which_calls_go_on() {
    let world = World::new().await;
    choir_talks(&world).await;
    let (leader, eva) = (world.actor(LEADER), world.actor("Eva"));
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    let (mut page, mut clara) = (world.backend.subscribe(&eva), world.backend.subscribe(&world.actor("Clara")));
    for change in [GroupChange::Add(vec![eva.member()]), GroupChange::Remove(eva.member())] {
        let comes = matches!(change, GroupChange::Add(_));
        world.backend.change_group(&leader, choir, change).await.unwrap();
        assert_eq!(page.next().await, Next::Event(Event::Community));
        assert_eq!(page.next().await, Next::Lost);
        assert_eq!(world.backend.live(&eva).await.unwrap().calls.len(), usize::from(comes));
    }
    assert_eq!(clara.next().await, Next::Event(Event::Community));
    assert_eq!(clara.next().await, Next::Event(Event::Community), "nothing is lost to those who stay");
}

#[tokio::test]
async fn whoever_comes_and_goes_without_end_is_told_to_wait_and_can_always_go() {
    let world = World::new().await;
    let id = choir_talks(&world).await;
    let ben = world.actor("Ben");
    for turn in 0..1_000 {
        world.backend.end_call(&ben, id, nonce()).await.unwrap();
        match world.backend.answer_call(&ben, id, tap()).await {
            Ok(_) => {}
            Err(Error::Limited { .. }) => return assert!(turn >= 50, "refused after {turn} times already"),
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("nobody was told to wait");
}
