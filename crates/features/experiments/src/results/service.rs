//! What the routes ask of the results.

use super::{
    AllResults, Circumstances, ExperimentResults, History, Plan, PlanRequest, Results, ResultsScope,
    SliceFilter, Slices, history, plan, read_cohorts_by_segment, read_history, read_results, read_stored,
    read_version, slices,
};
use crate::Experiments;
use crate::definitions::{Experiment, Phase};
use dashly_db::DbError;
use dashly_kernel::{Problem, Timestamp};
use std::sync::Arc;

/// Why results could not be given.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The file has no such experiment.
    #[error("there is no experiment `{test_id}`")]
    UnknownTest {
        /// As the caller spelled it.
        test_id: String,
    },
    /// The question cannot be answered; the problem says why.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// The database cannot be read.
    #[error("the results cannot be read: {}", .0.reason())]
    Database(#[from] DbError),
}

impl From<ResultsError> for Problem {
    fn from(error: ResultsError) -> Self {
        match error {
            ResultsError::UnknownTest { .. } => Self::not_found(error.to_string()),
            ResultsError::Refused(problem) => problem,
            ResultsError::Database(cause) => {
                tracing::warn!(reason = cause.reason(), "results could not be read");
                if cause.is_transient() {
                    Self::unavailable("database-unavailable", cause.reason(), 2)
                } else {
                    Self::internal()
                }
            }
        }
    }
}

impl Experiments {
    /// The results of the experiments of `scope`, read from the totals.
    ///
    /// # Errors
    /// [`ResultsError::Database`].
    pub async fn results(&self, scope: ResultsScope) -> Result<Results, ResultsError> {
        let (circumstances, now) = self.circumstances().await?;
        let all = match self.results_cache().results(&circumstances) {
            Some(known) => known,
            None => self.compute_results(&circumstances, now).await?,
        };
        let is_wanted = |experiment: &&ExperimentResults| {
            scope == ResultsScope::All || experiment.status != Phase::Archived
        };
        Ok(Results {
            success: true,
            generated_at: now,
            total_exposures: all.total_exposures,
            total_events: all.total_events,
            experiments: all.experiments.iter().filter(is_wanted).cloned().collect(),
            health: self.health(),
        })
    }

    async fn compute_results(
        &self,
        circumstances: &Circumstances,
        now: Timestamp,
    ) -> Result<Arc<AllResults>, ResultsError> {
        let stored = read_stored(self.db(), circumstances.version().signals.clone()).await?;
        let all = Arc::new(read_results(circumstances.definitions(), &stored, now));
        self.results_cache().keep_results(circumstances, &all);
        Ok(all)
    }

    /// What results depend on, as it is now.
    async fn circumstances(&self) -> Result<(Circumstances, Timestamp), ResultsError> {
        let version = read_version(self.db()).await?;
        let (definitions, now) = (self.definitions().current(), self.now());
        Ok((Circumstances::new(version, &definitions, now), now))
    }

    /// How the answer of one experiment came about.
    ///
    /// # Errors
    /// [`ResultsError`].
    pub async fn history(&self, test_id: &str) -> Result<Arc<History>, ResultsError> {
        let experiment = self.find(test_id)?;
        let (circumstances, now) = self.circumstances().await?;
        if let Some(known) = self.results_cache().history(&circumstances, test_id) {
            return Ok(known);
        }
        let stored = read_history(self.db(), test_id).await?;
        let history = history(&experiment, &stored.evidence, stored.hours, &stored.days, now);
        let history = Arc::new(history);
        self.results_cache().keep_history(&circumstances, &history);
        Ok(history)
    }

    /// The results of a part of the visitors of one experiment.
    ///
    /// # Errors
    /// [`ResultsError`].
    pub(crate) async fn slices(&self, test_id: &str, filter: SliceFilter) -> Result<Slices, ResultsError> {
        let experiment = self.find(test_id)?;
        let (evidence, cohorts) = read_cohorts_by_segment(self.db(), test_id, filter.segment).await?;
        Ok(slices(&experiment, &evidence, &cohorts, filter, self.now()))
    }

    /// What a lift costs in visitors, or what so many visitors find.
    ///
    /// # Errors
    /// [`ResultsError`].
    pub(crate) async fn plan(&self, test_id: &str, request: PlanRequest) -> Result<Plan, ResultsError> {
        let experiment = self.find(test_id)?;
        let stored = read_history(self.db(), test_id).await?;
        plan(&experiment, &stored, request, self.now()).map_err(ResultsError::Refused)
    }

    fn find(&self, test_id: &str) -> Result<Arc<Experiment>, ResultsError> {
        let definitions = self.definitions().current();
        let found = definitions.find(test_id).map(Arc::clone);
        found.ok_or_else(|| ResultsError::UnknownTest { test_id: test_id.to_owned() })
    }
}
