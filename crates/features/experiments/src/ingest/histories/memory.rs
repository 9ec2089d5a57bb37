//! An imagined database: takes what [`decide`] plans, and knows of it what the real one would.

use super::recount::Counts;
use crate::ingest::decide::{FirstExposure, Known, Plan, Subject, SubjectKey, decide};
use crate::ingest::metric_store::CountedFrom;
use crate::ingest::metrics::MetricLedger;
use crate::ingest::{Outcome, Record, StepKind};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Everything that is kept, and the counts of it.
#[derive(Default)]
pub(super) struct Memory {
    subjects: HashMap<SubjectKey, Subject>,
    event_ids: HashSet<(Arc<str>, String)>,
    ledger: MetricLedger,
    pub counts: Counts,
}

impl Memory {
    /// One commit.
    pub(super) fn take(&mut self, batch: &[Record]) {
        let known = Known {
            subjects: self.subjects.clone(),
            event_ids: self.event_ids.clone(),
            metrics: Arc::new(metrics_of(batch)),
        };
        let plan = decide(batch, known);
        self.keep_rows(&plan);
        self.keep_sums(&plan);
    }

    fn keep_rows(&mut self, plan: &Plan<'_>) {
        for row in &plan.exposures {
            let key = (Arc::clone(&row.record.visitor), Arc::clone(&row.record.experiment.test_id));
            let subject = self.subjects.entry(key).or_default();
            subject.variants.push(Arc::clone(&row.variant));
            if row.is_first {
                let texts = [
                    Arc::clone(&row.variant),
                    Arc::clone(&row.drawn_variant),
                    Arc::clone(&row.record.experiment.epoch),
                    Arc::from(row.record.device.as_str()),
                    Arc::from(row.record.visitor_kind.as_str()),
                    Arc::clone(&row.record.app_version),
                ];
                subject.first =
                    Some(FirstExposure::stored(texts, row.record.recorded_at, row.converted_at.is_some()));
            }
        }
        for (key, _) in &plan.conversions {
            let first = self.subjects.get_mut(key).and_then(|subject| subject.first.as_mut());
            first.expect("a conversion has an exposure before it").converted = true;
        }
        for row in &plan.events {
            *self.counts.events.entry(row.counted_as.as_str()).or_default() += 1;
            if let Some(event_id) = &row.record.event_id {
                self.event_ids.insert((Arc::clone(&row.record.visitor), event_id.clone()));
            }
        }
        let is_repeated = |outcome: &&Outcome| matches!(outcome, Outcome::Event(event) if event.deduplicated);
        self.counts.repeated += u64::try_from(plan.outcomes.iter().filter(is_repeated).count()).unwrap();
    }

    fn keep_sums(&mut self, plan: &Plan<'_>) {
        for (key, tally) in &plan.totals {
            let cell = [
                &*key.test_id,
                &key.variant,
                &key.drawn_variant,
                &key.epoch,
                &key.day.to_rfc3339_millis(),
                &key.device,
                &key.visitor_kind,
            ]
            .join(" ");
            self.counts.add_total(cell, [tally.exposures, tally.events, tally.converters]);
        }
        for (key, tally) in &plan.timeline {
            let cell =
                [&*key.test_id, &key.variant, &key.drawn_variant, &key.epoch, &key.hour.to_rfc3339_millis()]
                    .join(" ");
            self.counts.add_hour(cell, [tally.exposures, tally.events, tally.converters]);
        }
        for ((test_id, epoch, label), tally) in &plan.draws {
            self.counts.add_draw(format!("{test_id} {epoch} {label}"), [tally.exposures, tally.converters]);
        }
        for (key, tally) in &plan.version_totals {
            let day = key.day.to_rfc3339_millis();
            let cell = [&*key.test_id, &key.app_version, &key.epoch, &key.drawn_variant, &day].join(" ");
            self.counts.add_version(cell, [tally.exposures, tally.converters]);
        }
        for ((test_id, signal), count) in &plan.signals {
            self.counts.add_signal(test_id, signal, *count);
        }
        let steps = |kind| i64::try_from(plan.steps.iter().filter(|step| step.kind == kind).count()).unwrap();
        self.counts.steps[0] += steps(StepKind::Exposed);
        self.counts.steps[1] += steps(StepKind::Converted);
        plan.metric_events.iter().for_each(|event| self.ledger.take(event));
        self.counts.metrics = self
            .ledger
            .totals
            .iter()
            .map(|(cell, total)| {
                let name = format!(
                    "{} {} {} {} {}",
                    cell.test_id,
                    cell.metric,
                    cell.epoch,
                    cell.drawn_variant,
                    cell.day.to_rfc3339_millis()
                );
                (name, (total.converters, total.total, total.total_of_squares))
            })
            .collect();
    }
}

/// All metrics of the batch, counted from the first visitor.
fn metrics_of(batch: &[Record]) -> CountedFrom {
    batch
        .iter()
        .filter_map(|record| match record {
            Record::Exposure(exposure) => Some(&exposure.experiment),
            Record::Event(event) => event.subject.as_ref().map(|subject| &subject.experiment),
        })
        .flat_map(|experiment| experiment.metrics.iter().map(move |metric| (experiment, metric)))
        .map(|(experiment, metric)| ((Arc::clone(&experiment.test_id), Arc::clone(&metric.key)), None))
        .collect()
}
