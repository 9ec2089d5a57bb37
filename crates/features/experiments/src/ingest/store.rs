//! The SQL of the writer.

use super::decide::{FirstExposure, Known, Plan, Tally};
use super::record::{EventRecord, Record};
use super::version_totals::add_to_version_totals;
use crate::definitions::Experiment;
use crate::shared_texts::SharedTexts;
use dashly_db::{Columns, DbError, Query, Row, Sql, Tx, sql};
use dashly_kernel::Timestamp;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Any number will do, as long as all processes use the same ("dashlyin" in ASCII).
const INGEST_LOCK_KEY: i64 = 0x6461_7368_6c79_696e;

/// One ingest transaction at a time in the whole installation: it makes row ids follow the order of commits, and
/// what is read at the start of the transaction true until its end. SQLite's write lock is that already.
const TAKE_INGEST_LOCK: Sql = sql! {
    postgres: "select 1::bigint from (select pg_advisory_xact_lock($1)) as lock",
    sqlite: "select $1",
};

const LIST_EXPOSURES: Sql = sql! {
    postgres: "
        select e.user_or_session_id, e.test_id, e.variant, e.drawn_variant, e.epoch, e.device, e.visitor_kind,
               e.is_first, e.converted_at is not null, e.recorded_at, e.app_version
        from unnest($1::text[], $2::text[]) as k (visitor, test_id)
        join experiment_exposures e on e.user_or_session_id = k.visitor and e.test_id = k.test_id",
    sqlite: "
        select e.user_or_session_id, e.test_id, e.variant, e.drawn_variant, e.epoch, e.device, e.visitor_kind,
               e.is_first, e.converted_at is not null, e.recorded_at, e.app_version
        from json_each($1) as k
        cross join experiment_exposures e on e.user_or_session_id = k.value ->> 0 and e.test_id = k.value ->> 1",
};

const LIST_EVENT_IDS: Sql = sql! {
    postgres: "
        select e.user_or_session_id, e.event_id
        from unnest($1::text[], $2::text[]) as k (visitor, event_id)
        join experiment_events e
          on e.user_or_session_id = k.visitor and e.event_id = k.event_id and e.event_id is not null",
    sqlite: "
        select e.user_or_session_id, e.event_id
        from json_each($1) as k
        cross join experiment_events e
          on e.user_or_session_id = k.value ->> 0 and e.event_id = k.value ->> 1 and e.event_id is not null",
};

const INSERT_EXPOSURES: Sql = sql! {
    postgres: "
        insert into experiment_exposures
          (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, converted_at,
           recorded_at, app_version)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::boolean[], $9::timestamptz[], $10::timestamptz[], $11::text[])",
    sqlite: "
        insert into experiment_exposures
          (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, converted_at,
           recorded_at, app_version)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
               value ->> 8, value ->> 9, value ->> 10
        from json_each($1)",
};

const INSERT_EVENTS: Sql = sql! {
    postgres: "
        insert into experiment_events
          (user_or_session_id, event_name, test_id, variant, reported_variant, event_id, value, counted_as, recorded_at)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                             $7::double precision[], $8::text[], $9::timestamptz[])",
    sqlite: "
        insert into experiment_events
          (user_or_session_id, event_name, test_id, variant, reported_variant, event_id, value, counted_as, recorded_at)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
               value ->> 8
        from json_each($1)",
};

const MARK_CONVERTED: Sql = sql! {
    postgres: "
        update experiment_exposures
        set converted_at = k.converted_at
        from unnest($1::text[], $2::text[], $3::timestamptz[]) as k (visitor, test_id, converted_at)
        where user_or_session_id = k.visitor and experiment_exposures.test_id = k.test_id and is_first",
    sqlite: "
        update experiment_exposures
        set converted_at = k.value ->> 2
        from json_each($1) as k
        where user_or_session_id = k.value ->> 0 and test_id = k.value ->> 1 and is_first",
};

const ADD_TO_TOTALS: Sql = sql! {
    postgres: "
        insert into experiment_totals as t
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
                             $8::bigint[], $9::bigint[], $10::bigint[])
        on conflict (test_id, variant, drawn_variant, epoch, day, device, visitor_kind) do update
        set exposures = t.exposures + excluded.exposures,
            events = t.events + excluded.events,
            converters = t.converters + excluded.converters",
    sqlite: "
        insert into experiment_totals as t
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
               value ->> 8, value ->> 9
        from json_each($1)
        where true
        on conflict (test_id, variant, drawn_variant, epoch, day, device, visitor_kind) do update
        set exposures = t.exposures + excluded.exposures,
            events = t.events + excluded.events,
            converters = t.converters + excluded.converters",
};

const ADD_TO_TIMELINE: Sql = sql! {
    postgres: "
        insert into experiment_timeline as t
          (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
                             $6::bigint[], $7::bigint[], $8::bigint[])
        on conflict (test_id, variant, drawn_variant, epoch, hour) do update
        set exposures = t.exposures + excluded.exposures,
            events = t.events + excluded.events,
            converters = t.converters + excluded.converters",
    sqlite: "
        insert into experiment_timeline as t
          (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
        from json_each($1)
        where true
        on conflict (test_id, variant, drawn_variant, epoch, hour) do update
        set exposures = t.exposures + excluded.exposures,
            events = t.events + excluded.events,
            converters = t.converters + excluded.converters",
};

const ADD_TO_DRAWS: Sql = sql! {
    postgres: "
        insert into experiment_draws as d (test_id, epoch, drawn_variant, exposures, converters)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
        on conflict (test_id, epoch, drawn_variant) do update
        set exposures = d.exposures + excluded.exposures,
            converters = d.converters + excluded.converters",
    sqlite: "
        insert into experiment_draws as d (test_id, epoch, drawn_variant, exposures, converters)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
        from json_each($1)
        where true
        on conflict (test_id, epoch, drawn_variant) do update
        set exposures = d.exposures + excluded.exposures,
            converters = d.converters + excluded.converters",
};

const ADD_TO_SIGNALS: Sql = sql! {
    postgres: "
        insert into experiment_signals as s (test_id, signal, count)
        select * from unnest($1::text[], $2::text[], $3::bigint[])
        on conflict (test_id, signal) do update set count = s.count + excluded.count",
    sqlite: "
        insert into experiment_signals as s (test_id, signal, count)
        select value ->> 0, value ->> 1, value ->> 2
        from json_each($1)
        where true
        on conflict (test_id, signal) do update set count = s.count + excluded.count",
};

/// The revision of the whole installation grows by the number of stored rows: a reader can tell from the two whether a
/// writer of an older version, which marks nothing, was at work. [`MARK_CHANGED_DAYS`] comes before it or with it.
const RAISE_REVISION: Sql = sql!(
    "
    update experiment_changed_days
    set revision = revision + $1
    where test_id = '' and $1 > 0"
);

const MARK_CHANGED_DAYS: Sql = sql! {
    postgres: "
        insert into experiment_changed_days (test_id, day, revision)
        select k.test_id, k.day, c.revision + k.row_count
        from unnest($1::text[], $2::timestamptz[], $3::bigint[]) as k (test_id, day, row_count)
        cross join experiment_changed_days c
        where c.test_id = ''
        on conflict (test_id, day) do update set revision = excluded.revision",
    sqlite: "
        insert into experiment_changed_days (test_id, day, revision)
        select k.value ->> 0, k.value ->> 1, c.revision + (k.value ->> 2)
        from json_each($1) as k
        cross join experiment_changed_days c
        where c.test_id = ''
        on conflict (test_id, day) do update set revision = excluded.revision",
};

const OPEN_EPOCHS: Sql = sql! {
    postgres: "
        insert into experiment_epochs (test_id, epoch, shares, opened_at)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
        on conflict (test_id, epoch) do nothing",
    sqlite: "
        insert into experiment_epochs (test_id, epoch, shares, opened_at)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3
        from json_each($1)
        where true
        on conflict (test_id, epoch) do nothing",
};

/// Waits until no other process ingests.
pub(crate) async fn take_ingest_lock(tx: &mut Tx) -> Result<(), DbError> {
    tx.fetch_one(TAKE_INGEST_LOCK.query().bind(INGEST_LOCK_KEY)).await.map(drop)
}

/// What the database knows of the visitors of `records`.
pub(super) async fn find_known(tx: &mut Tx, records: &[Record]) -> Result<Known, DbError> {
    let mut known = Known::default();
    let subjects: HashSet<(&str, &str)> = records.iter().filter_map(subject_of).collect();
    if !subjects.is_empty() {
        let mut shared = SharedTexts::default();
        for row in list_exposures(tx, &subjects).await? {
            let key = (Arc::from(row.get::<String>(0)?), shared.get(row.get(1)?));
            let subject = known.subjects.entry(key).or_default();
            let variant = shared.get(row.get(2)?);
            subject.variants.push(Arc::clone(&variant));
            if row.get::<bool>(7)? {
                let texts = [
                    variant,
                    shared.get(row.get(3)?),
                    shared.get(row.get(4)?),
                    shared.get(row.get(5)?),
                    shared.get(row.get(6)?),
                    shared.get(row.get(10)?),
                ];
                subject.first = Some(FirstExposure::stored(texts, row.get(9)?, row.get(8)?));
            }
        }
    }
    Ok(known)
}

async fn list_exposures(tx: &mut Tx, subjects: &HashSet<(&str, &str)>) -> Result<Vec<Row>, DbError> {
    let columns = Columns::new()
        .text(subjects.iter().map(|(visitor, _)| *visitor))
        .text(subjects.iter().map(|(_, test_id)| *test_id));
    tx.fetch_all(LIST_EXPOSURES.batch(columns)).await
}

/// Which of the event ids of `records` are stored, with their visitor.
pub(super) async fn find_event_ids(
    tx: &mut Tx,
    records: &[Record],
) -> Result<HashSet<(Arc<str>, String)>, DbError> {
    let event_ids: Vec<(&str, &str)> = records.iter().filter_map(event_id_of).collect();
    let columns = Columns::new()
        .text(event_ids.iter().map(|(visitor, _)| *visitor))
        .text(event_ids.iter().map(|(_, event_id)| *event_id));
    let rows = tx.fetch_all(LIST_EVENT_IDS.batch(columns)).await?;
    rows.iter().map(|row| Ok((Arc::from(row.get::<String>(0)?), row.get(1)?))).collect()
}

fn subject_of(record: &Record) -> Option<(&str, &str)> {
    match record {
        Record::Exposure(exposure) => Some((&exposure.visitor, &exposure.experiment.test_id)),
        Record::Event(event) => {
            event.subject.as_ref().map(|subject| (&*event.visitor, &*subject.experiment.test_id))
        }
    }
}

fn event_id_of(record: &Record) -> Option<(&str, &str)> {
    match record {
        Record::Event(EventRecord { visitor, event_id: Some(event_id), .. }) => Some((visitor, event_id)),
        _ => None,
    }
}

/// Everything that `plan` changes, without the metrics and the evidence. No two of these touch the same row, and none needs
/// to see what another one changed.
pub(super) fn changes<'a>(plan: &'a Plan<'_>) -> Vec<Query<'a>> {
    vec![
        insert_exposures(plan),
        insert_events(plan),
        mark_converted(plan),
        add_to_totals(plan),
        add_to_timeline(plan),
        add_to_draws(plan),
        add_to_version_totals(plan),
        add_to_signals(plan),
        mark_changed_days(plan),
        raise_revision(plan),
    ]
}

/// Runs every statement that comes before [`changes`] on nothing, so that the first real one finds the connection open, the
/// statements prepared and the tables in the server's memory: on PostgreSQL the first visitors would else wait 15 ms longer.
pub(super) async fn rehearse(tx: &mut Tx) -> Result<(), DbError> {
    take_ingest_lock(tx).await?;
    list_exposures(tx, &HashSet::new()).await?;
    open_epochs(tx, &[], Timestamp::from_unix_micros(0)).await
}

fn mark_converted<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let columns = Columns::new()
        .text(plan.conversions.iter().map(|((visitor, _), _)| &**visitor))
        .text(plan.conversions.iter().map(|((_, test_id), _)| &**test_id))
        .time(plan.conversions.iter().map(|(_, converted_at)| *converted_at));
    MARK_CONVERTED.batch(columns)
}

fn add_to_signals<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let columns = Columns::new()
        .text(plan.signals.keys().map(|(test_id, _)| &**test_id))
        .text(plan.signals.keys().map(|(_, signal)| *signal))
        .integer(plan.signals.values().copied());
    ADD_TO_SIGNALS.batch(columns)
}

/// Notes which days of which experiments are not what they were, with the revision that this commit makes.
fn mark_changed_days<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let mut days: BTreeSet<(&str, Timestamp)> = BTreeSet::new();
    days.extend(plan.totals.keys().map(|key| (&*key.test_id, key.day)));
    days.extend(plan.timeline.keys().map(|key| (&*key.test_id, key.hour.start_of_day())));
    days.extend(plan.metric_events.iter().map(|event| (&*event.test_id, event.day)));
    let columns = Columns::new()
        .text(days.iter().map(|(test_id, _)| *test_id))
        .time(days.iter().map(|(_, day)| *day))
        .integer(days.iter().map(|_| row_count(plan)));
    MARK_CHANGED_DAYS.batch(columns)
}

fn raise_revision(plan: &Plan<'_>) -> Query<'static> {
    RAISE_REVISION.query().bind(row_count(plan))
}

fn row_count(plan: &Plan<'_>) -> i64 {
    i64::try_from(plan.exposures.len() + plan.events.len()).unwrap_or(i64::MAX)
}

fn insert_exposures<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let rows = &plan.exposures;
    let columns = Columns::new()
        .text(rows.iter().map(|row| &*row.record.visitor))
        .text(rows.iter().map(|row| &*row.record.experiment.test_id))
        .text(rows.iter().map(|row| &*row.variant))
        .text(rows.iter().map(|row| &*row.drawn_variant))
        .text(rows.iter().map(|row| &*row.record.experiment.epoch))
        .text(rows.iter().map(|row| row.record.device.as_str()))
        .text(rows.iter().map(|row| row.record.visitor_kind.as_str()))
        .boolean(rows.iter().map(|row| row.is_first))
        .optional_time(rows.iter().map(|row| row.converted_at))
        .time(rows.iter().map(|row| row.record.recorded_at))
        .text(rows.iter().map(|row| &*row.record.app_version));
    INSERT_EXPOSURES.batch(columns)
}

fn insert_events<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let rows = &plan.events;
    let columns = Columns::new()
        .text(rows.iter().map(|row| &*row.record.visitor))
        .text(rows.iter().map(|row| row.record.event_name.as_str()))
        .optional_text(
            rows.iter().map(|row| row.record.subject.as_ref().map(|subject| &*subject.experiment.test_id)),
        )
        .optional_text(rows.iter().map(|row| row.variant.as_deref()))
        .optional_text(rows.iter().map(|row| row.record.reported_variant.as_deref()))
        .optional_text(rows.iter().map(|row| row.record.event_id.as_deref()))
        .optional_float(rows.iter().map(|row| row.record.value))
        .text(rows.iter().map(|row| row.counted_as.as_str()))
        .time(rows.iter().map(|row| row.record.recorded_at));
    INSERT_EVENTS.batch(columns)
}

fn add_to_totals<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let keys = || plan.totals.keys();
    let columns = Columns::new()
        .text(keys().map(|key| &*key.test_id))
        .text(keys().map(|key| &*key.variant))
        .text(keys().map(|key| &*key.drawn_variant))
        .text(keys().map(|key| &*key.epoch))
        .time(keys().map(|key| key.day))
        .text(keys().map(|key| &*key.device))
        .text(keys().map(|key| &*key.visitor_kind));
    let columns = add_tallies(columns, plan.totals.values());
    ADD_TO_TOTALS.batch(columns)
}

fn add_to_timeline<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let keys = || plan.timeline.keys();
    let columns = Columns::new()
        .text(keys().map(|key| &*key.test_id))
        .text(keys().map(|key| &*key.variant))
        .text(keys().map(|key| &*key.drawn_variant))
        .text(keys().map(|key| &*key.epoch))
        .time(keys().map(|key| key.hour));
    let columns = add_tallies(columns, plan.timeline.values());
    ADD_TO_TIMELINE.batch(columns)
}

fn add_to_draws<'a>(plan: &'a Plan<'_>) -> Query<'a> {
    let keys = || plan.draws.keys();
    let columns = Columns::new()
        .text(keys().map(|(test_id, _, _)| &**test_id))
        .text(keys().map(|(_, epoch, _)| &**epoch))
        .text(keys().map(|(_, _, drawn_variant)| &**drawn_variant))
        .integer(plan.draws.values().map(|tally| tally.exposures))
        .integer(plan.draws.values().map(|tally| tally.converters));
    ADD_TO_DRAWS.batch(columns)
}

fn add_tallies<'a, 'b>(
    columns: Columns<'a>,
    tallies: impl Iterator<Item = &'b Tally> + Clone,
) -> Columns<'a> {
    columns
        .integer(tallies.clone().map(|tally| tally.exposures))
        .integer(tallies.clone().map(|tally| tally.events))
        .integer(tallies.map(|tally| tally.converters))
}

/// Records the designs that visitors are now drawn under.
pub(super) async fn open_epochs(
    tx: &mut Tx,
    experiments: &[Arc<Experiment>],
    now: Timestamp,
) -> Result<(), DbError> {
    let shares: Vec<String> = experiments.iter().map(|experiment| shares_json(experiment)).collect();
    let columns = Columns::new()
        .text(experiments.iter().map(|experiment| &*experiment.test_id))
        .text(experiments.iter().map(|experiment| &*experiment.epoch))
        .text(shares.iter().map(String::as_str))
        .time(experiments.iter().map(|_| now));
    tx.execute(OPEN_EPOCHS.batch(columns)).await.map(drop)
}

fn shares_json(experiment: &Experiment) -> String {
    let shares: serde_json::Map<String, serde_json::Value> =
        experiment.shares().into_iter().map(|(key, share)| (key.to_string(), share.into())).collect();
    serde_json::Value::Object(shares).to_string()
}
