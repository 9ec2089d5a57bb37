//! `dashly erase-visitor`: what is stored of a visitor is no longer of that visitor.
//!
//! Rows stay and their counts with them; the visitor's id in them is replaced by random ones, another for each experiment,
//! which nobody can lead back to the visitor or to each other. So totals still equal a recount, and the evidence of a
//! running experiment stays valid: who asks to be erased may depend on the variant, and leaving such visitors out would
//! bias the answer. The reasons are in `docs/decisions/0026-erased-visitors-stay-counted.md`.

mod store;

use crate::ingest::take_ingest_lock;
use crate::life::log_erasure;
use dashly_db::{Db, DbError, Tx};
use dashly_kernel::{Ids, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{FoundEvent, Place};

/// What begins the random ids of erased visitors, so that a reader of rows knows them.
const PSEUDONYM_PREFIX: &str = "erased_";

/// What is stored of a visitor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VisitorRecords {
    /// Rows of exposures.
    pub exposures: u64,
    /// Rows of events.
    pub events: u64,
    /// Experiments that anything is stored for.
    pub experiments: BTreeSet<String>,
    /// Whether an account has this visitor as its own.
    pub account: bool,
}

impl VisitorRecords {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A visitor of whom something is stored, found by [`find_visitor`].
#[derive(Debug)]
pub struct FoundVisitor {
    visitor: String,
    records: VisitorRecords,
    events: Vec<FoundEvent>,
    /// The last row of events that was looked at.
    looked_to: i64,
}

impl FoundVisitor {
    /// What is stored of the visitor.
    pub const fn records(&self) -> &VisitorRecords {
        &self.records
    }
}

/// Looks for everything that is stored of `visitor`; none when nothing is.
///
/// Reads all rows of events once, without keeping anybody waiting.
///
/// # Errors
/// [`DbError`].
pub async fn find_visitor(db: &Db, visitor: &str) -> Result<Option<FoundVisitor>, DbError> {
    let mut place = Place::Database(db);
    let (events, looked_to) = place.list_events(visitor, 0).await?;
    let records = look(&mut place, visitor, &events).await?;
    let found = FoundVisitor { visitor: visitor.to_owned(), records, events, looked_to };
    Ok(Some(found).filter(|found| !found.records.is_empty()))
}

async fn look(
    place: &mut Place<'_>,
    visitor: &str,
    events: &[FoundEvent],
) -> Result<VisitorRecords, DbError> {
    let exposures = place.list_exposures(visitor).await?;
    let mut experiments: BTreeSet<String> = place.list_other_tests(visitor).await?.into_iter().collect();
    experiments.extend(exposures.iter().map(|(test_id, _)| test_id.clone()));
    let of_events = events.iter().map(|event| &event.test_id).filter(|test_id| !test_id.is_empty());
    experiments.extend(of_events.cloned());
    Ok(VisitorRecords {
        exposures: exposures.iter().map(|(_, count)| u64::try_from(*count).unwrap_or(0)).sum(),
        events: u64::try_from(events.len()).unwrap_or(u64::MAX),
        experiments,
        account: place.count_accounts(visitor).await? > 0,
    })
}

/// Erases `found` and everything that was stored of that visitor since, in one transaction, with a line in the log of
/// changes that does not name the visitor. Gives what was erased; none when somebody else was faster.
///
/// Every writer waits meanwhile: for about as long as the visitor's own rows take.
///
/// # Errors
/// [`DbError`]; then nothing is changed.
pub async fn erase_visitor(
    db: &Db,
    ids: &dyn Ids,
    found: FoundVisitor,
    now: Timestamp,
) -> Result<Option<VisitorRecords>, DbError> {
    let FoundVisitor { visitor, events: seen, looked_to, .. } = found;
    let mut tx = db.begin().await?;
    store::prepare(&mut tx).await?;
    take_ingest_lock(&mut tx).await?;
    let mut events = store::list_own_events(&mut tx, &visitor, &seen).await?;
    let mut place = Place::Transaction(&mut tx);
    let (newer, _) = place.list_events(&visitor, looked_to).await?;
    events.extend(newer);
    let records = look(&mut place, &visitor, &events).await?;
    if records.is_empty() {
        return Ok(None);
    }
    replace_ids(&mut tx, ids, &visitor, &records, &events).await?;
    log_erasure(&mut tx, &records, now).await?;
    tx.commit().await?;
    Ok(Some(records))
}

async fn replace_ids(
    tx: &mut Tx,
    ids: &dyn Ids,
    visitor: &str,
    records: &VisitorRecords,
    events: &[FoundEvent],
) -> Result<(), DbError> {
    // Within an experiment the rows of a visitor belong together, or a recount would give something else.
    let by_test: BTreeMap<&str, String> =
        records.experiments.iter().map(|test_id| (test_id.as_str(), pseudonym(ids))).collect();
    let of_tests: Vec<(&str, &str)> =
        by_test.iter().map(|(test_id, pseudonym)| (*test_id, pseudonym.as_str())).collect();
    store::rename(tx, visitor, &of_tests).await?;
    // What is for no experiment is counted by nobody: each row stands alone.
    let alone: Vec<String> = events.iter().map(|_| pseudonym(ids)).collect();
    let of_events: Vec<(i64, &str)> = events
        .iter()
        .zip(&alone)
        .map(|(event, alone)| (event.id, by_test.get(event.test_id.as_str()).unwrap_or(alone).as_str()))
        .collect();
    store::rename_events(tx, &of_events).await
}

fn pseudonym(ids: &dyn Ids) -> String {
    format!("{PSEUDONYM_PREFIX}{}", ids.token())
}
