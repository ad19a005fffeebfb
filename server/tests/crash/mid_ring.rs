//! The server dies while a phone rings, and is there again before the ring is over.

use crate::house::House;
use crate::people::{Person, Reply, Wish, sign_in, two};
use backend::testing::tap;
use domain::{CallId, CallStatus};
use std::net::SocketAddr;
use store::testing::on_postgres;

const SETTINGS: [(&str, &str); 5] = [
    ("RING_SECONDS", "60"),
    ("VOICE_BIND", "127.0.0.1"),
    ("VOICE_UDP_PORT", "0"),
    ("VOICE_TCP_PORT", "0"),
    ("VOICE_THREADS", "1"),
];

/// For how many more milliseconds it rings for them.
async fn rings(person: &Person, server: SocketAddr, call: CallId) -> u64 {
    let live = person.live(server).await.unwrap();
    let call = live.calls.iter().find(|ringing| ringing.id == call).unwrap_or_else(|| panic!("{live:?}"));
    call.rings_for(person.member()).unwrap_or_else(|| panic!("{call:?}"))
}

async fn story(house: House) {
    let (server, _) = house.start().await;
    let people = sign_in(&house, &server).await;
    let (one, other, channel) = two(&people);
    let start = Wish::Start { channel, targets: vec![], tap: tap() };
    let Some(Reply::Seat(seat)) = people[one].ask(server.address, &start).await else { panic!("a seat") };
    let before = rings(&people[other], server.address, seat.call.id).await;
    server.kill().await;

    let (server, _) = house.start().await;
    let after = rings(&people[other], server.address, seat.call.id).await;
    assert!(after < before, "{after} of {before} ms are left: it does not begin anew");
    let answer = Wish::Answer { call: seat.call.id, tap: tap() };
    let Some(Reply::Seat(answered)) = people[other].ask(server.address, &answer).await else { panic!("a seat") };
    assert_eq!(answered.call.status, CallStatus::Active);
    // And whoever waited is still in it.
    let waited = people[one].access(server.address, seat.call.id).await;
    assert!(!waited.token.is_empty());
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_rings_on_when_the_server_is_killed_and_starts_again_and_is_answered_on_sqlite() {
    story(House::build(None, &SETTINGS)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_rings_on_when_the_server_is_killed_and_starts_again_and_is_answered_on_postgres() {
    on_postgres(|url| async move { story(House::build(Some(url), &SETTINGS)).await }).await;
}
