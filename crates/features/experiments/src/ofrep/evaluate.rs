//! What a visitor gets for flags: a pure draw, except where an exposure is tracked.

use crate::assignment::VisitorId;
use crate::definitions::{Experiment, Phase, VariantValue};
use crate::segments::VisitorKind;
use crate::{Definitions, Experiments};
use http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// One flag for one visitor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Flag {
    /// The experiment's identifier.
    pub(crate) key: String,
    /// The variant's value, of the same type for all variants. A label is text.
    pub(crate) value: VariantValue,
    /// Where the value comes from.
    reason: Reason,
    /// The variant's key.
    pub(crate) variant: String,
    /// What else is known.
    pub(crate) metadata: FlagMetadata,
}

/// Where a flag's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = FlagReason)]
enum Reason {
    /// The visitor takes part: drawn, or as shown first.
    Split,
    /// The experiment is stopped or the visitor does not take part: the control.
    ///
    /// Not `STATIC`, which some clients keep for all visitors alike.
    Disabled,
    /// The experiment has a winner: the same for everybody.
    Static,
}

/// What else is known of a flag's value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlagMetadata {
    /// The experiment's identifier.
    experiment: String,
    /// `running` or `stopped`.
    status: Phase,
    /// Whether the visitor takes part.
    pub(crate) enrolled: bool,
    /// Whether the visitor's exposure to this variant is stored. Always false without `track`.
    #[serde(rename = "exposureLogged")]
    pub(crate) exposure_logged: bool,
}

/// An experiment that visitors can be given as a flag.
struct Open<'a> {
    experiment: &'a Arc<Experiment>,
    phase: Phase,
    served: usize,
    enrolled: bool,
    exposure_logged: bool,
}

impl<'a> Open<'a> {
    /// None for a draft and for an archived one.
    fn of(experiment: &'a Arc<Experiment>, phase: Phase, visitor: &VisitorId) -> Option<Self> {
        let enrolled = match phase {
            Phase::Draft | Phase::Archived => return None,
            Phase::Stopped => false,
            Phase::Running => experiment.enrols(visitor.as_str()),
        };
        let served = match experiment.winner.filter(|_| phase == Phase::Stopped) {
            Some(winner) => winner,
            None if enrolled => experiment.draw_variant(visitor.as_str()),
            None => experiment.control,
        };
        Some(Self { experiment, phase, served, enrolled, exposure_logged: false })
    }

    fn reason(&self) -> Reason {
        match self.experiment.winner {
            _ if self.enrolled => Reason::Split,
            Some(_) => Reason::Static,
            None => Reason::Disabled,
        }
    }

    fn into_flag(self) -> Flag {
        let variant = self.experiment.variant(self.served);
        Flag {
            key: self.experiment.test_id.to_string(),
            value: variant.value.clone(),
            reason: self.reason(),
            variant: variant.key.to_string(),
            metadata: FlagMetadata {
                experiment: self.experiment.test_id.to_string(),
                status: self.phase,
                enrolled: self.enrolled,
                exposure_logged: self.exposure_logged,
            },
        }
    }
}

/// Every flag, or those with these keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted<'a> {
    All,
    One(&'a str),
    These(&'a [String]),
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    /// The visitor.
    pub visitor: &'a VisitorId,
    /// Known before or not, as far as the caller can tell.
    pub visitor_kind: VisitorKind,
    /// Of the request.
    pub headers: &'a HeaderMap,
    /// What the answer is.
    pub tracking: Tracking,
}

/// What an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// An exposure to the experiments with `track`.
    AsDeclared,
    /// No exposure; but what the visitor was shown first is given again.
    Never,
    /// An exposure.
    Always,
}

impl Asking<'_> {
    /// Whether it matters what the visitor was shown first.
    fn looks_at(&self, experiment: &Experiment) -> bool {
        self.tracking != Tracking::AsDeclared || experiment.track
    }
}

impl<'a> Asking<'a> {
    /// Over OFREP: an id that the caller brings is one that it gave before, as far as we can tell.
    pub(super) fn as_client(visitor: &'a VisitorId, headers: &'a HeaderMap) -> Self {
        Self { visitor, visitor_kind: VisitorKind::Returning, headers, tracking: Tracking::AsDeclared }
    }
}

impl Wanted<'_> {
    fn from(self, definitions: &Definitions) -> Vec<&Arc<Experiment>> {
        match self {
            Self::All => definitions.all().iter().collect(),
            Self::One(key) => definitions.find(key).into_iter().collect(),
            Self::These(keys) => {
                let is_wanted =
                    |experiment: &&Arc<Experiment>| keys.iter().any(|key| *experiment.test_id == **key);
                definitions.all().iter().filter(is_wanted).collect()
            }
        }
    }
}

impl Experiments {
    /// The wanted flags in file order, without drafts; stores the exposures of those that are tracked.
    pub(crate) async fn evaluate(&self, wanted: Wanted<'_>, asking: Asking<'_>) -> Vec<Flag> {
        let definitions = self.definitions().current();
        let now = self.now();
        let mut open: Vec<Open<'_>> = wanted
            .from(&definitions)
            .into_iter()
            .filter_map(|experiment| Open::of(experiment, experiment.phase(now), asking.visitor))
            .collect();
        let tracked: Vec<&mut Open<'_>> =
            open.iter_mut().filter(|one| one.enrolled && asking.looks_at(one.experiment)).collect();
        if !tracked.is_empty() {
            self.track(tracked, asking).await;
        }
        open.into_iter().map(Open::into_flag).collect()
    }

    /// Gives what the visitor was shown first, and stores what is shown for the first time.
    async fn track(&self, tracked: Vec<&mut Open<'_>>, asking: Asking<'_>) {
        // Without knowing the first exposure, storing the draw could add a second variant.
        let Some(first) = self.first_exposures().find(asking.visitor).await else { return };
        let mut fresh = Vec::new();
        for one in tracked {
            // A variant that left the file cannot be given any more: such a visitor is drawn again.
            match first.get(&*one.experiment.test_id).and_then(|key| one.experiment.find_variant(key)) {
                Some(served) => {
                    one.served = served;
                    one.exposure_logged = true;
                }
                None => fresh.push(one),
            }
        }
        if asking.tracking == Tracking::Never {
            return;
        }
        let shown: Vec<_> = fresh.iter().map(|one| (Arc::clone(one.experiment), one.served)).collect();
        let logged = self.log_exposures(asking.visitor, shown, asking.visitor_kind, asking.headers).await;
        for one in fresh {
            one.exposure_logged = logged;
        }
    }
}
