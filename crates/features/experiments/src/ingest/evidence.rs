//! The strongest evidence of each experiment, looked at after every visitor: a pure function of the order in which
//! visitors were exposed and converted.
//!
//! An e-process may be looked at as often as one likes, so its running maximum is what a p-value is made of; keeping
//! it here means that a decision, once reached, is not taken back by the next visitor. It is a function of counts
//! alone, so that a recount of the rows gives the same number to the last bit.

use crate::definitions::Experiment;
use dashly_kernel::Timestamp;
use dashly_stats::StatsError;
use dashly_stats::sequential::{EpochConverters, EpochExposures, log_evidence, log_mismatch_evidence};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What happened to a visitor who counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// Exposed for the first time.
    Exposed,
    /// Converted for the first time.
    Converted,
}

/// A visitor's step, with the label and epoch of the first exposure.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// As it was defined at that moment.
    pub experiment: Arc<Experiment>,
    /// The drawing epoch.
    pub epoch: Arc<str>,
    /// The label drawn in it.
    pub drawn_variant: Arc<str>,
    /// What happened.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
}

/// Visitors of one label in one drawing epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Draws {
    /// Designed share, 0 to 1.
    pub share: f64,
    /// Visitors exposed.
    pub exposures: u64,
    /// Visitors converted.
    pub converters: u64,
}

impl Draws {
    /// The same share, and nobody yet.
    fn emptied(self) -> Self {
        Self { exposures: 0, converters: 0, ..self }
    }
}

/// The counts of one drawing epoch, by label.
pub(crate) type Epoch = BTreeMap<Arc<str>, Draws>;

/// The counts of all drawing epochs of an experiment. Ordered, so that sums come out the same everywhere.
pub(crate) type Epochs = BTreeMap<Arc<str>, Epoch>;

/// What a peak is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Question {
    /// Whether `variant` converts as `control` does.
    Conversion {
        /// Key of the control.
        control: Arc<str>,
        /// Key of the other variant.
        variant: Arc<str>,
    },
    /// Whether the labels come in the designed shares.
    SampleRatio,
}

/// The strongest evidence against "no difference" that was ever reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peak {
    /// Natural logarithm of the e-value, above 0.
    pub log_evidence: f64,
    /// The variant with more converters than designed at that moment; none for the sample ratio.
    pub favours: Option<Arc<str>>,
    /// When.
    pub reached_at: Timestamp,
}

/// The peaks of an experiment.
pub(crate) type Peaks = BTreeMap<Question, Peak>;

/// Peaks that are higher than before, by experiment.
pub(crate) type RaisedPeaks = BTreeMap<(Arc<str>, Question), Peak>;

/// Evidence by experiment.
pub(crate) type EvidenceOfTests = BTreeMap<Arc<str>, Evidence>;

/// Takes `steps` in order.
pub(crate) fn take_steps(steps: &[Step], evidence: &mut EvidenceOfTests) {
    for step in steps {
        let evidence = evidence.entry(Arc::clone(&step.experiment.test_id)).or_default();
        if let Err(error) = evidence.take(step) {
            // Records are worth more than what is concluded from them: they are stored all the same.
            tracing::error!(%error, test_id = %step.experiment.test_id, "evidence could not be computed");
        }
    }
}

/// The peaks that `steps` raise above those of `before`, the evidence until then.
pub(crate) fn raised_peaks(steps: &[Step], mut before: EvidenceOfTests) -> RaisedPeaks {
    let old: BTreeMap<Arc<str>, Peaks> =
        before.iter().map(|(test_id, evidence)| (Arc::clone(test_id), evidence.peaks.clone())).collect();
    take_steps(steps, &mut before);
    let mut raised = RaisedPeaks::new();
    for (test_id, evidence) in before {
        let old = old.get(&test_id);
        for (question, peak) in evidence.peaks {
            if old.and_then(|old| old.get(&question)) != Some(&peak) {
                raised.insert((Arc::clone(&test_id), question), peak);
            }
        }
    }
    raised
}

/// Counts and peaks of one experiment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// Counts so far.
    pub epochs: Epochs,
    /// Peaks so far.
    pub peaks: Peaks,
}

impl Evidence {
    /// Takes one step and looks at everything that it can have changed.
    ///
    /// # Errors
    /// [`StatsError`] cannot occur with shares that a checked experiment has.
    pub(crate) fn take(&mut self, step: &Step) -> Result<(), StatsError> {
        let epoch = self.epochs.entry(Arc::clone(&step.epoch)).or_insert_with(|| designed(&step.experiment));
        let draws = epoch.entry(Arc::clone(&step.drawn_variant)).or_default();
        match step.kind {
            StepKind::Exposed => {
                draws.exposures += 1;
                let log_evidence = log_mismatch_of(&self.epochs)?;
                self.note(Question::SampleRatio, log_evidence, None, step.at);
            }
            StepKind::Converted => {
                draws.converters += 1;
                self.look_at_conversions(&step.experiment, Some(&step.drawn_variant), step.at)?;
            }
        }
        Ok(())
    }

    /// Adds visitors by epoch and label; the designed shares are those of `designed`.
    pub(crate) fn add<C>(&mut self, designed: &Self, counts: C)
    where
        C: IntoIterator<Item = ((Arc<str>, Arc<str>), Draws)>,
    {
        for ((epoch, label), more) in counts {
            let Some(shares) = designed.epochs.get(&epoch) else { continue };
            // Every label of the epoch, so that one without visitors has its share too.
            let sums = self.epochs.entry(epoch).or_insert_with(|| {
                shares.iter().map(|(label, draws)| (Arc::clone(label), draws.emptied())).collect()
            });
            let sum = sums.entry(label).or_default();
            sum.exposures += more.exposures;
            sum.converters += more.converters;
        }
    }

    /// Looks at each variant against the control; only at those that a converter of label `changed` can have changed,
    /// if one is given.
    ///
    /// # Errors
    /// As [`Evidence::take`].
    pub(crate) fn look_at_conversions(
        &mut self,
        experiment: &Experiment,
        changed: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StatsError> {
        let control = &experiment.control_variant().key;
        for variant in experiment.variants.iter().map(|variant| &variant.key) {
            let concerns = |label: &str| *label == **control || *label == **variant;
            if variant == control || !changed.is_none_or(concerns) {
                continue;
            }
            let pair = converters_of(&self.epochs, control, variant);
            let log_evidence = log_evidence(&pair)?;
            let favours = if favours_treatment(&pair) { variant } else { control };
            let question =
                Question::Conversion { control: Arc::clone(control), variant: Arc::clone(variant) };
            self.note(question, log_evidence, Some(Arc::clone(favours)), at);
        }
        Ok(())
    }

    fn note(&mut self, question: Question, log_evidence: f64, favours: Option<Arc<str>>, at: Timestamp) {
        let highest = self.peaks.get(&question).map_or(0.0, |peak| peak.log_evidence);
        if log_evidence > highest {
            self.peaks.insert(question, Peak { log_evidence, favours, reached_at: at });
        }
    }
}

/// The epoch now in force, without anybody: whoever opens an epoch is drawn by the present design.
fn designed(experiment: &Experiment) -> Epoch {
    let draws = |share| Draws { share, exposures: 0, converters: 0 };
    experiment.shares().into_iter().map(|(label, share)| (label, draws(share))).collect()
}

/// The converters of two labels, one entry for each epoch that can draw both.
pub(crate) fn converters_of(epochs: &Epochs, control: &str, treatment: &str) -> Vec<EpochConverters> {
    let pair = |epoch: &Epoch| {
        let (control, treatment) = (*epoch.get(control)?, *epoch.get(treatment)?);
        // Where only one of them can be drawn, a label says nothing.
        (control.share > 0.0 && treatment.share > 0.0).then_some(EpochConverters {
            control_share: control.share,
            treatment_share: treatment.share,
            control: control.converters,
            treatment: treatment.converters,
        })
    };
    epochs.values().filter_map(pair).collect()
}

/// The evidence that all labels of all epochs do not come in their designed shares.
fn log_mismatch_of(epochs: &Epochs) -> Result<f64, StatsError> {
    let columns: Vec<(Vec<f64>, Vec<u64>)> = epochs
        .values()
        .map(|epoch| epoch.values().map(|draws| (draws.share, draws.exposures)).unzip())
        .collect();
    let epochs: Vec<_> =
        columns.iter().map(|(shares, exposures)| EpochExposures { shares, exposures }).collect();
    log_mismatch_evidence(&epochs)
}

/// Whether the treatment has more converters than its share of them.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "only the sign is used")]
fn favours_treatment(pair: &[EpochConverters]) -> bool {
    let surplus: f64 = pair
        .iter()
        .map(|epoch| {
            let share = epoch.treatment_share / (epoch.control_share + epoch.treatment_share);
            epoch.treatment as f64 * (1.0 - share) - epoch.control as f64 * share
        })
        .sum();
    surplus > 0.0
}
