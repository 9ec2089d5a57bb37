//! Accounts that cost no time: their passwords are hashed with the least that argon2id knows.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use dashly_db::{Db, Sql, sql};
use dashly_kernel::{Ids, Role, Timestamp};

/// The password of every account of a test.
pub(crate) const PASSWORD: &str = "seven wet umbrellas";

const INSERT_ACCOUNT: Sql = sql!(
    "insert into users (
       id, username, username_key, email, email_key, password_hash, password_changed_at, role, status,
       created_at, updated_at
     )
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'approved', $9, $10)"
);

/// Adds an approved account with [`PASSWORD`].
pub(crate) async fn add(db: &Db, username: &str, role: Role, ids: &dyn Ids, now: Timestamp) {
    let parameters = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    let hash = argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"salt of all tests").unwrap();
    let email = format!("{username}@example.org");
    let query = INSERT_ACCOUNT
        .query()
        .bind(ids.uuid(now))
        .bind(username)
        .bind(username.to_lowercase())
        .bind(email.as_str())
        .bind(email.to_lowercase())
        .bind(hash.to_string())
        .bind(now)
        .bind(role.as_str())
        .bind(now)
        .bind(now);
    db.execute(query).await.unwrap();
}
