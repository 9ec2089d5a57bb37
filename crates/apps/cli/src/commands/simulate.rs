//! `dashly simulate`.

use crate::environment;
use crate::output::say;
use anyhow::bail;
use clap::Args;
use dashly_loadgen::{Progress, SignIn, SimulateOptions};
use std::collections::BTreeMap;
use std::process::ExitCode;

/// What `dashly simulate` takes.
#[derive(Debug, Args)]
#[command(after_help = "Needs a running server, and its admin's password unless --no-compare is given.\n\
                        Exit code: 0 when every request succeeded and the server counts what it acknowledged, else 1.\n\n\
                        Examples:\n  dashly simulate\n  dashly simulate https://dashly.example.com --users 5000 --rate A=0.10 --rate B=0.12")]
pub(crate) struct Arguments {
    /// Address of the server
    #[arg(default_value = "http://localhost:3000")]
    base_url: String,
    /// How many visitors come, each with a cookie jar of its own
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    users: u32,
    /// How many come at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    concurrency: u32,
    /// Repeats a run: the same seed gives the same visitors' choices
    #[arg(long)]
    seed: Option<u64>,
    /// Probability that a visitor of a variant converts, such as B=0.35; may be given once per variant
    #[arg(long = "rate", value_name = "VARIANT=PROBABILITY", value_parser = parse_rate)]
    rates: Vec<(String, f64)>,
    /// How often each visitor comes back; must not change any count
    #[arg(long, default_value_t = 0)]
    return_visits: u32,
    /// An administrator's user name or e-mail address, to read the server's counts
    #[arg(long, env = "ADMIN_USERNAME", default_value = "admin")]
    username: String,
    /// The administrator's password; by default the one that `dashly up` made in the data folder
    #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Do not compare with the server's counts
    #[arg(long)]
    no_compare: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

fn parse_rate(text: &str) -> Result<(String, f64), String> {
    let (variant, probability) =
        text.split_once('=').ok_or("expected VARIANT=PROBABILITY, such as B=0.35")?;
    match probability.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) && !variant.is_empty() => Ok((variant.to_owned(), value)),
        _ => Err("the probability must be a number from 0 to 1".to_owned()),
    }
}

/// Sends the visitors and prints the report.
pub(crate) async fn simulate(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let json = arguments.json;
    let options = options(arguments)?;
    let report = dashly_loadgen::simulate(options, &Progress::on_stderr()).await?;
    if json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        crate::output::write(format_args!("{}", report.render()));
    }
    Ok(ExitCode::from(report.exit_code()))
}

fn options(arguments: Arguments) -> anyhow::Result<SimulateOptions> {
    let sign_in = if arguments.no_compare {
        None
    } else {
        Some(SignIn { password: password(arguments.password)?, login: arguments.username })
    };
    let mut options = SimulateOptions::new(arguments.base_url);
    options.users = arguments.users;
    options.concurrency = arguments.concurrency;
    options.seed = arguments.seed;
    options.return_visits = arguments.return_visits;
    options.sign_in = sign_in;
    if !arguments.rates.is_empty() {
        let given: BTreeMap<String, f64> = arguments.rates.into_iter().collect();
        options.rates.extend(given);
    }
    Ok(options)
}

/// The password given, or the one that a local installation keeps in its data folder.
fn password(given: Option<String>) -> anyhow::Result<String> {
    if let Some(password) = given {
        return Ok(password);
    }
    let config = environment::config(environment::LOCAL_HOST)?;
    match dashly_api::read_admin_password(&config.data_folder) {
        Some(password) => Ok(password.expose().clone()),
        None => bail!(
            "the server's counts can be read by an administrator only, and there is no password in {}/admin-password: \
             set ADMIN_PASSWORD (or --password), or leave the comparison out with --no-compare",
            config.data_folder.display()
        ),
    }
}
