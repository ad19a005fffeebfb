//! What is counted on an app's icon.

use super::*;
use backend::Next;
use domain::{Event, MessageId};
use futures::FutureExt;
use store::Unseen;

async fn unseen(world: &World, name: &str) -> (u32, u32) {
    let Unseen { missed, unread } = world.backend.unseen(&world.actor(name)).await.unwrap();
    (missed, unread)
}

/// Somebody has read a channel to its end.
async fn reads(world: &World, device: &Actor, channel: domain::ChannelId) -> MessageId {
    let last = world.backend.messages(device, channel, None).await.unwrap().last().unwrap().id;
    world.backend.mark_read(device, channel, last).await.unwrap();
    last
}

#[tokio::test]
async fn missed_calls_and_unread_lines_are_counted_each_once_until_they_are_read_and_other_devices_are_told() {
    let world = World::new().await;
    let [phone, laptop] = bens(&world).await;
    let channel = world.direct("Anna", "Ben").await;
    for other in ["Parish", "Choir"] {
        let kind = if other == "Choir" { ChannelKind::Group } else { ChannelKind::Parish };
        reads(&world, &phone, world.channel(kind, other).await).await;
    }
    assert_eq!(unseen(&world, "Ben").await, (0, 0));
    world.backend.post_message(&world.actor("Anna"), channel, "Are you there?", None).await.unwrap();
    for missed in 1..=2 {
        calls(&world, "Anna", "Ben").await;
        let rings = sent(&world).await;
        assert_eq!(card(&rings[0])["app_badge"], missed.to_string(), "what was unseen before");
        world.advance(RING).await;
        assert_eq!(unseen(&world, "Ben").await, (missed, 1), "the card of a missed call is no line more");
        let overs: Vec<_> = world.push.take_sent().into_iter().filter(|pushed| kind(pushed) == "over").collect();
        assert_eq!(overs.len(), 2);
        assert!(overs.iter().all(|over| card(over)["app_badge"].as_str() == Some(&*(missed + 1).to_string())));
    }
    let mut page = world.backend.subscribe(&laptop);
    let mut annas = world.backend.subscribe(&world.actor("Anna"));
    reads(&world, &phone, channel).await;
    assert_eq!(unseen(&world, "Ben").await, (0, 0));
    let told = |page: &mut backend::Subscription| page.next().now_or_never();
    assert_eq!(told(&mut page), Some(Next::Event(Event::Unread { channel, unread: 0 })));
    assert_eq!(told(&mut page), Some(Next::Event(Event::Missed(0))));
    // Reading it again is no news, and nobody else's business.
    reads(&world, &phone, channel).await;
    assert_eq!(told(&mut page), None);
    assert_eq!(told(&mut annas), None);
}

#[tokio::test]
async fn only_who_was_rung_and_did_not_answer_has_missed_a_call() {
    let world = World::new().await;
    let before = [unseen(&world, "Anna").await, unseen(&world, "Ben").await, unseen(&world, "Clara").await];
    assert_eq!(before.map(|(missed, _)| missed), [0, 0, 0]);
    let id = anna_calls_the_choir(&world).await;
    world.backend.answer_call(&world.actor("Ben"), id, tap()).await.unwrap();
    world.advance(RING).await;
    gives_up(&world, "Anna", id).await;
    gives_up(&world, "Ben", id).await;
    assert_eq!(unseen(&world, "Clara").await, (1, before[2].1));
    assert_eq!(unseen(&world, "Anna").await.0, 0);
    let lines = before[1].1 + 1;
    assert_eq!(unseen(&world, "Ben").await, (0, lines), "the card of the call is a line to him");
    let declined = calls(&world, "Anna", "Ben").await;
    world.backend.decline_call(&world.actor("Ben"), declined, nonce()).await.unwrap();
    assert_eq!(unseen(&world, "Ben").await, (0, lines + 1));
}

#[tokio::test]
async fn reading_one_channel_sees_no_missed_calls_of_another_and_nobody_elses() {
    let world = World::new().await;
    for caller in ["Anna", "Clara"] {
        let id = calls(&world, caller, "Ben").await;
        gives_up(&world, caller, id).await;
    }
    let id = anna_calls_the_choir(&world).await;
    gives_up(&world, "Anna", id).await;
    assert_eq!((unseen(&world, "Ben").await.0, unseen(&world, "Clara").await.0), (3, 1));
    reads(&world, &world.actor("Ben"), world.direct("Anna", "Ben").await).await;
    assert_eq!(unseen(&world, "Ben").await.0, 2);
    reads(&world, &world.actor("Ben"), world.channel(ChannelKind::Group, "Choir").await).await;
    assert_eq!((unseen(&world, "Ben").await.0, unseen(&world, "Clara").await.0), (1, 1));
}
