//! The variables.

use dashly_kernel::{AppVersion, Secret};
use dashly_process::{ConfigError, Settings};
use dashly_telemetry::{LogFilter, LogFormat};
use dashly_web::TrustedProxies;
use http::Uri;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The configuration of the gateway that comes from variables. See the README for the meaning of each.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// `PORT`; 0 takes any free one.
    pub port: u16,
    /// `HOST`.
    pub host: IpAddr,
    /// `ANTHROPIC_API_KEY`: one key, or several with commas between.
    pub provider_keys: Vec<Secret<String>>,
    /// `ANTHROPIC_BASE_URL`: where the provider is reached.
    pub provider_url: Uri,
    /// `GATEWAY_TOKEN`: what the main API shows.
    pub token: Option<Secret<String>>,
    /// `GATEWAY_CONFIG`: the file; it need not exist.
    pub file: PathBuf,
    /// Whether `GATEWAY_CONFIG` was set, so that a missing file is a mistake.
    pub file_is_named: bool,
    /// `GATEWAY_BUDGETS`: where budgets are kept when there is no Redis.
    pub budgets_file: PathBuf,
    /// `RATE_LIMIT_RPM`: requests per minute and address of callers without a token.
    pub requests_per_minute: u32,
    /// `REDIS_URL`: counts limits over all replicas.
    pub redis_url: Option<Secret<String>>,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// `APP_VERSION`: shown by health and metrics.
    pub app_version: AppVersion,
    /// `DRAIN_SECONDS`.
    pub drain: Duration,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: a collector that is sent metrics.
    pub otlp_endpoint: Option<Uri>,
    /// `OTEL_METRIC_EXPORT_INTERVAL`: how often, in milliseconds.
    pub otlp_interval: Duration,
    /// `LOG_FORMAT`.
    pub log_format: LogFormat,
    /// `LOG_FILTER`.
    pub log_filter: LogFilter,
}

impl GatewayConfig {
    /// Reads all variables; `default_host` is where to listen unless `HOST` says otherwise.
    ///
    /// # Errors
    /// The first [`ConfigError`] found.
    pub fn read(settings: &mut Settings<'_>, default_host: &str) -> Result<Self, ConfigError> {
        let port = settings.value("PORT", "4000", "a number from 0 to 65535")?;
        let host = settings.value("HOST", default_host, "an IP address such as 127.0.0.1 or 0.0.0.0")?;
        let provider_keys = provider_keys(settings)?;
        let provider_url = provider_url(settings)?;
        let token = token(settings)?;
        let named = settings.optional("GATEWAY_CONFIG");
        let drain: u16 = settings.value("DRAIN_SECONDS", "0", "a whole number of seconds from 0 to 65535")?;
        let proxies = settings.text("TRUSTED_PROXIES", "");
        let trusted_proxies = proxies.parse().map_err(|_| {
            let expected = "addresses or networks such as 10.0.0.0/8, with commas between";
            ConfigError::unusable("TRUSTED_PROXIES", &proxies, expected)
        })?;
        Ok(Self {
            port,
            host,
            provider_keys,
            provider_url,
            token,
            file_is_named: named.is_some(),
            file: PathBuf::from(named.unwrap_or_else(|| "gateway.toml".to_owned())),
            budgets_file: PathBuf::from(settings.text("GATEWAY_BUDGETS", "gateway-budgets.json")),
            requests_per_minute: settings.value("RATE_LIMIT_RPM", "60", "a whole number of requests")?,
            redis_url: settings.server_address("REDIS_URL")?,
            trusted_proxies,
            otlp_endpoint: otlp_endpoint(settings)?,
            otlp_interval: Duration::from_millis(settings.value(
                "OTEL_METRIC_EXPORT_INTERVAL",
                "60000",
                "a whole number of milliseconds",
            )?),
            app_version: settings.value("APP_VERSION", env!("CARGO_PKG_VERSION"), AppVersion::EXPECTED)?,
            drain: Duration::from_secs(u64::from(drain)),
            log_format: settings.value("LOG_FORMAT", "text", "text or json")?,
            log_filter: settings.value(
                "LOG_FILTER",
                "info",
                "directives such as info,dashly_gateway=debug",
            )?,
        })
    }
}

fn otlp_endpoint(settings: &mut Settings<'_>) -> Result<Option<Uri>, ConfigError> {
    let Some(text) = settings.optional("OTEL_EXPORTER_OTLP_ENDPOINT") else { return Ok(None) };
    let expected = "an address such as http://127.0.0.1:4318";
    let url = http_url(&text);
    url.map(Some).ok_or_else(|| ConfigError::unusable("OTEL_EXPORTER_OTLP_ENDPOINT", &text, expected))
}

fn http_url(text: &str) -> Option<Uri> {
    text.trim_end_matches('/').parse::<Uri>().ok().filter(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    })
}

fn provider_keys(settings: &mut Settings<'_>) -> Result<Vec<Secret<String>>, ConfigError> {
    let Some(list) = settings.secret("ANTHROPIC_API_KEY")? else { return Ok(Vec::new()) };
    let keys: Vec<&str> = list.expose().split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    if keys.iter().any(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
        let problem = "expected a key, or several with commas between (the value is not shown)".to_owned();
        return Err(ConfigError { variable: "ANTHROPIC_API_KEY".to_owned(), problem });
    }
    Ok(keys.into_iter().map(|key| Secret::new(key.to_owned())).collect())
}

fn provider_url(settings: &mut Settings<'_>) -> Result<Uri, ConfigError> {
    let text = settings.text("ANTHROPIC_BASE_URL", "https://api.anthropic.com");
    http_url(&text).ok_or_else(|| {
        ConfigError::unusable("ANTHROPIC_BASE_URL", &text, "an address such as https://api.anthropic.com")
    })
}

/// A short token could be guessed, and so could one that everybody knows.
fn token(settings: &mut Settings<'_>) -> Result<Option<Secret<String>>, ConfigError> {
    let token = settings.uncommon_secret("GATEWAY_TOKEN")?;
    let is_short = token.as_ref().is_some_and(|token| token.expose().len() < 24);
    if is_short {
        let problem =
            "is shorter than 24 characters; make one with `openssl rand -hex 32` (the value is not shown)";
        return Err(ConfigError { variable: "GATEWAY_TOKEN".to_owned(), problem: problem.to_owned() });
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::{GatewayConfig, Settings};

    #[test]
    fn secrets_that_could_be_guessed_are_refused_and_not_shown() {
        for (name, value, problem) in [
            ("GATEWAY_TOKEN", "8f0c9a7b6d5e4f3a2b1c0d9", "shorter than 24 characters"),
            ("GATEWAY_TOKEN", "Dashly-Gateway-Token-0000", "known default"),
            ("REDIS_URL", "redis://:changeme@redis:6379", "known default"),
        ] {
            let lookup = |asked: &str| (asked == name).then(|| value.to_owned());
            let error = GatewayConfig::read(&mut Settings::new(&lookup), "127.0.0.1").unwrap_err();
            assert!(error.variable == name && error.problem.contains(problem), "{error}");
            assert!(
                error.problem.contains("openssl rand -hex 32") && !error.problem.contains(value),
                "{error}"
            );
        }
    }
}
