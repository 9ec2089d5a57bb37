//! After an erasure or a removal: sees to it that the files know of it, whoever owns them.

use super::files::{Files, MirrorError, noted};
use super::left_out::LeftOut;
use dashly_db::Db;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// What became of the files after an erasure or a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MirrorSettled {
    /// There are none here.
    Absent,
    /// They know of it.
    Current,
    /// They were written anew now.
    Rewritten,
    /// The server that owns them has not finished yet; it goes on by itself.
    Pending,
}

/// Why the files could not be seen to.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SettleMirrorError(MirrorError);

/// Has the files in `folder` forget who was erased and what was removed. When a server owns them it does so by itself: it is
/// waited for, at most for `patience`.
///
/// # Errors
/// [`SettleMirrorError`] when the files cannot be written or the database cannot be read.
pub async fn settle_mirror(
    db: &Db,
    folder: &Path,
    patience: Duration,
) -> Result<MirrorSettled, SettleMirrorError> {
    let until = Instant::now() + patience;
    settle(db, folder, until).await.map_err(SettleMirrorError)
}

async fn settle(db: &Db, folder: &Path, until: Instant) -> Result<MirrorSettled, MirrorError> {
    if !folder.join("exposures.json").exists() && !folder.join("events.json").exists() {
        return Ok(MirrorSettled::Absent);
    }
    let mut settled = MirrorSettled::Current;
    loop {
        let known = noted(folder);
        // What is too old for the files is the server's to say.
        let left_out = LeftOut::find(db, known.since).await?;
        if known == left_out {
            return Ok(settled);
        }
        settled = MirrorSettled::Rewritten;
        match Files::open(folder, db).await {
            Ok(mut files) => {
                files.leave_out(db, left_out, &|| {}).await?;
            }
            Err(MirrorError::Elsewhere) if Instant::now() < until => tokio::time::sleep(LOOK_INTERVAL).await,
            Err(MirrorError::Elsewhere) => return Ok(MirrorSettled::Pending),
            Err(error) => return Err(error),
        }
    }
}
