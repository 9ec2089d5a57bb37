//! Putting a restored SQLite file in the place of another one.

use anyhow::{Context, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The name beside `path` with `suffix` added.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

/// Makes renames in the folder of `path` survive a power cut.
pub(super) fn sync_folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("syncing {}", folder.display()))
}

/// Puts `restored` at `target` in one step. What was there stays under another name, which is given back.
///
/// A write-ahead log beside `target` belongs to the old file and would be applied to the new one: it must be gone, or
/// `is_damaged` says that the old file could not even be opened, so that its log can be put aside with it.
pub(super) fn swap_in(
    restored: &Path,
    target: &Path,
    stamp: &str,
    is_damaged: bool,
) -> anyhow::Result<Option<PathBuf>> {
    File::open(restored).and_then(|file| file.sync_all()).context("syncing the restored database")?;
    let aside = with_suffix(target, &format!(".replaced-{stamp}"));
    let existed = target.exists();
    for suffix in ["-wal", "-shm"] {
        let log = with_suffix(target, suffix);
        if !log.exists() {
            continue;
        }
        if !is_damaged && suffix == "-wal" && log.metadata()?.len() > 0 {
            bail!("{} is in use by another program; nothing was changed", target.display());
        }
        fs::rename(&log, with_suffix(&aside, suffix))
            .with_context(|| format!("putting {} aside", log.display()))?;
    }
    if existed {
        // A second name first, so that there is a whole database under the old name at every instant.
        fs::hard_link(target, &aside)
            .with_context(|| format!("keeping the old database as {}", aside.display()))?;
    }
    fs::rename(restored, target).with_context(|| format!("putting {} in place", target.display()))?;
    sync_folder_of(target)?;
    Ok(existed.then_some(aside))
}
