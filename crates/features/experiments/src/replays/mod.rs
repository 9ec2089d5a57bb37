//! Experiments of others, looked at again and again: what a fixed-sample test would have said at each look, and what a
//! confidence sequence says.
//!
//! Published experiments are known by sums at a few moments, not by visitors. Their design shares are not known, and their
//! means grow with the time each visitor has had, so nothing is guaranteed here. It shows on real data how often an answer
//! that was there at one look is gone at the next.

mod judge;
mod model;
mod store;

use crate::Experiments;
use dashly_db::{Db, DbError};
use dashly_kernel::{Problem, Timestamp};
use judge::{JudgedLook, judge};
pub use model::{Look, LookRow, ReplayLooks, ReplaySeries, ReplaySource, Replays, SeriesName};
pub use store::ImportedLooks;

/// Why a replay could not be given.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no such series.
    #[error("there is no such series: `dashly experiments import` brings them")]
    UnknownSeries,
    /// The database cannot be read or written.
    #[error("the replays cannot be read: {}", .0.reason())]
    Database(#[from] DbError),
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match &error {
            ReplayError::UnknownSeries => Self::not_found(error.to_string()),
            ReplayError::Database(cause) if cause.is_transient() => {
                Self::unavailable("database-unavailable", cause.reason(), 2)
            }
            ReplayError::Database(cause) => {
                tracing::error!(reason = cause.reason(), "replays could not be read");
                Self::internal()
            }
        }
    }
}

/// Stores `looks` as all that is known of their source; what was there of it before is replaced.
///
/// # Errors
/// [`DbError`]; then nothing is changed.
pub async fn import_looks(db: &Db, looks: &ImportedLooks, now: Timestamp) -> Result<(), DbError> {
    store::replace_source(db, looks, now).await
}

/// What every series says, of all sources.
///
/// # Errors
/// [`DbError`].
pub async fn read_replays(db: &Db) -> Result<Replays, DbError> {
    let mut sources: Vec<ReplaySource> = store::list_sources(db).await?;
    let mut series = Vec::new();
    for (name, looks) in store::list_all_looks(db).await? {
        let judged = judge(&looks);
        let Some(found) = summarise(name, &judged) else { continue };
        if let Some(source) = sources.iter_mut().find(|source| source.source == found.name.source) {
            source.judged_series += 1;
            source.looks += found.looks;
            source.crossed_at_some_look += u64::from(found.crossed_at_some_look);
            source.crossed_at_last_look += u64::from(found.crossed_at_last_look);
            source.sequence_excludes_zero += u64::from(found.sequence_excludes_zero);
        }
        series.push(found);
    }
    Ok(Replays { success: true, sources, series })
}

/// None for a series without a look that says anything.
fn summarise(name: SeriesName, judged: &[JudgedLook]) -> Option<ReplaySeries> {
    let last = judged.last()?;
    let largest = judged.iter().map(|look| look.z.abs()).fold(0.0, f64::max);
    Some(ReplaySeries {
        name,
        looks: u64::try_from(judged.len()).unwrap_or(u64::MAX),
        visitors: last.visitors,
        last_z: last.z,
        largest_z: largest,
        crossed_at_some_look: judged.iter().any(JudgedLook::crosses),
        crossed_at_last_look: last.crosses(),
        sequence_excludes_zero: judged.iter().any(JudgedLook::sequence_excludes_zero),
    })
}

impl Experiments {
    /// What every series says.
    ///
    /// # Errors
    /// [`ReplayError::Database`].
    pub(crate) async fn replays(&self) -> Result<Replays, ReplayError> {
        Ok(read_replays(self.db()).await?)
    }

    /// Every look of one series.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub(crate) async fn replay_looks(&self, name: SeriesName) -> Result<ReplayLooks, ReplayError> {
        let judged = judge(&store::list_looks(self.db(), &name).await?);
        if judged.is_empty() {
            return Err(ReplayError::UnknownSeries);
        }
        Ok(ReplayLooks {
            success: true,
            name,
            looks: judged.into_iter().map(JudgedLook::into_look).collect(),
        })
    }
}
