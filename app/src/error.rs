//! The one error that crosses the wire to a browser.
//!
//! The cause stays in the server's log. What crosses is a [`Problem`] the browser can put into a sentence of its
//! reader's language, and an English sentence for whoever reads the raw answer.

use domain::CallError;
use domain::text::Field;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What went wrong, from the view of the person who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nobody is signed in, or not any more.
    SignedOut,
    /// The name and password do not belong together.
    SignInRefused,
    /// That is not the password of who is signed in.
    WrongPassword,
    /// It does not exist, or not for this person.
    NotFound,
    /// It exists, and this person may see it, but may not do this.
    Forbidden,
    /// The request could not be read.
    Malformed,
    /// What was typed into this field cannot be taken.
    Invalid(Field),
    /// The e-mail address or user name is in use.
    LoginTaken,
    /// The invitation or link has been used up or has expired.
    LinkGone,
    /// The parish would be without an admin.
    LastAdmin,
    /// Nobody looks after the parish but the one whom it is about.
    NobodyElseLeads,
    /// The call is not in a state for this.
    Call(CallError),
    /// This person is in another call already.
    InAnotherCall,
    /// Too often; try again after so many seconds.
    Limited(u32),
    /// More was sent than is taken.
    TooLarge,
    /// The push service of this browser does not take our messages.
    PushRefused,
    /// The voice server cannot be reached.
    VoiceServerDown,
    /// The server is too busy or its database cannot be reached.
    Unavailable,
    /// The browser could not reach the server.
    Offline,
    /// A fault of ours.
    Internal,
}

impl Problem {
    /// The HTTP status that belongs to it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Problem::Malformed | Problem::Invalid(_) => 400,
            Problem::SignedOut | Problem::SignInRefused => 401,
            Problem::Forbidden | Problem::WrongPassword => 403,
            Problem::NotFound | Problem::LinkGone => 404,
            Problem::LoginTaken
            | Problem::LastAdmin
            | Problem::NobodyElseLeads
            | Problem::Call(_)
            | Problem::InAnotherCall => 409,
            Problem::TooLarge => 413,
            Problem::Limited(_) => 429,
            Problem::PushRefused => 502,
            Problem::Internal => 500,
            Problem::VoiceServerDown | Problem::Unavailable | Problem::Offline => 503,
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Problem::SignedOut => "Please sign in.",
            Problem::SignInRefused => "This name and password do not belong together.",
            Problem::WrongPassword => "That is not your password.",
            Problem::NotFound => "There is nothing here for you.",
            Problem::Forbidden => "You may not do this.",
            Problem::Malformed => "The request could not be read.",
            Problem::Invalid(Field::Name) => "The name must have 1 to 60 characters.",
            Problem::Invalid(Field::Login) => {
                "The e-mail address or user name must have at least 2 characters, no spaces."
            }
            Problem::Invalid(Field::Password) => "The password must have at least 8 characters.",
            Problem::Invalid(Field::GuessablePassword) => "This password is too easy to guess.",
            Problem::Invalid(Field::Message) => "The message must have 1 to 4,000 characters.",
            Problem::Invalid(Field::Search) => "Look for 1 to 8 words, of 100 characters together.",
            Problem::Invalid(Field::Subscription) => "This browser cannot be reached.",
            Problem::Invalid(Field::Targets) => "Pick people of this parish to call.",
            Problem::Invalid(Field::Invite) => "An invitation is for 1 to 500 people and lasts 1 to 90 days.",
            Problem::Invalid(Field::TimeZone) => "There is no such time zone.",
            Problem::Invalid(Field::Note) => "That is too long, or has characters that do not belong.",
            Problem::NobodyElseLeads => "Nobody else looks after this parish: nobody could read it.",
            Problem::LastAdmin => "A parish needs an admin. Make somebody else an admin first.",
            Problem::LoginTaken => "This e-mail address or user name is taken.",
            Problem::LinkGone => "This link has been used or has expired.",
            Problem::Call(CallError::NobodyToCall) => "There is nobody to call here.",
            Problem::Call(CallError::Over) => "This call is over.",
            Problem::Call(CallError::AlreadyAnswered) => "This call was answered already.",
            Problem::Call(CallError::AnsweredElsewhere) => "This call was answered on another device.",
            Problem::Call(CallError::NotRinging) => "This call does not ring for you.",
            Problem::Call(CallError::NotInCall) => "You are not in this call.",
            Problem::Call(CallError::NotInvited) => "You are not invited to this call.",
            Problem::Call(CallError::Locked) => "This call is locked.",
            Problem::Call(CallError::Full) => "This call is full.",
            Problem::Call(CallError::PutOut) => "You were taken out of this call.",
            Problem::InAnotherCall => "You are in another call.",
            Problem::Limited(_) => "That was too often. Please wait a little.",
            Problem::TooLarge => "That is too much at once.",
            Problem::PushRefused => "The push service of this browser did not take the test ring.",
            Problem::VoiceServerDown => "Calls do not work right now. Please try again later.",
            Problem::Unavailable => "The server is busy. Please try again.",
            Problem::Offline => "The server cannot be reached.",
            Problem::Internal => "Something went wrong on our side.",
        }
    }
}

/// A [`Problem`] on the wire, with its sentence beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// What went wrong.
    pub problem: Problem,
    message: String,
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        ApiError { problem, message: problem.sentence().to_owned() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        problem_of(&error, cfg!(feature = "hydrate")).into()
    }
}

/// What stopped a server function. A server reads requests, a browser answers: what cannot be read is the one or the other.
fn problem_of(error: &ServerFnErrorErr, in_browser: bool) -> Problem {
    match error {
        // Somebody else has answered: a proxy in front of a server that restarts, the sign-in page of a network.
        ServerFnErrorErr::Deserialization(_) if in_browser => Problem::Unavailable,
        ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
            Problem::Malformed
        }
        ServerFnErrorErr::Request(_) => Problem::Offline,
        _ => Problem::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_ours_may_be_another_soon_and_a_request_that_is_not_ours_stays_so() {
        let unreadable = ServerFnErrorErr::Deserialization("<html>502 Bad Gateway".to_owned());
        assert_eq!(problem_of(&unreadable, true), Problem::Unavailable);
        assert_eq!(problem_of(&unreadable, false), Problem::Malformed);
        for in_browser in [true, false] {
            assert_eq!(problem_of(&ServerFnErrorErr::Args(String::new()), in_browser), Problem::Malformed);
            assert_eq!(problem_of(&ServerFnErrorErr::MissingArg(String::new()), in_browser), Problem::Malformed);
        }
    }
}
