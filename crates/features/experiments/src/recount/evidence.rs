//! The evidence again: every visitor's steps in the order in which they were stored.

use super::OnProgress;
use crate::definitions::Definitions;
use crate::ingest::{EvidenceOfTests, RaisedPeaks, Step, StepKind, insert_peaks, shares_of, take_steps};
use dashly_db::{Columns, DbError, Sql, Tx, sql};
use std::sync::Arc;

const PAGE_ROWS: i64 = 10_000;

const LIST_EPOCHS: Sql = sql!("select test_id, epoch, shares from experiment_epochs");
const CLEAR_EVIDENCE: Sql = sql! {
    postgres: "delete from experiment_evidence where test_id in (select unnest($1::text[]))",
    sqlite: "delete from experiment_evidence where test_id in (select value ->> 0 from json_each($1))",
};

const LIST_EXPOSURES: Sql = sql!(
    "
    select id, test_id, epoch, drawn_variant, recorded_at
    from experiment_exposures
    where id > $1 and is_first and device <> 'bot'
    order by id
    limit $2"
);

const LIST_CONVERSIONS: Sql = sql!(
    "
    select e.id, x.test_id, x.epoch, x.drawn_variant, e.recorded_at
    from experiment_events e
    join experiment_exposures x
      on x.user_or_session_id = e.user_or_session_id and x.test_id = e.test_id and x.is_first
    where e.id > $1 and e.counted_as = 'conversion' and x.device <> 'bot'
    order by e.id
    limit $2"
);

/// How many rows were walked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Walked {
    pub exposures: u64,
    pub conversions: u64,
}

/// Makes the peaks of the experiments in `definitions` anew. Those of experiments that the file no longer has stay:
/// nobody knows what their control was.
pub(super) async fn rebuild(
    tx: &mut Tx,
    definitions: &Definitions,
    on_progress: OnProgress<'_>,
) -> Result<Walked, DbError> {
    let mut evidence = EvidenceOfTests::new();
    for row in tx.fetch_all(LIST_EPOCHS.query()).await? {
        let epochs = &mut evidence.entry(row.get::<String>(0)?.into()).or_default().epochs;
        let epoch = epochs.entry(row.get::<String>(1)?.into()).or_default();
        for (label, share) in shares_of(&row.get::<String>(2)?) {
            epoch.entry(label.into()).or_default().share = share;
        }
    }
    let mut walk = Walk { definitions, evidence: &mut evidence, on_progress, walked: 0 };
    let exposures = walk.take(tx, LIST_EXPOSURES, StepKind::Exposed).await?;
    let conversions = walk.take(tx, LIST_CONVERSIONS, StepKind::Converted).await?;
    let mut peaks = RaisedPeaks::new();
    for (test_id, evidence) in evidence {
        for (question, peak) in evidence.peaks {
            peaks.insert((Arc::clone(&test_id), question), peak);
        }
    }
    let test_ids = definitions.all().iter().map(|experiment| &*experiment.test_id);
    tx.execute(CLEAR_EVIDENCE.batch(Columns::new().text(test_ids))).await?;
    insert_peaks(tx, &peaks).await?;
    Ok(Walked { exposures, conversions })
}

struct Walk<'a> {
    definitions: &'a Definitions,
    evidence: &'a mut EvidenceOfTests,
    on_progress: OnProgress<'a>,
    walked: u64,
}

impl Walk<'_> {
    /// Takes the steps of one kind, page by page; gives their number.
    async fn take(&mut self, tx: &mut Tx, list: Sql, kind: StepKind) -> Result<u64, DbError> {
        let (before, mut last_id) = (self.walked, 0_i64);
        loop {
            let rows = tx.fetch_all(list.query().bind(last_id).bind(PAGE_ROWS)).await?;
            if rows.is_empty() {
                return Ok(self.walked - before);
            }
            let mut steps = Vec::with_capacity(rows.len());
            for row in &rows {
                last_id = row.get(0)?;
                self.walked += 1;
                if let Some(experiment) = self.definitions.find(&row.get::<String>(1)?) {
                    steps.push(Step {
                        experiment: Arc::clone(experiment),
                        epoch: row.get::<String>(2)?.into(),
                        drawn_variant: row.get::<String>(3)?.into(),
                        kind,
                        at: row.get(4)?,
                    });
                }
            }
            take_steps(&steps, self.evidence);
            (self.on_progress)(self.walked);
        }
    }
}
