//! Datagrams over TCP: each with its length before it, in two bytes (RFC 4571).

/// Longest datagram taken. What WebRTC sends stays below 1.5 kB.
const FRAME_LIMIT: usize = 2048;
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
