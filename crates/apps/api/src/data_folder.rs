//! One process per data folder.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Held while a process works on a data folder; released when dropped, also by a crash.
#[derive(Debug)]
pub struct DataFolderLock {
    _file: File,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderTaken {
    /// Another process works on it.
    #[error("another Dashly process is using the data folder {}; stop it first, or set DATA_DIR to another folder", .0.display())]
    InUse(PathBuf),
    /// It cannot be created or written.
    #[error("the data folder {} cannot be used", .folder.display())]
    Unusable {
        /// Which one.
        folder: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl DataFolderLock {
    /// Creates the folder when missing and takes it for this process.
    ///
    /// # Errors
    /// [`DataFolderTaken`].
    pub fn take(folder: &Path) -> Result<Self, DataFolderTaken> {
        let unusable = |source| DataFolderTaken::Unusable { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(".lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataFolderTaken::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}
