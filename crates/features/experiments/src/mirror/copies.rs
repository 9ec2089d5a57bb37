//! One mirrored file: two copies that take turns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a reader who opened the file has to read it whole, with a margin for slow clocks and schedulers.
pub(super) const HOLD: Duration = Duration::from_millis(1_500);

const OPENING: &[u8] = b"[";
const CLOSING: &[u8] = b"\n]\n";
/// More than the longest row can be: a visitor id, three names and a time.
const TAIL_BYTES: u64 = 64 * 1024;

/// One row as the mirror shows it: its id in the database and its JSON object on one line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MirrorRow {
    pub id: i64,
    pub json: String,
}

/// How far a copy has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// The last row in it; 0 for none.
    pub last_id: i64,
    /// Where its closing bracket begins.
    end: u64,
}

#[derive(Debug)]
struct Copy {
    path: PathBuf,
    position: Position,
}

/// The pair of copies behind one published file.
#[derive(Debug)]
pub(super) struct Copies {
    public: PathBuf,
    link: PathBuf,
    /// What readers open.
    published: Copy,
    /// What the next rows go to.
    hidden: Copy,
}

impl Copies {
    /// Takes over the published file, if `is_genuine` says that its last row is the database's; else begins an empty
    /// one. Either way the hidden copy is made anew, since a crash may have left it torn.
    ///
    /// Must not be called while another process writes the same files.
    pub(super) fn open(
        folder: &Path,
        name: &str,
        is_genuine: impl FnOnce(&MirrorRow) -> bool,
    ) -> io::Result<Self> {
        let public = folder.join(format!("{name}.json"));
        let link = folder.join(format!(".{name}.link"));
        let paths = [folder.join(format!(".{name}.a.json")), folder.join(format!(".{name}.b.json"))];
        for stale in [&link, &paths[0], &paths[1]] {
            remove_if_there(stale)?;
        }
        let position = match read_tail(&public)? {
            Some((position, None)) => Some(position),
            Some((position, Some(row))) => is_genuine(&row).then_some(position),
            None => None,
        };
        let [first, second] = paths;
        let position = if let Some(position) = position {
            fs::hard_link(&public, &first)?;
            position
        } else {
            let position = write_empty(&first)?;
            fs::hard_link(&first, &link)?;
            fs::rename(&link, &public)?;
            position
        };
        fs::copy(&first, &second)?;
        Ok(Self {
            public,
            link,
            published: Copy { path: first, position },
            hidden: Copy { path: second, position },
        })
    }

    /// The last row in the hidden copy: appending goes on from there.
    pub(super) fn hidden_last_id(&self) -> i64 {
        self.hidden.position.last_id
    }

    /// The last row that readers can see.
    pub(super) fn published_last_id(&self) -> i64 {
        self.published.position.last_id
    }

    /// Adds rows, ascending by id and after [`Self::hidden_last_id`], to the hidden copy. On an error the copy counts
    /// as before, and the next call writes over what is torn.
    pub(super) fn append(&mut self, rows: &[MirrorRow]) -> io::Result<()> {
        let Some(last) = rows.last() else { return Ok(()) };
        let mut text = Vec::with_capacity(rows.iter().map(|row| row.json.len() + 6).sum());
        for (index, row) in rows.iter().enumerate() {
            let is_first = index == 0 && self.hidden.position.last_id == 0;
            text.extend_from_slice(if is_first { b"\n  " } else { b",\n  " });
            text.extend_from_slice(row.json.as_bytes());
        }
        let end = self.hidden.position.end + u64::try_from(text.len()).map_err(io::Error::other)?;
        text.extend_from_slice(CLOSING);
        let mut file = OpenOptions::new().write(true).open(&self.hidden.path)?;
        file.seek(SeekFrom::Start(self.hidden.position.end))?;
        file.write_all(&text)?;
        self.hidden.position = Position { last_id: last.id, end };
        Ok(())
    }

    /// Begins the hidden copy anew, with a file that nobody can have open.
    pub(super) fn renew(&mut self) -> io::Result<()> {
        remove_if_there(&self.hidden.path)?;
        self.hidden.position = write_empty(&self.hidden.path)?;
        Ok(())
    }

    /// Makes the hidden copy anew from the published one, whatever was in it.
    pub(super) fn copy_published(&mut self) -> io::Result<()> {
        remove_if_there(&self.hidden.path)?;
        fs::copy(&self.published.path, &self.hidden.path)?;
        self.hidden.position = self.published.position;
        Ok(())
    }

    /// Shows the hidden copy to readers and hides the other one.
    pub(super) fn publish(&mut self) -> io::Result<()> {
        remove_if_there(&self.link)?;
        fs::hard_link(&self.hidden.path, &self.link)?;
        fs::rename(&self.link, &self.public)?;
        std::mem::swap(&mut self.published, &mut self.hidden);
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_empty(path: &Path) -> io::Result<Position> {
    let mut file = File::create(path)?;
    file.write_all(OPENING)?;
    file.write_all(CLOSING)?;
    Ok(Position { last_id: 0, end: u64::try_from(OPENING.len()).map_err(io::Error::other)? })
}

/// How far the file at `path` has got and its last row; none when it is missing or does not end as it should.
fn read_tail(path: &Path) -> io::Result<Option<(Position, Option<MirrorRow>)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    let from = bytes.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    let Some(rows) = tail.strip_suffix(CLOSING) else { return Ok(None) };
    let end = from + u64::try_from(rows.len()).map_err(io::Error::other)?;
    if from == 0 && rows == OPENING {
        return Ok(Some((Position { last_id: 0, end }, None)));
    }
    let Some(line_start) = rows.iter().rposition(|byte| *byte == b'\n') else { return Ok(None) };
    let line = rows.get(line_start..).unwrap_or_default();
    let Ok(json) = std::str::from_utf8(line) else { return Ok(None) };
    let json = json.trim().to_owned();
    let id = serde_json::from_str::<serde_json::Value>(&json).ok().and_then(|row| row.get("id")?.as_i64());
    let Some(last_id) = id else { return Ok(None) };
    Ok(Some((Position { last_id, end }, Some(MirrorRow { id: last_id, json }))))
}

#[cfg(test)]
mod tests {
    use super::{Copies, MirrorRow};
    use std::fs;

    fn row(id: i64) -> MirrorRow {
        MirrorRow { id, json: format!("{{\"id\":{id}}}") }
    }

    fn ids(path: &std::path::Path) -> Vec<i64> {
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    #[test]
    fn both_copies_take_turns_and_end_equal() {
        let folder = tempfile::tempdir().unwrap();
        let public = folder.path().join("events.json");
        let mut copies = Copies::open(folder.path(), "events", |_| true).unwrap();
        assert_eq!(ids(&public), Vec::<i64>::new());
        copies.append(&[row(1), row(2)]).unwrap();
        assert_eq!(ids(&public), Vec::<i64>::new(), "rows show only when published");
        copies.publish().unwrap();
        assert_eq!(ids(&public), [1, 2]);
        assert_eq!(copies.hidden_last_id(), 0);
        copies.append(&[row(1), row(2), row(5)]).unwrap();
        copies.publish().unwrap();
        assert_eq!(ids(&public), [1, 2, 5]);
    }

    #[test]
    fn a_reader_with_the_file_open_sees_its_own_version_until_the_next_turn() {
        use std::io::Read;
        let folder = tempfile::tempdir().unwrap();
        let mut copies = Copies::open(folder.path(), "events", |_| true).unwrap();
        copies.append(&[row(1)]).unwrap();
        copies.publish().unwrap();
        let mut reader = fs::File::open(folder.path().join("events.json")).unwrap();
        copies.append(&[row(1), row(2)]).unwrap();
        copies.publish().unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap().len(), 1);
    }

    #[test]
    fn a_torn_or_foreign_file_is_begun_anew_and_a_good_one_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let public = folder.path().join("events.json");
        let mut copies = Copies::open(folder.path(), "events", |_| true).unwrap();
        copies.append(&[row(1), row(7)]).unwrap();
        copies.publish().unwrap();
        drop(copies);

        let copies = Copies::open(folder.path(), "events", |last| last.id == 7).unwrap();
        assert_eq!((copies.hidden_last_id(), copies.published_last_id()), (7, 7));
        drop(copies);
        let copies = Copies::open(folder.path(), "events", |_| false).unwrap();
        assert_eq!(copies.hidden_last_id(), 0);
        drop(copies);
        for broken in ["", "[", "[\n  {\"id\":1},\n  {\"i", "{}", "\n]\n", "[{\"id\":\"x\"}\n]\n"] {
            fs::write(&public, broken).unwrap();
            let copies = Copies::open(folder.path(), "events", |_| true).unwrap();
            assert_eq!(copies.hidden_last_id(), 0, "{broken:?}");
            assert_eq!(ids(&public), Vec::<i64>::new());
        }
    }
}
