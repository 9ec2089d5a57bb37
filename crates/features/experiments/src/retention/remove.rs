//! Removes what is too old: first the experiments are retired, so that nobody counts them again, then their rows go.

use super::{ExpiredRecords, RetentionDays, list_due, note_archived, store};
use crate::definitions::{Definitions, StoredChanges};
use crate::ingest::take_ingest_lock;
use crate::life::{log_removal, retire};
use crate::row_tables::{RowTable, id_ranges};
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;
use std::time::Duration;

/// Writers wait while so many rows are removed: some milliseconds.
const CHUNK_ROWS: usize = 2_000;
/// Between two chunks: longer than the writer of another process sleeps before it asks SQLite for the lock again.
const CHUNK_PAUSE: Duration = Duration::from_millis(150);

pub(super) async fn remove(
    db: &Db,
    definitions: &Definitions,
    changes: &StoredChanges,
    days: RetentionDays,
    now: Timestamp,
) -> Result<ExpiredRecords, DbError> {
    note_archived(db, definitions, changes, now).await?;
    let mut removed = ExpiredRecords::default();
    for due in list_due(db, definitions, changes, days, now).await? {
        let mut tx = db.begin().await?;
        // A recount in progress clears what it is about to count: it must not find its rows retired in the middle.
        take_ingest_lock(&mut tx).await?;
        // Somebody may have changed it since it was looked at; the next time it is looked at again.
        if retire(&mut tx, &due.test_id, due.revision, now).await? {
            tx.commit().await?;
            removed.retired.push(due.test_id);
        }
    }
    let cutoff = days.cutoff(now);
    removed.exposures = remove_rows(db, RowTable::Exposures, cutoff).await?;
    removed.events = remove_rows(db, RowTable::Events, cutoff).await?;
    if removed.exposures + removed.events > 0 {
        let mut tx = db.begin().await?;
        log_removal(&mut tx, &removed, now).await?;
        tx.commit().await?;
    }
    Ok(removed)
}

async fn remove_rows(db: &Db, table: RowTable, cutoff: Timestamp) -> Result<u64, DbError> {
    let mut removed = 0;
    for range in id_ranges(0, store::find_last(db, table).await?) {
        for chunk in store::list_expired(db, table, range, cutoff).await?.chunks(CHUNK_ROWS) {
            removed += remove_chunk(db, table, chunk).await?;
            tokio::time::sleep(CHUNK_PAUSE).await;
        }
    }
    Ok(removed)
}

async fn remove_chunk(db: &Db, table: RowTable, ids: &[i64]) -> Result<u64, DbError> {
    let mut tx = db.begin().await?;
    take_ingest_lock(&mut tx).await?;
    let removed = store::delete(&mut tx, table, ids).await?;
    tx.commit().await?;
    Ok(removed)
}
