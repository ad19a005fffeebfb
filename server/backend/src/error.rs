//! What a use case can answer besides success.
//!
//! Which error goes where: `domain` says what a rule refuses; `store` says what the database refuses; this says what
//! becomes of both; `app::error::ApiError` says it to a person. A cause travels only inside [`Error::Internal`] and
//! [`Error::Unavailable`], and ends in the log.

use domain::CallError;
use domain::text::{Field, Unacceptable};
use store::StoreError;

/// Why a use case did not do what was asked. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or not for this member: the two are not told apart.
    #[error("not found")]
    NotFound,
    /// The member may see it, but not do this.
    #[error("forbidden")]
    Forbidden,
    /// Login and password do not belong together.
    #[error("sign-in refused")]
    SignInRefused,
    /// That is not the password of who is signed in.
    #[error("wrong password")]
    WrongPassword,
    /// The login belongs to somebody else.
    #[error("login taken")]
    LoginTaken,
    /// The invite or link is used up, withdrawn, or has expired.
    #[error("link gone")]
    LinkGone,
    /// A field cannot be taken as it is.
    #[error("{0:?} cannot be taken")]
    Invalid(Field),
    /// The parish would be without an admin.
    #[error("the last admin")]
    LastAdmin,
    /// Nobody looks after the parish but the one whom it is about.
    #[error("nobody else looks after the parish")]
    NobodyElseLeads,
    /// The call is not in a state for this.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The member is connected to another call.
    #[error("in another call")]
    InAnotherCall,
    /// Too often.
    #[error("limited for {seconds} s")]
    Limited {
        /// When it may be tried again.
        seconds: u32,
    },
    /// Too many want the same at this moment.
    #[error("busy")]
    Busy,
    /// The voice server did not answer, or refused us.
    #[error("voice server down")]
    VoiceServerDown,
    /// The database did not answer in time, or let somebody else go first: it may be tried again.
    #[error("database unavailable")]
    Unavailable(#[source] StoreError),
    /// A fault of ours.
    #[error("internal")]
    Internal(#[source] anyhow::Error),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            // Whoever knows what else to do about somebody who was faster has done it.
            StoreError::Unavailable(_) | StoreError::Conflict => Error::Unavailable(error),
            other => Error::Internal(other.into()),
        }
    }
}

impl From<Unacceptable> for Error {
    fn from(Unacceptable(field): Unacceptable) -> Self {
        Error::Invalid(field)
    }
}
