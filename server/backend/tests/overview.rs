//! Stories of the parish in numbers.

use backend::testing::{World, nonce, tap};
use backend::{CallsOfWeek, Error, Standing};
use domain::Role;
use std::time::Duration;

#[tokio::test]
async fn a_call_counts_in_its_week_with_how_long_it_rang_and_how_long_people_talked() {
    let world = World::new().await;
    let channel = world.direct("Anna", "Ben").await;
    let call = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
    world.pass(Duration::from_secs(4));
    world.backend.answer_call(&world.actor("Ben"), call, tap()).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.backend.end_call(&world.actor("Ben"), call, nonce()).await.unwrap();
    let missed = world.backend.initiate_call(&world.actor("Anna"), channel, vec![], tap()).await.unwrap().call.id;
    world.backend.end_call(&world.actor("Anna"), missed, nonce()).await.unwrap();

    let seen = world.backend.overview(&world.actor("Clara")).await.unwrap();
    let week = CallsOfWeek {
        calls: 2,
        answered: 1,
        missed: 1,
        median_ring: Some(Duration::from_secs(4)),
        talked: Duration::from_secs(60),
    };
    assert_eq!((seen.weeks.len(), seen.weeks[0], seen.weeks[1]), (8, week, CallsOfWeek::default()));
    world.pass(Duration::from_secs(60 * 60 * 24 * 7));
    assert_eq!(world.backend.overview(&world.actor("Clara")).await.unwrap().weeks[1], week);
}

#[tokio::test]
async fn a_coordinator_sees_the_parish_an_admin_the_server_besides_and_a_member_nothing() {
    let world = World::new().await;
    let clara = world.backend.overview(&world.actor("Clara")).await.unwrap();
    let counts: Vec<_> = clara.members.iter().map(|count| (count.role, count.members)).collect();
    assert_eq!(counts, [(Role::Member, 3), (Role::Coordinator, 1), (Role::Admin, 1)]);
    assert_eq!(clara.groups.iter().map(|group| &*group.name).collect::<Vec<_>>(), ["Choir"]);
    assert!(clara.server.is_none());
    assert!(matches!(world.backend.overview(&world.actor("Ben")).await, Err(Error::Forbidden)));
    let server = world.backend.overview(&world.actor("Anna")).await.unwrap().server.unwrap();
    assert!(server.voice_answers && server.stored.messages > 0);
}

#[tokio::test]
async fn a_voice_server_that_does_not_answer_is_told_of_and_does_not_keep_the_rest_away() {
    let world = World::new().await;
    world.voice.set_down(true);
    let seen = world.backend.overview(&world.actor("Anna")).await.unwrap();
    assert!(!seen.server.unwrap().voice_answers);
    world.backend.set_standing("eva", Standing::Removed).await.unwrap();
    let seen = world.backend.overview(&world.actor("Anna")).await.unwrap();
    assert_eq!(seen.members[0].former, 1);
}
