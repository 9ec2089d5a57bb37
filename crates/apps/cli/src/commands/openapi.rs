//! `dashly openapi`.

use clap::Args;
use std::process::ExitCode;

/// What `dashly openapi` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print the description of the gateway instead
    #[arg(long)]
    gateway: bool,
}

/// Prints the description of the API, or of the gateway.
pub(crate) async fn openapi(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let text = if arguments.gateway {
        dashly_gateway::describe_gateway()
    } else {
        let scratch = tempfile::tempdir()?;
        dashly_api::describe_api(scratch.path()).await?
    };
    crate::output::write(format_args!("{text}"));
    Ok(ExitCode::SUCCESS)
}
