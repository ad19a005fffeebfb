//! The server functions: public endpoints of about three lines each. No rule and no SQL lives here.
//!
//! Each has a stable `endpoint`: the default one hashes the build path, so that yesterday's open tab would be lost.

#![expect(missing_docs, reason = "the macro makes a public struct of each function's arguments")]

mod calls;
mod community;
mod messages;
mod parish;
mod quiet;
mod reading;
mod reports;
mod session;

use crate::browser;
use crate::error::{ApiError, Problem};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

pub use calls::*;
pub use community::*;
pub use messages::*;
pub use parish::*;
pub use quiet::*;
pub use reading::*;
pub use reports::*;
pub use session::*;

#[cfg(feature = "ssr")]
mod ssr;

#[cfg(feature = "ssr")]
pub use ssr::{SessionCookie, Visitor, preferred_language};

/// How long is waited for an answer that other things wait for, in milliseconds.
const ANSWER_WITHIN: u32 = 10_000;

/// The server's answer, if it comes in time: a browser itself waits for minutes.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let (mut answer, mut late) = (pin!(answer), pin!(browser::pause(ANSWER_WITHIN)));
    poll_fn(|context| match answer.as_mut().poll(context) {
        Poll::Pending => late.as_mut().poll(context).map(|()| Err(Problem::Offline.into())),
        answered => answered,
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::task::{Context, Waker};

    fn now<T>(answer: impl Future<Output = T>) -> Poll<T> {
        pin!(answer).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn an_answer_that_does_not_come_is_not_waited_for() {
        assert_eq!(now(in_time(ready(Ok(7)))), Poll::Ready(Ok(7)));
        // Here, no pause takes any time.
        assert_eq!(now(in_time(pending::<Result<u8, _>>())), Poll::Ready(Err(Problem::Offline.into())));
    }
}
