//! Tells at a glance what a datagram is, and whom a STUN message is for.

/// What shares one port (RFC 7983).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Finds and keeps the way.
    Stun,
    /// Agrees on keys, and carries the data channels.
    Dtls,
    /// Audio.
    Rtp,
    /// Reports about audio.
    Rtcp,
    /// Nothing that anybody should send us.
    Other,
}

const HEADER: usize = 20;
const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: u16 = 0x0001;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
/// RFC 8489: shorter than this.
const USERNAME_LIMIT: usize = 513;

/// What a datagram claims to be. Looks at little more than its first bytes.
pub(crate) fn classify(datagram: &[u8]) -> Kind {
    match *datagram {
        [0..=3, ..] if stun(datagram).is_some() => Kind::Stun,
        [20..=63, ..] => Kind::Dtls,
        [128..=191, 192..=223, ..] if datagram.len() >= 8 => Kind::Rtcp,
        [128..=191, 0..=191 | 224..=255, ..] if datagram.len() >= 12 => Kind::Rtp,
        _ => Kind::Other,
    }
}

/// Our half of the user name in a binding request: which of us it is for.
pub(crate) fn local_ufrag(datagram: &[u8]) -> Option<&str> {
    let (kind, mut attributes) = stun(datagram)?;
    if kind != BINDING_REQUEST {
        return None;
    }
    loop {
        let (head, rest) = attributes.split_first_chunk::<4>()?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = rest.get(..length)?;
        match kind {
            USERNAME if length < USERNAME_LIMIT => {
                let (ours, _) = str::from_utf8(value).ok()?.split_once(':')?;
                return Some(ours).filter(|it| !it.is_empty());
            }
            // What stands after it is not signed and means nothing.
            USERNAME | MESSAGE_INTEGRITY => return None,
            _ => attributes = rest.get(length.next_multiple_of(4)..)?,
        }
    }
}

/// Type and attributes of a STUN message whose length is right.
fn stun(datagram: &[u8]) -> Option<(u16, &[u8])> {
    let (header, attributes) = datagram.split_first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let right = header[0] < 4 && header[4..8] == MAGIC && length == attributes.len() && length % 4 == 0;
    right.then(|| (u16::from_be_bytes([header[0], header[1]]), attributes))
}
