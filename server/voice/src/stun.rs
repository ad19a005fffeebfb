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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend_from_slice(&kind.to_be_bytes());
            body.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend_from_slice(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut message = kind.to_be_bytes().to_vec();
        message.extend_from_slice(&u16::try_from(body.len()).unwrap().to_be_bytes());
        message.extend_from_slice(&MAGIC);
        message.extend_from_slice(&[7; 12]);
        message.extend(body);
        message
    }

    const PRIORITY: (u16, &[u8]) = (0x0024, &[1, 2, 3, 4]);

    #[test]
    fn a_binding_request_says_whom_it_is_for() {
        let request = message(BINDING_REQUEST, &[(0x8022, b"padded"), PRIORITY, (USERNAME, b"ours:theirs")]);
        assert_eq!((classify(&request), local_ufrag(&request)), (Kind::Stun, Some("ours")));
    }

    #[test]
    fn other_messages_are_for_nobody() {
        let username: (u16, &[u8]) = (USERNAME, b"ours:theirs");
        let of = |kind, attributes: &[(u16, &[u8])]| local_ufrag(&message(kind, attributes)).map(str::to_owned);
        assert_eq!(of(0x0101, &[username]), None, "a response");
        assert_eq!(of(BINDING_REQUEST, &[]), None);
        assert_eq!(of(BINDING_REQUEST, &[PRIORITY]), None);
        assert_eq!(of(BINDING_REQUEST, &[(MESSAGE_INTEGRITY, &[0; 20]), username]), None, "it is not signed");
        assert_eq!(of(BINDING_REQUEST, &[(USERNAME, b"ours"), username]), None, "only the first counts");
        assert_eq!(of(BINDING_REQUEST, &[(USERNAME, b":theirs")]), None);
        assert_eq!(of(BINDING_REQUEST, &[(USERNAME, b"\xff\xfe:theirs")]), None);
        assert_eq!(of(BINDING_REQUEST, &[(USERNAME, &[b':'; 513])]), None);
    }

    #[test]
    fn a_message_cut_off_or_with_a_false_length_is_nothing() {
        let request = message(BINDING_REQUEST, &[(USERNAME, b"ours:theirs")]);
        for length in 0..request.len() {
            assert_eq!((classify(&request[..length]), local_ufrag(&request[..length])), (Kind::Other, None));
        }
        // The attribute claims to be longer than the message.
        let mut lying = request.clone();
        lying[23] = 200;
        assert_eq!((classify(&lying), local_ufrag(&lying)), (Kind::Stun, None));
        let mut without_magic = request;
        without_magic[4] = 0;
        assert_eq!(classify(&without_magic), Kind::Other);
    }

    #[test]
    fn the_first_bytes_tell_what_a_datagram_is() {
        let of = |first: u8, second: u8, length: usize| {
            let mut datagram = vec![0; length];
            datagram[0] = first;
            datagram[1] = second;
            classify(&datagram)
        };
        assert_eq!(of(22, 0xfe, 100), Kind::Dtls);
        assert_eq!((of(0x80, 111, 80), of(0x80, 111 | 0x80, 80)), (Kind::Rtp, Kind::Rtp));
        assert_eq!((of(0x90, 63, 80), of(0x90, 63 | 0x80, 80)), (Kind::Rtp, Kind::Rtp));
        assert_eq!((of(0x80, 200, 28), of(0x81, 201, 32)), (Kind::Rtcp, Kind::Rtcp));
        assert_eq!((of(0x80, 111, 11), of(0x80, 200, 7)), (Kind::Other, Kind::Other));
        // TURN channels, ZRTP, and what nobody has a use for.
        assert_eq!((of(64, 0, 100), of(16, 0, 100), of(255, 0, 100)), (Kind::Other, Kind::Other, Kind::Other));
        assert_eq!(classify(&[]), Kind::Other);
    }

    proptest! {
        #[test]
        fn a_message_with_bytes_changed_never_breaks_the_reader(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = message(BINDING_REQUEST, &[PRIORITY, (USERNAME, b"ours:theirs"), (0x0025, b"")]);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len() + 1).max(bytes.len() / 2));
            if local_ufrag(&bytes).is_some() {
                prop_assert_eq!(classify(&bytes), Kind::Stun);
            }
        }

        #[test]
        fn any_bytes_at_all_are_something(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = (classify(&bytes), local_ufrag(&bytes));
        }
    }
}
