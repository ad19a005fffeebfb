//! It is told to stop.

use super::*;
use crate::wire::FORM;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_finishes_what_was_begun_ends_streams_takes_nobody_new_and_is_gone() {
    let house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let (address, office) = (server.address, house.office());
    let anna = Member::of(&house, &server).await;
    let mut stream = anna.listens(address).await;
    stream.hears("snapshot").await;
    let body = json!({ "channel": anna.channel, "body": "Good night", "nonce": nonce() }).to_string();
    let (begun, rest) = body.split_at(body.len() / 2);
    let head = format!(
        "POST /api/post_message HTTP/1.0\r\nHost: localhost\r\nCookie: paxora={}\r\nContent-Type: {JSON}\r\n\
         Content-Length: {}\r\n\r\n{begun}",
        anna.session,
        body.len()
    );
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(head.as_bytes()).await.unwrap();
    // It has been taken in hand: the next one is served.
    assert_eq!(ready(address).await.0, 200);

    server.ask_to_stop().await;
    while stream.next().await.is_some() {}
    patiently("nobody new is let in", async || TcpStream::connect(address).await.is_err().then_some(())).await;
    let (status, said) = ready(office).await;
    assert_eq!((status, &said["draining"], &said["ready"]), (503, &json!(true), &json!(false)));
    slow.write_all(rest.as_bytes()).await.unwrap();
    let answer = wire::Sent::over(slow).hear().await.expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(server.ends().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_never_finishes_a_request_does_not_keep_it_from_stopping() {
    let house = House::build(None, &SETTINGS);
    let (server, _) = house.start().await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let head =
        format!("POST /api/sign_in HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: 9\r\n\r\n");
    slow.write_all(format!("{head}login").as_bytes()).await.unwrap();
    assert_eq!(ready(server.address).await.0, 200);
    server.ask_to_stop().await;
    assert!(server.ends().await);
    // Not even told that it took too long: that would have been after half a minute.
    let mut told = vec![];
    let _ = slow.read_to_end(&mut told).await;
    assert_eq!(String::from_utf8_lossy(&told), "");
}
