//! The one place where this program reads its environment.

use dashly_api::Config;
use dashly_gateway::GatewayConfig;
use dashly_process::{ConfigError, Setting, Settings};

/// Where a local installation listens unless `HOST` says otherwise: reachable from this machine only.
pub(crate) const LOCAL_HOST: &str = "127.0.0.1";
/// Where a deployed API listens unless `HOST` says otherwise.
pub(crate) const ANY_HOST: &str = "0.0.0.0";

/// The value of a variable.
#[expect(clippy::disallowed_methods, reason = "the one place where this program reads its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The configuration.
pub(crate) fn config(default_host: &str) -> Result<Config, ConfigError> {
    Config::read(&mut Settings::new(&variable), default_host)
}

/// The configuration, or what is wrong with it, and everything that was read.
pub(crate) fn config_and_settings() -> (Result<Config, ConfigError>, Vec<Setting>) {
    let mut settings = Settings::new(&variable);
    let config = Config::read(&mut settings, LOCAL_HOST);
    (config, settings.into_read())
}

/// The gateway's configuration as a deployment would read it here, or what is wrong with it, and everything that was read.
pub(crate) fn gateway_config_and_settings() -> (Result<GatewayConfig, ConfigError>, Vec<Setting>) {
    let mut settings = Settings::new(&variable);
    let config = GatewayConfig::read(&mut settings, ANY_HOST);
    (config, settings.into_read())
}
