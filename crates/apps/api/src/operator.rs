//! What an operator does without the server: reset a password, describe the API.

use crate::secrets::{keep_admin_password, readable_password};
use crate::{App, AppParts, Config, openapi_json};
use anyhow::{Context, bail};
use dashly_cache::RateLimiter;
use dashly_db::{DatabaseUrl, Db};
use dashly_identity::{Identity, IdentityConfig};
use dashly_kernel::{Ids, Secret};
use dashly_process::{OperatingSystemIds, Settings, SystemClock};
use dashly_telemetry::{Health, Tasks};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What [`reset_admin_password`] did.
#[derive(Debug)]
pub struct ResetPassword {
    /// The new password.
    pub password: Secret<String>,
    /// Sign-ins that were ended.
    pub ended_sessions: u64,
}

/// Gives the account `login` the password `given`, or a random one, in the database of `config`.
///
/// # Errors
/// When there is no such account, the password is not good enough, or the database cannot be written.
pub async fn reset_admin_password(
    config: &Config,
    login: &str,
    given: Option<Secret<String>>,
) -> anyhow::Result<ResetPassword> {
    let ids = OperatingSystemIds;
    let password = given.unwrap_or_else(|| Secret::new(readable_password(&ids)));
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !tokio::fs::try_exists(path).await?
    {
        // Opening would make an empty one, which helps nobody who has mistyped a folder.
        bail!("there is no database {}; does DATA_DIR name the server's folder?", path.display());
    }
    let db = Db::connect(&config.database).await?;
    db.migrate().await?;
    // No token is signed here, so any key will do.
    let identity_config = IdentityConfig {
        jwt_secret: Secret::new(format!("{}{}", ids.token(), ids.token())),
        token_lifetime_seconds: config.token_lifetime_seconds,
        secure_cookies: true,
    };
    let limiter = Arc::new(RateLimiter::memory(Arc::new(|| Duration::ZERO)));
    let identity =
        Identity::new(db.clone(), Arc::new(SystemClock), Arc::new(ids), limiter, &identity_config)?;
    let reset = identity
        .reset_password(login, &password)
        .await
        .with_context(|| format!("resetting the password of {login} in {}", config.database))?;
    let names = [&config.admin_username, &config.admin_email];
    if names.iter().any(|name| name.to_lowercase() == login.to_lowercase()) {
        keep_admin_password(&config.data_folder, &password)?;
    }
    db.close().await;
    Ok(ResetPassword { password, ended_sessions: reset.ended_sessions })
}

/// The description of the API as JSON; assembles the API on an empty database in `scratch`.
///
/// # Errors
/// When `scratch` cannot be written.
pub async fn describe_api(scratch: &Path) -> anyhow::Result<String> {
    let ids = OperatingSystemIds;
    let folder = scratch.display().to_string();
    let secret = format!("{}{}", ids.token(), ids.token());
    let lookup = |name: &str| match name {
        "DATA_DIR" => Some(folder.clone()),
        "EXPERIMENT_LOG_DIR" => Some("off".to_owned()),
        "JWT_SECRET" => Some(secret.clone()),
        _ => None,
    };
    let config = Config::read(&mut Settings::new(&lookup), "127.0.0.1")?;
    let db = Db::connect(&config.database).await?;
    db.migrate().await?;
    let parts = AppParts {
        db: db.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(ids),
        health: Health::default(),
        tasks: Tasks::default(),
    };
    let tasks = parts.tasks.clone();
    let app = App::build(&config, parts).await?;
    let text = openapi_json(&app)?;
    tasks.shut_down(Duration::from_secs(2)).await;
    db.close().await;
    Ok(text)
}
