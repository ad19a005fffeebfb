//! The keys by which push services know that it is us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::elliptic_curve::rand_core::OsRng;
use std::fmt;
use web_push::{PartialVapidSignatureBuilder, VapidSignatureBuilder};

/// A P-256 key pair. A browser's subscription belongs to the public one that it was made with, for life: messages to it
/// are signed with the same pair, or refused.
#[derive(Clone)]
pub struct VapidKeys {
    secret: String,
    public: String,
    builder: PartialVapidSignatureBuilder,
}

/// The text is not what [`VapidKeys::secret`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a VAPID key: 32 bytes of P-256 as base64url without padding are")]
pub struct NotAKey;

impl VapidKeys {
    /// Fresh ones. They are to be kept: every subscription made with them needs them.
    ///
    /// # Panics
    ///
    /// Never: what was made one line above is a key.
    #[must_use]
    pub fn generate() -> VapidKeys {
        let secret = URL_SAFE_NO_PAD.encode(SecretKey::random(&mut OsRng).to_bytes());
        VapidKeys::from_secret(&secret).expect("a key that was just made")
    }

    /// Those that were kept.
    ///
    /// # Errors
    ///
    /// The text is nothing that [`VapidKeys::secret`] gave.
    pub fn from_secret(secret: &str) -> Result<VapidKeys, NotAKey> {
        // The length here, because the library panics over another one.
        let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| NotAKey)?;
        if bytes.len() != 32 {
            return Err(NotAKey);
        }
        let builder = VapidSignatureBuilder::from_base64_no_sub(secret).map_err(|_| NotAKey)?;
        let public = URL_SAFE_NO_PAD.encode(builder.get_public_key());
        Ok(VapidKeys { secret: secret.to_owned(), public, builder })
    }

    /// To be stored where secrets are: 43 characters, base64url.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// To be given to browsers as `applicationServerKey`: the uncompressed point, base64url without padding.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    pub(crate) fn builder(&self) -> PartialVapidSignatureBuilder {
        self.builder.clone()
    }
}

impl fmt::Debug for VapidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapidKeys").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_from_their_secret() {
        let keys = VapidKeys::generate();
        let again = VapidKeys::from_secret(keys.secret()).unwrap();
        assert_eq!((keys.secret().len(), keys.public().len()), (43, 87));
        assert_eq!((again.secret(), again.public()), (keys.secret(), keys.public()));
        assert_eq!(URL_SAFE_NO_PAD.decode(keys.public()).unwrap()[0], 4, "an uncompressed point");
    }

    #[test]
    fn two_generated_pairs_differ() {
        assert_ne!(VapidKeys::generate().secret(), VapidKeys::generate().secret());
    }

    #[test]
    fn debug_shows_nothing_secret() {
        let keys = VapidKeys::generate();
        let shown = format!("{keys:?}");
        assert!(shown.contains(keys.public()) && !shown.contains(keys.secret()), "{shown}");
    }

    #[test]
    fn what_is_no_secret_makes_no_keys() {
        let zero = URL_SAFE_NO_PAD.encode([0; 32]);
        let more_than_the_curve_has = URL_SAFE_NO_PAD.encode([0xff; 32]);
        let (short, long) = (URL_SAFE_NO_PAD.encode([1; 31]), URL_SAFE_NO_PAD.encode([1; 33]));
        let padded = format!("{}=", VapidKeys::generate().secret());
        for text in ["", "no base64!", &zero, &more_than_the_curve_has, &short, &long, &padded] {
            assert_eq!(VapidKeys::from_secret(text).unwrap_err(), NotAKey, "{text}");
        }
    }
}
