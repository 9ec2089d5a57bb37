//! `dashly edge`.

use crate::environment;
use clap::Args;
use dashly_edge::{EdgeConfig, start};
use dashly_process::Settings;
use dashly_telemetry::{LogFilter, LogFormat, start_logs};
use std::collections::BTreeMap;
use std::process::ExitCode;

const HELP: &str = "\
Every option can be given as the environment variable named in brackets; the option comes first. DRAIN_SECONDS (0), \
LOG_FORMAT and LOG_FILTER count as with the services.\n\n\
Which version: header x-dashly-version, then cookie dashly_version (both only with --allow-override), then the draw: \
SHA-256 of the salt and the visitor (cookie dashly_edge_id, else ab_visitor_id; who has neither is given the first). \
A larger weight never takes a visitor from the canary.\n\n\
Health, metrics and JSON status have a port of their own: /health/live, /health/ready, /metrics, \
/versions/stable/metrics, /versions/canary/metrics, /status.\n\n\
Example: dashly edge --stable http://api-stable:3000 --canary http://api-canary:3000 --weight 0.1%";

/// What `dashly edge` takes. The values are checked where the variables are, so that both say the same.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// Address of the stable version; a name may stand for several addresses [EDGE_STABLE, with commas between]
    #[arg(long, value_name = "URL")]
    stable: Vec<String>,
    /// Address of the canary [EDGE_CANARY, with commas between]
    #[arg(long, value_name = "URL")]
    canary: Vec<String>,
    /// The canary's share of the visitors, 0 to 100 % in steps of 0.1 % [EDGE_WEIGHT, 0]
    #[arg(long, value_name = "PERCENT")]
    weight: Option<String>,
    /// A file that holds the share; followed while the edge runs [EDGE_WEIGHT_FILE, none]
    #[arg(long, value_name = "FILE")]
    weight_file: Option<String>,
    /// Port to listen on [PORT, 8080]
    #[arg(long, value_name = "PORT")]
    listen: Option<String>,
    /// IP address to listen on [HOST, 0.0.0.0]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// Address and port for health, metrics and status [EDGE_ADMIN, 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin: Option<String>,
    /// Let requests ask for a version by header or cookie; whoever reaches the edge may then [EDGE_ALLOW_OVERRIDE, false]
    #[arg(long)]
    allow_override: bool,
    /// Hashed with the visitor; another one draws other visitors for the canary [EDGE_SALT, dashly-edge]
    #[arg(long, value_name = "TEXT")]
    salt: Option<String>,
    /// Whose X-Forwarded headers are believed, such as 10.0.0.0/8 [TRUSTED_PROXIES, nobody]
    #[arg(long, value_name = "NETWORKS")]
    trusted_proxies: Option<String>,
    /// Seconds that a backend may take until it begins its answer [EDGE_REPLY_TIMEOUT, 150]
    #[arg(long, value_name = "SECONDS")]
    reply_timeout: Option<String>,
    /// Milliseconds that a connection to a backend may take [EDGE_CONNECT_TIMEOUT_MS, 1000]
    #[arg(long, value_name = "MILLISECONDS")]
    connect_timeout_ms: Option<String>,
    /// Milliseconds that every request waits before it is passed on: a slow network, for tests [EDGE_DELAY_MS, 0]
    #[arg(long, value_name = "MILLISECONDS")]
    delay_ms: Option<String>,
}

impl Arguments {
    /// The options that were given, under the names of their variables.
    fn given(&self) -> BTreeMap<&'static str, String> {
        let list = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
        let options = [
            ("EDGE_STABLE", list(&self.stable)),
            ("EDGE_CANARY", list(&self.canary)),
            ("EDGE_WEIGHT", self.weight.clone()),
            ("EDGE_WEIGHT_FILE", self.weight_file.clone()),
            ("PORT", self.listen.clone()),
            ("HOST", self.host.clone()),
            ("EDGE_ADMIN", self.admin.clone()),
            ("EDGE_ALLOW_OVERRIDE", self.allow_override.then(|| "true".to_owned())),
            ("EDGE_SALT", self.salt.clone()),
            ("TRUSTED_PROXIES", self.trusted_proxies.clone()),
            ("EDGE_REPLY_TIMEOUT", self.reply_timeout.clone()),
            ("EDGE_CONNECT_TIMEOUT_MS", self.connect_timeout_ms.clone()),
            ("EDGE_DELAY_MS", self.delay_ms.clone()),
        ];
        options.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Runs the edge until it is told to stop.
pub(crate) async fn edge(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let given = arguments.given();
    let lookup = |name: &str| given.get(name).cloned().or_else(|| environment::variable(name));
    let config = EdgeConfig::read(&mut Settings::new(&lookup), environment::ANY_HOST);
    match &config {
        Ok(config) => start_logs(config.log_format, &config.log_filter),
        Err(_) => start_logs(LogFormat::default(), &LogFilter::default()),
    }
    start(&config?).await?.run().await?;
    Ok(ExitCode::SUCCESS)
}
