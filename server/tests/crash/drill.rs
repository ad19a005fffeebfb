//! The drill of `docs/operating.md`: a backup is taken while everything goes on, the database is lost, and it comes back.

use crate::house::House;
use crate::people::{Reply, Wish, sign_in, two};
use backend::testing::tap;
use domain::Content;
use std::os::unix::fs::PermissionsExt;
use store::testing::on_postgres;

const SETTINGS: [(&str, &str); 4] =
    [("VOICE_BIND", "127.0.0.1"), ("VOICE_UDP_PORT", "0"), ("VOICE_TCP_PORT", "0"), ("VOICE_THREADS", "1")];

/// What phones know the parish by.
async fn push_key(house: &House) -> String {
    let (_, said) = house.says(&["vapid-keys"]).await;
    said.lines().next().unwrap().to_owned()
}

/// `after`: where it comes back.
async fn drill(house: House, after: House) {
    let (server, _) = house.start().await;
    let people = sign_in(&house, &server).await;
    let (one, other, channel) = two(&people);
    people[one].post(server.address, channel, "Mass is at ten: żółw 🔔").await;
    let call = Wish::Start { channel, targets: vec![], tap: tap() };
    assert!(matches!(people[one].ask(server.address, &call).await, Some(Reply::Seat(_))));

    let key = push_key(&house).await;
    let file = house.place("parish.backup");
    let file = file.to_str().unwrap();
    let (done, said) = house.says(&["backup", file]).await;
    assert!(done && said.contains("rows"), "{said}");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let (done, said) = house.says(&["backup", file]).await;
    assert!(!done && said.contains("is there already"), "{said}");

    people[one].post(server.address, channel, "No, at eleven.").await;
    let (done, said) = house.says(&["restore", file, "--replace"]).await;
    assert!(!done && said.contains("stop it"), "{said}");
    server.kill().await;

    let cut = house.place("cut.backup");
    let whole = std::fs::read(file).unwrap();
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let (done, said) = after.says(&["restore", cut.to_str().unwrap(), "--replace"]).await;
    assert!(!done && said.contains("damaged or cut off"), "{said}");
    let (done, said) = after.says(&["restore", file, "--replace"]).await;
    assert!(done && said.contains("have ended at that moment: 1."), "{said}");
    let (healthy, said) = after.says(&["doctor", "--offline"]).await;
    assert!(healthy && said.contains("Nothing has to be done."), "{said}");
    let (done, said) = after.says(&["restore", file]).await;
    assert!(!done && said.contains("--replace"), "{said}");

    // Everybody is still signed in, reads what was said, and nobody is in a call any more.
    let (server, _) = after.start().await;
    let lines = people[other].reads(server.address, channel).await;
    let said: Vec<&str> = lines
        .iter()
        .filter_map(|line| match &line.content {
            Content::Words(words) => Some(words.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said.last(), Some(&"Mass is at ten: żółw 🔔"), "{said:?}");
    assert!(people[other].live(server.address).await.unwrap().calls.is_empty());
    assert_eq!(push_key(&after).await, key);
    people[other].post(server.address, channel, "Are you there?").await;
    // And whoever is not can come in.
    sign_in(&after, &server).await;
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_parish_comes_back_from_its_backup_on_sqlite() {
    drill(House::build(None, &SETTINGS), House::build(None, &SETTINGS)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_parish_comes_back_from_its_backup_on_postgres() {
    on_postgres(|url| async move {
        // There, the database itself stays, with what happened after the backup in it.
        drill(House::build(Some(url.clone()), &SETTINGS), House::build(Some(url), &SETTINGS)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parish_moves_from_a_file_to_postgres() {
    on_postgres(|url| async move {
        drill(House::build(None, &SETTINGS), House::build(Some(url), &SETTINGS)).await;
    })
    .await;
}

#[tokio::test]
async fn the_doctor_says_what_has_to_be_done_and_fails() {
    let settings = [("PUBLIC_URL", "http://parish.example"), ("VOICE_UDP_PORT", "0"), ("VOICE_TCP_PORT", "off")];
    let house = House::build(None, &settings);
    std::fs::write(house.place("paxora.db"), "this was a database once").unwrap();
    let (healthy, said) = house.says(&["doctor", "--offline"]).await;
    assert!(!healthy && said.contains("WRONG https: ") && said.contains("WRONG Database: "), "{said}");
    assert!(said.contains("-> set DOMAIN") && said.contains("things have to be done"), "{said}");
    assert!(said.contains("-> stop the server, move the file away with its -wal and -shm"), "{said}");
    let file = house.place("parish.backup");
    let (done, said) = house.says(&["backup", file.to_str().unwrap()]).await;
    assert!(!done && said.contains("move the file away") && !file.exists(), "{said}");
}
