//! Throw-away PostgreSQL databases for tests and benchmarks.

use crate::{DatabaseUrl, DbError};
use dashly_kernel::Secret;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::str::FromStr;

/// Makes a new database on the server of `server_url`, as a copy of `template` if one is given, and gives its address.
///
/// # Errors
/// [`DbError`], for instance when the name is taken.
///
/// # Panics
/// Never; a name with anything but lower-case letters, digits and underscores is refused as an error.
pub async fn create_database(
    server_url: &str,
    name: &str,
    template: Option<&str>,
) -> Result<DatabaseUrl, DbError> {
    let options = server_options(server_url)?;
    let statement = match template {
        Some(template) => format!("create database {} template {}", checked(name)?, checked(template)?),
        None => format!("create database {}", checked(name)?),
    };
    run(&options, statement).await?;
    let url = options.database(name).to_url_lossy();
    Ok(DatabaseUrl::Postgres(Secret::new(url.to_string())))
}

/// Removes a database that [`create_database`] made, with any connection still open to it.
///
/// # Errors
/// [`DbError`].
pub async fn drop_database(server_url: &str, name: &str) -> Result<(), DbError> {
    let options = server_options(server_url)?;
    run(&options, format!("drop database if exists {} with (force)", checked(name)?)).await
}

fn server_options(server_url: &str) -> Result<PgConnectOptions, DbError> {
    Ok(PgConnectOptions::from_str(server_url)?)
}

/// A name cannot be a parameter of `create database`, so it must be harmless as text.
fn checked(name: &str) -> Result<&str, DbError> {
    let harmless =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    if !name.is_empty() && name.chars().all(harmless) {
        Ok(name)
    } else {
        Err(sqlx::Error::Configuration("a scratch database's name has only a-z, 0-9 and _".into()).into())
    }
}

async fn run(options: &PgConnectOptions, statement: String) -> Result<(), DbError> {
    let mut connection = PgConnection::connect_with(options).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
