//! The SQL of the evidence: the counts by drawn label, the designed shares, and the peaks.

use super::evidence::{Draws, EvidenceOfTests, Peak, Question, RaisedPeaks, Step};
use dashly_db::{Columns, Db, DbError, Query, Row, Sql, Tx, sql};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

const CONVERSION: &str = "conversion";
const SAMPLE_RATIO: &str = "sample_ratio";

const LIST_DRAWS: Sql = sql! {
    postgres: "
        select d.test_id, d.epoch, d.drawn_variant, d.exposures, d.converters, e.shares
        from unnest($1::text[]) as k (test_id)
        join experiment_draws d on d.test_id = k.test_id
        join experiment_epochs e on e.test_id = d.test_id and e.epoch = d.epoch",
    sqlite: "
        select d.test_id, d.epoch, d.drawn_variant, d.exposures, d.converters, e.shares
        from json_each($1) as k
        cross join experiment_draws d on d.test_id = k.value ->> 0
        cross join experiment_epochs e on e.test_id = d.test_id and e.epoch = d.epoch",
};

const LIST_PEAKS: Sql = sql! {
    postgres: "
        select p.test_id, p.kind, p.control, p.variant, p.peak, p.favours, p.reached_at
        from unnest($1::text[]) as k (test_id)
        join experiment_evidence p on p.test_id = k.test_id",
    sqlite: "
        select p.test_id, p.kind, p.control, p.variant, p.peak, p.favours, p.reached_at
        from json_each($1) as k
        cross join experiment_evidence p on p.test_id = k.value ->> 0",
};

const LIST_ALL_DRAWS: Sql = sql!(
    "
    select d.test_id, d.epoch, d.drawn_variant, d.exposures, d.converters, e.shares
    from experiment_draws d
    join experiment_epochs e on e.test_id = d.test_id and e.epoch = d.epoch"
);

const LIST_ALL_PEAKS: Sql = sql!(
    "
    select test_id, kind, control, variant, peak, favours, reached_at
    from experiment_evidence"
);

const INSERT_PEAKS: Sql = sql! {
    postgres: "
        insert into experiment_evidence (test_id, kind, control, variant, peak, favours, reached_at)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[], $6::text[],
                             $7::timestamptz[])
        on conflict (test_id, kind, control, variant) do update
        set peak = excluded.peak, favours = excluded.favours, reached_at = excluded.reached_at",
    sqlite: "
        insert into experiment_evidence (test_id, kind, control, variant, peak, favours, reached_at)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        from json_each($1)
        where true
        on conflict (test_id, kind, control, variant) do update
        set peak = excluded.peak, favours = excluded.favours, reached_at = excluded.reached_at",
};

/// What is known so far of the experiments that `steps` belong to.
pub(super) async fn read_evidence_in(tx: &mut Tx, steps: &[Step]) -> Result<EvidenceOfTests, DbError> {
    let test_ids: BTreeSet<&str> = steps.iter().map(|step| &*step.experiment.test_id).collect();
    let columns = || Columns::new().text(test_ids.iter().copied());
    let draws = tx.fetch_all(LIST_DRAWS.batch(columns())).await?;
    let peaks = tx.fetch_all(LIST_PEAKS.batch(columns())).await?;
    assemble(&draws, &peaks)
}

/// What is known of all experiments, whether still in the file or not.
pub(crate) async fn read_evidence(db: &Db) -> Result<EvidenceOfTests, DbError> {
    let draws = db.fetch_all(LIST_ALL_DRAWS.query()).await?;
    let peaks = db.fetch_all(LIST_ALL_PEAKS.query()).await?;
    assemble(&draws, &peaks)
}

fn assemble(draws: &[Row], peaks: &[Row]) -> Result<EvidenceOfTests, DbError> {
    let mut tests = EvidenceOfTests::new();
    for row in draws {
        let (test_id, epoch, label): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let epochs = &mut tests.entry(test_id.into()).or_default().epochs;
        let epoch = epochs.entry(epoch.into()).or_default();
        // A label that nobody was drawn yet has a share too.
        for (label, share) in shares_of(&row.get::<String>(5)?) {
            epoch.entry(label.into()).or_default().share = share;
        }
        let counts = epoch.entry(label.into()).or_default();
        *counts = Draws { exposures: count(row, 3)?, converters: count(row, 4)?, share: counts.share };
    }
    for row in peaks {
        let text = |column| row.get::<String>(column).map(Arc::<str>::from);
        let question = match row.get::<String>(1)?.as_str() {
            SAMPLE_RATIO => Question::SampleRatio,
            _ => Question::Conversion { control: text(2)?, variant: text(3)? },
        };
        let favours = text(5)?;
        let peak = Peak {
            log_evidence: row.get(4)?,
            favours: (!favours.is_empty()).then_some(favours),
            reached_at: row.get(6)?,
        };
        tests.entry(text(0)?).or_default().peaks.insert(question, peak);
    }
    Ok(tests)
}

/// Runs every statement that comes before [`changes`] on nothing; see [`super::store::rehearse`].
pub(super) async fn rehearse(tx: &mut Tx) -> Result<(), DbError> {
    read_evidence_in(tx, &[]).await.map(drop)
}

fn count(row: &Row, column: usize) -> Result<u64, DbError> {
    // Never negative: the writer only adds.
    row.get::<i64>(column).map(|count| u64::try_from(count).unwrap_or(0))
}

/// The designed shares of an epoch by label: the writer's own JSON, which always reads back.
pub(crate) fn shares_of(json: &str) -> HashMap<String, f64> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Keeps peaks that are higher than those stored.
pub(crate) async fn insert_peaks(tx: &mut Tx, peaks: &RaisedPeaks) -> Result<(), DbError> {
    tx.execute(changes(peaks)).await.map(drop)
}

/// What it takes to keep peaks that are higher than those stored.
pub(super) fn changes(peaks: &RaisedPeaks) -> Query<'_> {
    fn texts(question: &Question) -> [&str; 3] {
        match question {
            Question::Conversion { control, variant } => [CONVERSION, control, variant],
            Question::SampleRatio => [SAMPLE_RATIO, "", ""],
        }
    }
    let questions = || peaks.keys().map(|(_, question)| texts(question));
    let columns = Columns::new()
        .text(peaks.keys().map(|(test_id, _)| &**test_id))
        .text(questions().map(|[kind, _, _]| kind))
        .text(questions().map(|[_, control, _]| control))
        .text(questions().map(|[_, _, variant]| variant))
        .optional_float(peaks.values().map(|peak| Some(peak.log_evidence)))
        .text(peaks.values().map(|peak| peak.favours.as_deref().unwrap_or_default()))
        .time(peaks.values().map(|peak| peak.reached_at));
    INSERT_PEAKS.batch(columns)
}
