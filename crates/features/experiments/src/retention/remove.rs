//! Removes what is too old: first the experiments are retired, so that nobody counts them again, then their rows go.

use super::store::{self, Expired, ExpiredPages};
use super::{ExpiredRecords, RetentionDays, list_due};
use crate::definitions::{Definitions, StoredChanges};
use crate::ingest::take_ingest_lock;
use crate::life::{log_removal, retire};
use dashly_db::{Db, DbError};
use dashly_kernel::Timestamp;

/// Writers wait while so many rows are removed: some milliseconds.
const CHUNK_ROWS: usize = 1_000;

pub(super) async fn remove(
    db: &Db,
    definitions: &Definitions,
    changes: &StoredChanges,
    days: RetentionDays,
    now: Timestamp,
) -> Result<ExpiredRecords, DbError> {
    let mut removed = ExpiredRecords::default();
    for due in list_due(db, definitions, changes, days, now).await? {
        let mut tx = db.begin().await?;
        // Somebody may have changed it since it was looked at; the next time it is looked at again.
        if retire(&mut tx, &due.test_id, due.revision, now).await? {
            tx.commit().await?;
            removed.retired.push(due.test_id);
        }
    }
    let mut pages = ExpiredPages::new(db, days.cutoff(now)).await?;
    while let Some(page) = pages.next().await? {
        match page {
            Expired::Exposures(rows) => {
                for chunk in rows.chunks(CHUNK_ROWS) {
                    let mut tx = db.begin().await?;
                    take_ingest_lock(&mut tx).await?;
                    removed.exposures += store::delete_exposures(&mut tx, chunk).await?;
                    tx.commit().await?;
                }
            }
            Expired::Events(ids) => {
                for chunk in ids.chunks(CHUNK_ROWS) {
                    let mut tx = db.begin().await?;
                    take_ingest_lock(&mut tx).await?;
                    removed.events += store::delete_events(&mut tx, chunk).await?;
                    tx.commit().await?;
                }
            }
        }
    }
    if removed.exposures + removed.events > 0 {
        let mut tx = db.begin().await?;
        log_removal(&mut tx, &removed, now).await?;
        tx.commit().await?;
    }
    Ok(removed)
}
