//! The SQL of erasing a visitor.

use crate::row_tables::{RowTable, id_ranges};
use dashly_db::{Columns, Db, DbError, Query, Row, Sql, Tx, sql};

/// A visitor may have many events, and what is overwritten shall not stay in free space of the file. The setting is of the
/// connection, and the command that erases has one of its own.
const PREPARE: Sql = sql! {
    postgres: "select set_config('statement_timeout', '0', true)",
    sqlite: "pragma secure_delete = on",
};

const LIST_EXPOSURES: Sql =
    sql!("select test_id, count(*) from experiment_exposures where user_or_session_id = $1 group by test_id");

const LIST_OTHER_TESTS: Sql = sql!(
    "
    select test_id from experiment_metric_amounts where user_or_session_id = $1
    union
    select test_id from experiment_visitor_joins where visitor_id = $1"
);

const COUNT_ACCOUNTS: Sql = sql!("select count(*) from experiment_account_visitors where visitor_id = $1");

const LIST_EVENTS: Sql = sql!(
    "
    select id, coalesce(test_id, '')
    from experiment_events
    where id > $1 and id <= $2 and user_or_session_id = $3
    order by id"
);

const LIST_OWN_EVENTS: Sql = sql! {
    postgres: "
        select e.id, coalesce(e.test_id, '')
        from unnest($1::bigint[], $2::text[]) as k (id, visitor)
        join experiment_events e on e.id = k.id and e.user_or_session_id = k.visitor",
    sqlite: "
        select e.id, coalesce(e.test_id, '')
        from json_each($1) as k
        cross join experiment_events e on e.id = k.value ->> 0 and e.user_or_session_id = k.value ->> 1",
};

const RENAME_IN_EXPOSURES: Sql = sql!(
    "update experiment_exposures set user_or_session_id = $3 where user_or_session_id = $1 and test_id = $2"
);

const RENAME_IN_AMOUNTS: Sql = sql!(
    "update experiment_metric_amounts set user_or_session_id = $3 where user_or_session_id = $1 and test_id = $2"
);

const RENAME_IN_JOINS: Sql =
    sql!("update experiment_visitor_joins set visitor_id = $3 where visitor_id = $1 and test_id = $2");

/// The caller's id of an event can be the number of an order.
const RENAME_IN_EVENTS: Sql = sql! {
    postgres: "
        update experiment_events
        set user_or_session_id = k.pseudonym,
            event_id = null
        from unnest($1::bigint[], $2::text[]) as k (id, pseudonym)
        where experiment_events.id = k.id",
    sqlite: "
        update experiment_events
        set user_or_session_id = k.value ->> 1,
            event_id = null
        from json_each($1) as k
        where experiment_events.id = k.value ->> 0",
};

const DELETE_ACCOUNT: Sql = sql!("delete from experiment_account_visitors where visitor_id = $1");

/// An event of the visitor.
#[derive(Debug, Clone)]
pub(super) struct FoundEvent {
    pub id: i64,
    /// '' for one that is for no experiment.
    pub test_id: String,
}

/// Where the database is asked: outside of a transaction for a look, inside for what is changed then.
pub(super) enum Place<'a> {
    Database(&'a Db),
    Transaction(&'a mut Tx),
}

impl Place<'_> {
    async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Database(db) => db.fetch_all(query).await,
            Self::Transaction(tx) => tx.fetch_all(query).await,
        }
    }

    async fn fetch_number(&mut self, query: Query<'_>) -> Result<i64, DbError> {
        match self {
            Self::Database(db) => db.fetch_one(query).await?.get(0),
            Self::Transaction(tx) => tx.fetch_one(query).await?.get(0),
        }
    }

    /// The visitor's exposures, by experiment.
    pub(super) async fn list_exposures(&mut self, visitor: &str) -> Result<Vec<(String, i64)>, DbError> {
        let rows = self.fetch_all(LIST_EXPOSURES.query().bind(visitor)).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// Experiments that keep something else of the visitor.
    pub(super) async fn list_other_tests(&mut self, visitor: &str) -> Result<Vec<String>, DbError> {
        let rows = self.fetch_all(LIST_OTHER_TESTS.query().bind(visitor)).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Accounts that have the visitor as their own: one at most.
    pub(super) async fn count_accounts(&mut self, visitor: &str) -> Result<i64, DbError> {
        self.fetch_number(COUNT_ACCOUNTS.query().bind(visitor)).await
    }

    /// The visitor's events after the row `after`, and the last row that was looked at.
    pub(super) async fn list_events(
        &mut self,
        visitor: &str,
        after: i64,
    ) -> Result<(Vec<FoundEvent>, i64), DbError> {
        let last = self.fetch_number(RowTable::Events.find_last().query()).await?;
        let mut events = Vec::new();
        for (from, to) in id_ranges(after, last) {
            let query = LIST_EVENTS.query().bind(from).bind(to).bind(visitor);
            for row in self.fetch_all(query).await? {
                events.push(FoundEvent { id: row.get(0)?, test_id: row.get(1)? });
            }
        }
        Ok((events, last.max(after)))
    }
}

/// Has the transaction overwrite what it changes, and take its time.
pub(super) async fn prepare(tx: &mut Tx) -> Result<(), DbError> {
    tx.fetch_all(PREPARE.query()).await.map(drop)
}

/// Those of `events` that are still the visitor's: somebody else may have erased them since they were found.
pub(super) async fn list_own_events(
    tx: &mut Tx,
    visitor: &str,
    events: &[FoundEvent],
) -> Result<Vec<FoundEvent>, DbError> {
    let columns =
        Columns::new().integer(events.iter().map(|event| event.id)).text(events.iter().map(|_| visitor));
    let rows = tx.fetch_all(LIST_OWN_EVENTS.batch(columns)).await?;
    rows.iter().map(|row| Ok(FoundEvent { id: row.get(0)?, test_id: row.get(1)? })).collect()
}

/// Puts a pseudonym in the place of the visitor's id, by experiment, in everything but events; forgets the account.
pub(super) async fn rename(tx: &mut Tx, visitor: &str, pseudonyms: &[(&str, &str)]) -> Result<(), DbError> {
    for (test_id, pseudonym) in pseudonyms {
        for rename in [RENAME_IN_EXPOSURES, RENAME_IN_AMOUNTS, RENAME_IN_JOINS] {
            tx.execute(rename.query().bind(visitor).bind(*test_id).bind(*pseudonym)).await?;
        }
    }
    tx.execute(DELETE_ACCOUNT.query().bind(visitor)).await.map(drop)
}

/// The same in events, given by their row.
pub(super) async fn rename_events(tx: &mut Tx, pseudonyms: &[(i64, &str)]) -> Result<(), DbError> {
    let columns = Columns::new()
        .integer(pseudonyms.iter().map(|(id, _)| *id))
        .text(pseudonyms.iter().map(|(_, pseudonym)| *pseudonym));
    tx.execute(RENAME_IN_EVENTS.batch(columns)).await.map(drop)
}
