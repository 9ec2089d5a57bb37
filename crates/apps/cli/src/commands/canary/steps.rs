//! The three commands of a run.

use super::state::StateFile;
use anyhow::{Context, bail};
use std::process::Stdio;
use tokio::process::Command;

/// Runs a command to its end by `sh -c`. What it prints goes to standard error: standard output is for the result.
pub(super) async fn run(name: &str, script: &str, file: &StateFile) -> anyhow::Result<()> {
    let status = Command::new("sh")
        .args(["-c", script])
        .stdin(file.stdin().context("cannot hand the lock to a command")?)
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .await
        .with_context(|| format!("cannot run sh for --{name}"))?;
    if !status.success() {
        bail!("--{name} failed with {status}");
    }
    Ok(())
}
