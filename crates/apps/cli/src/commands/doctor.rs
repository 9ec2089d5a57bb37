//! `dashly doctor`.

use crate::environment;
use crate::output::say;
use clap::Args;
use dashly_api::Config;
use dashly_db::Db;
use dashly_experiments::{DefinitionFault, check_definitions_file};
use dashly_gateway::{GatewayConfig, check_gateway_file};
use dashly_process::{ConfigError, Setting};
use serde::Serialize;
use std::collections::BTreeSet;
use std::process::ExitCode;

/// What `dashly doctor` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    passed: bool,
    detail: String,
}

#[derive(Debug, Serialize)]
struct Report {
    settings: Vec<Setting>,
    checks: Vec<Check>,
}

/// Shows every setting and checks what Dashly depends on. Changes nothing.
pub(crate) async fn doctor(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (config, mut settings) = environment::config_and_settings();
    let mut checks = match &config {
        Ok(config) => check_all(config).await,
        Err(error) => vec![Check { name: "settings", passed: false, detail: error.to_string() }],
    };
    let (gateway, gateway_settings) = environment::gateway_config_and_settings();
    // What both read is shown once, as the server reads it.
    let known: BTreeSet<&str> = settings.iter().map(|setting| setting.name).collect();
    settings.extend(gateway_settings.into_iter().filter(|setting| !known.contains(setting.name)));
    checks.push(check_gateway(&gateway));
    let report = Report { settings, checks };
    let all_passed = report.checks.iter().all(|check| check.passed);
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
    }
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_report(report: &Report) {
    say!("Settings (secrets are not shown)");
    for setting in &report.settings {
        let origin = if setting.is_default { "default" } else { "set" };
        say!("  {:<22} {:<8} {}", setting.name, origin, setting.value);
    }
    say!("\nChecks");
    for check in &report.checks {
        let verdict = if check.passed { "ok" } else { "FAILED" };
        say!("  {:<22} {:<8} {}", check.name, verdict, check.detail);
    }
}

async fn check_all(config: &Config) -> Vec<Check> {
    let mut checks =
        vec![Check { name: "settings", passed: true, detail: "all values can be used".to_owned() }];
    checks.extend(check_database(config).await);
    checks.push(check_definitions(config));
    checks
}

/// Opens the database for reading only, so that looking does not create anything.
async fn check_database(config: &Config) -> Vec<Check> {
    if let dashly_db::DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        let detail = format!("{} does not exist yet; `dashly up` makes it", path.display());
        return vec![Check { name: "database", passed: true, detail }];
    }
    let db = match Db::connect_read_only(&config.database).await {
        Ok(db) => db,
        Err(error) => {
            let detail = format!("{:#}", anyhow::Error::from(error));
            return vec![Check { name: "database", passed: false, detail }];
        }
    };
    let opened = Check { name: "database", passed: true, detail: format!("{} answers", config.database) };
    let (passed, detail) = match db.pending_migrations().await {
        Ok(pending) if pending.is_empty() => (true, "up to date".to_owned()),
        Ok(pending) => (false, format!("missing: {}; run `dashly migrate`", pending.join(", "))),
        Err(error) => (false, error.reason().to_owned()),
    };
    vec![opened, Check { name: "migrations", passed, detail }]
}

fn check_definitions(config: &Config) -> Check {
    let name = "experiments";
    match check_definitions_file(&config.tests_file) {
        Ok(count) => {
            Check { name, passed: true, detail: format!("{count} in {}", config.tests_file.display()) }
        }
        Err(faults) => {
            let detail = faults.iter().map(describe).collect::<Vec<_>>().join("; ");
            Check { name, passed: false, detail: format!("{}: {detail}", config.tests_file.display()) }
        }
    }
}

fn check_gateway(config: &Result<GatewayConfig, ConfigError>) -> Check {
    let name = "gateway";
    let config = match config {
        Ok(config) => config,
        Err(error) => return Check { name, passed: false, detail: error.to_string() },
    };
    let file = config.file.display();
    if !config.file.exists() && !config.file_is_named {
        return Check { name, passed: true, detail: format!("there is no {file}: it works without one") };
    }
    match check_gateway_file(&config.file) {
        Ok(()) => Check { name, passed: true, detail: format!("{file} can be used") },
        Err(error) => Check { name, passed: false, detail: format!("{file}: {error}") },
    }
}

fn describe(fault: &DefinitionFault) -> String {
    if fault.pointer.is_empty() {
        fault.detail.clone()
    } else {
        format!("{} {}", fault.pointer, fault.detail)
    }
}
