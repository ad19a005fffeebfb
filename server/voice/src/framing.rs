//! Datagrams over TCP: each with its length before it, in two bytes (RFC 4571).

/// Longest datagram taken. What WebRTC sends stays below 1.5 kB.
pub(crate) const FRAME_LIMIT: usize = 2048;
/// Most that is kept of what was pushed and not yet taken.
const BUFFER_LIMIT: usize = 64 * 1024;
const HEAD: usize = 2;

/// The stream cannot be read on: a datagram is too long, or too much came at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a framed datagram is too long")]
pub(crate) struct TooLong;

/// Takes a stream apart into datagrams. After every [`Frames::push`], take with [`Frames::next`] until there is none.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    buffer: Vec<u8>,
    /// How much of the buffer was taken.
    taken: usize,
    broken: bool,
}

impl Frames {
    /// What came in, in pieces of any size up to about 60 kB.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.broken |= self.buffer.len() + bytes.len() > BUFFER_LIMIT;
        if self.broken {
            self.buffer = Vec::new();
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next whole datagram. Empty ones are passed over: they keep a connection alive and say nothing.
    /// An error is for good.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, TooLong> {
        if self.broken {
            return Err(TooLong);
        }
        while let Some(head) = self.buffer[self.taken..].first_chunk::<HEAD>() {
            let length = usize::from(u16::from_be_bytes(*head));
            if length > FRAME_LIMIT {
                self.broken = true;
                return Err(TooLong);
            }
            let start = self.taken + HEAD;
            let end = start + length;
            if end > self.buffer.len() {
                break;
            }
            self.taken = end;
            if length > 0 {
                return Ok(Some(&self.buffer[start..end]));
            }
        }
        Ok(None)
    }
}

/// Adds `datagram` to `out` as it goes over TCP. Nothing is added for one that is too long to be sent.
pub(crate) fn frame(datagram: &[u8], out: &mut Vec<u8>) -> Result<(), TooLong> {
    let length = u16::try_from(datagram.len()).map_err(|_| TooLong)?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(datagram);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn framed(datagrams: &[Vec<u8>]) -> Vec<u8> {
        let mut stream = Vec::new();
        for datagram in datagrams {
            frame(datagram, &mut stream).unwrap();
        }
        stream
    }

    fn all(frames: &mut Frames) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut found = Vec::new();
        while let Some(datagram) = frames.next()? {
            found.push(datagram.to_vec());
        }
        Ok(found)
    }

    #[test]
    fn a_datagram_comes_with_its_length_before_it() {
        assert_eq!(framed(&[vec![7; 258]])[..3], [1, 2, 7]);
    }

    #[test]
    fn an_empty_frame_says_nothing_and_hides_nothing() {
        let mut frames = Frames::default();
        frames.push(&[0, 0, 0, 0, 0, 1, 9, 0, 0]);
        assert_eq!(all(&mut frames), Ok(vec![vec![9]]));
    }

    #[test]
    fn a_frame_beyond_the_limit_ends_the_stream_for_good() {
        let mut frames = Frames::default();
        frames.push(&framed(&[vec![1; FRAME_LIMIT], vec![2; FRAME_LIMIT + 1]]));
        assert_eq!(frames.next(), Ok(Some([1; FRAME_LIMIT].as_slice())));
        assert_eq!(frames.next(), Err(TooLong));
        frames.push(&framed(&[vec![3]]));
        assert_eq!(frames.next(), Err(TooLong));
    }

    #[test]
    fn what_nobody_takes_does_not_pile_up() {
        let mut frames = Frames::default();
        let stream = framed(&vec![vec![1; 1000]; 33]);
        frames.push(&stream);
        frames.push(&stream);
        assert_eq!(frames.next(), Err(TooLong));
        assert_eq!(frames.buffer.capacity(), 0);
    }

    #[test]
    fn a_datagram_whose_length_two_bytes_cannot_say_is_not_sent() {
        let mut out = vec![1];
        assert_eq!(frame(&vec![0; 65_536], &mut out), Err(TooLong));
        assert_eq!(out, [1]);
    }

    proptest! {
        #[test]
        fn datagrams_come_out_as_they_went_in_however_the_stream_is_cut(
            datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..600), 0..40),
            cuts in prop::collection::vec(1..700usize, 1..100),
        ) {
            let stream = framed(&datagrams);
            let mut rest = stream.as_slice();
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                frames.push(piece);
                found.extend(all(&mut frames)?);
                rest = after;
            }
            prop_assert_eq!(found, datagrams);
        }
    }
}
