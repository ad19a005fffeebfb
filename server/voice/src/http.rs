//! The signalling connection: who may open one, and the pumps between a WebSocket and a room.

use crate::core::Core;
use crate::join;
use crate::link::Link;
use crate::names::PersonId;
use crate::room::{Arrival, NoEntry};
use crate::shard::{Mail, Mailbox};
use crate::token::{Refused, Ticket};
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head};
use futures::stream::SplitStream;
use futures::{SinkExt, StreamExt};
use livekit_protocol as proto;
use prost::Message as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

/// What each connection keeps ready to read into, in bytes. tungstenite takes 128 KiB, and browsers send a few hundred bytes.
const READ_BUFFER: usize = 4 * 1024;
/// The largest message from a browser: an offer of a full room.
const MESSAGE_LIMIT: usize = 1024 * 1024;
/// A browser that takes nothing for so long is gone, and so is one that does not hang up after it was told to leave.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Messages of one browser that wait for a room at the same time; it has to wait then.
const TURNS: usize = 32;

pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new()
        .route("/", head(|| async { StatusCode::OK }))
        .route("/rtc/v1", get(connect))
        .route("/rtc/v1/validate", get(validate))
        .with_state(core)
}

#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    join_request: String,
}

/// Why a WebSocket is not opened, as its browser may ask afterwards.
struct NotOpened(StatusCode, String);

impl IntoResponse for NotOpened {
    fn into_response(self) -> Response {
        // Whoever has no token learns nothing from reading this across origins.
        (self.0, [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], self.1).into_response()
    }
}

impl From<Refused> for NotOpened {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::NoToken | Refused::BadToken | Refused::NotAllowed => StatusCode::UNAUTHORIZED,
            Refused::NoIdentity | Refused::NoRoom | Refused::TooLong => StatusCode::BAD_REQUEST,
        };
        NotOpened(status, refused.to_string())
    }
}

/// Where somebody goes, once they may.
struct Admitted {
    ticket: Ticket,
    request: proto::JoinRequest,
    mailbox: Mailbox,
}

async fn admit(core: &Core, headers: &HeaderMap, asked: Asked) -> Result<Admitted, NotOpened> {
    let stopping = || NotOpened(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping".to_owned());
    if core.is_stopped() {
        return Err(stopping());
    }
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let ticket = core.tokens.check(bearer.unwrap_or(&asked.access_token))?;
    if asked.join_request.is_empty() {
        return Err(NotOpened(StatusCode::BAD_REQUEST, "join_request is required".to_owned()));
    }
    let request = join::unpack(&asked.join_request, core.join_request_limit)
        .map_err(|error| NotOpened(StatusCode::BAD_REQUEST, error.to_string()))?;
    let no_room = || NotOpened(StatusCode::NOT_FOUND, "requested room does not exist".to_owned());
    let mailbox = core.mailbox_of(&ticket.room).ok_or_else(no_room)?;
    if !request.reconnect {
        let (done, answer) = oneshot::channel();
        mailbox.put(Mail::MayEnter { room: ticket.room.clone(), identity: ticket.identity.clone(), done });
        match answer.await {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(NoEntry::PutOut))) => return Err(Refused::NotAllowed.into()),
            Ok(Some(Err(NoEntry::Full))) => return Err(full()),
            // No refusal, for a client: it goes on trying for a while.
            Ok(Some(Err(NoEntry::TooOften))) => {
                return Err(NotOpened(StatusCode::TOO_MANY_REQUESTS, "too many connections".to_owned()));
            }
            Ok(None) => return Err(no_room()),
            Err(_) => return Err(stopping()),
        }
    }
    Ok(Admitted { ticket, request, mailbox })
}

fn full() -> NotOpened {
    NotOpened(StatusCode::FORBIDDEN, "room has exceeded its max participants".to_owned())
}

async fn validate(State(core): State<Arc<Core>>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    match admit(&core, &headers, asked).await {
        Ok(_) => (StatusCode::OK, [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], "success").into_response(),
        Err(no) => no.into_response(),
    }
}

async fn connect(
    State(core): State<Arc<Core>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, NotOpened> {
    let admitted = admit(&core, &headers, asked).await?;
    // Counted here and discounted where they leave: their room does that.
    let counted = core.directory.people.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |people| {
        (people < core.people_limit).then_some(people + 1)
    });
    if counted.is_err() && !admitted.request.reconnect {
        return Err(full());
    }
    let place = Place { core, taken: counted.is_ok() };
    Ok(upgrade
        .max_message_size(MESSAGE_LIMIT)
        .read_buffer_size(READ_BUFFER)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |socket| serve(place, admitted, socket)))
}

/// A place among the people of all rooms, until a room has taken it over.
struct Place {
    core: Arc<Core>,
    taken: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.taken {
            self.core.directory.people.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

async fn serve(mut place: Place, admitted: Admitted, socket: WebSocket) {
    let Admitted { ticket, request, mailbox } = admitted;
    let number = place.core.next_link.fetch_add(1, Ordering::Relaxed);
    let (link, frames) = Link::new(number);
    let (done, joined) = oneshot::channel();
    if !place.taken {
        // Who resumes is counted already, and the room will discount this one.
        place.core.directory.people.fetch_add(1, Ordering::Relaxed);
    }
    place.taken = false;
    if !mailbox.put(Mail::Join { arrival: Box::new(Arrival { ticket, request, link }), done }) {
        return;
    }
    let (writer, mut reader) = socket.split();
    let written = write(writer, frames);
    let read = async {
        // Without an answer there is a farewell to be written, and nothing to be read.
        if let Ok(person) = joined.await {
            read(&mut reader, person, number, &mailbox).await;
            mailbox.put(Mail::LinkLost { person, link: number });
        } else {
            std::future::pending::<()>().await;
        }
    };
    // Either side ends both: a browser that is gone needs nothing written, one that was told to leave is not heard.
    let told_to_leave = tokio::select! {
        told = written => told,
        () = read => false,
    };
    if told_to_leave {
        hung_up(reader).await;
    }
}

/// Until the browser has hung up, too (RFC 6455, 7.1.1). A connection that is closed over something unread is reset, and
/// a browser that was just saying something would not read why it has to leave.
async fn hung_up(mut reader: SplitStream<WebSocket>) {
    let last_words = async { while let Some(Ok(_)) = reader.next().await {} };
    // Whoever does not hang up is hung up on.
    tokio::time::timeout(ANSWERS_WITHIN, last_words).await.ok();
}

/// Until the room drops the link: everything sent before is written. Whether it was, and the farewell, too.
async fn write(
    mut writer: futures::stream::SplitSink<WebSocket, Message>,
    mut frames: mpsc::Receiver<axum::body::Bytes>,
) -> bool {
    while let Some(frame) = frames.recv().await {
        if !in_time(writer.send(Message::Binary(frame))).await {
            return false;
        }
    }
    in_time(writer.close()).await
}

/// Whether a browser that may be gone took something.
async fn in_time(write: impl Future<Output = Result<(), axum::Error>>) -> bool {
    tokio::time::timeout(ANSWERS_WITHIN, write).await.is_ok_and(|written| written.is_ok())
}

/// Until the browser is gone, or says something that is no message.
async fn read(reader: &mut SplitStream<WebSocket>, person: PersonId, link: u64, mailbox: &Mailbox) {
    let turns = Arc::new(Semaphore::new(TURNS));
    while let Some(Ok(message)) = reader.next().await {
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Close(_) => return,
            Message::Text(_) | Message::Ping(_) | Message::Pong(_) => continue,
        };
        let Ok(proto::SignalRequest { message }) = proto::SignalRequest::decode(bytes) else {
            tracing::debug!("a message that cannot be read ends its connection");
            return;
        };
        // A kind of message that is not known has nothing in it.
        let Some(request) = message else { continue };
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
        if !mailbox.put(Mail::Signal { person, link, request: Box::new(request), turn }) {
            // The server is stopping: what the room said at its end is still being written.
            return std::future::pending().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::Directory;
    use crate::token::Tokens;
    use std::sync::atomic::{AtomicBool, AtomicU64};
    use tokio::sync::watch;

    #[tokio::test]
    async fn whoever_comes_to_a_server_that_failed_is_told_to_try_again() {
        let core = Arc::new(Core {
            tokens: Tokens::new("key", "a secret that is long enough for everybody"),
            directory: Arc::new(Directory::default()),
            mailboxes: Arc::new([]),
            join_request_limit: 64 * 1024,
            people_limit: 300,
            next_link: AtomicU64::new(1),
            stopped: AtomicBool::new(false),
            failed: watch::Sender::new(false),
        });
        let status = || async {
            let asked = Asked { access_token: String::new(), join_request: String::new() };
            validate(State(Arc::clone(&core)), HeaderMap::new(), Query(asked)).await.status()
        };
        assert_eq!(status().await, StatusCode::UNAUTHORIZED);
        core.watch_over(|| Err(std::io::Error::other("no more descriptors")));
        assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
