//! Where devices are reached, and with which key.

use super::*;
use backend::testing::subscription;
use backend::{Error, NewSubscription, rotate_vapid_keys};
use domain::text::Field;

/// Which devices ring when Anna calls.
async fn ring(world: &World, callee: &str) -> Vec<Pushed> {
    let id = calls(world, "Anna", callee).await;
    let rings = sent(world).await;
    gives_up(world, "Anna", id).await;
    sent(world).await;
    rings
}

fn refused(done: Result<(), Error>) -> bool {
    matches!(done, Err(Error::Invalid(Field::Subscription)))
}

#[tokio::test]
async fn who_signs_out_is_reached_no_more_on_that_device_also_mid_ring() {
    let world = World::new().await;
    bens(&world).await;
    let id = calls(&world, "Anna", "Ben").await;
    sent(&world).await;
    world.backend.sign_out(world.session("Ben")).await.unwrap();
    gives_up(&world, "Anna", id).await;
    assert_eq!(kinds(&sent(&world).await), [("laptop", "over")]);
    assert_eq!(kinds(&ring(&world, "Ben").await), [("laptop", "ring")]);
}

#[tokio::test]
async fn a_browser_in_which_somebody_else_signs_in_rings_for_them_and_not_for_who_was_there_before() {
    let world = World::new().await;
    bens(&world).await;
    let clara = world.actor("Clara");
    world.reach(&clara, &at("laptop")).await.unwrap();
    assert_eq!(kinds(&ring(&world, "Ben").await), [("phone", "ring")]);
    assert_eq!(kinds(&ring(&world, "Clara").await), [("laptop", "ring")]);
}

#[tokio::test]
async fn a_browser_that_got_another_endpoint_is_reached_there_and_nowhere_else() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let key = world.backend.push_key().await.unwrap();
    let moved = NewSubscription { old: Some(at("phone")), ..subscription(&at("moved"), &key) };
    world.backend.subscribe_to_push(&phone, moved).await.unwrap();
    // It says so at every start.
    world.reach(&phone, &at("moved")).await.unwrap();
    assert_eq!(kinds(&ring(&world, "Ben").await), [("laptop", "ring"), ("moved", "ring")]);
}

#[tokio::test]
async fn a_new_key_is_for_new_subscriptions_and_old_ones_are_reached_with_theirs() {
    let world = World::new().await;
    let [_, laptop] = bens(&world).await;
    let old = world.backend.push_key().await.unwrap();
    let new = rotate_vapid_keys(&world.store, world.now()).await.unwrap();
    assert_ne!(old, new);
    assert_eq!(world.backend.push_key().await.unwrap(), new);
    world.reach(&laptop, &at("laptop")).await.unwrap();
    let rings = ring(&world, "Ben").await;
    assert_eq!(kinds(&rings), [("laptop", "ring"), ("phone", "ring")]);
    for ring in rings {
        assert_eq!(ring.key, if name(&ring) == "phone" { &*old } else { &*new });
    }
    // Also by a server that has not seen the old key in use, and after one more.
    rotate_vapid_keys(&world.store, world.now()).await.unwrap();
    let mut world = world;
    world.restart().await;
    let keys: Vec<String> = ring(&world, "Ben").await.into_iter().map(|ring| ring.key).collect();
    assert!(keys.contains(&old) && keys.contains(&new), "{keys:?}");
}

#[tokio::test]
async fn a_key_that_we_never_gave_is_refused() {
    let world = World::new().await;
    let phone = world.actor("Ben");
    let (stranger, right) = (push::VapidKeys::generate(), world.backend.push_key().await.unwrap());
    for key in [stranger.public(), "", "vapid", stranger.secret(), &right[1..]] {
        let new = subscription(&at("phone"), key);
        assert!(refused(world.backend.subscribe_to_push(&phone, new).await), "{key}");
    }
    assert_eq!(world.backend.push_health(&phone).await.unwrap(), None);
}

#[tokio::test]
async fn an_endpoint_that_is_no_push_service_or_keys_that_are_no_browsers_are_refused_and_keep_what_was() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    for endpoint in ["", "x", "http://fcm.googleapis.com/fcm/send/x", "https://127.0.0.1/x", "https://evil.example/x"] {
        assert!(refused(world.reach(&phone, endpoint).await), "{endpoint}");
    }
    let key = world.backend.push_key().await.unwrap();
    let good = || subscription(&at("new"), &key);
    for bad in [NewSubscription { p256dh: "BA".into(), ..good() }, NewSubscription { auth: "A".into(), ..good() }] {
        assert!(refused(world.backend.subscribe_to_push(&phone, bad).await));
    }
    assert_eq!(kinds(&ring(&world, "Ben").await), [("laptop", "ring"), ("phone", "ring")]);
}

#[tokio::test]
async fn how_well_a_device_is_reached_can_be_asked() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let reached = async || world.backend.push_health(&phone).await.unwrap().unwrap();
    assert_eq!((reached().await.accepted_ms_ago, reached().await.refused), (None, None));
    ring(&world, "Ben").await;
    world.pass(seconds(5));
    assert_eq!(reached().await.accepted_ms_ago, Some(5_000));
    assert_eq!(world.backend.push_health(&world.actor("Eva")).await.unwrap(), None);
}
