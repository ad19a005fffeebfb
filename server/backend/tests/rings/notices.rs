//! Messages that somebody is told of who looks at nothing.

use super::*;
use backend::testing::work;
use domain::{ChannelId, Notices};

/// So long there is to read it on a page.
const LATER: Duration = Duration::from_secs(4);

async fn says(world: &World, who: &str, channel: ChannelId, text: &str) {
    world.backend.post_message(&world.actor(who), channel, text, None).await.unwrap();
}

#[tokio::test]
async fn a_message_that_nobody_reads_is_told_of_on_all_devices_quietly_and_to_nobody_else() {
    let world = World::new().await;
    bens(&world).await;
    for (other, device) in [("Anna", "annas"), ("David", "davids")] {
        world.reach(&world.actor(other), &at(device)).await.unwrap();
    }
    let direct = world.direct("Anna", "Ben").await;
    says(&world, "Anna", direct, &"ż".repeat(4_000)).await;
    assert_eq!(sent(&world).await, [], "there is time to read it where a page is open");
    world.advance(LATER).await;
    let told = sent(&world).await;
    assert_eq!(kinds(&told), [("laptop", "message"), ("phone", "message")]);
    for pushed in &told {
        let card = card(pushed);
        assert_eq!(card["title"], "Anna Nowak");
        assert!(card["body"].as_str().unwrap().starts_with("żż"));
        assert_eq!(card["tag"], format!("channel-{direct}"));
        assert_eq!(card["data"]["url"], format!("/en/community/chat?channel={direct}"));
        assert!(card["requireInteraction"].is_null() && card["vibrate"].is_null(), "it is no ring");
        assert_eq!(pushed.urgency, push::Urgency::Normal);
    }
    let choir = world.channel(ChannelKind::Group, "Choir").await;
    says(&world, "Anna", choir, "We sing at six.").await;
    world.advance(LATER).await;
    assert_eq!(card(&sent(&world).await[0])["title"], "Anna Nowak · Choir");
}

#[tokio::test]
async fn who_has_read_it_meanwhile_or_wants_no_word_of_it_is_not_told() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    let direct = world.direct("Anna", "Ben").await;
    let read = world.backend.post_message(&world.actor("Anna"), direct, "Hello", None).await.unwrap();
    world.backend.mark_read(&phone, direct, read.id).await.unwrap();
    let gone = world.backend.post_message(&world.actor("Anna"), direct, "Oh no", None).await.unwrap();
    world.backend.remove_message(&world.actor("Anna"), gone.id).await.unwrap();
    world.advance(LATER).await;
    assert_eq!(sent(&world).await, []);

    for (chosen, told_of) in [(Notices::None, 0), (Notices::Named, 1), (Notices::All, 2)] {
        world.backend.set_notices(&phone, direct, chosen).await.unwrap();
        says(&world, "Anna", direct, "Hello").await;
        says(&world, "Anna", direct, "@Ben, hello").await;
        world.advance(LATER).await;
        assert_eq!(sent(&world).await.len(), told_of * 2, "{chosen:?}");
    }
    world.backend.block(&phone, world.actor("Anna").member(), true).await.unwrap();
    says(&world, "Anna", direct, "@Ben, hello").await;
    world.advance(LATER).await;
    assert_eq!(sent(&world).await, [], "he has blocked her");
}

#[tokio::test]
async fn where_the_whole_parish_talks_one_is_told_only_of_what_names_one_and_of_announcements() {
    let world = World::new().await;
    bens(&world).await;
    let [everybody, announcements] =
        [world.channel(ChannelKind::Parish, "Parish").await, world.channel(ChannelKind::Parish, "Announcements").await];
    says(&world, "Anna", everybody, "Good morning, everybody.").await;
    world.advance(LATER).await;
    assert_eq!(sent(&world).await, []);
    says(&world, "Anna", everybody, "Good morning, @Ben Carter.").await;
    says(&world, "Anna", announcements, "Mass is at ten.").await;
    world.advance(LATER).await;
    let bodies: Vec<_> =
        sent(&world).await.iter().map(|pushed| card(pushed)["body"].as_str().unwrap().to_owned()).collect();
    assert_eq!(bodies.iter().filter(|body| *body == "Good morning, @Ben Carter.").count(), 2);
    assert_eq!(bodies.iter().filter(|body| *body == "Mass is at ten.").count(), 2);
    assert_eq!(bodies.len(), 4);
}

#[tokio::test]
async fn no_ring_stands_behind_a_message_that_a_push_service_lets_wait() {
    let world = World::new().await;
    bens(&world).await;
    let direct = world.direct("Anna", "Ben").await;
    world.push.hold(&at("phone"));
    says(&world, "Anna", direct, "Are you there?").await;
    world.pass(LATER);
    let calls_meanwhile = async {
        world.push.holds(&at("phone"), 1).await;
        world.push.let_others_pass(&at("phone"));
        calls(&world, "Anna", "Ben").await;
        work(&world.backend).await.unwrap();
        let rang = world.push.take_sent();
        world.push.let_go(&at("phone"));
        rang
    };
    let (_, rang) = tokio::join!(world.settle(), calls_meanwhile);
    assert!(kinds(&rang).contains(&("phone", "ring")), "{rang:?}");
}
