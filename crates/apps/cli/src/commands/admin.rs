//! `dashly admin`.

use crate::environment;
use crate::output::say;
use clap::{Args, Subcommand};
use dashly_api::{Config, reset_admin_password};
use dashly_kernel::Secret;
use std::io::Read;
use std::process::ExitCode;

/// What `dashly admin` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Give an account a new password and end all its sign-ins; the server may run meanwhile
    #[command(after_help = crate::DATABASE_NEEDS)]
    ResetPassword {
        /// User name or e-mail address of the account
        #[arg(long, env = "ADMIN_USERNAME", default_value = "admin")]
        login: String,
        /// Read the new password from standard input instead of making a random one
        #[arg(long)]
        stdin: bool,
    },
}

/// Runs one account command.
pub(crate) async fn admin(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::LOCAL_HOST)?;
    match arguments.command {
        AdminCommand::ResetPassword { login, stdin } => reset_password(&config, &login, stdin).await,
    }
}

async fn reset_password(config: &Config, login: &str, from_stdin: bool) -> anyhow::Result<ExitCode> {
    let given = if from_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
    } else {
        None
    };
    let is_random = given.is_none();
    let reset = reset_admin_password(config, login, given).await?;
    let ended = match reset.ended_sessions {
        1 => "1 sign-in was ended".to_owned(),
        count => format!("{count} sign-ins were ended"),
    };
    say!("The password of {login} is changed; {ended}.");
    if is_random {
        say!("Sign in as {login} with the password {}", reset.password.expose());
    }
    Ok(ExitCode::SUCCESS)
}
