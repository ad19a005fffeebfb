//! The voice server is away.

use super::*;
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_server_that_hangs_or_refuses_means_no_calls_a_plain_answer_and_a_chat_that_goes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    // It takes every connection, and says nothing.
    let hangs = tokio::spawn(async move {
        let mut silent = vec![];
        while let Ok(connection) = listener.accept().await {
            silent.push(connection);
        }
    });
    let livekit = [
        ("LIVEKIT_URL", &*url),
        ("LIVEKIT_API_KEY", "key"),
        ("LIVEKIT_API_SECRET", "a secret that is long enough for everybody"),
        ("METRICS_LISTEN", "127.0.0.1:0"),
    ];
    let house = House::build(None, &livekit);
    let (server, _) = house.start().await;
    let anna = Member::of(&house, &server).await;
    let no_calls = async || {
        let answer = anna.calls(server.address).await;
        is_for_later(&answer);
        assert!(answer.body.contains("voice_server_down"), "{answer:?}");
    };
    no_calls().await;
    patiently("it is noticed", async || (ready(server.address).await.1["voice"] == json!(false)).then_some(())).await;
    assert_eq!(ready(server.address).await.0, 200, "the chat goes on");
    assert_eq!(anna.writes(server.address).await.status, 200);

    // Nobody listens there any more.
    hangs.abort();
    let _ = hangs.await;
    no_calls().await;
    assert_eq!(anna.writes(server.address).await.status, 200);
    let active = format!("/api/voice/active?parishId={}", anna.community.parish);
    let answer = wire::get(server.address, &anna.session, &active).await.unwrap().hear().await.unwrap();
    assert!(answer.body.contains("\"call\":null"), "nobody's phone rings: {answer:?}");
    assert_eq!(measured(house.office(), "paxora_calls_started_total").await, 0.0);
    server.kill().await;
}
