//! The demo parish after a month.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::Actor;
use backend::testing::World;
use domain::{CallStatus, ChannelKind, Language, Part};
use std::collections::HashSet;
use std::time::Duration;

/// Anna, in a parish that has lived through a month.
async fn anna(world: &World) -> Actor {
    // The one that every world begins with makes way.
    world.rewrite("UPDATE persons SET login = NULL; UPDATE parishes SET name = 'St. Zita'").await;
    let demo = world.backend.demo_of_a_month().await.unwrap();
    let link = demo.people.into_iter().find(|person| person.login == "anna").unwrap();
    let from = [127, 0, 0, 3].into();
    let session = world.backend.sign_in_by_link(&link.secret, Language::English, from).await.unwrap();
    world.backend.authenticate(&session.secret).await.unwrap().unwrap()
}

#[tokio::test]
async fn forty_people_have_written_and_called_for_a_month_and_little_of_it_is_new() {
    let world = World::new().await;
    let anna = anna(&world).await;
    let community = world.backend.community(&anna).await.unwrap();
    assert_eq!(community.members.len(), 40);
    assert_eq!(community.channels.iter().filter(|channel| channel.kind == ChannelKind::Group).count(), 3);
    let unread: u32 = community.channels.iter().map(|channel| channel.unread).sum();
    assert!((1..30).contains(&unread), "{unread}");
    assert_eq!(community.missed, 1);

    let seen = world.backend.overview(&anna).await.unwrap();
    let stored = seen.server.unwrap().stored;
    assert!(stored.messages > 400 && stored.calls > 60, "{stored:?}");
    assert!(seen.weeks[..4].iter().all(|week| week.answered > 5 && week.missed > 0), "{:?}", seen.weeks);
    assert!(world.backend.demo_of_a_month().await.unwrap().people.len() == 5, "made once");
    assert_eq!(world.backend.community(&anna).await.unwrap().members.len(), 40);
}

#[tokio::test]
async fn timelines_run_in_order_up_to_now_and_the_list_of_calls_has_each_kind() {
    let world = World::new().await;
    let anna = anna(&world).await;
    for channel in world.backend.community(&anna).await.unwrap().channels {
        let lines = world.backend.messages(&anna, channel.id, None).await.unwrap();
        assert!(lines.is_sorted_by_key(|line| line.sent_at), "{}", channel.name);
        assert!(lines.len() > 4 || channel.announcements_only, "{}", channel.name);
    }
    let mut parts = HashSet::new();
    let mut statuses = HashSet::new();
    let mut groups = 0;
    let mut before = None;
    for _ in 0..3 {
        let records = world.backend.recent_calls(&anna, anna.parish(), false, before).await.unwrap();
        before = records.last().map(|record| record.id);
        groups += records.iter().filter(|record| record.people > 2).count();
        for record in records {
            assert!(record.status != CallStatus::Ringing && record.status != CallStatus::Active);
            parts.insert(format!("{:?}", record.part));
            statuses.insert(format!("{:?}", record.status));
        }
    }
    assert!([Part::Outgoing, Part::Incoming, Part::Missed].iter().all(|part| parts.contains(&format!("{part:?}"))));
    assert_eq!(statuses.len(), 3, "{statuses:?}");
    assert!(groups > 3, "{groups}");
    world.pass(Duration::from_secs(1));
    assert!(world.backend.live(&anna).await.unwrap().calls.is_empty(), "nothing rings");
}
