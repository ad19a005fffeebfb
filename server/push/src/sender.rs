//! One request to one push service, and what its answer means.

use crate::addresses::{self, NotPublic};
use crate::endpoint::{self, ExtraHost};
use crate::vapid::Signatures;
use crate::{Message, Subscription, Unfit, VapidKeys};
use reqwest::dns::Resolve;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Response, StatusCode, Url, redirect};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use web_push::{ContentEncoding, SubscriptionInfo, WebPushError, WebPushMessageBuilder, request_builder};

/// What is read of an answer; services say what they have to in less.
const READ_AT_MOST: usize = 4096;
/// What is shown of it.
const REASON_AT_MOST: usize = 200;
/// Longer than any word that a service explains something with: a token, or an address with one in it.
const WORD_AT_MOST: usize = 24;
/// Connections to a service that nobody needs for longer are closed: routers forget them without telling anybody.
const IDLE_FOR: Duration = Duration::from_secs(60);

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The service has it. That the phone gets it, nobody promises.
    Accepted,
    /// The browser does not want to be told any more, or is no more: forget the subscription.
    Gone,
    /// The service does not take our signature (401, 403). For a subscription that was made with other keys it never
    /// will.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the service says about it, fit for a log.
        reason: String,
    },
    /// The payload is longer than the service passes on: ours to put right.
    TooLarge,
    /// The service does not understand us, or sends us elsewhere: ours to put right.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What the service says about it, fit for a log.
        reason: String,
    },
    /// The service cannot take it now (408, 429, 5xx).
    Busy {
        /// When it wants to be asked again, if it says so in seconds.
        retry_after: Option<Duration>,
    },
    /// No answer came. After [`Failure::TimedOut`] and [`Failure::Broken`] the message may have arrived nevertheless.
    Failed(Failure),
    /// Nothing was sent, and never will be to this subscription.
    Unfit(Unfit),
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection: no such name, nobody there, no trusted certificate.
    #[error("the push service cannot be reached")]
    Unreachable,
    /// The push service's name leads into a network of ours. Nobody was connected to.
    #[error("the push service has no public address")]
    NotPublic,
    /// It took too long.
    #[error("the push service did not answer in time")]
    TimedOut,
    /// The connection broke, or something else than HTTP came out of it.
    #[error("the connection to the push service broke")]
    Broken,
    /// Nothing was sent, because there is nothing to encrypt: an empty payload.
    #[error("the message cannot be encrypted")]
    Unbuilt,
}

/// How long a push service may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection.
    pub connect: Duration,
    /// For everything, from the name to the end of the answer.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { connect: Duration::from_secs(3), total: Duration::from_secs(8) }
    }
}

/// Why there is no sender.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Apple takes nothing signed by somebody who cannot be written to.
    #[error("`{0}` is no contact for push services: mailto:somebody@parish.example or https://parish.example is one")]
    Contact(String),
    /// There is no TLS.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// There is no HTTP.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

/// Sends messages. One is enough for everybody: it keeps connections and signatures.
pub struct Sender {
    client: Client,
    extra_hosts: Vec<ExtraHost>,
    signatures: Signatures,
}

impl Sender {
    /// With the default [`Patience`]. Push services write to the contact (`mailto:` or `https:`) if they have to.
    ///
    /// # Errors
    ///
    /// The contact is none, or the system has no TLS for us.
    pub fn new(contact: &str, extra_hosts: Vec<ExtraHost>) -> Result<Sender, StartError> {
        Sender::with_patience(contact, extra_hosts, Patience::default())
    }

    /// With another [`Patience`].
    ///
    /// # Errors
    ///
    /// As [`Sender::new`].
    pub fn with_patience(contact: &str, extra_hosts: Vec<ExtraHost>, patience: Patience) -> Result<Sender, StartError> {
        Sender::with_resolver(contact, extra_hosts, patience, addresses::resolver())
    }

    fn with_resolver(
        contact: &str,
        extra_hosts: Vec<ExtraHost>,
        patience: Patience,
        resolver: impl Resolve + 'static,
    ) -> Result<Sender, StartError> {
        if !is_contact(contact) {
            return Err(StartError::Contact(contact.to_owned()));
        }
        let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        // The provider by name: several are linked, and then none is the default.
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(resolver))
            // A proxy would look names up by itself, and a redirect leads where nobody has checked.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .pool_idle_timeout(IDLE_FOR)
            .build()?;
        Ok(Sender { client, extra_hosts, signatures: Signatures::new(contact) })
    }

    /// Whether messages to this subscription are sent at all: asked when somebody registers it.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn check(&self, subscription: &Subscription) -> Result<(), Unfit> {
        self.target(subscription).map(drop)
    }

    /// Sends one message, once, and says what became of it. The keys are those that the subscription was made with.
    pub async fn send(&self, keys: &VapidKeys, subscription: &Subscription, message: &Message) -> Answer {
        match self.request(keys, subscription, message, wall_clock()) {
            Ok(request) => match self.client.execute(request).await {
                Ok(response) => answer(response).await,
                Err(error) => Answer::Failed(failure(&error)),
            },
            Err(answer) => answer,
        }
    }

    fn target(&self, subscription: &Subscription) -> Result<Url, Unfit> {
        let url = endpoint::target(&subscription.endpoint, &self.extra_hosts)?;
        subscription.check_keys()?;
        Ok(url)
    }

    fn request(
        &self,
        keys: &VapidKeys,
        subscription: &Subscription,
        message: &Message,
        now: SystemTime,
    ) -> Result<Request, Answer> {
        let url = self.target(subscription).map_err(Answer::Unfit)?;
        let Subscription { endpoint, p256dh, auth } = subscription;
        let browser = SubscriptionInfo::new(endpoint, p256dh, auth);
        let mut builder = WebPushMessageBuilder::new(&browser);
        builder.set_ttl(message.ttl_seconds());
        builder.set_urgency(message.urgency);
        if let Some(topic) = &message.topic {
            builder.set_topic(topic.as_str().to_owned());
        }
        builder.set_payload(ContentEncoding::Aes128Gcm, &message.payload);
        let origin = url.origin().ascii_serialization();
        builder.set_vapid_signature(self.signatures.for_origin(keys, &origin, now).map_err(unbuilt)?);
        let built = request_builder::build_request::<Vec<u8>>(builder.build().map_err(unbuilt)?);

        // The library's own is a request of an older `http`; to the address that was checked goes one of ours.
        let mut request = Request::new(Method::POST, url);
        for (name, value) in built.headers() {
            let (name, value) = (name.as_str().as_bytes(), value.as_bytes());
            let name = HeaderName::from_bytes(name).expect("a name is one in either version");
            let mut value = HeaderValue::from_bytes(value).expect("a value is one in either version");
            value.set_sensitive(name == header::AUTHORIZATION);
            request.headers_mut().insert(name, value);
        }
        *request.body_mut() = Some(built.into_body().into());
        Ok(request)
    }
}

/// Exactly an address: Apple refuses signatures with a space or `<` in it.
fn is_contact(contact: &str) -> bool {
    let bare = contact.bytes().all(|c| c.is_ascii_graphic() && c != b'<' && c != b'>');
    let mail = contact.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    let mail = mail.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    bare && (mail || Url::parse(contact).is_ok_and(|url| url.scheme() == "https"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "services compare a signature's time with their own clocks, not with ours"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// Never `Unfit`: the subscription was checked, and would be forgotten for what is wrong with the message.
fn unbuilt(error: WebPushError) -> Answer {
    match error {
        WebPushError::PayloadTooLarge => Answer::TooLarge,
        _ => Answer::Failed(Failure::Unbuilt),
    }
}

async fn answer(response: Response) -> Answer {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    // Whatever it is: a connection whose answer was read is used again.
    let reason = reason(&beginning(response).await);
    let code = status.as_u16();
    match status {
        status if status.is_success() => Answer::Accepted,
        StatusCode::NOT_FOUND | StatusCode::GONE => Answer::Gone,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Answer::Refused { status: code, reason },
        StatusCode::PAYLOAD_TOO_LARGE => Answer::TooLarge,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Answer::Busy { retry_after },
        status if status.is_server_error() => Answer::Busy { retry_after },
        _ => Answer::Rejected { status: code, reason },
    }
}

/// At most a day, in whole seconds; of moments by another clock nothing is known.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(24 * 60 * 60)))
}

/// What there is of an answer, up to a limit. If it breaks off or takes too long, its status counts all the same.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut read = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        read.extend_from_slice(&chunk[..chunk.len().min(READ_AT_MOST - read.len())]);
        if read.len() == READ_AT_MOST {
            break;
        }
    }
    read
}

/// What a service says, as one short printable line. Long words are tokens, or addresses with one in them: left out.
fn reason(body: &[u8]) -> String {
    let part_of_a_token = |c: char| c.is_ascii_alphanumeric() || "-_.~%:/?=+&@".contains(c);
    let mut line = String::new();
    for words in String::from_utf8_lossy(body).split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for word in words.split_inclusive(|c| !part_of_a_token(c)) {
            let token = word.trim_end_matches(|c| !part_of_a_token(c));
            line.push_str(if token.len() > WORD_AT_MOST { "..." } else { token });
            line.extend(word[token.len()..].chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }));
        }
    }
    line.truncate(REASON_AT_MOST);
    line
}

/// Its own text names the endpoint; what kind of failure it is, is all that is told.
fn failure(error: &reqwest::Error) -> Failure {
    let mut cause = error.source();
    while let Some(it) = cause {
        if it.is::<NotPublic>() {
            return Failure::NotPublic;
        }
        cause = it.source();
    }
    match error {
        error if error.is_timeout() => Failure::TimedOut,
        error if error.is_connect() => Failure::Unreachable,
        _ => Failure::Broken,
    }
}

#[cfg(test)]
mod tests;
