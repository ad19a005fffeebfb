//! The file of a backup: lines of JSON, packed by gzip, so that anybody can look into it (`zcat`) without this program.
//! The first line says what it is, the last one how many rows there were, and the SHA-256 of everything before it. That
//! tells what was damaged on its way; it does not tell who wrote it.

use anyhow::{Context, bail, ensure};
use domain::Timestamp;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use store::Piece;

/// How this program writes backups. It reads this one, and older ones.
pub(super) const FORMAT: u32 = 1;

/// Far beyond what a row can be.
const LINE_AT_MOST: u64 = 16 * 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// That it is one, and of which format.
    pub(super) paxora_backup: u32,
    /// Which version of the program has written it.
    pub(super) program: String,
    /// The last migration that the database had seen.
    pub(super) schema: i64,
    /// When.
    pub(super) at: Timestamp,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct Tail {
    rows: u64,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Piece(Piece),
    Tail(Tail),
}

pub(super) struct Writer<W: Write> {
    out: GzEncoder<BufWriter<W>>,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Writer<W> {
    pub(super) fn begin(to: W, head: &Head) -> io::Result<Self> {
        let out = GzEncoder::new(BufWriter::new(to), Compression::default());
        let mut writer = Writer { out, hash: Sha256::new(), rows: 0 };
        writer.line(head)?;
        Ok(writer)
    }

    pub(super) fn piece(&mut self, piece: &Piece) -> io::Result<()> {
        self.rows += u64::from(matches!(piece, Piece::Row(_)));
        self.line(piece)
    }

    /// Only now it is a backup. Answers how many rows there are.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        let tail = Tail { rows: self.rows, sha256: hex(self.hash.clone()) };
        self.line(&tail)?;
        self.out.finish()?.flush()?;
        Ok(self.rows)
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.out.write_all(&line)
    }
}

pub(super) struct Reader {
    from: BufReader<GzDecoder<BufReader<File>>>,
    hash: Sha256,
    rows: u64,
}

impl Reader {
    pub(super) fn open(file: File) -> anyhow::Result<(Head, Reader)> {
        let mut reader =
            Reader { from: BufReader::new(GzDecoder::new(BufReader::new(file))), hash: Sha256::new(), rows: 0 };
        let line = reader.line()?;
        reader.hash.update(&line);
        let head = serde_json::from_slice(&line).context("it does not begin like one")?;
        Ok((head, reader))
    }

    /// The next piece. After the last one it answers none only if all of them were as they had been written.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Piece>> {
        let line = self.line()?;
        match serde_json::from_slice(&line).context("a line of it is none of ours")? {
            Line::Piece(piece) => {
                self.hash.update(&line);
                self.rows += u64::from(matches!(piece, Piece::Row(_)));
                Ok(Some(piece))
            }
            Line::Tail(Tail { rows, sha256 }) => {
                ensure!(rows == self.rows && sha256 == hex(self.hash.clone()), "its checksum is another one");
                // Reading to the end also compares gzip's own checksum.
                ensure!(self.from.read(&mut [0])? == 0, "something follows its end");
                ensure!(self.from.get_mut().get_mut().read(&mut [0])? == 0, "something follows its end");
                Ok(None)
            }
        }
    }

    fn line(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut line = vec![];
        self.from.by_ref().take(LINE_AT_MOST).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            bail!("its end is missing");
        }
        Ok(line)
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom};
    use store::Cell;

    fn pieces() -> Vec<Piece> {
        let row = |number| Piece::Row(vec![Cell::Text(format!("żółw\n{number}")), Cell::Nothing, Cell::Number(number)]);
        let table = Piece::Table { table: "persons".into(), columns: vec!["id".into(), "login".into(), "at".into()] };
        std::iter::once(table).chain([i64::MIN, -1, 0, i64::MAX].map(row)).collect()
    }

    fn head() -> Head {
        Head { paxora_backup: FORMAT, program: "0.1.0".into(), schema: 13, at: Timestamp(1_800_000_000_000) }
    }

    fn written() -> Vec<u8> {
        let mut bytes = vec![];
        let mut writer = Writer::begin(&mut bytes, &head()).unwrap();
        for piece in pieces() {
            writer.piece(&piece).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 4);
        bytes
    }

    fn read(bytes: &[u8]) -> anyhow::Result<(Head, Vec<Piece>)> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        file.seek(SeekFrom::Start(0))?;
        let (head, mut reader) = Reader::open(file)?;
        let mut pieces = vec![];
        while let Some(piece) = reader.next()? {
            pieces.push(piece);
        }
        Ok((head, pieces))
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&written()).unwrap(), (head(), pieces()));
    }

    #[test]
    fn wherever_it_is_cut_off_it_is_refused() {
        let bytes = written();
        for length in 0..bytes.len() {
            read(&bytes[..length]).unwrap_err();
        }
    }

    #[test]
    fn whatever_follows_its_end_is_refused() {
        read(&[written(), vec![0]].concat()).unwrap_err();
        read(&[written(), written()].concat()).unwrap_err();
    }

    #[test]
    fn a_line_that_was_changed_or_taken_out_is_refused_even_if_it_was_packed_anew() {
        let mut text = String::new();
        GzDecoder::new(&*written()).read_to_string(&mut text).unwrap();
        let packed = |text: String| {
            let mut out = GzEncoder::new(vec![], Compression::default());
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap()
        };
        read(&packed(text.clone())).unwrap();
        read(&packed(text.replace("persons", "parsons"))).unwrap_err();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for out in 0..lines.len() {
            let left = [&lines[..out], &lines[out + 1..]].concat();
            read(&packed(left.concat())).unwrap_err();
        }
    }

    #[test]
    fn a_bit_that_fell_over_is_found() {
        let bytes = written();
        // The first ten bytes are gzip's own: its time and its system mean nothing.
        for at in 10..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0b100;
            assert!(read(&bytes).map_or(true, |read| read == (head(), pieces())), "byte {at}");
        }
    }
}
