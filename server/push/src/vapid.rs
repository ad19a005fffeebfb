//! Proofs that it is us, each good for one push service and for hours.

use crate::VapidKeys;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use web_push::{SubscriptionInfo, VapidSignature, WebPushError};

/// Services refuse more than a day, by their clock: half of it leaves room for ours to be wrong.
const VALID_FOR: Duration = Duration::from_secs(12 * 60 * 60);
/// So that one which is used has hours left.
const USED_FOR: Duration = Duration::from_secs(6 * 60 * 60);
/// There are a handful of push services; who makes up more of them costs us signatures, not memory.
const KEPT_AT_MOST: usize = 256;

/// Signs for one service once in hours, not for every message.
pub(crate) struct Signatures {
    contact: String,
    kept: Mutex<HashMap<(String, String), (SystemTime, VapidSignature)>>,
}

impl Signatures {
    /// Services find the contact in every signature: whom to write to if something is wrong.
    pub(crate) fn new(contact: &str) -> Signatures {
        Signatures { contact: contact.to_owned(), kept: Mutex::default() }
    }

    /// One that the push service at this origin takes for hours from now on.
    pub(crate) fn for_origin(
        &self,
        keys: &VapidKeys,
        origin: &str,
        now: SystemTime,
    ) -> Result<VapidSignature, WebPushError> {
        let name = (keys.public().to_owned(), origin.to_owned());
        // Held while signing: a ring of two hundred phones would sign two hundred times otherwise.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // One from the future was signed by a clock that has been put right since.
        match kept.get(&name) {
            Some((at, signature)) if now.duration_since(*at).is_ok_and(|age| age < USED_FOR) => {
                return Ok(signature.clone());
            }
            _ => {}
        }
        let signature = self.sign(keys, origin, now)?;
        if kept.len() >= KEPT_AT_MOST {
            kept.clear();
        }
        kept.insert(name, (now, signature.clone()));
        Ok(signature)
    }

    fn sign(&self, keys: &VapidKeys, origin: &str, now: SystemTime) -> Result<VapidSignature, WebPushError> {
        let until = (now + VALID_FOR).duration_since(UNIX_EPOCH).unwrap_or_default();
        let service = SubscriptionInfo::new(origin, "", "");
        let mut signature = keys.builder().add_sub_info(&service);
        // By itself the library leaves the port out of the origin.
        signature.add_claim("aud", origin);
        signature.add_claim("exp", until.as_secs());
        signature.add_claim("sub", self.contact.as_str());
        signature.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    const FCM: &str = "https://fcm.googleapis.com";
    const APPLE: &str = "https://web.push.apple.com";

    fn noon() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_764_158_400)
    }

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 60 * 60)
    }

    fn claims(signature: &VapidSignature) -> serde_json::Value {
        let claims = signature.auth_t.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
    }

    #[test]
    fn a_signature_names_the_origin_with_its_port_the_contact_and_half_a_day() {
        let signatures = Signatures::new("mailto:admin@parish.example");
        let keys = VapidKeys::generate();
        for origin in [FCM, "http://127.0.0.1:8990"] {
            let claims = claims(&signatures.for_origin(&keys, origin, noon()).unwrap());
            assert_eq!(claims["aud"], origin);
            assert_eq!(claims["sub"], "mailto:admin@parish.example");
            assert_eq!(claims["exp"], 1_764_158_400 + 12 * 60 * 60);
        }
    }

    #[test]
    fn one_is_used_for_hours_and_always_has_hours_left() {
        let signatures = Signatures::new("mailto:admin@parish.example");
        let keys = VapidKeys::generate();
        let at = |time| signatures.for_origin(&keys, FCM, time).unwrap();
        let first = at(noon());
        assert_eq!(at(noon() + hours(5)), first);
        let second = at(noon() + hours(6));
        assert_ne!(second, first);
        assert_eq!(at(noon() + hours(11)), second);
    }

    #[test]
    fn a_clock_that_was_put_back_gets_a_new_one() {
        let signatures = Signatures::new("mailto:admin@parish.example");
        let keys = VapidKeys::generate();
        let from_next_year = signatures.for_origin(&keys, FCM, noon() + hours(24 * 365)).unwrap();
        let now = signatures.for_origin(&keys, FCM, noon()).unwrap();
        assert_ne!(now, from_next_year);
        assert_eq!(claims(&now)["exp"], 1_764_158_400 + 12 * 60 * 60);
    }

    #[test]
    fn neither_services_nor_keys_share_one() {
        let signatures = Signatures::new("mailto:admin@parish.example");
        let (one, other) = (VapidKeys::generate(), VapidKeys::generate());
        let sign = |keys, origin| signatures.for_origin(keys, origin, noon()).unwrap();
        let all = [sign(&one, FCM), sign(&one, APPLE), sign(&other, FCM)];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
        assert_eq!([sign(&one, FCM), sign(&one, APPLE), sign(&other, FCM)], all);
    }

    #[test]
    fn names_made_up_by_clients_do_not_fill_the_memory() {
        let signatures = Signatures::new("mailto:admin@parish.example");
        let keys = VapidKeys::generate();
        for number in 0..=KEPT_AT_MOST {
            signatures.for_origin(&keys, &format!("https://{number}.push.apple.com"), noon()).unwrap();
        }
        assert!(signatures.kept.lock().unwrap().len() <= KEPT_AT_MOST);
    }
}
