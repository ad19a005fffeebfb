//! The way to somebody's browser: signalling messages that wait to be written to a WebSocket.

use axum::body::Bytes;
use livekit_protocol as proto;
use prost::Message;
use proto::signal_response::Message as Response;
use std::cell::Cell;
use tokio::sync::mpsc;

/// Who cannot take so many messages has lost the connection, and will resume.
const WAITING_AT_MOST: usize = 256;

/// One WebSocket. Dropping it closes the connection, once everything sent before is written.
pub(crate) struct Link {
    /// Which one: somebody who resumes has a new one.
    pub(crate) id: u64,
    frames: mpsc::Sender<Bytes>,
    stuck: Cell<bool>,
}

impl Link {
    /// A link and the end from which its frames are written.
    pub(crate) fn new(id: u64) -> (Link, mpsc::Receiver<Bytes>) {
        let (frames, written) = mpsc::channel(WAITING_AT_MOST);
        (Link { id, frames, stuck: Cell::new(false) }, written)
    }

    /// Sends, unless the browser does not read any more: then the link [`Link::is_stuck`] from here on.
    pub(crate) fn send(&self, frame: Bytes) {
        if self.stuck.get() || self.frames.try_send(frame).is_err() {
            self.stuck.set(true);
        }
    }

    /// Something could not be sent, so nothing that follows would make sense: the browser has to resume.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck.get()
    }
}

/// A message as it goes over the WebSocket.
pub(crate) fn frame(message: Response) -> Bytes {
    proto::SignalResponse { message: Some(message) }.encode_to_vec().into()
}

/// The end of a session, as the browser is told.
pub(crate) fn leave(action: proto::leave_request::Action, reason: proto::DisconnectReason) -> Bytes {
    frame(Response::Leave(proto::LeaveRequest {
        can_reconnect: action != proto::leave_request::Action::Disconnect,
        reason: reason.into(),
        action: action.into(),
        regions: None,
    }))
}
