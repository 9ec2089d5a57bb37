//! Everything that can be set from outside.

use crate::choice::Version;
use crate::weight::Weight;
use dashly_process::{ConfigError, Settings};
use dashly_telemetry::{LogFilter, LogFormat};
use dashly_web::TrustedProxies;
use http::Uri;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Where backends of one version are: a name that may stand for several addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "an address such as http://api-stable:3000, without a path";
        let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
        if uri.scheme_str() != Some("http") || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(EXPECTED);
        }
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.ok_or(EXPECTED)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            Err(EXPECTED)
        } else {
            Ok(Self { host, port: authority.port_u16().unwrap_or(80) })
        }
    }
}

/// The configuration of an edge.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// Where health, metrics and status are.
    pub admin: SocketAddr,
    /// The stable version.
    pub stable: Vec<Origin>,
    /// The canary; empty when there is none.
    pub canary: Vec<Origin>,
    /// The canary's share until the file says another one.
    pub weight: Weight,
    /// A file that holds the share.
    pub weight_file: Option<PathBuf>,
    /// Hashed with the visitor's id.
    pub salt: Arc<str>,
    /// Whether a request may ask for a version.
    pub allows_override: bool,
    /// Whose `X-Forwarded-*` is believed.
    pub trusted_proxies: TrustedProxies,
    /// How long a backend may take until the head of its reply.
    pub reply_timeout: Duration,
    /// How long a connection to a backend may take.
    pub connect_timeout: Duration,
    /// Every request waits this long before it is passed on: a slow network, to see what it does to callers.
    pub delay: Duration,
    /// Requests are still accepted for this long after the stop signal.
    pub drain: Duration,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written.
    pub log_filter: LogFilter,
}

impl EdgeConfig {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the first variable whose value cannot be used.
    pub fn read(settings: &mut Settings<'_>, default_host: &str) -> Result<Self, ConfigError> {
        let stable = origins(settings, "EDGE_STABLE")?;
        if stable.is_empty() {
            return Err(ConfigError::unusable(
                "EDGE_STABLE",
                "",
                "at least one address of the stable version, such as http://api-stable:3000 (or --stable)",
            ));
        }
        let salt = settings.text("EDGE_SALT", "dashly-edge");
        Ok(Self {
            host: settings.value("HOST", default_host, "an IP address")?,
            port: settings.value("PORT", "8080", "a port from 0 to 65535")?,
            admin: settings.value(
                "EDGE_ADMIN",
                "127.0.0.1:8081",
                "an IP address and a port, such as 0.0.0.0:8081",
            )?,
            stable,
            canary: origins(settings, "EDGE_CANARY")?,
            weight: settings.value(
                "EDGE_WEIGHT",
                "0",
                "the canary's share from 0 to 100 % in steps of 0.1 %, such as 0.1 or 25%",
            )?,
            weight_file: settings.optional("EDGE_WEIGHT_FILE").map(PathBuf::from),
            salt: salt.into(),
            allows_override: settings.value("EDGE_ALLOW_OVERRIDE", "false", "true or false")?,
            trusted_proxies: settings.value(
                "TRUSTED_PROXIES",
                "",
                "addresses or networks with commas between, such as 10.0.0.0/8",
            )?,
            reply_timeout: seconds(settings, "EDGE_REPLY_TIMEOUT", "150", 1..=3_600)?,
            connect_timeout: milliseconds(settings, "EDGE_CONNECT_TIMEOUT_MS", "1000", 10)?,
            delay: milliseconds(settings, "EDGE_DELAY_MS", "0", 0)?,
            drain: seconds(settings, "DRAIN_SECONDS", "0", 0..=3_600)?,
            log_format: settings.value("LOG_FORMAT", "text", "text or json")?,
            log_filter: settings.value("LOG_FILTER", "info", "directives such as info,dashly_edge=debug")?,
        })
    }

    pub(crate) fn origins(&self, version: Version) -> &[Origin] {
        match version {
            Version::Stable => &self.stable,
            Version::Canary => &self.canary,
        }
    }
}

fn origins(settings: &mut Settings<'_>, name: &'static str) -> Result<Vec<Origin>, ConfigError> {
    let text = settings.text(name, "");
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|expected| ConfigError::unusable(name, part, expected)))
        .collect()
}

fn seconds(
    settings: &mut Settings<'_>,
    name: &'static str,
    default: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Duration, ConfigError> {
    let expected = format!("whole seconds from {} to {}", range.start(), range.end());
    let value: u64 = settings.value(name, default, &expected)?;
    if range.contains(&value) {
        Ok(Duration::from_secs(value))
    } else {
        Err(ConfigError::unusable(name, &value.to_string(), &expected))
    }
}

fn milliseconds(
    settings: &mut Settings<'_>,
    name: &'static str,
    default: &str,
    least: u64,
) -> Result<Duration, ConfigError> {
    let expected = format!("whole milliseconds from {least} to 60000");
    let value: u64 = settings.value(name, default, &expected)?;
    if (least..=60_000).contains(&value) {
        Ok(Duration::from_millis(value))
    } else {
        Err(ConfigError::unusable(name, &value.to_string(), &expected))
    }
}

#[cfg(test)]
mod tests {
    use super::{EdgeConfig, Origin};
    use dashly_process::{ConfigError, Settings};

    fn read(variables: &[(&str, &str)]) -> Result<EdgeConfig, ConfigError> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        EdgeConfig::read(&mut Settings::new(&lookup), "0.0.0.0")
    }

    #[test]
    fn a_stable_address_is_all_it_needs() {
        let config = read(&[("EDGE_STABLE", "http://a:3000, http://[::1]")]).unwrap();
        let origin = |host: &str, port| Origin { host: host.to_owned(), port };
        assert_eq!(config.stable, [origin("a", 3000), origin("::1", 80)]);
        assert!(config.canary.is_empty() && config.port == 8080 && !config.allows_override);
    }

    #[test]
    fn what_cannot_be_used_is_named_with_what_may() {
        for (name, value) in [
            ("EDGE_STABLE", ""),
            ("EDGE_STABLE", "a:3000"),
            ("EDGE_STABLE", "https://a"),
            ("EDGE_STABLE", "http://a/path"),
            ("EDGE_STABLE", "http://user@a"),
            ("EDGE_CANARY", "http://a?b"),
            ("EDGE_WEIGHT", "0.05"),
            ("EDGE_WEIGHT", "101"),
            ("EDGE_ADMIN", "8081"),
            ("EDGE_REPLY_TIMEOUT", "0"),
            ("EDGE_CONNECT_TIMEOUT_MS", "1"),
            ("EDGE_DELAY_MS", "60001"),
            ("EDGE_ALLOW_OVERRIDE", "perhaps"),
            ("TRUSTED_PROXIES", "everybody"),
            ("PORT", "70000"),
        ] {
            let mut variables = vec![(name, value)];
            if name != "EDGE_STABLE" {
                variables.push(("EDGE_STABLE", "http://a"));
            }
            let error = read(&variables).unwrap_err();
            assert_eq!(error.variable, name);
            assert!(error.problem.contains("expected"), "{error}");
        }
    }
}
