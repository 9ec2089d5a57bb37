//! A part of the visitors: by the days of their first exposure, and by segment. For exploring, never for deciding.

use super::inference::{ComparedCounts, Comparison, compare, counts_of, matured_cohorts};
use super::store::{Cohorts, SegmentedCohorts};
use crate::InOrder;
use crate::definitions::Experiment;
use crate::ingest::Evidence;
use dashly_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What visitors are split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Desktop, mobile, tablet or unknown, by the user agent at the first exposure.
    Device,
    /// New or returning at the first exposure.
    VisitorKind,
    /// The version of the server that recorded the first exposure; `not recorded` for those from before it was.
    AppVersion,
}

/// Which visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SliceFilter {
    /// First exposed on this day or later.
    pub(crate) from: Option<Timestamp>,
    /// First exposed before this moment.
    pub(crate) before: Option<Timestamp>,
    /// Split by this.
    pub(crate) segment: Option<Segment>,
}

/// The results of a part of the visitors of one experiment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentSlices)]
pub struct Slices {
    /// Always true.
    pub success: bool,
    /// The experiment.
    pub test_id: String,
    /// When the totals were read.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// True: whoever looks at many parts finds differences by chance, so that no decision is made from them.
    pub exploratory: bool,
    /// What visitors are split by; null when they are not.
    pub segment: Option<Segment>,
    /// Each part; one called `all` when visitors are not split.
    pub slices: Vec<Slice>,
}

/// One part of the visitors.
#[derive(Debug, Serialize, ToSchema)]
pub struct Slice {
    /// Such as `mobile`, `returning` or `1.4.2`.
    pub name: String,
    /// Visitors and converters by drawn label.
    #[schema(value_type = BTreeMap<String, ComparedCounts>)]
    pub compared: InOrder<ComparedCounts>,
    /// Each variant but the control, from this part alone.
    #[schema(value_type = BTreeMap<String, Comparison>)]
    pub comparisons: InOrder<Comparison>,
}

/// Compares the variants in every part that `filter` makes.
pub(crate) fn slices(
    experiment: &Experiment,
    kept: &Evidence,
    cohorts: &SegmentedCohorts,
    filter: SliceFilter,
    now: Timestamp,
) -> Slices {
    let slices =
        cohorts.iter().map(|(name, days)| slice(experiment, kept, name, days, filter, now)).collect();
    Slices {
        success: true,
        test_id: experiment.test_id.to_string(),
        generated_at: now,
        exploratory: true,
        segment: filter.segment,
        slices,
    }
}

fn slice(
    experiment: &Experiment,
    kept: &Evidence,
    name: &str,
    days: &Cohorts,
    filter: SliceFilter,
    now: Timestamp,
) -> Slice {
    let chosen: Cohorts = days
        .iter()
        .filter(|(day, _)| filter.from.is_none_or(|from| **day >= from))
        .filter(|(day, _)| filter.before.is_none_or(|before| **day < before))
        .map(|(day, cells)| (*day, cells.clone()))
        .collect();
    let chosen = matured_cohorts(experiment, &chosen, now).unwrap_or(chosen);
    let mut evidence = Evidence::default();
    for cells in chosen.into_values() {
        evidence.add(kept, cells);
    }
    // One look at what there is now: nothing is remembered of a part that somebody happened to ask for.
    if let Err(error) = evidence.look_at_conversions(experiment, None, now) {
        tracing::error!(%error, test_id = %experiment.test_id, "evidence could not be computed");
    }
    Slice {
        name: name.to_owned(),
        compared: experiment
            .variants
            .iter()
            .map(|variant| (&variant.key, counts_of(&evidence.epochs, &variant.key)))
            .collect(),
        comparisons: compare(experiment, &evidence),
    }
}
