//! A whole database through a file: every table, every type, both engines in both directions, and damaged files.

use crate::fixture::{Empty, both_engines};
use dashly_db::backup::{
    Attachment, BackupError, BackupFile, BackupRequest, Header, RestoredTable, restore, write_backup,
};
use dashly_db::{DatabaseUrl, Db, Engine, Sql, migrations, sql};
use dashly_kernel::Timestamp;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;
use tempfile::TempDir;

const LIST_TABLES: Sql = sql! {
    postgres: "select tablename::text from pg_tables
               where schemaname = current_schema() and tablename <> 'schema_migrations'",
    sqlite: "select name from sqlite_master
             where type = 'table' and name not like 'sqlite_%' and name <> 'schema_migrations'",
};
/// For each table a statement that fills it with values of the whole range of each type, rows with nulls included. Only
/// NaN is left out: SQLite does not store it, and Dashly computes none.
const STATEMENTS_THAT_FILL: Sql = sql! {
    postgres: "
        select format('insert into %I (%s) select %s from generate_series(1, 300) n%s',
                      c.relname,
                      string_agg(quote_ident(a.attname), ', ' order by a.attnum),
                      string_agg(
                        case
                          when c.relname = 'sessions' and a.attname = 'user_id'
                            then '(select id from users order by id offset n % 300 limit 1)'
                          when a.attnotnull then e.value
                          else 'case when n % 3 = 0 then null else ' || e.value || ' end'
                        end, ', ' order by a.attnum),
                      ' on conflict do nothing')
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
        cross join lateral (
          select case format_type(a.atttypid, a.atttypmod)
            when 'text' then $$ (array['', 'zwölf ☂ ', E'\"quoted\\\\\\n\\t\\u0001', 'null', '[1]'])[1 + n % 5] || md5(random()::text) $$
            when 'bigint' then $$ (array[-9223372036854775808, 9223372036854775807, 0, -1, 9007199254740993])[1 + n % 5] - sign((array[-1, 1, -1, 1, 1])[1 + n % 5])::bigint * (n / 5) $$
            when 'boolean' then $$ n % 2 = 0 $$
            when 'timestamp with time zone' then
              $$ timestamptz '1700-01-01 00:00:00.000001+00' + n * interval '1 year 1 day 123457 microseconds' $$
            when 'double precision' then
              $$ (array['Infinity', '-Infinity', '-0', '5e-324', '1.7976931348623157e308', '0.1', '1e22', '3'])[1 + n % 8]::double precision $$
            when 'uuid' then $$ gen_random_uuid() $$
            else 'no value for ' || format_type(a.atttypid, a.atttypmod)
          end as value) e
        where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
          and c.relname <> 'schema_migrations'
        group by c.relname
        order by c.relname = 'sessions', c.relname",
    sqlite: "select null where false",
};

const NOW: Timestamp = Timestamp::from_unix_micros(1_700_000_000_123_000);

struct Made {
    folder: TempDir,
    header: Header,
}

impl Made {
    fn path(&self) -> PathBuf {
        self.folder.path().join("backup.gz")
    }

    fn open(&self) -> Result<BackupFile, BackupError> {
        BackupFile::open(&self.path())
    }

    /// With these bytes instead.
    fn changed(&self, change: impl FnOnce(&mut Vec<u8>)) -> BackupError {
        let mut bytes = std::fs::read(self.path()).unwrap();
        change(&mut bytes);
        let path = self.folder.path().join("changed.gz");
        std::fs::write(&path, bytes).unwrap();
        BackupFile::open(&path).unwrap_err()
    }
}

async fn back_up(db: &Db) -> Result<Made, BackupError> {
    let attachments = [Attachment { name: "tests.json".to_owned(), text: "[\n]".to_owned() }];
    let request = BackupRequest { dashly_version: "9.9.9", created_at: NOW, attachments: &attachments };
    let (header, bytes) = write_backup(db, &request, Vec::new(), &mut |_| {}).await?;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backup.gz"), bytes).unwrap();
    Ok(Made { folder, header })
}

/// A handle that may restore: the only one on its database.
async fn alone(database: &Empty) -> Db {
    database.db.close().await;
    if let DatabaseUrl::Sqlite(path) = &database.url {
        std::fs::remove_file(path).unwrap();
    }
    Db::connect_for_loading(&database.url).await.unwrap()
}

/// Fills a new database.
async fn fill(engine: Engine, made: &Made) -> (Empty, Vec<RestoredTable>) {
    let mut database = Empty::new(engine).await;
    let db = alone(&database).await;
    let restored = restore(&db, &made.open().unwrap(), &mut |_| panic!("it is empty"), &mut |_| {}).await;
    db.close().await;
    database.db = Db::connect(&database.url).await.unwrap();
    assert!(database.db.pending_migrations().await.unwrap().is_empty());
    (database, restored.unwrap().tables)
}

async fn tables_of(db: &Db) -> BTreeSet<String> {
    db.fetch_all(LIST_TABLES.query()).await.unwrap().iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test]
async fn every_value_of_every_table_survives_both_engines() {
    let first = Empty::new(Engine::Postgres).await;
    first.db.migrate().await.unwrap();
    for row in first.db.fetch_all(STATEMENTS_THAT_FILL.query()).await.unwrap() {
        let text: &'static str = row.get::<String>(0).unwrap().leak();
        let fill = Sql { postgres: text, sqlite: text };
        assert!(first.db.execute(fill.query()).await.unwrap_or_else(|error| panic!("{text}: {error:?}")) > 1);
    }

    let from_first = back_up(&first.db).await.unwrap();
    let (between, in_between) = fill(Engine::Sqlite, &from_first).await;
    let from_between = back_up(&between.db).await.unwrap();
    let (second, in_second) = fill(Engine::Postgres, &from_between).await;
    let from_second = back_up(&second.db).await.unwrap();

    assert!(in_between.len() > 20 && in_between.iter().all(|table| table.rows > 1), "{in_between:?}");
    assert_eq!(in_between, in_second);
    assert_eq!(from_between.header.tables, from_first.header.tables);
    assert_eq!(from_second.header, from_first.header);
    let names: BTreeSet<String> = in_second.into_iter().map(|table| table.name).collect();
    for database in [&first, &between, &second] {
        assert_eq!(tables_of(&database.db).await, names);
    }
    for database in [first, second, between] {
        database.end().await;
    }
}

both_engines! {
    async fn an_empty_schema_has_every_table_of_the_migrations(database: Empty) {
        database.db.migrate().await.unwrap();
        let made = back_up(&database.db).await.unwrap();
        let names: BTreeSet<String> = made.header.tables.iter().map(|table| table.name.clone()).collect();
        assert_eq!(names, tables_of(&database.db).await);
        let applied: Vec<&str> = migrations().iter().map(|migration| migration.name).collect();
        assert_eq!(made.header.migrations, applied);
        assert_eq!(made.open().unwrap().attachments().unwrap()[0].text, "[\n]");
    }

    async fn a_database_without_our_tables_is_refused(database: Empty) {
        assert!(matches!(back_up(&database.db).await, Err(BackupError::NoSchema)));
    }

    async fn numbers_are_never_given_out_again(database: Empty) {
        const ADD: Sql = sql!("insert into experiment_events (user_or_session_id, event_name, counted_as)
                               values ('v', 'e', 'other') returning id");
        const FORGET: Sql = sql!("delete from experiment_events where id = 2");
        const LAST: Sql = sql!("select max(id) from experiment_events");
        database.db.migrate().await.unwrap();
        for _ in 0..2 {
            database.db.execute(ADD.query()).await.unwrap();
        }
        database.db.execute(FORGET.query()).await.unwrap();
        let made = back_up(&database.db).await.unwrap();
        let (other, _) = fill(Engine::Sqlite, &made).await;
        other.db.execute(ADD.query()).await.unwrap();
        let last: i64 = other.db.fetch_one(LAST.query()).await.unwrap().get(0).unwrap();
        assert_eq!(last, 3);
        let made = back_up(&other.db).await.unwrap();
        let (third, _) = fill(Engine::Postgres, &made).await;
        third.db.execute(ADD.query()).await.unwrap();
        let last: i64 = third.db.fetch_one(LAST.query()).await.unwrap().get(0).unwrap();
        assert_eq!(last, 4);
        other.end().await;
        third.end().await;
    }

    async fn a_database_of_a_newer_dashly_is_refused(database: Empty) {
        const ADD: Sql = sql!("insert into schema_migrations (name, checksum) values ('9999_later', 'x')");
        database.db.migrate().await.unwrap();
        database.db.execute(ADD.query()).await.unwrap();
        match back_up(&database.db).await.map(|made| made.header) {
            Err(BackupError::NewerDatabase { migration }) => assert_eq!(migration, "9999_later"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_older_backup_is_brought_up_to_date_on_either_engine() {
    // As an early Dashly left it: two migrations, and a visitor whom the third counts.
    const EARLY: [&str; 4] = [
        include_str!("../../../../../migrations/sqlite/0001_experiments.sql"),
        include_str!("../../../../../migrations/sqlite/0002_identity.sql"),
        "create table schema_migrations (name text primary key, checksum text not null, applied_at integer) strict;
         insert into schema_migrations (name, checksum) values ('0001_experiments', ''), ('0002_identity', '')",
        "insert into experiment_exposures
           (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first)
         values ('v', 't', 'A', 'A', 'e', 'desktop', 'new', 1)",
    ];
    const DRAWS: Sql = sql!("select exposures from experiment_draws where test_id = 't'");
    let early = Empty::new(Engine::Sqlite).await;
    for text in EARLY {
        early.db.execute(Sql { postgres: text, sqlite: text }.query()).await.unwrap();
    }
    let made = back_up(&early.db).await.unwrap();
    assert_eq!(made.header.migrations, ["0001_experiments", "0002_identity"]);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (other, tables) = fill(engine, &made).await;
        assert_eq!(tables.iter().map(|table| table.rows).sum::<u64>(), 1);
        assert_eq!(other.db.fetch_one(DRAWS.query()).await.unwrap().get::<i64>(0).unwrap(), 1);
        other.end().await;
    }
    early.end().await;
}

#[tokio::test]
async fn rows_of_postgresql_are_given_up_only_when_asked_for_and_when_nobody_else_is_there() {
    const ADD: Sql = sql!(
        "insert into experiment_epochs (test_id, epoch, shares, opened_at)
                           values ($1, 'e', 's', $2)"
    );
    const COUNT: Sql = sql!("select count(*) from experiment_epochs");
    const OTHERS: Sql = sql!("create table of_another_program as select 1 as n");
    const COUNT_OTHERS: Sql = sql!("select count(*) from of_another_program");
    let database = Empty::new(Engine::Postgres).await;
    database.db.migrate().await.unwrap();
    database.db.execute(ADD.query().bind("first").bind(NOW)).await.unwrap();
    let made = back_up(&database.db).await.unwrap();
    database.db.execute(ADD.query().bind("later").bind(NOW)).await.unwrap();
    database.db.execute(OTHERS.query()).await.unwrap();
    let opened = made.open().unwrap();
    let count = async |db: &Db, sql: Sql| db.fetch_one(sql.query()).await.unwrap().get::<i64>(0).unwrap();

    let loading = Db::connect_for_loading(&database.url).await.unwrap();
    let refused = restore(&loading, &opened, &mut |_| true, &mut |_| {}).await;
    assert!(matches!(refused, Err(BackupError::InUse { .. })), "{refused:?}");
    assert_eq!(count(&database.db, COUNT).await, 2);

    database.db.close().await;
    let refused = restore(&loading, &opened, &mut |rows| rows != 2, &mut |_| {}).await;
    assert!(matches!(refused, Err(BackupError::NotEmpty { rows: 2 })), "{refused:?}");
    assert_eq!(count(&loading, COUNT).await, 2);

    restore(&loading, &opened, &mut |rows| rows == 2, &mut |_| {}).await.unwrap();
    assert_eq!(count(&loading, COUNT).await, 1);
    assert_eq!(count(&loading, COUNT_OTHERS).await, 1);
    loading.close().await;
    database.end().await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_wherever_the_damage_is() {
    let database = Empty::new(Engine::Sqlite).await;
    database.db.migrate().await.unwrap();
    let made = back_up(&database.db).await.unwrap();
    let length = std::fs::read(made.path()).unwrap().len();
    for place in 0..length {
        let error = made.changed(|bytes| bytes[place] ^= 0x10);
        assert!(
            matches!(
                error,
                BackupError::Damaged(_) | BackupError::NotABackup | BackupError::NewerFormat { .. }
            ),
            "byte {place}: {error:?}"
        );
        let error = made.changed(|bytes| bytes.truncate(place));
        assert!(
            matches!(error, BackupError::Damaged(_) | BackupError::NotABackup),
            "cut at {place}: {error:?}"
        );
    }
    let error = made.changed(|bytes| bytes.push(0));
    assert!(matches!(error, BackupError::Damaged(_)), "{error:?}");
    database.end().await;
}

#[tokio::test]
async fn a_backup_is_an_ordinary_gzip_file_of_json_lines() {
    let database = Empty::new(Engine::Sqlite).await;
    database.db.migrate().await.unwrap();
    let made = back_up(&database.db).await.unwrap();
    let mut text = String::new();
    let bytes = std::fs::read(made.path()).unwrap();
    MultiGzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["dashly_backup"], 1);
    assert_eq!(lines[0]["dashly_version"], "9.9.9");
    assert_eq!(lines.last().unwrap()["sha256"].as_str().unwrap().len(), 64);
    database.end().await;
}
