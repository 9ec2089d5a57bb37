//! The SQL of the notices.

use super::model::{NewNotice, Notice};
use dashly_db::{Columns, Db, DbError, Row, Sql, sql};
use dashly_kernel::Timestamp;

const INSERT_NEW: Sql = sql! {
    postgres: "
        insert into experiment_notices
          (test_id, kind, subject, decision, sentence, created_at, attempts, next_attempt_at)
        select k.test_id, k.kind, k.subject, k.decision, k.sentence, k.created_at, 0, k.created_at
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
             as k (test_id, kind, subject, decision, sentence, created_at)
        on conflict (test_id, kind, subject, decision) do nothing",
    sqlite: "
        insert into experiment_notices
          (test_id, kind, subject, decision, sentence, created_at, attempts, next_attempt_at)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, 0, value ->> 5
        from json_each($1)
        where true
        on conflict (test_id, kind, subject, decision) do nothing",
};

const LIST: Sql = sql!(
    "
    select id, test_id, kind, subject, decision, sentence, created_at, read_at
    from experiment_notices
    where id < $1
    order by id desc
    limit $2"
);

const COUNT_UNREAD: Sql = sql!("select count(*) from experiment_notices where read_at is null");

const MARK_READ: Sql = sql!("update experiment_notices set read_at = $1 where read_at is null and id <= $2");

const FIND_DUE: Sql = sql!(
    "
    select id, test_id, kind, subject, decision, sentence, created_at, read_at, attempts
    from experiment_notices
    where delivered_at is null and next_attempt_at <= $1 and attempts < $2
    order by id
    limit 1"
);

/// Only one process counts an attempt up from the number that it saw.
const CLAIM: Sql = sql!(
    "
    update experiment_notices
    set attempts = attempts + 1, next_attempt_at = $1
    where id = $2 and attempts = $3 and delivered_at is null"
);

const MARK_DELIVERED: Sql = sql!("update experiment_notices set delivered_at = $1 where id = $2");

/// Stores those that are new; gives how many.
pub(super) async fn insert_new(db: &Db, found: &[NewNotice], now: Timestamp) -> Result<u64, DbError> {
    let columns = Columns::new()
        .text(found.iter().map(|notice| notice.test_id.as_str()))
        .text(found.iter().map(|notice| notice.kind.as_str()))
        .text(found.iter().map(|notice| notice.subject.as_str()))
        .text(found.iter().map(|notice| notice.decision))
        .text(found.iter().map(|notice| notice.sentence.as_str()))
        .time(found.iter().map(|_| now));
    let mut tx = db.begin().await?;
    let inserted = tx.execute(INSERT_NEW.batch(columns)).await?;
    tx.commit().await?;
    Ok(inserted)
}

/// Newest first, before the one with the id `before`.
pub(super) async fn list(db: &Db, before: i64, limit: i64) -> Result<Vec<Notice>, DbError> {
    let rows = db.fetch_all(LIST.query().bind(before).bind(limit)).await?;
    rows.iter().map(notice).collect()
}

/// How many nobody has read yet.
pub(super) async fn count_unread(db: &Db) -> Result<i64, DbError> {
    db.fetch_one(COUNT_UNREAD.query()).await?.get(0)
}

/// Marks all up to one as read.
pub(super) async fn mark_read(db: &Db, up_to: i64, now: Timestamp) -> Result<(), DbError> {
    db.execute(MARK_READ.query().bind(now).bind(up_to)).await.map(drop)
}

/// The oldest notice that is due to be sent, with the attempts made so far.
pub(super) async fn find_due(
    db: &Db,
    now: Timestamp,
    most_attempts: i64,
) -> Result<Option<(Notice, i64)>, DbError> {
    let row = db.fetch_optional(FIND_DUE.query().bind(now).bind(most_attempts)).await?;
    row.map(|row| Ok((notice(&row)?, row.get(8)?))).transpose()
}

/// Takes the next attempt, unless somebody else did; says whether it did.
pub(super) async fn claim(db: &Db, id: i64, attempts: i64, next: Timestamp) -> Result<bool, DbError> {
    Ok(db.execute(CLAIM.query().bind(next).bind(id).bind(attempts)).await? == 1)
}

/// Notes that the webhook took it.
pub(super) async fn mark_delivered(db: &Db, id: i64, now: Timestamp) -> Result<(), DbError> {
    db.execute(MARK_DELIVERED.query().bind(now).bind(id)).await.map(drop)
}

fn notice(row: &Row) -> Result<Notice, DbError> {
    let subject: String = row.get(3)?;
    Ok(Notice {
        id: row.get(0)?,
        test_id: row.get(1)?,
        kind: row.get(2)?,
        subject: Some(subject).filter(|subject| !subject.is_empty()),
        decision: row.get(4)?,
        sentence: row.get(5)?,
        created_at: row.get(6)?,
        read_at: row.get(7)?,
    })
}
