//! The event stream: `GET /api/events`.

use crate::parts::Parts;
use crate::visitor::SignedIn;
use axum::extract::State;
use axum::response::sse::{Event as SseEvent, Sse};
use axum::response::{IntoResponse, Response};
use backend::{Actor, Backend, Next, Subscription};
use domain::Event;
use domain::event::BEAT_EVERY;
use futures::stream;
use http::HeaderMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, interval};

/// How soon a browser tries again after the stream broke off.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// All that happens to the member who asks: a snapshot first, then events as they come, a beat when nothing does.
pub(crate) async fn events(State(parts): State<Parts>, SignedIn(actor): SignedIn, headers: HeaderMap) -> Response {
    let stream = Stream {
        subscription: parts.backend.subscribe(&actor),
        secret: parts.cookie.find(&headers).unwrap_or_default(),
        beats: interval(BEAT_EVERY),
        backend: parts.backend.clone(),
        closing: parts.closing.clone(),
        actor,
        next: Step::Snapshot,
    };
    let events = stream::unfold(stream, |mut stream| async move {
        let event = stream.next_event().await?;
        Some((Ok::<_, Infallible>(event), stream))
    });
    // Proxies must not hold events back.
    ([("x-accel-buffering", "no")], Sse::new(events)).into_response()
}

struct Stream {
    backend: Backend,
    actor: Actor,
    secret: String,
    subscription: Subscription,
    beats: Interval,
    closing: watch::Receiver<bool>,
    next: Step,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// All that is live, so that nothing is missed that happened before, or was lost.
    Snapshot,
    /// What happens next.
    Wait,
    /// Nothing any more: the session is over.
    End,
}

impl Stream {
    /// The next event; none when the stream must end: we are stopping, or the session is over.
    async fn next_event(&mut self) -> Option<SseEvent> {
        if self.next == Step::End {
            return None;
        }
        if self.next == Step::Snapshot {
            self.next = Step::Wait;
            self.beats.reset();
            let live = self.backend.live(&self.actor).await.ok()?;
            return sse(&Event::Snapshot(live)).map(|event| event.retry(RETRY_AFTER));
        }
        tokio::select! {
            _ = self.closing.changed() => None,
            _ = self.beats.tick() => {
                // Somebody who was signed out elsewhere is told nothing more.
                self.backend.authenticate(&self.secret).await.ok()??;
                sse(&Event::Beat)
            }
            next = self.subscription.next() => match next {
                Next::Event(Event::Community) => self.community(Step::Wait).await,
                Next::Event(event) => sse(&event),
                // Which people and channels there are is not in the snapshot.
                Next::Lost => self.community(Step::Snapshot).await,
            }
        }
    }

    /// Has the page ask what it belongs to, and goes on with `then`. A member may have been put out, or signed out by a new
    /// password: their page asks, and sees it.
    async fn community(&mut self, then: Step) -> Option<SseEvent> {
        let stays = matches!(self.backend.authenticate(&self.secret).await, Ok(Some(_)));
        self.next = if stays { then } else { Step::End };
        sse(&Event::Community)
    }
}

fn sse(event: &Event) -> Option<SseEvent> {
    SseEvent::default().event(event.name()).json_data(event).ok()
}
