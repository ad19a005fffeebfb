//! Stories of people who take along what is stored of them, or have it forgotten.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use backend::testing::{World, tap};
use backend::{Actor, Error};
use domain::{ChannelKind, Content, Language, Remover, Role};
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Somebody new in the demo parish, with a password.
async fn felix(world: &World) -> Actor {
    let invite = world.backend.invite(None, Role::Member).await.unwrap();
    let joined = world.backend.sign_up(&invite, "Felix Gray", "felix", "correct horse", Language::English, HERE);
    let secret = joined.await.unwrap().secret;
    world.backend.authenticate(&secret).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_stored_of_somebody_is_theirs_to_take_along_without_any_secret() {
    let world = World::new().await;
    let felix = felix(&world).await;
    let parish = world.channel(ChannelKind::Parish, "Parish").await;
    world.backend.post_message(&felix, parish, "I am new here", None).await.unwrap();
    world.backend.post_message(&world.actor("Anna"), parish, "Welcome, Felix", None).await.unwrap();
    let text = world.backend.export(&felix).await.unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all["profile"]["name"], "Felix Gray");
    assert_eq!(all["profile"]["signsInAs"], "felix");
    assert_eq!(all["messages"][0]["text"], "I am new here");
    assert_eq!(all["messages"].as_array().unwrap().len(), 1);
    assert!(all["profile"]["since"].as_str().unwrap().ends_with('Z'), "a moment that people can read");
    assert_eq!(all["devices"].as_array().unwrap().len(), 1);
    for secret in ["argon2", "hash", "token", "Welcome"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_account_is_deleted_with_its_words_its_sessions_and_its_call_and_only_by_its_password() {
    let world = World::new().await;
    let felix = felix(&world).await;
    let channel = world.backend.open_direct(&felix, world.actor("Ben").member()).await.unwrap();
    let said = world.backend.post_message(&felix, channel, "Hello, Ben", None).await.unwrap();
    let call = world.backend.initiate_call(&felix, channel, vec![], tap()).await.unwrap().call.id;
    world.backend.answer_call(&world.actor("Ben"), call, tap()).await.unwrap();
    let wrong = world.backend.delete_account(&felix, "wrong horse").await;
    assert!(matches!(wrong, Err(Error::WrongPassword)), "{wrong:?}");
    world.backend.delete_account(&felix, "correct horse").await.unwrap();
    world.advance(Duration::from_secs(5)).await;
    assert!(world.call(call).await.is_over(), "Ben is left alone");
    let gone = world.store.message(said.id).await.unwrap().unwrap();
    assert_eq!(gone.content, Content::Removed(Remover::Author));
    let again = world.backend.sign_in("felix", "correct horse", Language::English, HERE).await;
    assert!(matches!(again, Err(Error::SignInRefused)), "nobody signs in with it any more");
    let community = world.backend.community(&world.actor("Ben")).await.unwrap();
    assert!(community.members.iter().all(|member| member.id != felix.member()));
    assert!(community.former.iter().any(|member| member.id == felix.member() && member.name.is_empty()));
}

#[tokio::test]
async fn the_last_admin_of_a_parish_does_not_delete_their_account() {
    let world = World::new().await;
    let (_, invite) = world.backend.create_parish("St. Zita").await.unwrap();
    let joined = world.backend.sign_up(&invite, "Zofia", "zofia", "correct horse", Language::English, HERE);
    let secret = joined.await.unwrap().secret;
    let zofia = world.backend.authenticate(&secret).await.unwrap().unwrap();
    let refused = world.backend.delete_account(&zofia, "correct horse").await;
    assert!(matches!(refused, Err(Error::LastAdmin)), "{refused:?}");
    assert!(world.backend.authenticate(&secret).await.unwrap().is_some());
}
