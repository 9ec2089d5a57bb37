//! The bytes of a backup: a gzip member with the lines, and one with the SHA-256 of everything before it.
//!
//! Both together are one ordinary gzip file: `gunzip` reads it, and its last line is the checksum.

use super::error::BackupError;
use super::header::{Attachment, FORMAT, Header, Marker};
use crate::migrations;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, Crc, GzBuilder};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Take, Write};
use std::path::{Path, PathBuf};

/// The name that the gzip header of every backup carries: how one is told from other gzip files.
const MARK: &str = "dashly-backup.jsonl";
/// Where that name stands in a gzip header without other optional fields.
const MARK_AT: usize = 10;
/// Of the last member: header, one stored block, check value.
const TRAILER_BYTES: usize = 10 + 5 + TRAILER_TEXT_BYTES + 8;
const TRAILER_TEXT_BYTES: usize = 78;
/// Twice as fast as the default of 6, for files that are a few per cent larger.
const LEVEL: Compression = Compression::new(3);
/// Far above any header; a limit only so that a strange file cannot fill the memory.
const HEADER_LIMIT_BYTES: u64 = 16_000_000;

/// Writes the lines of a backup.
pub(super) struct Sink<W: Write> {
    encoder: GzEncoder<Hashing<W>>,
}

struct Hashing<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

const WRITING: &str = "writing the backup";
const READING: &str = "reading the backup";

impl<W: Write> Sink<W> {
    pub(super) fn new(out: W) -> Self {
        let hashing = Hashing { out, hash: Sha256::new() };
        Self { encoder: GzBuilder::new().filename(MARK).write(hashing, LEVEL) }
    }

    /// Writes a line; `line` has no line feed.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), BackupError> {
        let written = self.encoder.write_all(line).and_then(|()| self.encoder.write_all(b"\n"));
        written.map_err(BackupError::io(WRITING))
    }

    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), BackupError> {
        let line = serde_json::to_vec(value).map_err(|error| BackupError::io(WRITING)(error.into()))?;
        self.line(&line)
    }

    /// Adds the checksum and gives back what was written to.
    pub(super) fn finish(self) -> Result<W, BackupError> {
        let Hashing { mut out, hash } = self.encoder.finish().map_err(BackupError::io(WRITING))?;
        let written = out.write_all(&trailer(&hash.finalize())).and_then(|()| out.flush());
        written.map_err(BackupError::io(WRITING))?;
        Ok(out)
    }
}

/// A gzip member with one stored block, byte for byte the same for the same checksum.
fn trailer(digest: &[u8]) -> Vec<u8> {
    let mut text = String::from("{\"sha256\":\"");
    for byte in digest {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str("\"}\n");
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    member.extend(length.to_le_bytes());
    member.extend((!length).to_le_bytes());
    member.extend(text.as_bytes());
    member.extend(crc.sum().to_le_bytes());
    member.extend(u32::from(length).to_le_bytes());
    member
}

/// A backup that is whole.
#[derive(Debug)]
pub struct BackupFile {
    path: PathBuf,
    length: u64,
    header: Header,
}

impl BackupFile {
    /// Reads the header and every byte of a backup against its checksum.
    ///
    /// # Errors
    /// [`BackupError`]: when it is no backup, of a newer Dashly, damaged, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let mut file = File::open(path).map_err(BackupError::io(READING))?;
        let length = file.metadata().map_err(BackupError::io(READING))?.len();
        check_mark(&mut file)?;
        // The header first, as far as it can be read: a newer format may have another end.
        let header = read_header(path);
        if let Ok(header) = &header
            && header.format > FORMAT
        {
            return Err(BackupError::NewerFormat {
                found: header.format,
                known: FORMAT,
                version: header.dashly_version.clone(),
                program: env!("CARGO_PKG_VERSION"),
            });
        }
        check_sum(&mut file, length)?;
        let header = header?;
        check_schema(&header)?;
        Ok(Self { path: path.to_owned(), length, header })
    }

    /// What the backup says of itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Its size in bytes.
    pub const fn bytes(&self) -> u64 {
        self.length
    }

    /// The files that are kept beside the database.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn attachments(&self) -> Result<Vec<Attachment>, BackupError> {
        let mut lines = self.lines()?;
        (0..self.header.attachments.len())
            .map(|_| match lines.marker()? {
                Some(Marker::Attachment(attachment)) => Ok(attachment),
                _ => Err(BackupError::Damaged("a file that the header names is missing".to_owned())),
            })
            .collect()
    }

    /// The lines after the header.
    pub(super) fn lines(&self) -> Result<Lines, BackupError> {
        let file = File::open(&self.path).map_err(BackupError::io(READING))?;
        let content = self.length.saturating_sub(u64::try_from(TRAILER_BYTES).unwrap_or(0));
        let decoder = GzDecoder::new(BufReader::with_capacity(1 << 16, file.take(content)));
        let mut lines = Lines { reader: BufReader::with_capacity(1 << 16, decoder), line: Vec::new() };
        lines.read()?;
        Ok(lines)
    }
}

/// The lines of a backup.
pub(super) struct Lines {
    reader: BufReader<GzDecoder<BufReader<Take<File>>>>,
    line: Vec<u8>,
}

impl Lines {
    /// The next line, without its line feed.
    pub(super) fn read(&mut self) -> Result<Option<&[u8]>, BackupError> {
        self.line.clear();
        let count = self
            .reader
            .read_until(b'\n', &mut self.line)
            .map_err(|error| BackupError::Damaged(error.to_string()))?;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        }
        Ok((count > 0).then_some(&*self.line))
    }

    /// The next line, which must not be a row.
    pub(super) fn marker(&mut self) -> Result<Option<Marker>, BackupError> {
        let Some(line) = self.read()? else { return Ok(None) };
        parse_marker(line).map(Some)
    }
}

pub(super) fn parse_marker(line: &[u8]) -> Result<Marker, BackupError> {
    serde_json::from_slice(line)
        .map_err(|error| BackupError::Damaged(format!("a line is not understood: {error}")))
}

fn check_mark(file: &mut File) -> Result<(), BackupError> {
    let mut start = Vec::new();
    let wanted = MARK_AT + MARK.len() + 1;
    let limit = u64::try_from(wanted).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut start).map_err(BackupError::io(READING))?;
    // Two bytes of gzip, its one method, and that a name follows and nothing else.
    let is_ours = start.starts_with(&[0x1f, 0x8b, 8, 8])
        && start.get(MARK_AT..).is_some_and(|rest| rest.strip_suffix(&[0]) == Some(MARK.as_bytes()));
    if is_ours { Ok(()) } else { Err(BackupError::NotABackup) }
}

fn read_header(path: &Path) -> Result<Header, BackupError> {
    let file = File::open(path).map_err(BackupError::io(READING))?;
    let decoder = GzDecoder::new(BufReader::new(file)).take(HEADER_LIMIT_BYTES);
    let mut line = Vec::new();
    let damaged = |reason: String| BackupError::Damaged(reason);
    BufReader::new(decoder).read_until(b'\n', &mut line).map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&line).map_err(|error| damaged(format!("the header is not understood: {error}")))
}

fn check_sum(file: &mut File, length: u64) -> Result<(), BackupError> {
    let trailer_bytes = u64::try_from(TRAILER_BYTES).unwrap_or(0);
    let Some(content) = length.checked_sub(trailer_bytes) else {
        return Err(BackupError::Damaged("it has no checksum at its end".to_owned()));
    };
    file.seek(SeekFrom::Start(0)).map_err(BackupError::io(READING))?;
    let mut hash = Sha256::new();
    let mut rest = file.take(content);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = rest.read(&mut buffer).map_err(BackupError::io(READING))?;
        if count == 0 {
            break;
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
    let mut found = Vec::new();
    rest.into_inner().read_to_end(&mut found).map_err(BackupError::io(READING))?;
    if found == trailer(&hash.finalize()) {
        Ok(())
    } else {
        Err(BackupError::Damaged("its SHA-256 is not the one at its end".to_owned()))
    }
}

/// The migrations of the backup must be the first ones that this program has.
fn check_schema(header: &Header) -> Result<(), BackupError> {
    let mut known = migrations().iter().map(|migration| migration.name);
    for name in &header.migrations {
        if known.next() != Some(name.as_str()) {
            return Err(BackupError::NewerSchema {
                migration: name.clone(),
                version: header.dashly_version.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BackupError, BackupFile, Header, Sink, TRAILER_BYTES, trailer};
    use crate::migrations;
    use flate2::read::GzDecoder;
    use std::io::Read;

    /// What comes of opening a whole file with this header and nothing else.
    fn open(change: impl FnOnce(&mut Header)) -> Result<BackupFile, BackupError> {
        let mut header = Header {
            format: 1,
            dashly_version: "7.8.9".to_owned(),
            created_at: dashly_kernel::Timestamp::from_unix_micros(0),
            engine: "sqlite".to_owned(),
            migrations: migrations().iter().map(|migration| migration.name.to_owned()).collect(),
            attachments: Vec::new(),
            tables: Vec::new(),
        };
        change(&mut header);
        let mut sink = Sink::new(Vec::new());
        sink.json(&header).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.gz");
        std::fs::write(&path, sink.finish().unwrap()).unwrap();
        BackupFile::open(&path)
    }

    #[test]
    fn a_newer_format_or_schema_is_refused_with_the_version_to_use() {
        assert!(open(|_| {}).is_ok());
        assert!(open(|header| drop(header.migrations.pop())).is_ok());
        let error = open(|header| header.format = 2).unwrap_err();
        assert!(matches!(error, BackupError::NewerFormat { found: 2, .. }), "{error:?}");
        assert!(error.to_string().contains("use the Dashly 7.8.9"), "{error}");
        let error = open(|header| header.migrations.push("9999_later".to_owned())).unwrap_err();
        assert!(
            matches!(&error, BackupError::NewerSchema { migration, .. } if migration == "9999_later"),
            "{error:?}"
        );
        assert!(error.to_string().contains("use the Dashly 7.8.9"), "{error}");
    }

    #[test]
    fn the_end_is_a_gzip_member_of_a_fixed_length() {
        let member = trailer(&[0xab; 32]);
        assert_eq!(member.len(), TRAILER_BYTES);
        let mut text = String::new();
        GzDecoder::new(&*member).read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("{{\"sha256\":\"{}\"}}\n", "ab".repeat(32)));
    }
}
