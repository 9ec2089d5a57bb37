//! The SQL of the replays.

use super::model::{LookRow, ReplaySource, SeriesName};
use dashly_db::{Columns, Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::BTreeMap;

/// Looks in one statement.
const PAGE_ROWS: usize = 5_000;

const DELETE_LOOKS: Sql = sql!("delete from replay_looks where source = $1");
const DELETE_SOURCE: Sql = sql!("delete from replay_sources where source = $1");
const INSERT_SOURCE: Sql = sql!(
    "insert into replay_sources (source, licence, imported_at, left_out, series) values ($1, $2, $3, $4, $5)"
);
const INSERT_LOOKS: Sql = sql! {
    postgres: "
        insert into replay_looks
          (source, experiment_id, variant_id, metric_id, at, control_visitors, treatment_visitors, control_mean,
           treatment_mean, control_variance, treatment_variance)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[],
                             $6::double precision[], $7::double precision[], $8::double precision[],
                             $9::double precision[], $10::double precision[], $11::double precision[])",
    sqlite: "
        insert into replay_looks
          (source, experiment_id, variant_id, metric_id, at, control_visitors, treatment_visitors, control_mean,
           treatment_mean, control_variance, treatment_variance)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
               value ->> 8, value ->> 9, value ->> 10
        from json_each($1)",
};

const LIST_SOURCES: Sql =
    sql!("select source, licence, imported_at, left_out, series from replay_sources order by source");

const LIST_ALL_LOOKS: Sql = sql!(
    "
    select at, control_visitors, treatment_visitors, control_mean, treatment_mean, control_variance,
           treatment_variance, source, experiment_id, variant_id, metric_id
    from replay_looks
    order by source, experiment_id, variant_id, metric_id, at"
);

const LIST_LOOKS: Sql = sql!(
    "
    select at, control_visitors, treatment_visitors, control_mean, treatment_mean, control_variance, treatment_variance
    from replay_looks
    where source = $1 and experiment_id = $2 and variant_id = $3 and metric_id = $4
    order by at"
);

/// Looks as they come from a file.
#[derive(Clone, Debug, Default)]
pub struct ImportedLooks {
    /// Where they are from.
    pub source: String,
    /// The licence that they are used under.
    pub licence: String,
    /// Lines with missing values.
    pub left_out: u64,
    /// Series in the file, those without any whole line included.
    pub series: u64,
    /// Each with its experiment, variant and metric; distinct.
    pub looks: Vec<([String; 3], LookRow)>,
}

/// Replaces everything of one source, in one transaction.
pub(super) async fn replace_source(db: &Db, imported: &ImportedLooks, now: Timestamp) -> Result<(), DbError> {
    let source = imported.source.as_str();
    let mut tx = db.begin().await?;
    tx.execute(DELETE_LOOKS.query().bind(source)).await?;
    tx.execute(DELETE_SOURCE.query().bind(source)).await?;
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let insert = INSERT_SOURCE
        .query()
        .bind(source)
        .bind(imported.licence.as_str())
        .bind(now)
        .bind(whole(imported.left_out))
        .bind(whole(imported.series));
    tx.execute(insert).await?;
    for page in imported.looks.chunks(PAGE_ROWS) {
        let number = |pick: fn(&LookRow) -> f64| page.iter().map(move |(_, look)| Some(pick(look)));
        let columns = Columns::new()
            .text(page.iter().map(|_| source))
            .text(page.iter().map(|([experiment, _, _], _)| experiment.as_str()))
            .text(page.iter().map(|([_, variant, _], _)| variant.as_str()))
            .text(page.iter().map(|([_, _, metric], _)| metric.as_str()))
            .optional_float(number(|look| look.at))
            .optional_float(number(|look| look.control_visitors))
            .optional_float(number(|look| look.treatment_visitors))
            .optional_float(number(|look| look.control_mean))
            .optional_float(number(|look| look.treatment_mean))
            .optional_float(number(|look| look.control_variance))
            .optional_float(number(|look| look.treatment_variance));
        tx.execute(INSERT_LOOKS.batch(columns)).await?;
    }
    tx.commit().await
}

/// All sources, without what is counted of their series.
pub(super) async fn list_sources(db: &Db) -> Result<Vec<ReplaySource>, DbError> {
    let rows = db.fetch_all(LIST_SOURCES.query()).await?;
    let source = |row: &Row| {
        Ok(ReplaySource {
            source: row.get(0)?,
            licence: row.get(1)?,
            imported_at: row.get(2)?,
            left_out: u64::try_from(row.get::<i64>(3)?).unwrap_or(0),
            series: u64::try_from(row.get::<i64>(4)?).unwrap_or(0),
            ..ReplaySource::default()
        })
    };
    rows.iter().map(source).collect()
}

/// The looks of all series, each by time.
pub(super) async fn list_all_looks(db: &Db) -> Result<BTreeMap<SeriesName, Vec<LookRow>>, DbError> {
    let mut series: BTreeMap<SeriesName, Vec<LookRow>> = BTreeMap::new();
    for row in db.fetch_all(LIST_ALL_LOOKS.query()).await? {
        let name = SeriesName {
            source: row.get(7)?,
            experiment_id: row.get(8)?,
            variant_id: row.get(9)?,
            metric_id: row.get(10)?,
        };
        series.entry(name).or_default().push(look(&row)?);
    }
    Ok(series)
}

/// The looks of one series by time; none for one that is not there.
pub(super) async fn list_looks(db: &Db, name: &SeriesName) -> Result<Vec<LookRow>, DbError> {
    let query = LIST_LOOKS
        .query()
        .bind(name.source.as_str())
        .bind(name.experiment_id.as_str())
        .bind(name.variant_id.as_str())
        .bind(name.metric_id.as_str());
    db.fetch_all(query).await?.iter().map(look).collect()
}

fn look(row: &Row) -> Result<LookRow, DbError> {
    Ok(LookRow {
        at: row.get(0)?,
        control_visitors: row.get(1)?,
        treatment_visitors: row.get(2)?,
        control_mean: row.get(3)?,
        treatment_mean: row.get(4)?,
        control_variance: row.get(5)?,
        treatment_variance: row.get(6)?,
    })
}
