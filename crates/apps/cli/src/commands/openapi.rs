//! `dashly openapi`.

use std::process::ExitCode;

/// Prints the description of the API.
pub(crate) async fn openapi() -> anyhow::Result<ExitCode> {
    let scratch = tempfile::tempdir()?;
    crate::output::write(format_args!("{}", dashly_api::describe_api(scratch.path()).await?));
    Ok(ExitCode::SUCCESS)
}
