//! Passwords: hashed a few at a time, and refused if they are among those that are guessed first.

mod guessable;

use crate::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

pub(crate) use guessable::is_guessable;

/// Hashing at the same time.
const AT_ONCE: usize = 2;
/// Hashing, or waiting for it. The last of them waits for about 200 ms.
const WAITING: usize = 16;

/// Hashing passwords costs 19 MiB and 25 ms each, on purpose (argon2id with 2 passes and 1 lane, as OWASP's Password Storage Cheat
/// Sheet has it): two at a time, a few more waiting, the rest are refused.
pub(crate) struct Passwords {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// How many were hashed so far: what a test compares instead of times.
    hashed: AtomicU64,
}

impl Default for Passwords {
    fn default() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Passwords { at_once: places(AT_ONCE), waiting: places(WAITING), hashed: AtomicU64::new(0) }
    }
}

/// What the password of nobody is compared with, so that an unknown login takes as long as a known one. It is the hash of
/// nothing: random bytes in the form of one.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bCY8yX4LxPhSB2Pdbl+ZJQ$tsaS6Mg435iVK3uthZz4twLk/8zHn8bZfJ6atRx1X9o";

impl Passwords {
    /// How many are being hashed, or wait for it.
    pub(crate) fn in_hand(&self) -> usize {
        WAITING - self.waiting.available_permits()
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Error::Busy)?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|e| Error::Internal(e.into()))?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        // Whoever asked may hang up: the work goes on, and so its place is not free.
        let work = move || {
            let _held = (place, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.into()))
    }

    /// # Errors
    /// [`Error::Busy`] if too many wait already.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        self.work(move || password_auth::generate_hash(password)).await
    }

    /// Whether the hash is of this password. Without a hash it is not, and takes as long.
    ///
    /// # Errors
    /// As [`Passwords::hash`].
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        let password = password.to_owned();
        self.work(move || {
            let hash = hash.as_deref().unwrap_or(NOBODYS_HASH);
            password_auth::verify_password(password, hash).is_ok()
        })
        .await
    }

    #[cfg(feature = "testing")]
    pub(crate) fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn passwords_are_hashed_as_owasp_says_and_nobodys_as_everybodys() {
        let passwords = Passwords::default();
        let hash = passwords.hash("five plain words").await.unwrap();
        let parameters = "$argon2id$v=19$m=19456,t=2,p=1$";
        assert!(hash.starts_with(parameters) && NOBODYS_HASH.starts_with(parameters), "{hash}");
        assert!(passwords.verify("five plain words", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("six plain words", Some(hash.clone())).await.unwrap());
        for anything in ["", "five plain words", "nobody's password"] {
            assert!(!passwords.verify(anything, None).await.unwrap());
        }
        assert_eq!(NOBODYS_HASH.len(), hash.len());
    }

    #[tokio::test]
    async fn two_are_hashed_at_a_time_some_wait_and_the_rest_are_refused() {
        let passwords = Passwords::default();
        // Both places are taken: whoever comes now waits.
        let _taken = passwords.at_once.acquire_many(2).await.unwrap();
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(passwords.hash("five plain words"))).collect();
        for hash in &mut waiting {
            assert!(hash.as_mut().now_or_never().is_none());
        }
        assert_eq!(passwords.hashed.load(Ordering::Relaxed), 0, "nobody has a turn");
        assert!(matches!(passwords.hash("five plain words").await, Err(Error::Busy)));
        assert!(matches!(passwords.verify("five plain words", None).await, Err(Error::Busy)));
        waiting.clear();
        let next = passwords.hash("five plain words").now_or_never();
        assert!(next.is_none(), "whoever gives up makes room to wait");
    }

    #[tokio::test]
    async fn whoever_hangs_up_leaves_no_room_before_their_password_is_hashed() {
        let passwords = Passwords::default();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let mut hanging_up = Box::pin(passwords.work(move || wait.recv()));
        assert!(hanging_up.as_mut().now_or_never().is_none());
        drop(hanging_up);
        assert_eq!((passwords.at_once.available_permits(), passwords.in_hand()), (AT_ONCE - 1, 1));
        go_on.send(()).unwrap();
        let _all = passwords.at_once.acquire_many(2).await.unwrap();
        assert_eq!(passwords.in_hand(), 0);
    }
}
