//! Packets on a TCP connection: each behind its length in two bytes (RFC 4571).

/// One packet as it goes on the connection.
///
/// # Panics
/// If the packet is longer than 65,535 bytes, which no datagram is.
#[must_use]
pub fn frame(packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).expect("no packet is that long");
    let mut framed = Vec::with_capacity(packet.len() + 2);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(packet);
    framed
}

/// Takes bytes as they come and gives whole packets.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    read: usize,
}

impl Frames {
    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole packet.
    pub fn next_packet(&mut self) -> Option<&[u8]> {
        let rest = &self.bytes[self.read..];
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let packet = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        self.read += 2 + packet.len();
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, frame};

    #[test]
    fn packets_come_out_whole_however_the_bytes_came() {
        let packets: [&[u8]; 3] = [b"one", b"", &[7; 1300]];
        let stream: Vec<u8> = packets.iter().flat_map(|packet| frame(packet)).collect();
        for step in [1, 2, 5, 700, stream.len()] {
            let mut frames = Frames::default();
            let mut came = Vec::new();
            for bytes in stream.chunks(step) {
                frames.push(bytes);
                while let Some(packet) = frames.next_packet() {
                    came.push(packet.to_vec());
                }
            }
            assert_eq!(came, packets, "in steps of {step}");
        }
    }
}
