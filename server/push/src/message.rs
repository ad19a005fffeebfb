//! What is sent, and to whom.

use crate::endpoint;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::PublicKey;
use reqwest::Url;
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use web_push::Urgency;

/// Services keep nothing for longer than four weeks, and some refuse to be asked to.
const LONGEST_TTL: u64 = 28 * 24 * 60 * 60;

/// One browser that wants to be told, in the words of its `PushSubscription`. Nothing of it is for a log, but its
/// [`host`](Subscription::host).
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Where to send. Whoever knows it may try.
    pub endpoint: String,
    /// The browser's public key: an uncompressed point of P-256, base64url without padding.
    pub p256dh: String,
    /// The browser's secret: 16 bytes, base64url without padding.
    pub auth: String,
}

/// Why nothing is ever sent to a subscription. It does not say what the subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The endpoint is longer than any push service's.
    #[error("the endpoint is too long")]
    TooLong,
    /// No browser writes an endpoint like this.
    #[error("the endpoint is not an address as browsers write it")]
    NotAnAddress,
    /// Only https is sent to, on its own port.
    #[error("the endpoint is not https on its own port")]
    NotHttps,
    /// Only push services are sent to.
    #[error("the endpoint is not that of a push service we send to")]
    UnknownHost,
    /// There is no point of P-256 in `p256dh`.
    #[error("p256dh is not the key of a browser")]
    BadKey,
    /// `auth` is not 16 bytes.
    #[error("auth is not the secret of a browser")]
    BadAuth,
}

impl Subscription {
    /// The push service's name, for a log; `?` if the endpoint has none.
    #[must_use]
    pub fn host(&self) -> String {
        let url = Url::parse(&self.endpoint).ok();
        url.as_ref().and_then(Url::host_str).unwrap_or("?").to_owned()
    }

    /// The push service's name for a count: one of few, whatever names whoever subscribes has made up.
    #[must_use]
    pub fn service(&self) -> String {
        endpoint::service(&self.host()).to_owned()
    }

    /// Whether something can be encrypted for the browser.
    pub(crate) fn check_keys(&self) -> Result<(), Unfit> {
        let point = URL_SAFE_NO_PAD.decode(&self.p256dh).map_err(|_| Unfit::BadKey)?;
        // Browsers know no compressed points.
        if point.len() != 65 || PublicKey::from_sec1_bytes(&point).is_err() {
            return Err(Unfit::BadKey);
        }
        match URL_SAFE_NO_PAD.decode(&self.auth) {
            Ok(auth) if auth.len() == 16 => Ok(()),
            _ => Err(Unfit::BadAuth),
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("host", &self.host()).finish_non_exhaustive()
    }
}

/// One message, the same for as many subscriptions as it is sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What the service worker gets, never nothing. Keep it under 2 KB: that is what every service passes on.
    pub payload: Vec<u8>,
    /// For how long the push service tries to deliver it. Sent as whole seconds, at least one.
    pub ttl: Duration,
    /// Whether it may wake up a phone.
    pub urgency: Urgency,
    /// Takes the place of an undelivered one about the same.
    pub topic: Option<Topic>,
}

impl Message {
    /// Never 0: a service would throw it away if the phone were not there in that moment, and Apple refuses it.
    pub(crate) fn ttl_seconds(&self) -> u32 {
        u32::try_from(self.ttl.as_secs().clamp(1, LONGEST_TTL)).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Message {
    /// The payload is for one browser, and not for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("bytes", &self.payload.len())
            .field("ttl", &self.ttl)
            .field("urgency", &self.urgency)
            .finish_non_exhaustive()
    }
}

/// What a message is about. The push service sees it, and learns nothing from it but that two are about the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic(String);

impl Topic {
    /// The same for the same thing: 32 characters of base64url, which is as many as there may be.
    #[must_use]
    pub fn of(thing: &str) -> Topic {
        Topic(URL_SAFE_NO_PAD.encode(&Sha256::digest(thing)[..24]))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VapidKeys;

    fn subscription() -> Subscription {
        Subscription {
            endpoint: "https://fcm.googleapis.com/fcm/send/capability".to_owned(),
            p256dh: VapidKeys::generate().public().to_owned(),
            auth: URL_SAFE_NO_PAD.encode([7; 16]),
        }
    }

    #[test]
    fn keys_of_another_shape_than_a_browsers_are_found_out() {
        let good = subscription();
        assert_eq!(good.check_keys(), Ok(()));
        let point = URL_SAFE_NO_PAD.decode(&good.p256dh).unwrap();
        let mut compressed = point[..33].to_vec();
        compressed[0] = 2 + (point[64] & 1);
        assert!(PublicKey::from_sec1_bytes(&compressed).is_ok());
        let mut beside_the_curve = point.clone();
        beside_the_curve[64] ^= 1;
        let mut hybrid = point.clone();
        hybrid[0] = 6 + (point[64] & 1);
        for wrong in [vec![], vec![0], vec![4; 65], point[..64].to_vec(), compressed, beside_the_curve, hybrid] {
            let wrong = Subscription { p256dh: URL_SAFE_NO_PAD.encode(&wrong), ..good.clone() };
            assert_eq!(wrong.check_keys(), Err(Unfit::BadKey), "{}", wrong.p256dh);
        }
        let padded = Subscription { p256dh: format!("{}=", good.p256dh), ..good.clone() };
        assert_eq!(padded.check_keys(), Err(Unfit::BadKey));
        for wrong in ["", "!", &URL_SAFE_NO_PAD.encode([7; 15]), &URL_SAFE_NO_PAD.encode([7; 17])] {
            let wrong = Subscription { auth: wrong.to_owned(), ..good.clone() };
            assert_eq!(wrong.check_keys(), Err(Unfit::BadAuth), "{}", wrong.auth);
        }
    }

    #[test]
    fn debug_shows_neither_endpoint_nor_keys_nor_payload() {
        let it = subscription();
        assert_eq!(format!("{it:?}"), r#"Subscription { host: "fcm.googleapis.com", .. }"#);
        let message = Message {
            payload: b"Anna calls".to_vec(),
            ttl: Duration::from_secs(30),
            urgency: Urgency::High,
            topic: Some(Topic::of("call")),
        };
        assert_eq!(format!("{message:?}"), "Message { bytes: 10, ttl: 30s, urgency: High, .. }");
    }

    #[test]
    fn a_topic_is_as_long_as_it_may_be_and_does_not_show_what_it_is_of() {
        let id = "0193b3c4-6d7e-7f00-8a9b-0c1d2e3f4a5b";
        let topic = Topic::of(id);
        assert_eq!(topic, Topic::of(id));
        assert_ne!(topic, Topic::of("another"));
        assert_eq!(topic.as_str().len(), 32);
        assert!(topic.as_str().bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_'));
    }

    #[test]
    fn a_ttl_is_never_nothing_and_never_more_than_services_take() {
        let ttl = |ttl| Message { payload: vec![], ttl, urgency: Urgency::Normal, topic: None }.ttl_seconds();
        assert_eq!(ttl(Duration::ZERO), 1);
        assert_eq!(ttl(Duration::from_millis(999)), 1);
        assert_eq!(ttl(Duration::from_millis(29_900)), 29);
        assert_eq!(ttl(Duration::MAX), 2_419_200);
    }
}
