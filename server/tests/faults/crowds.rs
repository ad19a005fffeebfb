//! Too many come at once, or the machine has no room for them.

use super::*;
use crate::house::run;
use crate::wire::FORM;
use domain::ChannelKind;
use futures::future::join_all;
use std::fs::read_dir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Event streams of a parish whose server comes back.
const STREAMS: usize = 500;
/// What each of them may cost: who is it, what is live, what is unread.
const STATEMENTS_EACH: f64 = 12.0;

/// Connections of somebody who has nothing to say.
const LORIS: usize = 1000;

async fn limit_files(process: u32, files: usize) {
    run("prlimit", &["--pid", &process.to_string(), &format!("--nofile={files}:")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_streams_that_come_back_at_once_are_all_served_and_ask_the_database_little() {
    let mut house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let mut people = vec![];
    for person in house.demo().await {
        people.push(Member::signed_in(&server, &person).await);
    }
    let anna = &people[0];
    let everybody = anna.community.channels.iter().find(|channel| channel.kind == ChannelKind::Parish).unwrap().id;
    // Two ends of each stream are files.
    for process in [std::process::id(), server.id()] {
        limit_files(process, 2048).await;
    }
    let all_listen = async |address| {
        let listen = join_all((0..STREAMS).map(async |number| {
            let mut stream = people[number % people.len()].listens(address).await;
            stream.hears("snapshot").await;
            stream
        }));
        timeout(PATIENCE, listen).await.expect("all are served in time")
    };
    let mut streams = all_listen(server.address).await;
    house.stay_at(&server);
    server.kill().await;
    join_all(streams.iter_mut().map(async |stream| while stream.next().await.is_some() {})).await;

    let (server, _) = house.start().await;
    limit_files(server.id(), 2048).await;
    let statements = async || measured(house.office(), "paxora_database_statement_seconds_count").await;
    let before = statements().await;
    let mut streams = all_listen(server.address).await;
    let asked = statements().await - before;
    assert!(asked < STREAMS as f64 * STATEMENTS_EACH, "{asked} statements for {STREAMS} streams");
    assert_eq!(measured(house.office(), "paxora_event_streams").await, STREAMS as f64);
    let message = json!({ "channel": everybody, "body": "The bells ring at six", "nonce": nonce() });
    assert_eq!(anna.ask(server.address, "post_message", message).await.unwrap().status, 200);
    join_all(streams.iter_mut().map(|stream| stream.hears("message"))).await;
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_that_never_finish_their_request_keep_nobody_else_from_being_served() {
    let house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let anna = Member::of(&house, &server).await;
    for process in [std::process::id(), server.id()] {
        limit_files(process, 2048).await;
    }
    // No head, half a head, and a head whose body does not come.
    let form = format!("POST /api/sign_in HTTP/1.1\r\nContent-Type: {FORM}\r\nContent-Length: 9\r\n\r\nl");
    let beginnings = ["", "GET /health HTTP/1.1\r\nHost: loc", form.as_str()];
    let mut slow = vec![];
    for number in 0..LORIS {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        connection.write_all(beginnings[number % beginnings.len()].as_bytes()).await.unwrap();
        slow.push(connection);
    }
    for _ in 0..10 {
        assert_eq!(anna.writes(server.address).await.status, 200);
    }
    assert_eq!(ready(server.address).await.0, 200);
    assert!(slow.iter().all(|connection| connection.try_read(&mut [0]).is_err()), "all of them are still waited for");
    // In half a minute.
    let ends = join_all(slow.iter_mut().map(async |connection| {
        let mut told = String::new();
        let _ = connection.read_to_string(&mut told).await;
        told
    }));
    let told = timeout(PATIENCE, ends).await.expect("each is cut off in the end");
    for (number, told) in told.iter().enumerate() {
        match beginnings[number % beginnings.len()] == form {
            true => assert!(told.starts_with("HTTP/1.1 408 "), "{told}"),
            false => assert!(told.is_empty() || told.starts_with("HTTP/1.1 408 "), "{told}"),
        }
    }
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_for_another_connection_it_waits_and_serves_again_once_there_is() {
    let house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let anna = Member::of(&house, &server).await;
    assert_eq!(anna.writes(server.address).await.status, 200);
    let open = read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    limit_files(server.id(), open + 4).await;
    let mut crowd = vec![];
    for _ in 0..64 {
        crowd.push(TcpStream::connect(server.address).await.unwrap());
    }
    patiently("there is no room", async || {
        (read_dir(format!("/proc/{}/fd", server.id())).unwrap().count() >= open + 4).then_some(())
    })
    .await;
    let mut late = wire::get(server.address, &anna.session, "/health").await.unwrap().stream();
    drop(crowd);
    late.flush().await.unwrap();
    let answer = wire::Sent::over(late).hear().await.expect("who waited is served in the end");
    assert_eq!(answer.status, 200);
    assert_eq!(anna.writes(server.address).await.status, 200);
    assert!(measured(house.office(), "paxora_http_request_seconds_count").await > 0.0);
    server.kill().await;
}
