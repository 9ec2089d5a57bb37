//! `dashly`: everything an operator does from a terminal.
//!
//! One file per command under `commands/`. Results go to standard output, logs and progress to standard error, so that
//! every command can be piped; `--json` gives the same as JSON.

mod commands;
mod confirmation;
mod environment;
mod output;

use clap::{Parser, Subcommand};
use commands::{
    admin, backup, canary, doctor, edge, erase_visitor, experiments, gateway, healthcheck, load_test,
    migrate, openapi, results, serve, simulate,
};
use std::process::ExitCode;

/// Self-hosted marketing analytics with trustworthy A/B experiments.
#[derive(Debug, Parser)]
#[command(name = "dashly", version, arg_required_else_help = true, max_term_width = 100)]
#[command(
    after_help = "Start with `dashly up`, then `dashly simulate` in a second terminal, and open the printed address.\n\
                        Every command reads the same environment variables; `dashly doctor` lists and checks them."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const UP_NEEDS: &str = "\
Needs nothing. PORT (3000), HOST (127.0.0.1), DATA_DIR (data) and TESTS_FILE (tests.json) may be set; the database is \
an SQLite file in DATA_DIR unless DATABASE_URL names a PostgreSQL server. `dashly doctor` lists all settings.";
const API_NEEDS: &str = "\
Needs JWT_SECRET (or JWT_SECRET_FILE), a database that `dashly migrate` has brought up to date (DATABASE_URL, DB_HOST \
or DATA_DIR), and at the very first start ADMIN_PASSWORD. Listens on 0.0.0.0 unless HOST says otherwise. \
`dashly doctor` lists all settings.";
const HEALTHCHECK_NEEDS: &str = "\
Needs nothing but PORT (3000), where the server listens. Exit code: 0 when http://127.0.0.1:$PORT/health/live answers \
200 within 2 seconds, else 1.";
const DATABASE_NEEDS: &str = "\
Needs the database: DATABASE_URL, or DB_HOST and its companions, or the SQLite file in DATA_DIR (data).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine: makes its own secrets and database, and prints how to sign in
    #[command(after_help = UP_NEEDS)]
    Up,
    /// Run the API as a deployment does: secrets are given, migrations were run before
    #[command(after_help = API_NEEDS)]
    Api,
    /// Run the GenAI gateway, the only holder of the model provider's key
    #[command(after_help = dashly_gateway::SETTINGS_HELP)]
    Gateway,
    /// Run the router in front of a stable and a canary version: sticky visitors, retries, ejection
    Edge(edge::Arguments),
    /// Make a named key for a caller of the gateway
    #[command(
        name = "gateway-key",
        after_help = "Needs nothing and stores nothing: the file keeps the hash only."
    )]
    GatewayKey(gateway::KeyArguments),
    /// Run a scripted model provider for demonstrations and tests; every reply says that it is fake
    #[command(
        name = "fake-upstream",
        after_help = "Needs nothing. Never used by Dashly unless ANTHROPIC_BASE_URL names it."
    )]
    FakeUpstream(gateway::FakeArguments),
    /// Bring the database up to date; safe to repeat and to run from several machines at once
    #[command(after_help = DATABASE_NEEDS)]
    Migrate,
    /// Write everything into one file, while the server runs, and check it by restoring it
    #[command(after_help = backup::BACKUP_NEEDS)]
    Backup(backup::Arguments),
    /// Fill the database from a backup, of this engine or the other
    #[command(after_help = backup::RESTORE_NEEDS)]
    Restore(backup::RestoreArguments),
    /// Erase a visitor: rows stay and count, under random ids that nobody can lead back
    #[command(name = "erase-visitor", after_help = erase_visitor::ERASE_NEEDS)]
    EraseVisitor(erase_visitor::Arguments),
    /// Send visitors with known behaviour to a running server and compare what it counts
    Simulate(simulate::Arguments),
    /// Put load on a running server and check that everything it acknowledged is stored
    #[command(name = "load-test")]
    LoadTest(load_test::Arguments),
    /// Print the results of all experiments from the database
    #[command(after_help = DATABASE_NEEDS)]
    Results(results::Arguments),
    /// Look after what is kept of the experiments
    Experiments(experiments::Arguments),
    /// Judge a new version beside the one in service, and promote it or roll it back
    Canary(Box<canary::Arguments>),
    /// Show every setting and check everything Dashly depends on
    #[command(
        after_help = "Needs nothing and changes nothing. Exit code: 0 when every check passes, else 1."
    )]
    Doctor(doctor::Arguments),
    /// Ask the server on this machine whether it is live, as a container's health check does
    #[command(after_help = HEALTHCHECK_NEEDS)]
    Healthcheck,
    /// Manage accounts from the terminal
    Admin(admin::Arguments),
    /// Print the description of the API (OpenAPI 3.1)
    #[command(after_help = "Needs nothing: neither a server nor a database.")]
    Openapi(openapi::Arguments),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::from(error)),
    };
    match runtime.block_on(execute(cli.command)) {
        Ok(_) if output::has_failed() => fail(&anyhow::anyhow!("standard output could not be written")),
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up => serve::up().await,
        Command::Api => serve::api().await,
        Command::Gateway => gateway::gateway().await,
        Command::Edge(arguments) => edge::edge(&arguments).await,
        Command::GatewayKey(arguments) => Ok(gateway::gateway_key(&arguments)),
        Command::FakeUpstream(arguments) => gateway::fake_upstream(arguments).await,
        Command::Migrate => migrate::migrate().await,
        Command::Backup(arguments) => Box::pin(backup::backup(arguments)).await,
        Command::Restore(arguments) => Box::pin(backup::restore(arguments)).await,
        Command::EraseVisitor(arguments) => erase_visitor::erase_visitor(arguments).await,
        Command::Simulate(arguments) => simulate::simulate(arguments).await,
        Command::LoadTest(arguments) => load_test::load_test(arguments).await,
        Command::Results(arguments) => results::results(&arguments).await,
        Command::Experiments(arguments) => experiments::experiments(arguments).await,
        Command::Canary(arguments) => canary::canary(*arguments).await,
        Command::Doctor(arguments) => doctor::doctor(&arguments).await,
        Command::Healthcheck => healthcheck::healthcheck().await,
        Command::Admin(arguments) => admin::admin(arguments).await,
        Command::Openapi(arguments) => openapi::openapi(&arguments).await,
    }
}

#[expect(clippy::print_stderr, reason = "a command that failed says so in one line")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("dashly: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
