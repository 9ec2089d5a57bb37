//! `dashly up` and `dashly api`.

use super::local_gateway::{LocalGateway, start_beside};
use crate::environment;
use crate::output::say;
use dashly_api::{Address, Config, DataFolderLock, LocalSecrets, Migrate, run};
use dashly_process::OperatingSystemIds;
use dashly_telemetry::{LogFilter, LogFormat, start_logs};
use std::process::ExitCode;

/// Everything on this machine.
pub(crate) async fn up() -> anyhow::Result<ExitCode> {
    let mut config = environment::config(environment::LOCAL_HOST)?;
    // Unless asked for, requests are not logged line by line: the terminal is for the person in front of it.
    let filter =
        if environment::variable("LOG_FILTER").is_some() { &config.log_filter } else { &LogFilter::warn() };
    start_logs(config.log_format, filter);
    // Before anything is written: two first starts at once must not make two passwords.
    let lock = DataFolderLock::take(&config.data_folder)?;
    let secrets = LocalSecrets::complete(&mut config, &OperatingSystemIds)?;
    let gateway = start_beside(&mut config).await?;
    let welcome = Welcome::new(&config, secrets, gateway.as_ref());
    let server = run(config, Migrate::AtStart, Some(lock), |address| welcome.give(address));
    match gateway {
        // Both hear the signal to stop.
        Some(LocalGateway { started, .. }) => tokio::try_join!(server, started.run()).map(drop)?,
        None => server.await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The API as a deployment runs it.
pub(crate) async fn api() -> anyhow::Result<ExitCode> {
    let config = environment::config(environment::ANY_HOST);
    match &config {
        Ok(config) => start_logs(config.log_format, &config.log_filter),
        Err(_) => start_logs(LogFormat::default(), &LogFilter::default()),
    }
    run(config?, Migrate::Beforehand, None, |_| {}).await?;
    Ok(ExitCode::SUCCESS)
}

/// What a person has to know once the server is up.
struct Welcome {
    secrets: LocalSecrets,
    admin_username: String,
    database: String,
    data_folder: String,
    public_url: Option<String>,
    ai: String,
}

impl Welcome {
    fn new(config: &Config, secrets: LocalSecrets, gateway: Option<&LocalGateway>) -> Self {
        let ai = match (gateway, &config.gateway_url) {
            (Some(gateway), _) if gateway.has_key => format!("gateway at {}", gateway.url),
            (Some(gateway), _) => format!("gateway at {}, without a key: set ANTHROPIC_API_KEY", gateway.url),
            (None, Some(url)) => format!("gateway at {}", url.authority()),
            (None, None) => "none".to_owned(),
        };
        Self {
            secrets,
            ai,
            admin_username: config.admin_username.clone(),
            database: config.database.to_string(),
            data_folder: config.data_folder.display().to_string(),
            public_url: config.public_url.clone(),
        }
    }

    fn give(&self, address: Address) {
        if !address.created_admin
            && let Err(error) = self.secrets.discard_new_admin_password()
        {
            say!("Remove {}/admin-password: the password in it is nobody's ({error})\n", self.data_folder);
        }
        self.print(address);
    }

    fn print(&self, address: Address) {
        let local = if address.socket.ip().is_unspecified() || address.socket.ip().is_loopback() {
            format!("http://localhost:{}", address.socket.port())
        } else {
            format!("http://{}", address.socket)
        };
        let url = self.public_url.clone().unwrap_or(local);
        say!("Dashly is up at {url}\n");
        say!("  Admin     {url}/admin/experiments");
        say!("  Demo      {url}/experiment-demo");
        say!("  Pricing   {url}/pricing");
        say!("  API       {url}/api/docs");
        say!("  Data      {}", self.database);
        say!("  AI        {}", self.ai);
        say!();
        match &self.secrets.own_admin_password {
            Some(password) if address.created_admin => {
                say!("Sign in as {} with the password {}", self.admin_username, password.expose());
                say!("(shown only now; kept in {}/admin-password, readable by you only)\n", self.data_folder);
            }
            _ => say!("Forgotten the password? Run: dashly admin reset-password\n"),
        }
        say!("Next: run `dashly simulate {url}` in a second terminal. Stop with Ctrl-C.");
    }
}
