//! What is on the cards.

use super::*;
use backend::Settings;
use backend::testing::settings;
use domain::{ChannelId, Language};
use serde_json::json;

/// Titles and bodies of rings, by whose phone it is.
async fn words(world: &World) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut words: Vec<_> = sent(world)
        .await
        .iter()
        .map(|ring| (name(ring).to_owned(), text(&card(ring)["title"]), text(&card(ring)["body"])))
        .collect();
    words.sort();
    words
}

async fn speaks(world: &World, name: &str, language: &str) {
    let person = world.actor(name).person();
    world.rewrite(&format!("UPDATE persons SET locale = '{language}' WHERE id = '{person}'")).await;
}

fn says(device: &str, title: &str, body: &str) -> (String, String, String) {
    (device.to_owned(), title.to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_card_of_a_call_between_two_has_all_that_a_phone_needs_to_ring() {
    let world = World::new().await;
    bens(&world).await;
    let channel = world.direct("Anna", "Ben").await;
    let id = calls(&world, "Anna", "Ben").await;
    world.pass(seconds(2));
    let rings = sent(&world).await;
    let path = format!("/en/community/chat?channel={channel}&callId={id}");
    for ring in &rings {
        assert_eq!(
            ring.card,
            json!({ "notification": {
                "title": "Incoming call from Anna Nowak",
                "body": "Voice call",
                "lang": "en",
                "dir": "ltr",
                "navigate": format!("http://localhost:3000{path}"),
                "tag": format!("voice-call-{id}"),
                "silent": false,
                "requireInteraction": true,
                "vibrate": [200, 100, 200, 100, 200],
                "actions": [{ "action": "answer", "title": "Answer" }, { "action": "decline", "title": "Decline" }],
                // The lines that he has not read.
                "app_badge": "2",
                "data": {
                    "kind": "ring",
                    "callId": id,
                    "url": path,
                    "expiresAt": world.now() + seconds(28),
                    "declineToken": token(ring),
                    "over": { "title": "Missed call from Anna Nowak", "body": "Voice call" },
                },
            } })
        );
        assert_eq!(ring.ttl, seconds(28), "no longer than it rings");
    }
    assert_ne!(token(&rings[0]), token(&rings[1]), "each device declines for itself");
    assert!(rings[0].topic.is_some());
    assert_eq!(rings[0].topic, rings[1].topic);

    gives_up(&world, "Anna", id).await;
    let overs = sent(&world).await;
    for over in &overs {
        assert_eq!(
            over.card,
            json!({ "notification": {
                "title": "Missed call from Anna Nowak",
                "body": "Voice call",
                "lang": "en",
                "dir": "ltr",
                "navigate": format!("http://localhost:3000{path}"),
                "tag": format!("voice-call-{id}"),
                "silent": true,
                "app_badge": "3",
                "data": { "kind": "over", "callId": id, "url": path },
            } })
        );
        assert_eq!(over.topic, rings[0].topic, "a phone that was off is not sent the ring any more");
        assert!(over.ttl >= seconds(3_600), "a missed call is told of also tomorrow");
    }

    calls(&world, "Anna", "Ben").await;
    assert_ne!(sent(&world).await[0].topic, rings[0].topic, "another call, another topic");
}

#[tokio::test]
async fn apples_devices_get_it_as_declarative_web_push_without_buttons() {
    let world = World::new().await;
    world.reach(&world.actor("Ben"), "https://web.push.apple.com/phone").await.unwrap();
    let id = calls(&world, "Anna", "Ben").await;
    let rings = sent(&world).await;
    gives_up(&world, "Anna", id).await;
    for pushed in rings.iter().chain(&sent(&world).await) {
        assert_eq!(pushed.card["web_push"], 8030);
        assert_eq!(pushed.card["mutable"], true);
        assert_eq!(card(pushed)["mutable"], true);
        assert!(card(pushed)["navigate"].as_str().unwrap().starts_with("http://localhost:3000/en/community/chat"));
        assert_eq!(card(pushed).get("actions"), None);
    }
    assert!(!token(&rings[0]).is_empty());
}

#[tokio::test]
async fn a_group_call_names_the_group_and_a_parish_call_the_channel_and_guests_learn_neither() {
    let world = World::new().await;
    for name in ["Ben", "Clara", "Eva"] {
        world.reach(&world.actor(name), &at(name)).await.unwrap();
    }
    let [ben, eva] = ["Ben", "Eva"].map(|name| world.actor(name).member());
    let group = says("Ben", "Group call in Choir", "Anna Nowak · Voice call in Choir");
    let id = anna_calls_the_choir(&world).await;
    assert_eq!(words(&world).await, [group.clone(), says("Clara", &group.1, &group.2)]);
    // Eva does not sing.
    world.backend.add_participants(&world.actor("Anna"), id, vec![eva], nonce()).await.unwrap();
    assert_eq!(words(&world).await, [says("Eva", "Incoming call from Anna Nowak", "Anna Nowak · Voice call")]);
    gives_up(&world, "Anna", id).await;
    assert_eq!(
        words(&world).await,
        [
            says("Ben", "Missed call from Anna Nowak", "Voice call in Choir"),
            says("Clara", "Missed call from Anna Nowak", "Voice call in Choir"),
            says("Eva", "Missed call from Anna Nowak", "Voice call"),
        ]
    );

    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    world.backend.initiate_call(&world.actor("Anna"), parish, vec![ben, eva], tap()).await.unwrap();
    assert_eq!(
        words(&world).await,
        [
            says("Ben", "Incoming call from Anna Nowak", "Voice call in Parish"),
            says("Eva", "Incoming call from Anna Nowak", "Voice call in Parish"),
        ]
    );
}

#[tokio::test]
async fn everybody_is_rung_in_their_own_language() {
    let world = World::new().await;
    for (name, language) in [("Anna", "de"), ("Ben", "pl"), ("Clara", "es-MX")] {
        world.reach(&world.actor(name), &at(name)).await.unwrap();
        speaks(&world, name, language).await;
    }
    let id = anna_calls_the_choir(&world).await;
    let rings = sent(&world).await;
    let of = |device: &str| card(rings.iter().find(|ring| name(ring) == device).unwrap());
    for (device, tag, title, answer, decline, missed) in [
        ("Ben", "pl", "Rozmowa grupowa: Choir", "Odbierz", "Odrzuć", "Nieodebrane połączenie: Anna Nowak"),
        ("Clara", "es", "Llamada de grupo en Choir", "Responder", "Rechazar", "Llamada perdida de Anna Nowak"),
    ] {
        let card = of(device);
        assert_eq!((&card["lang"], &card["title"]), (&json!(tag), &json!(title)));
        assert_eq!((&card["actions"][0]["title"], &card["actions"][1]["title"]), (&json!(answer), &json!(decline)));
        assert_eq!(card["data"]["over"]["title"], missed);
        assert!(card["data"]["url"].as_str().unwrap().starts_with(&format!("/{tag}/community/chat?")));
    }
    gives_up(&world, "Anna", id).await;
    assert!(sent(&world).await.iter().any(|over| card(over)["title"] == "Llamada perdida de Anna Nowak"));
    // A language that we do not speak.
    calls(&world, "Ben", "Anna").await;
    assert_eq!(words(&world).await, [says("Anna", "Incoming call from Ben Carter", "Voice call")]);
}

#[tokio::test]
async fn every_card_with_the_longest_names_there_can_be_is_under_two_kilobytes() {
    for longest in ["🧑".repeat(60), "\"".repeat(60), "\\".repeat(60)] {
        let world = World::new().await;
        let (phone, iphone) = (world.actor("Ben"), world.another_device("Ben").await);
        world.rewrite(&format!("UPDATE persons SET name = '{longest}'")).await;
        world.rewrite(&format!("UPDATE channels SET name = '{longest}' WHERE kind <> 'direct'")).await;
        let public_url = format!("https://{}.{}.example", "a".repeat(50), "b".repeat(50));
        let backend =
            Backend::new(world.store.clone(), world.ports(world.voice.clone()), Settings { public_url, ..settings() });
        let _worker = Worker::of(&backend);
        world.reach(&phone, &at("phone")).await.unwrap();
        world.reach(&iphone, "https://web.push.apple.com/phone").await.unwrap();
        let community = backend.community(&world.actor("Anna")).await.unwrap();
        let of_kind = |kind| community.channels.iter().find(|channel| channel.kind == kind).unwrap().id;
        let places: [ChannelId; 3] =
            [of_kind(ChannelKind::Direct), of_kind(ChannelKind::Group), of_kind(ChannelKind::Parish)];
        for language in ["en", "es", "pl"] {
            speaks(&world, "Ben", language).await;
            for (number, place) in places.into_iter().enumerate() {
                let targets = if number == 2 { vec![phone.member()] } else { vec![] };
                let begin = async || {
                    let call = backend.initiate_call(&world.actor("Anna"), place, targets.clone(), tap()).await;
                    (call.unwrap().call.id, [next(&world).await, next(&world).await])
                };
                let (id, rings) = begin().await;
                backend.end_call(&world.actor("Anna"), id, nonce()).await.unwrap();
                let missed = [next(&world).await, next(&world).await];
                let (id, _) = begin().await;
                backend.answer_call(&phone, id, tap()).await.unwrap();
                let answered = next(&world).await;
                backend.end_call(&world.actor("Anna"), id, nonce()).await.unwrap();
                // In a group, he is still in it.
                _ = backend.end_call(&phone, id, nonce()).await;
                for pushed in rings.iter().chain(&missed).chain([&answered]) {
                    assert!(pushed.bytes < 2_048, "{language}: {} bytes: {}", pushed.bytes, pushed.card);
                    assert!(card(pushed)["title"].as_str().unwrap().contains(longest.chars().next().unwrap()));
                }
            }
        }
        backend.test_ring(&phone).await.unwrap();
        assert!(next(&world).await.bytes < 2_048);
    }
}

#[tokio::test]
async fn a_card_is_in_the_language_that_its_member_has_chosen_last_and_leads_to_a_page_in_it() {
    let world = World::new().await;
    let [phone, _] = bens(&world).await;
    for (language, title, answer) in [
        (Language::Spanish, "Llamada de Anna Nowak", "Responder"),
        (Language::Polish, "Dzwoni Anna Nowak", "Odbierz"),
        (Language::English, "Incoming call from Anna Nowak", "Answer"),
    ] {
        world.backend.set_language(&phone, language).await.unwrap();
        let id = calls(&world, "Anna", "Ben").await;
        for ring in sent(&world).await {
            let card = card(&ring);
            assert_eq!((card["title"].as_str(), card["lang"].as_str()), (Some(title), Some(language.tag())));
            assert_eq!(card["actions"][0]["title"], answer);
            let url = card["data"]["url"].as_str().unwrap();
            assert!(url.starts_with(&format!("/{}/community/chat?", language.tag())), "{url}");
        }
        gives_up(&world, "Anna", id).await;
        sent(&world).await;
    }
}

#[tokio::test]
async fn a_test_ring_reaches_this_device_and_no_other() {
    let world = World::new().await;
    let [phone, laptop] = bens(&world).await;
    speaks(&world, "Ben", "pl").await;
    assert_eq!(world.backend.test_ring(&phone).await.unwrap(), backend::TestRing::Sent);
    let [ring] = &world.push.take_sent()[..] else { panic!("one") };
    assert_eq!((name(ring), kind(ring)), ("phone", "test"));
    assert_eq!(card(ring)["title"], "To jest próbny dzwonek");
    assert_eq!(card(ring)["tag"], "test-ring");
    assert_eq!(card(ring)["data"]["url"], "/pl/community/phone");
    assert_eq!(card(ring)["data"].get("declineToken"), None);
    world.push.answer(&at("laptop"), push::Answer::Gone);
    assert_eq!(world.backend.test_ring(&laptop).await.unwrap(), backend::TestRing::Unreachable);
    assert_eq!(world.backend.test_ring(&laptop).await.unwrap(), backend::TestRing::Unreachable, "forgotten");
    let refused = push::Answer::Refused { status: 403, reason: "BadJwtToken".into() };
    world.push.answer(&at("phone"), refused);
    assert_eq!(world.backend.test_ring(&phone).await.unwrap(), backend::TestRing::Refused);
    world.backend.test_ring(&phone).await.unwrap();
    assert!(matches!(world.backend.test_ring(&phone).await, Err(backend::Error::Limited { .. })));
}
