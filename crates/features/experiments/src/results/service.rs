//! What the routes ask of the results.

use super::{
    ExperimentResults, History, Plan, PlanRequest, Results, ResultsScope, SliceFilter, Slices, plan,
    read_cohorts_by_segment, slices,
};
use crate::Experiments;
use crate::definitions::{Definitions, Experiment, Phase};
use dashly_db::DbError;
use dashly_kernel::Problem;
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
        let (definitions, now) = (self.definitions().current(), self.now());
        let mut remembered = self.results_cache().look(self.db(), &definitions, now).await?;
        let wanted = definitions
            .all()
            .iter()
            .filter(|experiment| scope == ResultsScope::All || experiment.phase(now) != Phase::Archived);
        let experiments: Vec<_> = wanted.map(|experiment| remembered.results(experiment, now)).collect();
        let stored = remembered.stored();
        let (total_exposures, total_events) = (stored.total_exposures(), stored.total_events());
        // Others need not wait while all that is copied.
        drop(remembered);
        Ok(Results {
            success: true,
            generated_at: now,
            total_exposures,
            total_events,
            experiments: experiments.iter().map(|results| ExperimentResults::clone(results)).collect(),
            health: self.health(),
        })
    }

    /// How the answer of one experiment came about.
    ///
    /// # Errors
    /// [`ResultsError`].
    pub async fn history(&self, test_id: &str) -> Result<Arc<History>, ResultsError> {
        let (definitions, now) = (self.definitions().current(), self.now());
        let experiment = find(&definitions, test_id)?;
        let mut remembered = self.results_cache().look(self.db(), &definitions, now).await?;
        Ok(remembered.history(experiment, now))
    }

    /// The results of a part of the visitors of one experiment.
    ///
    /// # Errors
    /// [`ResultsError`].
    pub(crate) async fn slices(&self, test_id: &str, filter: SliceFilter) -> Result<Slices, ResultsError> {
        let definitions = self.definitions().current();
        let experiment = find(&definitions, test_id)?;
        let (evidence, cohorts) = read_cohorts_by_segment(self.db(), test_id, filter.segment).await?;
        Ok(slices(experiment, &evidence, &cohorts, filter, self.now()))
    }

    /// What a lift costs in visitors, or what so many visitors find.
    ///
    /// # Errors
    /// [`ResultsError`].
    pub(crate) async fn plan(&self, test_id: &str, request: PlanRequest) -> Result<Plan, ResultsError> {
        let (definitions, now) = (self.definitions().current(), self.now());
        let experiment = find(&definitions, test_id)?;
        let remembered = self.results_cache().look(self.db(), &definitions, now).await?;
        plan(experiment, &remembered.stored(), request, now).map_err(ResultsError::Refused)
    }
}

fn find<'a>(definitions: &'a Definitions, test_id: &str) -> Result<&'a Arc<Experiment>, ResultsError> {
    definitions.find(test_id).ok_or_else(|| ResultsError::UnknownTest { test_id: test_id.to_owned() })
}
