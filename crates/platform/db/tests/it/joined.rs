//! Several statements on one way to the server.

use crate::fixture::{Empty, both_engines};
use dashly_db::{Columns, Db, DbErrorKind, Query, Sql, sql};

const CREATE_WORDS: Sql = sql!("create table words (word text primary key, number bigint not null)");
const CREATE_SUMS: Sql = sql!("create table sums (name text primary key, total bigint not null)");
const INSERT_WORDS: Sql = sql! {
    postgres: "insert into words (word, number) select * from unnest($1::text[], $2::bigint[])",
    sqlite: "insert into words (word, number) select value ->> 0, value ->> 1 from json_each($1)",
};
const ADD_TO_SUM: Sql = sql!(
    "insert into sums as s (name, total) values ($1, $2)
     on conflict (name) do update set total = s.total + excluded.total"
);
const RAISE: Sql = sql!("update words set number = number + $2 where word = $1");
const LIST: Sql = sql!("select word, number from words union all select name, total from sums order by 1");

fn words<'a>(words: &'a [(&'a str, i64)]) -> Query<'a> {
    let columns = Columns::new()
        .text(words.iter().map(|(word, _)| *word))
        .integer(words.iter().map(|(_, number)| *number));
    INSERT_WORDS.batch(columns)
}

async fn list(db: &Db) -> Vec<(String, i64)> {
    let rows = db.fetch_all(LIST.query()).await.unwrap();
    rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
}

fn owned(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
    rows.iter().map(|(word, number)| ((*word).to_owned(), *number)).collect()
}

both_engines! {
    async fn all_change_what_they_should(database: Empty) {
        let db = &database.db;
        db.execute(CREATE_WORDS.query()).await.unwrap();
        db.execute(CREATE_SUMS.query()).await.unwrap();
        db.execute(words(&[("old", 0)])).await.unwrap();
        // Each statement has parameters of its own, and the second time the server knows them.
        for (number, new) in [(1, &[("one", 1), ("two", 2)][..]), (2, &[][..]), (3, &[("three", 3)][..])] {
            let mut tx = db.begin().await.unwrap();
            let changes = vec![
                ADD_TO_SUM.query().bind("sum").bind(10 * number),
                words(new),
                RAISE.query().bind("old").bind(100),
            ];
            tx.execute_all(changes).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(list(db).await, owned(&[("old", 300), ("one", 1), ("sum", 60), ("three", 3), ("two", 2)]));
    }

    async fn all_are_undone_when_one_fails(database: Empty) {
        let db = &database.db;
        db.execute(CREATE_WORDS.query()).await.unwrap();
        db.execute(CREATE_SUMS.query()).await.unwrap();
        db.execute(words(&[("one", 1)])).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let changes = vec![ADD_TO_SUM.query().bind("sum").bind(10), words(&[("two", 2), ("one", 1)])];
        assert_eq!(tx.execute_all(changes).await.unwrap_err().kind(), DbErrorKind::Unique);
        drop(tx);
        assert_eq!(list(db).await, owned(&[("one", 1)]));
    }
}
