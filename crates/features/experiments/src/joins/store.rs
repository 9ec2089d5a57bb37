//! The SQL of the joins.

use crate::assignment::VisitorId;
use crate::ingest::signal;
use dashly_db::{DbError, Sql, Tx, sql};
use dashly_kernel::{Timestamp, UserId};
use std::collections::HashMap;

const FIND_VISITOR: Sql = sql!("select visitor_id from experiment_account_visitors where user_id = $1");

const COUNT_OWNERS: Sql = sql!("select count(*) from experiment_account_visitors where visitor_id = $1");

const INSERT_VISITOR: Sql =
    sql!("insert into experiment_account_visitors (user_id, visitor_id, joined_at) values ($1, $2, $3)");

/// Of bots as well: whoever signs in is none, and was counted nowhere.
const ADD_SIGNALS: Sql = sql!(
    "
    insert into experiment_signals as s (test_id, signal, count)
    select x.test_id, $2, 1
    from experiment_exposures x
    where x.user_or_session_id = $1 and x.is_first and x.device <> 'bot'
      and not exists (
        select 1 from experiment_visitor_joins j
        where j.visitor_id = x.user_or_session_id and j.test_id = x.test_id
      )
    on conflict (test_id, signal) do update set count = s.count + excluded.count"
);

const INSERT_JOINS: Sql = sql!(
    "
    insert into experiment_visitor_joins (visitor_id, test_id, joined_at)
    select x.user_or_session_id, x.test_id, $2
    from experiment_exposures x
    where x.user_or_session_id = $1 and x.is_first and x.device <> 'bot'
    on conflict (visitor_id, test_id) do nothing"
);

const LIST_FIRST_VARIANTS: Sql =
    sql!("select test_id, variant from experiment_exposures where user_or_session_id = $1 and is_first");

/// The visitor that `user` is.
pub(super) async fn find_visitor(tx: &mut Tx, user: UserId) -> Result<Option<VisitorId>, DbError> {
    let row = tx.fetch_all(FIND_VISITOR.query().bind(user.uuid())).await?.into_iter().next();
    row.map(|row| row.get::<String>(0)).transpose().map(|found| found.and_then(|id| VisitorId::parse(&id)))
}

/// Whether some account has this visitor as its own.
pub(super) async fn belongs_to_somebody(tx: &mut Tx, visitor: &VisitorId) -> Result<bool, DbError> {
    let row = tx.fetch_one(COUNT_OWNERS.query().bind(visitor.as_str())).await?;
    row.get::<i64>(0).map(|owners| owners > 0)
}

/// Makes `visitor` the one that `user` is.
pub(super) async fn insert_visitor(
    tx: &mut Tx,
    user: UserId,
    visitor: &VisitorId,
    now: Timestamp,
) -> Result<(), DbError> {
    let query = INSERT_VISITOR.query().bind(user.uuid()).bind(visitor.as_str()).bind(now);
    tx.execute(query).await.map(drop)
}

/// Notes that `visitor` gave way to another id, in every experiment that it was exposed to; again is no harm.
pub(super) async fn insert_joins(tx: &mut Tx, visitor: &VisitorId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(ADD_SIGNALS.query().bind(visitor.as_str()).bind(signal::JOINED_VISITORS)).await?;
    tx.execute(INSERT_JOINS.query().bind(visitor.as_str()).bind(now)).await.map(drop)
}

/// The variant that `visitor` was shown first, by experiment.
pub(super) async fn list_first_variants(
    tx: &mut Tx,
    visitor: &VisitorId,
) -> Result<HashMap<String, String>, DbError> {
    let rows = tx.fetch_all(LIST_FIRST_VARIANTS.query().bind(visitor.as_str())).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
