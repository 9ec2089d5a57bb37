//! A folder of backups that are named by their time.

use super::UNFINISHED;
use anyhow::{Context, bail};
use dashly_kernel::Timestamp;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const PREFIX: &str = "dashly-";
const SUFFIX: &str = ".backup.gz";
/// Digits where there are zeros.
const FORM: &str = "0000-00-00T00-00-00Z";
const LOCK: &str = ".dashly-backup-lock";

/// A folder that this process alone backs up into.
pub(super) struct Directory {
    folder: PathBuf,
    _lock: File,
}

impl Directory {
    /// Takes the folder, and clears away what killed backups left unfinished.
    pub(super) fn take(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("{} cannot be written; does it exist?", folder.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another backup into {} is running", folder.display()),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
        let directory = Self { folder: folder.to_owned(), _lock: lock };
        directory.clear_unfinished()?;
        Ok(directory)
    }

    fn names(&self) -> anyhow::Result<Vec<String>> {
        let listing = || format!("listing {}", self.folder.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(listing)? {
            // A name that is no text is none of ours.
            names.extend(entry.with_context(listing)?.file_name().into_string());
        }
        Ok(names)
    }

    fn clear_unfinished(&self) -> anyhow::Result<()> {
        for name in self.names()?.iter().filter(|name| name.starts_with(UNFINISHED) && *name != LOCK) {
            let path = self.folder.join(name);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| format!("removing the unfinished {}", path.display()))?;
        }
        Ok(())
    }

    /// Such as `dashly-2026-11-26T08-45-00Z.backup.gz`: names sort by time.
    pub(super) fn name_for(&self, now: Timestamp) -> PathBuf {
        let text = now.to_rfc3339_millis();
        let seconds = text.split('.').next().unwrap_or(&text).replace(':', "-");
        self.folder.join(format!("{PREFIX}{seconds}Z{SUFFIX}"))
    }

    /// Deletes the oldest of our own backups here, but for `keep` of them and never `newest`. Gives what was deleted.
    pub(super) fn delete_all_but(&self, keep: usize, newest: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let mut own: Vec<String> = self.names()?.into_iter().filter(|name| is_own(name)).collect();
        own.sort_unstable();
        own.truncate(own.len().saturating_sub(keep));
        let mut deleted = Vec::new();
        for path in own.into_iter().map(|name| self.folder.join(name)).filter(|path| path != newest) {
            fs::remove_file(&path).with_context(|| format!("deleting the older {}", path.display()))?;
            deleted.push(path);
        }
        Ok(deleted)
    }
}

/// Whether `name` is exactly what [`Directory::name_for`] makes.
fn is_own(name: &str) -> bool {
    let Some(time) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)) else {
        return false;
    };
    time.len() == FORM.len()
        && time
            .bytes()
            .zip(FORM.bytes())
            .all(|(found, form)| if form == b'0' { found.is_ascii_digit() } else { found == form })
}

#[cfg(test)]
mod tests {
    use super::{Directory, is_own};
    use dashly_kernel::Timestamp;

    #[test]
    fn only_its_own_names_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::take(folder.path()).unwrap();
        let path = directory.name_for(Timestamp::from_unix_micros(1_700_000_000_123_456));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, "dashly-2023-11-14T22-13-20Z.backup.gz");
        assert!(is_own(name));
        for other in [
            "dashly.backup.gz",
            "dashly-monday.backup.gz",
            "dashly-2023-11-14T22-13-20Z.backup.gz.old",
            "mine-2023-11-14T22-13-20Z.backup.gz",
            "dashly-2023-11-14T22:13:20Z.backup.gz",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }
}
