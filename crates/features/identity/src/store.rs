//! The slice's SQL.

use crate::model::{AccountStatus, Credentials, Login, User, key_of};
use dashly_db::{Db, DbError, Query, Row, Sql, Tx, sql};
use dashly_kernel::{Role, Secret, SessionId, Timestamp, UserId};

const FIND_CREDENTIALS: Sql = sql!(
    "select id, username, email, role, status, company_name, password_hash, password_changed_at
     from users
     where username_key = $1 or email_key = $1"
);
const FIND_USER: Sql = sql!(
    "select id, username, email, role, status, company_name
     from users
     where id = $1"
);
const FIND_SESSION: Sql = sql!(
    "select users.role, users.status, users.username
     from sessions
     join users on users.id = sessions.user_id
     where sessions.id = $1
       and sessions.user_id = $2
       and sessions.ended_at is null
       and sessions.expires_at > $3"
);
/// Locks the account's row, so that a new password or status cannot come between the check and the session.
const CONFIRM_LOGIN: Sql = sql!(
    "update users
     set last_login_at = $1
     where id = $2 and password_hash = $3 and status = 'approved'"
);
const INSERT_SESSION: Sql = sql!(
    "insert into sessions (id, user_id, created_at, expires_at)
     values ($1, $2, $3, $4)"
);
/// Sessions that are over, and of the others all but the newest `$3`.
const DELETE_SESSIONS_TO_SPARE: Sql = sql!(
    "delete from sessions
     where id in (
       select id
       from (
         select id, ended_at, expires_at, row_number() over (order by ended_at is null desc, created_at desc, id desc) as place
         from sessions
         where user_id = $1
       ) as ranked
       where ended_at is not null or expires_at <= $2 or place > $3
     )"
);
const END_SESSION: Sql = sql!(
    "update sessions
     set ended_at = $1
     where id = $2 and ended_at is null"
);
const END_SESSIONS: Sql = sql!(
    "update sessions
     set ended_at = $1
     where user_id = $2 and ended_at is null and expires_at > $1"
);
const FIND_ADMIN: Sql = sql!("select id from users where role = 'admin' limit 1");
/// On SQLite a transaction has the only write lock from its beginning.
const LOCK_ADMIN_CREATION: Sql = sql! {
    postgres: "select 1::bigint from (select pg_advisory_xact_lock($1)) as lock",
    sqlite: "select $1",
};
const INSERT_USER: Sql = sql!(
    "insert into users (
       id, username, username_key, email, email_key, password_hash, password_changed_at,
       role, status, created_at, updated_at
     )
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, $7)"
);
const UPDATE_PASSWORD: Sql = sql!(
    "update users
     set password_hash = $1, password_changed_at = $2, updated_at = $2
     where id = $3"
);

/// Any number will do, as long as all processes use the same ("dashlyad" in ASCII).
const ADMIN_LOCK_KEY: i64 = 0x6461_7368_6c79_6164;

/// Why the store has no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do as asked.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A row holds a role or a status that this program does not know.
    #[error("an account has an unknown {column}")]
    Unreadable {
        /// Which column.
        column: &'static str,
    },
}

/// An account to be written.
pub(crate) struct NewUser<'a> {
    pub(crate) id: UserId,
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
    pub(crate) password_hash: &'a Secret<String>,
    pub(crate) role: Role,
    pub(crate) status: AccountStatus,
    pub(crate) created_at: Timestamp,
}

/// A sign-in to be written.
#[derive(Clone, Copy)]
pub(crate) struct NewSession {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn find_credentials(db: &Db, login: &Login) -> Result<Option<Credentials>, StoreError> {
    let row = db.fetch_optional(FIND_CREDENTIALS.query().bind(login.key())).await?;
    row.map(|row| {
        Ok(Credentials {
            user: read_user(&row)?,
            password_hash: Secret::new(row.get(6)?),
            password_changed_at: row.get(7)?,
        })
    })
    .transpose()
}

pub(crate) async fn find_user(db: &Db, user: UserId) -> Result<Option<User>, StoreError> {
    let row = db.fetch_optional(FIND_USER.query().bind(user.uuid())).await?;
    row.as_ref().map(read_user).transpose()
}

/// The present role, status and name of the person whose session this is, if it is still good at `now`.
pub(crate) async fn find_session(
    db: &Db,
    session: SessionId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(Role, AccountStatus, String)>, StoreError> {
    let query = FIND_SESSION.query().bind(session.uuid()).bind(user.uuid()).bind(now);
    let row = db.fetch_optional(query).await?;
    row.map(|row| Ok((read_role(&row, 0)?, read_status(&row, 1)?, row.get(2)?))).transpose()
}

/// Begins a session, unless the password or the status changed since they were checked; says whether it did.
///
/// Sessions of the same person that are over are removed, and the oldest beyond `most_sessions`.
pub(crate) async fn insert_session(
    db: &Db,
    session: NewSession,
    checked_hash: &Secret<String>,
    most_sessions: i64,
) -> Result<bool, StoreError> {
    let NewSession { id, user, created_at, expires_at } = session;
    let mut tx = db.begin().await?;
    let confirm =
        CONFIRM_LOGIN.query().bind(created_at).bind(user.uuid()).bind(checked_hash.expose().as_str());
    if tx.execute(confirm).await? == 0 {
        return Ok(false);
    }
    let insert = INSERT_SESSION.query().bind(id.uuid()).bind(user.uuid()).bind(created_at).bind(expires_at);
    tx.execute(insert).await?;
    let delete = DELETE_SESSIONS_TO_SPARE.query().bind(user.uuid()).bind(created_at).bind(most_sessions);
    tx.execute(delete).await?;
    tx.commit().await?;
    Ok(true)
}

pub(crate) async fn end_session(db: &Db, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
    db.execute(END_SESSION.query().bind(now).bind(session.uuid())).await?;
    Ok(())
}

pub(crate) async fn has_admin(db: &Db) -> Result<bool, StoreError> {
    Ok(db.fetch_optional(FIND_ADMIN.query()).await?.is_some())
}

/// Writes the account unless there is an administrator; says whether it did. Of several processes one writes.
pub(crate) async fn insert_first_admin(db: &Db, admin: NewUser<'_>) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    tx.fetch_one(LOCK_ADMIN_CREATION.query().bind(ADMIN_LOCK_KEY)).await?;
    if tx.fetch_optional(FIND_ADMIN.query()).await?.is_some() {
        return Ok(false);
    }
    insert_user(&mut tx, admin).await?;
    tx.commit().await?;
    Ok(true)
}

async fn insert_user(tx: &mut Tx, user: NewUser<'_>) -> Result<(), StoreError> {
    let query: Query<'_> = INSERT_USER
        .query()
        .bind(user.id.uuid())
        .bind(user.username)
        .bind(key_of(user.username))
        .bind(user.email)
        .bind(key_of(user.email))
        .bind(user.password_hash.expose().as_str())
        .bind(user.created_at)
        .bind(user.role.as_str())
        .bind(user.status.as_str());
    tx.execute(query).await?;
    Ok(())
}

/// Sets a password and ends all sessions of the account; gives how many that were, or nothing without an account.
pub(crate) async fn update_password(
    db: &Db,
    user: UserId,
    password_hash: &Secret<String>,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let mut tx = db.begin().await?;
    let update = UPDATE_PASSWORD.query().bind(password_hash.expose().as_str()).bind(now).bind(user.uuid());
    if tx.execute(update).await? == 0 {
        return Ok(None);
    }
    let ended = tx.execute(END_SESSIONS.query().bind(now).bind(user.uuid())).await?;
    tx.commit().await?;
    Ok(Some(ended))
}

fn read_user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::new(row.get(0)?),
        username: row.get(1)?,
        email: row.get(2)?,
        role: read_role(row, 3)?,
        status: read_status(row, 4)?,
        company_name: row.get(5)?,
    })
}

fn read_role(row: &Row, index: usize) -> Result<Role, StoreError> {
    row.get::<String>(index)?.parse().map_err(|_| StoreError::Unreadable { column: "role" })
}

fn read_status(row: &Row, index: usize) -> Result<AccountStatus, StoreError> {
    row.get::<String>(index)?.parse().map_err(|_| StoreError::Unreadable { column: "status" })
}
