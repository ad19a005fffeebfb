//! The server dies after it has opened a room and before the call is written.

use crate::books::{Books, patiently};
use crate::house::House;
use crate::people::{Reply, Wish, sign_in, two};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use backend::testing::tap;
use prost::Message;
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use store::testing::on_postgres;
use tokio::sync::Notify;
use voice_client::proto::{CreateRoomRequest, DeleteRoomRequest, ListRoomsResponse, Room};

/// Keeps rooms as LiveKit does, and whoever opens one waiting, as long as it is slow.
#[derive(Default)]
struct SlowLiveKit {
    rooms: Mutex<BTreeSet<String>>,
    is_slow: AtomicBool,
    opened: Notify,
}

impl SlowLiveKit {
    async fn open() -> (Arc<SlowLiveKit>, String) {
        let livekit = Arc::new(SlowLiveKit { is_slow: AtomicBool::new(true), ..SlowLiveKit::default() });
        let web = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", web.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&livekit));
        tokio::spawn(async move { axum::serve(web, router).await });
        (livekit, url)
    }

    fn names(&self) -> BTreeSet<String> {
        self.rooms.lock().unwrap().clone()
    }
}

/// Twirp: <https://twitchtv.github.io/twirp/docs/spec_v7.html>.
async fn answer(State(livekit): State<Arc<SlowLiveKit>>, uri: Uri, body: Bytes) -> impl IntoResponse {
    let answer = match uri.path().rsplit('/').next().unwrap() {
        "CreateRoom" => {
            livekit.rooms.lock().unwrap().insert(CreateRoomRequest::decode(body).unwrap().name);
            if livekit.is_slow.load(Ordering::Relaxed) {
                livekit.opened.notify_one();
                pending::<()>().await;
            }
            vec![]
        }
        "ListRooms" => {
            let rooms = livekit.names().into_iter().map(|name| Room { name, ..Room::default() }).collect();
            ListRoomsResponse { rooms }.encode_to_vec()
        }
        "DeleteRoom" => {
            livekit.rooms.lock().unwrap().remove(&DeleteRoomRequest::decode(body).unwrap().room);
            vec![]
        }
        _ => vec![],
    };
    ([(header::CONTENT_TYPE, "application/protobuf")], answer)
}

async fn story(postgres: Option<String>) {
    let (livekit, url) = SlowLiveKit::open().await;
    let settings = [
        // Longer than it takes until the room of nobody is closed.
        ("RING_SECONDS", "120"),
        ("LIVEKIT_URL", url.as_str()),
        ("LIVEKIT_API_KEY", "key"),
        ("LIVEKIT_API_SECRET", "a secret that is long enough for everybody"),
    ];
    let house = House::build(postgres, &settings);
    let (server, _) = house.start().await;
    let people = sign_in(&house, &server).await;
    let (one, other, channel) = two(&people);
    let start = Wish::Start { channel, targets: vec![], tap: tap() };
    let sent = people[one].send(server.address, &start).await.unwrap();
    livekit.opened.notified().await;
    server.kill().await;
    assert!(people[one].hear(sent, &start).await.is_none(), "the server was dead by then");
    let left = livekit.names();
    assert_eq!(left.len(), 1);

    livekit.is_slow.store(false, Ordering::Relaxed);
    let (server, _) = house.start().await;
    let books = Books::open(&house).await;
    assert_eq!(books.calls().await.len(), 0, "nobody's phone rings for it");
    let Some(Reply::Seat(seat)) = people[one].ask(server.address, &start).await else { panic!("a seat") };
    assert!(people[other].live(server.address).await.unwrap().calls.iter().any(|call| call.id == seat.call.id));
    assert_eq!(books.calls().await.len(), 1);
    // What was opened for nobody is closed, and nothing else.
    patiently("the room is closed", async || livekit.names().is_disjoint(&left).then_some(())).await;
    assert_eq!(livekit.names().len(), 1);
    books.close().await;
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_room_and_the_call_nobody_rings_and_the_room_is_closed_on_sqlite() {
    story(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_room_and_the_call_nobody_rings_and_the_room_is_closed_on_postgres() {
    on_postgres(|url| async move { story(Some(url)).await }).await;
}
