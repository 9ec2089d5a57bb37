//! The team's key figures: what they mean, and what is known of them.
//!
//! A figure whose data Dashly does not collect has no value, and says what is missing. The verdict of an experiment that
//! bears on a figure is shown beside it; it is not its value.

mod file;
mod needs;

use crate::results::{Comparison, ResultsError, ResultsScope, VariantResults, Verdict};
use crate::{Experiments, InOrder};
use dashly_kernel::Timestamp;
use file::{KpiEntry, read_file};
use serde::Serialize;
use utoipa::ToSchema;

/// The reply of `GET /api/kpis`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KpisReply)]
pub struct Kpis {
    /// Always true.
    pub success: bool,
    /// When the figures were read.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// The file's name.
    pub file: String,
    /// What the figures are for, as the file says.
    pub description: String,
    /// Why the file cannot be used; then there are no figures.
    pub problem: Option<String>,
    /// In file order.
    pub kpis: Vec<Kpi>,
}

/// One figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kpi {
    /// Its identifier.
    pub kpi_id: String,
    /// For people.
    pub name: String,
    /// What it is.
    pub definition: String,
    /// How it is computed.
    pub how_measured: String,
    /// Why two people get the same number.
    pub why_well_defined: String,
    /// Anything else worth knowing.
    pub note: Option<String>,
    /// Its value; null while it is not measured.
    pub value: Option<f64>,
    /// The change against the period before, relative; null while it is not measured.
    pub trend: Option<f64>,
    /// What is missing before it can be measured; null once it is.
    pub needs: Option<String>,
    /// The experiment that bears on it.
    pub experiment: Option<KpiExperiment>,
}

/// What an experiment says about a figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct KpiExperiment {
    /// The experiment.
    pub test_id: String,
    /// Its target event.
    pub target_event: String,
    /// Its answer.
    pub verdict: Verdict,
    /// Counts and rates of each variant.
    #[schema(value_type = BTreeMap<String, VariantResults>)]
    pub results: InOrder<VariantResults>,
    /// Each variant but the control.
    #[schema(value_type = BTreeMap<String, Comparison>)]
    pub comparisons: InOrder<Comparison>,
}

impl Experiments {
    /// The team's key figures.
    ///
    /// # Errors
    /// [`ResultsError::Database`].
    pub(crate) async fn kpis(&self) -> Result<Kpis, ResultsError> {
        let path = self.kpis_file();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (document, problem) = match read_file(path).await {
            Ok(document) => (document, None),
            Err(error) => (file::KpiDocument::default(), Some(format!("{name}: {error}"))),
        };
        let results = self.results(ResultsScope::WithoutArchived).await?;
        let kpis = document.team_kpis.into_iter().map(|entry| {
            let named = entry.experiment_id.as_deref();
            let found =
                results.experiments.iter().find(|experiment| Some(experiment.test_id.as_str()) == named);
            let experiment = found.map(|found| KpiExperiment {
                test_id: found.test_id.clone(),
                target_event: found.target_event.clone(),
                verdict: found.inference.verdict.clone(),
                results: found.results.clone(),
                comparisons: found.inference.comparisons.clone(),
            });
            kpi(entry, experiment)
        });
        Ok(Kpis {
            success: true,
            generated_at: results.generated_at,
            file: name,
            description: document.description,
            problem,
            kpis: kpis.collect(),
        })
    }
}

/// Nothing that this version collects is the value of a figure yet: an experiment counts visitors of one page, and the
/// figures count accounts.
fn kpi(entry: KpiEntry, experiment: Option<KpiExperiment>) -> Kpi {
    let needs = needs::of(&entry.kpi_id);
    Kpi {
        kpi_id: entry.kpi_id,
        name: entry.name,
        definition: entry.definition,
        how_measured: entry.how_measured,
        why_well_defined: entry.why_well_defined,
        note: entry.note,
        value: None,
        trend: None,
        needs: Some(needs.to_owned()),
        experiment,
    }
}
