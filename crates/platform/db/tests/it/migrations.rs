//! Migrations: applied once, in order, whoever comes first.

use crate::fixture::{Empty, both_engines};
use dashly_db::{Db, MigrateError, Sql, migrations, sql};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::path::Path;

const COUNT_APPLIED: Sql = sql!("select count(*) from schema_migrations");

fn names() -> Vec<&'static str> {
    migrations().iter().map(|migration| migration.name).collect()
}

both_engines! {
    async fn an_empty_database_gets_everything_in_order(database: Empty) {
        assert_eq!(database.db.pending_migrations().await.unwrap(), names());
        assert_eq!(database.db.migrate().await.unwrap(), names());
        assert!(database.db.pending_migrations().await.unwrap().is_empty());
    }

    async fn a_second_time_changes_nothing(database: Empty) {
        database.db.migrate().await.unwrap();
        assert!(database.db.migrate().await.unwrap().is_empty());
        let rows: i64 = database.db.fetch_one(COUNT_APPLIED.query()).await.unwrap().get(0).unwrap();
        assert_eq!(usize::try_from(rows).unwrap(), names().len());
    }

    async fn three_processes_at_once_apply_each_migration_once(database: Empty) {
        let handles = join_all((0..3).map(|_| Db::connect(&database.url))).await;
        let handles: Vec<Db> = handles.into_iter().map(Result::unwrap).collect();
        let applied = join_all(handles.iter().map(Db::migrate)).await;
        let mut applied: Vec<&str> = applied.into_iter().flat_map(Result::unwrap).collect();
        applied.sort_unstable();
        assert_eq!(applied, names());
        join_all(handles.iter().map(Db::close)).await;
    }

    async fn a_file_that_was_changed_after_it_was_applied_is_refused(database: Empty) {
        const TAMPER: Sql = sql!("update schema_migrations set checksum = 'other' where name = $1");
        database.db.migrate().await.unwrap();
        database.db.execute(TAMPER.query().bind(names()[0])).await.unwrap();
        match database.db.migrate().await {
            Err(MigrateError::Changed { name }) => assert_eq!(name, names()[0]),
            other => panic!("{other:?}"),
        }
    }

    async fn a_migration_that_fails_leaves_nothing_behind(database: Empty) {
        // In the way of the second migration.
        const OBSTACLE: Sql = sql!("create table sessions (id integer)");
        const REMOVE: Sql = sql!("drop table sessions");
        const USERS: Sql = sql! {
            postgres: "select count(*) from pg_tables where tablename = 'users'",
            sqlite: "select count(*) from sqlite_master where name = 'users'",
        };
        database.db.execute(OBSTACLE.query()).await.unwrap();
        assert!(matches!(
            database.db.migrate().await,
            Err(MigrateError::Failed { name: "0002_identity", .. })
        ));
        let users: i64 = database.db.fetch_one(USERS.query()).await.unwrap().get(0).unwrap();
        assert_eq!(users, 0);
        assert!(!database.db.pending_migrations().await.unwrap().contains(&"0001_experiments"));
        database.db.execute(REMOVE.query()).await.unwrap();
        assert_eq!(database.db.migrate().await.unwrap()[0], "0002_identity");
    }
}

#[test]
fn both_folders_hold_exactly_the_migrations_of_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../migrations");
    for engine in ["postgres", "sqlite"] {
        let files: BTreeSet<String> = std::fs::read_dir(root.join(engine))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let listed: BTreeSet<String> = names().into_iter().map(|name| format!("{name}.sql")).collect();
        assert_eq!(files, listed, "migrations/{engine}");
    }
    assert!(names().is_sorted());
}
