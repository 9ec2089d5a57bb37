//! Failures are told apart by what a caller can do about them.

use crate::fixture::{Empty, both_engines};
use dashly_db::{ConnectError, DatabaseUrl, Db, DbErrorKind, Engine, Sql, sql};

const CREATE_PARENT: Sql = sql!("create table parent (id bigint primary key)");
const CREATE_CHILD: Sql = sql!("create table child (parent bigint not null references parent (id))");
const INSERT_PARENT: Sql = sql!("insert into parent (id) values ($1)");
const INSERT_CHILD: Sql = sql!("insert into child (parent) values ($1)");
const COUNT_PARENTS: Sql = sql!("select count(*) from parent");

async fn count(db: &Db) -> i64 {
    db.fetch_one(COUNT_PARENTS.query()).await.unwrap().get(0).unwrap()
}

both_engines! {
    async fn broken_rules_have_a_kind_each(database: Empty) {
        let db = &database.db;
        db.execute(CREATE_PARENT.query()).await.unwrap();
        db.execute(CREATE_CHILD.query()).await.unwrap();
        db.execute(INSERT_PARENT.query().bind(1)).await.unwrap();
        let twice = db.execute(INSERT_PARENT.query().bind(1)).await.unwrap_err();
        assert_eq!((twice.kind(), twice.is_transient()), (DbErrorKind::Unique, false));
        let orphan = db.execute(INSERT_CHILD.query().bind(2)).await.unwrap_err();
        assert_eq!((orphan.kind(), orphan.is_transient()), (DbErrorKind::ForeignKey, false));
        let unknown = db.execute(sql!("insert into nowhere values (1)").query()).await.unwrap_err();
        assert_eq!((unknown.kind(), unknown.is_transient()), (DbErrorKind::Other, false));
        let none = db.fetch_one(sql!("select id from parent where id = 7").query()).await.unwrap_err();
        assert_eq!(none.kind(), DbErrorKind::Other);
        assert!(
            db.fetch_optional(sql!("select id from parent where id = 7").query()).await.unwrap().is_none()
        );
    }

    async fn what_is_not_committed_is_undone(database: Empty) {
        let db = &database.db;
        db.execute(CREATE_PARENT.query()).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        assert_eq!(tx.execute(INSERT_PARENT.query().bind(1)).await.unwrap(), 1);
        drop(tx);
        assert_eq!(count(db).await, 0);
        let mut tx = db.begin().await.unwrap();
        tx.execute(INSERT_PARENT.query().bind(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(db).await, 1);
    }

    async fn a_closed_database_is_unavailable(database: Empty) {
        let other = Db::connect(&database.url).await.unwrap();
        other.close().await;
        let error = other.ping().await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (DbErrorKind::Unavailable, true));
        assert_eq!(other.begin().await.unwrap_err().kind(), DbErrorKind::Unavailable);
    }

    async fn a_handle_for_reading_cannot_write(database: Empty) {
        database.db.migrate().await.unwrap();
        let reader = Db::connect_read_only(&database.url).await.unwrap();
        assert!(reader.pending_migrations().await.unwrap().is_empty());
        let refused = reader.execute(sql!("delete from users").query()).await;
        assert!(refused.is_err());
        reader.close().await;
    }
}

#[tokio::test]
async fn a_lock_that_another_process_holds_is_busy() {
    let database = Empty::new(Engine::Sqlite).await;
    let other = Db::connect(&database.url).await.unwrap();
    let held = database.db.begin().await.unwrap();
    let error = other.begin().await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (DbErrorKind::Busy, true));
    // Readers see the last commit and wait for nobody.
    other.ping().await.unwrap();
    drop(held);
    drop(other.begin().await.unwrap());
    other.close().await;
    database.end().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database, but somebody's notes\n".repeat(200);
    std::fs::write(&path, &text).unwrap();
    let error = Db::connect(&DatabaseUrl::Sqlite(path.clone())).await.unwrap_err();
    match error {
        ConnectError::Open { source, .. } => assert_eq!(source.kind(), DbErrorKind::Corrupt),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // Port 1 is reserved and served by nobody.
    let url: DatabaseUrl = "postgres://nobody:secret-word@127.0.0.1:1/none".parse().unwrap();
    assert_eq!(url.to_string(), "postgres://nobody@127.0.0.1:1/none");
    assert!(!format!("{url:?}").contains("secret-word"));
    match Db::connect(&url).await.unwrap_err() {
        ConnectError::Open { source, url } => {
            assert_eq!(source.kind(), DbErrorKind::Unavailable);
            assert!(!url.contains("secret-word"));
        }
        other => panic!("{other:?}"),
    }
}
