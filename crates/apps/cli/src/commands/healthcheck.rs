//! `dashly healthcheck`.

use crate::environment;
use dashly_process::{PROBE_PATIENCE, Settings, probe_live};
use std::process::ExitCode;

/// Asks the server on this machine whether it is live. Says nothing when it is.
pub(crate) async fn healthcheck() -> anyhow::Result<ExitCode> {
    let port = Settings::new(&environment::variable).value("PORT", "3000", "a number from 1 to 65535")?;
    probe_live(port, PROBE_PATIENCE).await?;
    Ok(ExitCode::SUCCESS)
}
