//! What goes in comes out, and the same on both engines.

use crate::fixture::Empty;
use dashly_db::{Columns, Db, Engine, Row, Sql, sql};
use dashly_kernel::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use uuid::Uuid;

const CREATE: Sql = sql! {
    postgres: "create table codec (
                 batch boolean not null, place bigint not null, t text, i bigint, f double precision, b boolean not null,
                 m timestamptz, u uuid)",
    sqlite: "create table codec (
               batch integer not null, place integer not null, t text, i integer, f real, b integer not null,
               m integer, u blob) strict",
};
const INSERT: Sql =
    sql!("insert into codec (batch, place, t, i, f, b, m, u) values ($1, $2, $3, $4, $5, $6, $7, $8)");
const INSERT_BATCH: Sql = sql! {
    postgres: "
        insert into codec (batch, place, t, f, b, m)
        select true, * from unnest($1::bigint[], $2::text[], $3::double precision[], $4::boolean[], $5::timestamptz[])",
    sqlite: "
        insert into codec (batch, place, t, f, b, m)
        select 1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each($1)",
};
const SELECT: Sql = sql!("select t, i, f, b, m, u from codec where batch = $1 order by place");
const CLEAR: Sql = sql!("delete from codec");

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    text: Option<String>,
    integer: Option<i64>,
    float: Option<f64>,
    boolean: bool,
    moment: Option<Timestamp>,
}

fn cells() -> impl Strategy<Value = Vec<Cell>> {
    // PostgreSQL keeps no NUL, so nothing from outside may hold one; the text rule of the kernel sees to that.
    let text = prop_oneof![
        "[^\\x00]{0,60}",
        Just(String::new()),
        Just("null".to_owned()),
        Just("\\x27; -- \" \u{feff}\u{202e}\u{10ffff}".to_owned()),
        Just("1e3".to_owned()),
        Just("{\"a\":[1]}".to_owned())
    ];
    let float = any::<f64>().prop_filter("JSON has no other", |number| number.is_finite());
    let magnitude =
        (-50_i32..50, 1.0_f64..10.0).prop_map(|(exponent, digits)| digits * 10_f64.powi(exponent));
    let float =
        prop_oneof![2 => float, 1 => any::<i32>().prop_map(f64::from), 4 => -1e12_f64..1e12, 2 => magnitude];
    // The years 1 to 9999.
    let moment = (-62_135_596_800_000_000_i64..253_402_300_799_999_999).prop_map(Timestamp::from_unix_micros);
    let option = prop::option::of::<BoxedStrategy<String>>;
    let cell = (
        option(text.boxed()),
        prop::option::of(any::<i64>()),
        prop::option::of(float),
        any::<bool>(),
        prop::option::of(moment),
    );
    let cell = cell.prop_map(|(text, integer, float, boolean, moment)| Cell {
        text,
        integer,
        float,
        boolean,
        moment,
    });
    prop::collection::vec(cell, 1..12)
}

fn uuid_of(place: usize, cell: &Cell) -> Uuid {
    let bits = u128::from(cell.integer.unwrap_or_default().cast_unsigned()) << 64;
    Uuid::from_u128(bits | u128::try_from(place).unwrap())
}

fn read(row: &Row) -> Cell {
    Cell {
        text: row.get(0).unwrap(),
        integer: row.get(1).unwrap(),
        float: row.get(2).unwrap(),
        boolean: row.get(3).unwrap(),
        moment: row.get(4).unwrap(),
    }
}

/// Whether a number far from 1 differs in its last bits only: what `Columns::optional_float` allows SQLite.
fn is_as_good(found: Option<f64>, given: Option<f64>) -> bool {
    match (found, given) {
        (Some(found), Some(given)) if !(1e-50..1e50).contains(&given.abs()) => {
            (found - given).abs() <= (given.abs() * 2.0 * f64::EPSILON).max(f64::MIN_POSITIVE)
        }
        _ => false,
    }
}

async fn round_trip(db: &Db, cells: &[Cell]) -> Result<(), TestCaseError> {
    let mut tx = db.begin().await.unwrap();
    for (place, cell) in cells.iter().enumerate() {
        let query = INSERT
            .query()
            .bind(false)
            .bind(i64::try_from(place).unwrap())
            .bind(cell.text.clone())
            .bind(cell.integer)
            .bind(cell.float)
            .bind(cell.boolean)
            .bind(cell.moment)
            .bind(uuid_of(place, cell));
        tx.execute(query).await.unwrap();
    }
    let columns = Columns::new()
        .integer(0..i64::try_from(cells.len()).unwrap())
        .optional_text(cells.iter().map(|cell| cell.text.as_deref()))
        .optional_float(cells.iter().map(|cell| cell.float))
        .boolean(cells.iter().map(|cell| cell.boolean))
        .optional_time(cells.iter().map(|cell| cell.moment));
    tx.execute(INSERT_BATCH.batch(columns)).await.unwrap();
    let single = tx.fetch_all(SELECT.query().bind(false)).await.unwrap();
    let batch = tx.fetch_all(SELECT.query().bind(true)).await.unwrap();
    prop_assert_eq!((single.len(), batch.len()), (cells.len(), cells.len()));
    for (place, (row, cell)) in single.iter().zip(cells).enumerate() {
        prop_assert_eq!(&read(row), cell);
        prop_assert_eq!(row.get::<Uuid>(5).unwrap(), uuid_of(place, cell));
    }
    for (row, cell) in batch.iter().zip(cells) {
        let mut found = read(row);
        if is_as_good(found.float, cell.float) {
            found.float = cell.float;
        }
        prop_assert_eq!(&found, &Cell { integer: None, ..cell.clone() });
    }
    tx.execute(CLEAR.query()).await.unwrap();
    // What is not committed is undone.
    drop(tx);
    Ok(())
}

fn every_value_survives_on(engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(Empty::new(engine));
    runtime.block_on(database.db.execute(CREATE.query())).unwrap();
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&cells(), |cells| runtime.block_on(round_trip(&database.db, &cells)));
    outcome.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(database.end());
}

#[test]
fn every_value_survives_on_sqlite() {
    every_value_survives_on(Engine::Sqlite);
}

#[test]
fn every_value_survives_on_postgres() {
    every_value_survives_on(Engine::Postgres);
}
