//! Cards decline with no page open and nobody signed in, by what they were given.

use super::*;
use domain::CallState;

#[tokio::test]
async fn a_card_declines_and_the_other_devices_stop() {
    let world = World::new().await;
    bens(&world).await;
    let id = calls(&world, "Anna", "Ben").await;
    let rings = sent(&world).await;
    let phones = rings.iter().find(|ring| name(ring) == "phone").unwrap();
    world.backend.decline_by_card(token(phones)).await.unwrap();
    assert!(matches!(world.call(id).await.state, CallState::Declined { .. }));
    let overs = sent(&world).await;
    assert_eq!(kinds(&overs), [("laptop", "over")], "the phone has closed its own");
    assert_eq!(card(&overs[0])["body"], "Call declined");
}

#[tokio::test]
async fn a_card_declines_once_and_not_the_next_ring() {
    let world = World::new().await;
    let clara = world.actor("Clara");
    world.reach(&clara, &at("clara")).await.unwrap();
    let id = anna_calls_the_choir(&world).await;
    world.backend.answer_call(&world.actor("Ben"), id, tap()).await.unwrap();
    let first = sent(&world).await;
    world.backend.decline_by_card(token(&first[0])).await.unwrap();
    let rings = async || world.call(id).await.participant(clara.member()).unwrap().audible_until().is_some();
    assert!(!rings().await);
    world.backend.add_participants(&world.actor("Anna"), id, vec![clara.member()], nonce()).await.unwrap();
    // Also before the new ring was pushed.
    for _ in 0..2 {
        world.backend.decline_by_card(token(&first[0])).await.unwrap();
        assert!(rings().await);
        world.settle().await;
    }
    let second = world.push.take_sent();
    assert_eq!(kinds(&second), [("clara", "ring")]);
    world.backend.decline_by_card(token(&second[0])).await.unwrap();
    assert!(!rings().await);
}

#[tokio::test]
async fn a_refusal_that_comes_too_late_or_was_never_given_or_is_of_another_call_changes_nothing() {
    let world = World::new().await;
    world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
    let old = calls(&world, "Anna", "Ben").await;
    let old_ring = sent(&world).await;
    gives_up(&world, "Anna", old).await;
    world.backend.decline_by_card(token(&old_ring[0])).await.unwrap();
    sent(&world).await;
    let was = world.call(old).await;

    let id = calls(&world, "Anna", "Ben").await;
    let [ring] = &sent(&world).await[..] else { panic!("one") };
    let rubbish = ["", "x", "\u{0}", "' OR 1=1 --", &"x".repeat(100_000), &token(ring)[1..], world.session("Ben")];
    for token in rubbish.into_iter().chain([token(&old_ring[0])]) {
        world.backend.decline_by_card(token).await.unwrap();
    }
    assert_eq!(world.call(old).await, was);
    assert_eq!(world.call(id).await.version, 0);
    assert_eq!(sent(&world).await, []);
    world.backend.decline_by_card(token(ring)).await.unwrap();
    assert!(world.call(id).await.is_over());
}

#[tokio::test]
async fn the_card_of_a_device_that_was_signed_out_declines_nothing() {
    let world = World::new().await;
    world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    let [ring] = &sent(&world).await[..] else { panic!("one") };
    world.backend.sign_out(world.session("Ben")).await.unwrap();
    world.backend.decline_by_card(token(ring)).await.unwrap();
    assert!(!world.call(id).await.is_over());
}

#[tokio::test]
async fn a_refusal_that_the_database_does_not_take_can_be_sent_again() {
    let world = World::new().await;
    world.reach(&world.actor("Ben"), &at("phone")).await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    let [ring] = &sent(&world).await[..] else { panic!("one") };
    world.rewrite("ALTER TABLE outbox RENAME TO hidden").await;
    world.backend.decline_by_card(token(ring)).await.unwrap_err();
    world.rewrite("ALTER TABLE hidden RENAME TO outbox").await;
    world.backend.decline_by_card(token(ring)).await.unwrap();
    assert!(matches!(world.call(id).await.state, CallState::Declined { .. }));
}
