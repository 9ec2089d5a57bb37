//! The SQL of what was changed on the page, and of the log of changes.

use super::model::ChangeAction;
use crate::definitions::{ChangedFields, StoredChange, StoredChanges};
use dashly_db::{Db, DbError, Row, Sql, Tx, sql};
use dashly_kernel::{Timestamp, UserId};
use std::collections::HashSet;

const FIND_VERSION: Sql = sql!("select cast(coalesce(max(id), 0) as bigint) from experiment_changes");

const FIND_LAST_ERASURE: Sql = sql!(
    "select cast(coalesce(max(id), 0) as bigint) from experiment_changes where action = 'erase_visitor'"
);

const LIST_SETTINGS: Sql = sql!(
    "select test_id, fields, revision, changed_at, changed_by, archived_at, retired_at from experiment_settings"
);

const LIST_RETIRED: Sql = sql!("select test_id from experiment_settings where retired_at is not null");

/// Nobody has changed anything by that: the revision stays.
const NOTE_ARCHIVED: Sql = sql!(
    "
    insert into experiment_settings as s (test_id, fields, revision, changed_at, changed_by, archived_at)
    values ($1, '{}', 0, $2, $3, $2)
    on conflict (test_id) do update
    set archived_at = excluded.archived_at
    where s.archived_at is null"
);

const FORGET_ARCHIVED: Sql = sql!("update experiment_settings set archived_at = null where test_id = $1");

/// Nothing is changed when the stored revision is another than the one that was seen, or when it is done already.
const RETIRE: Sql = sql!(
    "
    update experiment_settings
    set revision = revision + 1,
        changed_at = $3,
        changed_by = $4,
        retired_at = $3
    where test_id = $1 and revision = $2 and archived_at is not null and retired_at is null"
);

/// Nothing is changed when the stored revision is another than the one that was seen.
const UPSERT_SETTINGS: Sql = sql!(
    "
    insert into experiment_settings as s (test_id, fields, revision, changed_at, changed_by)
    values ($1, $2, $3 + 1, $4, $5)
    on conflict (test_id) do update
    set fields = excluded.fields,
        revision = excluded.revision,
        changed_at = excluded.changed_at,
        changed_by = excluded.changed_by
    where s.revision = $3"
);

const COUNT_SETTINGS: Sql =
    sql!("select count(*) from experiment_settings where test_id = $1 and revision <> $2");

const INSERT_CHANGE_OF_USER: Sql = sql!(
    "
    insert into experiment_changes (changed_at, user_id, changed_by, test_id, action, before, after, reason)
    values ($1, $2, $3, $4, $5, $6, $7, nullif($8, ''))"
);

const INSERT_CHANGE: Sql = sql!(
    "
    insert into experiment_changes (changed_at, changed_by, test_id, action, before, after, reason)
    values ($1, $2, $3, $4, $5, $6, nullif($7, ''))"
);

const LIST_LOG: Sql = sql!(
    "
    select id, changed_at, changed_by, test_id, action, before, after, coalesce(reason, '')
    from experiment_changes
    where id < $1
    order by id desc
    limit $2"
);

const LIST_LOG_OF: Sql = sql!(
    "
    select id, changed_at, changed_by, test_id, action, before, after, coalesce(reason, '')
    from experiment_changes
    where id < $1 and test_id = $3
    order by id desc
    limit $2"
);

/// Who makes a change.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    /// The account; none for the command line.
    pub user: Option<UserId>,
    /// The name, as it is now.
    pub name: String,
}

/// A change and its line in the log.
#[derive(Debug)]
pub(super) struct NewChange<'a> {
    pub test_id: &'a str,
    /// What is stored from now on.
    pub fields: &'a ChangedFields,
    /// The revision that was seen.
    pub revision: i64,
    pub action: ChangeAction,
    pub before: serde_json::Value,
    pub after: serde_json::Value,
    pub reason: Option<&'a str>,
}

/// A line of the log.
#[derive(Debug)]
pub(super) struct LoggedChange {
    pub id: i64,
    pub at: Timestamp,
    pub by: String,
    pub test_id: String,
    pub action: String,
    pub before: String,
    pub after: String,
    pub reason: String,
}

/// Grows with every change of any process.
pub(super) async fn find_version(db: &Db) -> Result<i64, DbError> {
    db.fetch_one(FIND_VERSION.query()).await?.get(0)
}

/// The line of the last erasure; 0 when there was none.
pub(crate) async fn find_last_erasure(db: &Db) -> Result<i64, DbError> {
    db.fetch_one(FIND_LAST_ERASURE.query()).await?.get(0)
}

/// Everything that is in force beside the file.
pub(crate) async fn list_changes_in_force(db: &Db) -> Result<StoredChanges, DbError> {
    let rows = db.fetch_all(LIST_SETTINGS.query()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, stored_change(row)?))).collect()
}

fn stored_change(row: &Row) -> Result<StoredChange, DbError> {
    // Written by this program, so that it reads back; what a later version added is left out.
    let fields = serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default();
    Ok(StoredChange {
        fields,
        revision: row.get(2)?,
        changed_at: row.get(3)?,
        changed_by: row.get(4)?,
        archived_at: row.get(5)?,
        retired_at: row.get(6)?,
    })
}

/// Experiments that are retired.
pub(crate) async fn list_retired(tx: &mut Tx) -> Result<HashSet<String>, DbError> {
    let rows = tx.fetch_all(LIST_RETIRED.query()).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Notes since when an experiment is archived; `None` when it no longer is.
pub(crate) async fn note_archived(db: &Db, test_id: &str, at: Option<Timestamp>) -> Result<(), DbError> {
    let query = match at {
        Some(at) => NOTE_ARCHIVED.query().bind(test_id).bind(at).bind(super::RETENTION),
        None => FORGET_ARCHIVED.query().bind(test_id),
    };
    db.execute(query).await.map(drop)
}

/// Retires an experiment; says whether the revision was still the one seen, and it was not retired yet.
pub(super) async fn retire(
    tx: &mut Tx,
    test_id: &str,
    revision: i64,
    now: Timestamp,
) -> Result<bool, DbError> {
    let query = RETIRE.query().bind(test_id).bind(revision).bind(now).bind(super::RETENTION);
    Ok(tx.execute(query).await? > 0)
}

/// Stores a change with its line in the log; says whether the revision was still the one seen.
pub(super) async fn insert_change(
    tx: &mut Tx,
    change: &NewChange<'_>,
    author: &Author,
    now: Timestamp,
) -> Result<bool, DbError> {
    let stale = COUNT_SETTINGS.query().bind(change.test_id).bind(change.revision);
    let is_stale = tx.fetch_one(stale).await?.get::<i64>(0)? > 0;
    let fields = serde_json::to_string(change.fields).unwrap_or_else(|_| "{}".to_owned());
    let upsert = UPSERT_SETTINGS
        .query()
        .bind(change.test_id)
        .bind(fields)
        .bind(change.revision)
        .bind(now)
        .bind(author.name.as_str());
    if is_stale || tx.execute(upsert).await? == 0 {
        return Ok(false);
    }
    insert_line(tx, change, author, now).await?;
    Ok(true)
}

/// Adds a line to the log.
pub(super) async fn insert_line(
    tx: &mut Tx,
    change: &NewChange<'_>,
    author: &Author,
    now: Timestamp,
) -> Result<(), DbError> {
    let query = match author.user {
        Some(user) => INSERT_CHANGE_OF_USER.query().bind(now).bind(user.uuid()),
        None => INSERT_CHANGE.query().bind(now),
    };
    let query = query
        .bind(author.name.as_str())
        .bind(change.test_id)
        .bind(change.action.as_str())
        .bind(change.before.to_string())
        .bind(change.after.to_string())
        .bind(change.reason.unwrap_or_default());
    tx.execute(query).await.map(drop)
}

/// The log before `before`, newest first, of one experiment or of all.
pub(super) async fn list_log(
    db: &Db,
    test_id: Option<&str>,
    before: i64,
    limit: i64,
) -> Result<Vec<LoggedChange>, DbError> {
    let query = match test_id {
        None => LIST_LOG.query().bind(before).bind(limit),
        Some(test_id) => LIST_LOG_OF.query().bind(before).bind(limit).bind(test_id),
    };
    let rows = db.fetch_all(query).await?;
    let logged = |row: &Row| {
        Ok(LoggedChange {
            id: row.get(0)?,
            at: row.get(1)?,
            by: row.get(2)?,
            test_id: row.get(3)?,
            action: row.get(4)?,
            before: row.get(5)?,
            after: row.get(6)?,
            reason: row.get(7)?,
        })
    };
    rows.iter().map(logged).collect()
}
