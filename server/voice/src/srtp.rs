//! Outgoing RTP, encrypted without str0m.
//!
//! str0m speaks ICE and DTLS with each peer and decrypts what they send. What we send is one packet for every listener,
//! and asking str0m for each of them would cost more than the encryption itself. So we listen in on the DTLS handshake
//! ([`tapped`]) and encrypt with the keys it agreed on ([`Sender`]), as RFC 3711 and RFC 7714 say.
//!
//! str0m keeps sending its RTCP under the same master key. That is safe: RTCP has session keys of its own, and str0m
//! sends no RTP on our SSRCs, which are part of every nonce.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Instant;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{
    AeadAes128Gcm, AeadAes128GcmCipher, AeadAes256Gcm, AeadAes256GcmCipher, Aes128CmSha1_80, Aes128CmSha1_80Cipher,
    CryptoError, CryptoProvider, Sha1HmacProvider, SrtpProvider, from_feature_flags,
};

/// The labels of RFC 3711 4.3.1 that make the session keys for RTP.
const LABEL_CIPHER: u8 = 0;
const LABEL_AUTHENTICATION: u8 = 1;
const LABEL_SALT: u8 = 2;

/// Cipher providers for AES-CM may use this much room behind the last byte.
const CTR_SPACE: usize = 15;

thread_local! {
    /// Where the next DTLS instance made on this thread leaves its keys.
    static NEXT: Cell<Option<Arc<OnceLock<Master>>>> = const { Cell::new(None) };
}

/// Runs `build`, which is to make one `Rtc` with the given provider, and listens in on that `Rtc`'s handshake.
///
/// A provider is shared by everybody and cannot say which `Rtc` asks it for a DTLS instance. But `Rtc` asks while it is
/// being built, on the same thread, so the tap waits in a thread-local slot for exactly as long as `build` runs. The
/// first instance takes it. Should `build` make none, or panic, the slot is emptied and the tap never opens; further
/// ones, and those made later with the same provider, are not listened to.
pub(crate) fn tapped<T>(build: impl FnOnce(Arc<CryptoProvider>) -> T) -> (T, KeyTap) {
    static DTLS: LazyLock<Tapping> = LazyLock::new(|| Tapping { inner: from_feature_flags().dtls_provider });
    tapped_with(&DTLS, build)
}

fn tapped_with<T>(dtls: &'static Tapping, build: impl FnOnce(Arc<CryptoProvider>) -> T) -> (T, KeyTap) {
    /// Puts back what was in the slot before, also when `build` panics.
    struct Restore(Option<Arc<OnceLock<Master>>>);

    impl Drop for Restore {
        fn drop(&mut self) {
            NEXT.set(self.0.take());
        }
    }

    let keys = Arc::new(OnceLock::new());
    let restore = Restore(NEXT.replace(Some(keys.clone())));
    let built = build(Arc::new(CryptoProvider { dtls_provider: dtls, ..from_feature_flags() }));
    drop(restore);
    (built, KeyTap(keys))
}

/// Where the keys of one `Rtc` appear once its handshake is done.
pub(crate) struct KeyTap(Arc<OnceLock<Master>>);

impl KeyTap {
    /// What encrypts for this peer. There once str0m said `Event::Connected`, `None` before.
    ///
    /// A peer needs no more than one: two that share keys must never share an SSRC.
    pub(crate) fn sender(&self) -> Option<Sender> {
        self.0.get().map(Sender::new)
    }
}

impl fmt::Debug for KeyTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTap").field("open", &self.0.get().is_some()).finish()
    }
}

/// Makes the same DTLS instances as `inner`, the tapped ones wrapped.
#[derive(Debug)]
struct Tapping {
    inner: &'static dyn DtlsProvider,
}

impl DtlsProvider for Tapping {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.inner.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let inner = self.inner.new_dtls(cert, now, dtls_version, mtu)?;
        Ok(match NEXT.take() {
            Some(keys) => Box::new(Tapped { inner, keys }),
            None => inner,
        })
    }

    fn is_test(&self) -> bool {
        self.inner.is_test()
    }
}

/// A DTLS instance that is listened to.
struct Tapped {
    inner: Box<dyn DtlsInstance>,
    keys: Arc<OnceLock<Master>>,
}

impl fmt::Debug for Tapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl DtlsInstance for Tapped {
    fn set_active(&mut self, active: bool) {
        self.inner.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let output = self.inner.poll_output(buf);
        // By now the peer's certificate was given to str0m, which polls no further if it is the wrong one.
        if let DtlsOutput::KeyingMaterial(material, profile) = &output
            && let Some(master) = Master::ours(material, *profile, self.inner.is_active())
        {
            // There is one handshake in a connection's life, so this is the first time.
            let _ = self.keys.set(master);
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.inner.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        self.inner.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.inner.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.inner.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.inner.close()
    }
}

/// What we encrypt with: our half of what the handshake made. No `Debug`, these are secrets.
enum Master {
    Aes128Cm([u8; Aes128CmSha1_80::KEY_LEN], [u8; Aes128CmSha1_80::SALT_LEN]),
    Aes128Gcm([u8; AeadAes128Gcm::KEY_LEN], [u8; AeadAes128Gcm::SALT_LEN]),
    Aes256Gcm([u8; AeadAes256Gcm::KEY_LEN], [u8; AeadAes256Gcm::SALT_LEN]),
}

impl Master {
    fn ours(material: &[u8], profile: SrtpProfile, active: bool) -> Option<Self> {
        match profile {
            SrtpProfile::AES128_CM_SHA1_80 => half(material, active).map(|(key, salt)| Self::Aes128Cm(key, salt)),
            SrtpProfile::AEAD_AES_128_GCM => half(material, active).map(|(key, salt)| Self::Aes128Gcm(key, salt)),
            SrtpProfile::AEAD_AES_256_GCM => half(material, active).map(|(key, salt)| Self::Aes256Gcm(key, salt)),
            _ => None,
        }
    }
}

/// The key and salt of one side. RFC 5764 4.2: client key, server key, client salt, server salt; active is the client.
fn half<const KEY: usize, const SALT: usize>(material: &[u8], active: bool) -> Option<([u8; KEY], [u8; SALT])> {
    if material.len() != 2 * (KEY + SALT) {
        return None;
    }
    let (keys, salts) = material.split_at(2 * KEY);
    let side = usize::from(!active);
    Some((keys[side * KEY..][..KEY].try_into().ok()?, salts[side * SALT..][..SALT].try_into().ok()?))
}

/// A session key: RFC 3711 4.3 with a key derivation rate of 0, and for the short salts of GCM RFC 7714 11.
fn derive<const N: usize>(srtp: &dyn SrtpProvider, key: &[u8], salt: &[u8], label: u8) -> [u8; N] {
    let mut input = [0; 16];
    input[..salt.len()].copy_from_slice(salt);
    input[7] ^= label;

    let mut derived = [0; N];
    for (round, part) in (0_u16..).zip(derived.chunks_mut(16)) {
        input[14..].copy_from_slice(&round.to_be_bytes());
        // Twice a block: some providers write a block of padding behind the one that is wanted.
        let mut block = [0; 32];
        match key.len() {
            16 => srtp.srtp_aes_128_ecb_round(key, &input, &mut block),
            _ => srtp.srtp_aes_256_ecb_round(key, &input, &mut block),
        }
        part.copy_from_slice(&block[..part.len()]);
    }
    derived
}

/// What a packet says of itself, in the clear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    /// 0 to 127.
    pub(crate) payload_type: u8,
    /// The first packet after a silence.
    pub(crate) marker: bool,
    /// In the codec's clock rate.
    pub(crate) timestamp: u32,
    /// Which stream it belongs to.
    pub(crate) ssrc: u32,
    /// An RFC 8285 element: its id, 1 to 14, and 1 to 16 bytes. One outside these bounds is left out.
    pub(crate) extension: Option<(u8, &'a [u8])>,
}

impl Header<'_> {
    fn append(&self, sequence_number: u16, out: &mut Vec<u8>) {
        let extension = self.extension.filter(|(id, value)| (1..=14).contains(id) && (1..=16).contains(&value.len()));
        out.push(if extension.is_some() { 0x90 } else { 0x80 });
        out.push(u8::from(self.marker) << 7 | self.payload_type & 0x7f);
        out.extend_from_slice(&sequence_number.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        if let Some((id, value)) = extension {
            let words = (1 + value.len()).div_ceil(4) as u8;
            out.extend_from_slice(&[0xbe, 0xde, 0, words]);
            // Both are small: an id of 4 bits, and a length, less one, of 4 bits.
            out.push(id << 4 | (value.len() - 1) as u8);
            out.extend_from_slice(value);
            out.resize(out.len() + usize::from(words) * 4 - 1 - value.len(), 0);
        }
    }
}

/// Encrypts what is sent to one peer.
pub(crate) struct Sender(Cipher);

enum Cipher {
    Aes128Cm {
        cipher: Box<dyn Aes128CmSha1_80Cipher>,
        salt: [u8; Aes128CmSha1_80::SALT_LEN],
        authentication: [u8; Aes128CmSha1_80::HMAC_KEY_LEN],
        hmac: &'static dyn Sha1HmacProvider,
    },
    Aes128Gcm {
        cipher: Box<dyn AeadAes128GcmCipher>,
        salt: [u8; AeadAes128Gcm::SALT_LEN],
    },
    Aes256Gcm {
        cipher: Box<dyn AeadAes256GcmCipher>,
        salt: [u8; AeadAes256Gcm::SALT_LEN],
    },
}

impl Sender {
    fn new(master: &Master) -> Self {
        let CryptoProvider { srtp_provider: srtp, sha1_hmac_provider: hmac, .. } = from_feature_flags();
        Self(match master {
            Master::Aes128Cm(key, salt) => Cipher::Aes128Cm {
                cipher: srtp.aes_128_cm_sha1_80().create_cipher(derive(srtp, key, salt, LABEL_CIPHER), true),
                salt: derive(srtp, key, salt, LABEL_SALT),
                authentication: derive(srtp, key, salt, LABEL_AUTHENTICATION),
                hmac,
            },
            Master::Aes128Gcm(key, salt) => Cipher::Aes128Gcm {
                cipher: srtp.aead_aes_128_gcm().create_cipher(derive(srtp, key, salt, LABEL_CIPHER), true),
                salt: derive(srtp, key, salt, LABEL_SALT),
            },
            Master::Aes256Gcm(key, salt) => Cipher::Aes256Gcm {
                cipher: srtp.aead_aes_256_gcm().create_cipher(derive(srtp, key, salt, LABEL_CIPHER), true),
                salt: derive(srtp, key, salt, LABEL_SALT),
            },
        })
    }

    /// Appends one whole SRTP packet to `out`; after an error `out` is as it was.
    ///
    /// `index` counts the packets of an SSRC: the low 16 bits are the sequence number, the rest is how often that
    /// wrapped, which receivers take to be 0 at first. **An SSRC and index must never come twice with different
    /// contents:** that would give away both, and with GCM the key that guards against forgery.
    pub(crate) fn protect(
        &mut self,
        header: &Header<'_>,
        index: u64,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CryptoError> {
        debug_assert!(index < 1 << 48, "an index has 48 bits");
        let start = out.len();
        header.append(index as u16, out);
        let body = out.len();
        let end = body + payload.len();
        let sealed = match &mut self.0 {
            Cipher::Aes128Cm { cipher, salt, authentication, hmac } => {
                let iv = Aes128CmSha1_80::rtp_iv(*salt, header.ssrc, index);
                out.resize(end + CTR_SPACE.max(Aes128CmSha1_80::HMAC_TAG_LEN), 0);
                let sealed = cipher.encrypt(&iv, payload, &mut out[body..]);
                let sign = |key: &[u8], parts: &[&[u8]]| hmac.sha1_hmac(key, parts);
                Aes128CmSha1_80::rtp_hmac(sign, authentication, &mut out[start..], index, end - start);
                out.truncate(end + Aes128CmSha1_80::HMAC_TAG_LEN);
                sealed
            }
            Cipher::Aes128Gcm { cipher, salt } => {
                let iv = AeadAes128Gcm::rtp_iv(*salt, header.ssrc, (index >> 16) as u32, index as u16);
                out.resize(end + AeadAes128Gcm::TAG_LEN, 0);
                let (clear, secret) = out[start..].split_at_mut(body - start);
                cipher.encrypt(&iv, clear, payload, secret)
            }
            Cipher::Aes256Gcm { cipher, salt } => {
                let iv = AeadAes256Gcm::rtp_iv(*salt, header.ssrc, (index >> 16) as u32, index as u16);
                out.resize(end + AeadAes256Gcm::TAG_LEN, 0);
                let (clear, secret) = out[start..].split_at_mut(body - start);
                cipher.encrypt(&iv, clear, payload, secret)
            }
        };
        if sealed.is_err() {
            out.truncate(start);
        }
        sealed
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Cipher::Aes128Cm { .. } => "Sender(AES128_CM_SHA1_80)",
            Cipher::Aes128Gcm { .. } => "Sender(AEAD_AES_128_GCM)",
            Cipher::Aes256Gcm { .. } => "Sender(AEAD_AES_256_GCM)",
        })
    }
}
