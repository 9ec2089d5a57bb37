//! Everything that can be set from outside, read once at the start.

use dashly_db::DatabaseUrl;
use dashly_experiments::{OfrepTokens, RetentionDays};
use dashly_identity::parse_token_lifetime;
use dashly_kernel::{AppVersion, Secret};
use dashly_llm::{GatewayUrl, InvalidGatewayUrl};
use dashly_process::{ConfigError, Settings};
use dashly_telemetry::{LogFilter, LogFormat};
use dashly_web::TrustedProxies;
use std::fmt::Display;
use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

/// The configuration of the main API. See the README for the meaning of each variable.
#[derive(Clone, Debug)]
pub struct Config {
    /// `PORT`; 0 takes any free one.
    pub port: u16,
    /// `HOST`.
    pub host: IpAddr,
    /// `DATABASE_URL`, or `DB_HOST` and its companions, or `dashly.db` in the data folder.
    pub database: DatabaseUrl,
    /// `REDIS_URL`: counts sign-in attempts over all replicas.
    pub redis_url: Option<Secret<String>>,
    /// `JWT_SECRET`.
    pub jwt_secret: Option<Secret<String>>,
    /// `JWT_EXPIRE`, in seconds.
    pub token_lifetime_seconds: u32,
    /// `ADMIN_USERNAME`.
    pub admin_username: String,
    /// `ADMIN_PASSWORD`.
    pub admin_password: Option<Secret<String>>,
    /// `ADMIN_EMAIL`.
    pub admin_email: String,
    /// `CORS_ORIGIN`: origins whose pages may call with cookies; none by default.
    pub cors_origins: Vec<String>,
    /// `OFREP_TOKENS`: who may evaluate flags; everybody by default.
    pub ofrep_tokens: OfrepTokens,
    /// `OFREP_REQUESTS_PER_SECOND`: of one address, where no token is needed; none for any number.
    pub ofrep_requests_per_second: Option<NonZeroU32>,
    /// `DATA_DIR`.
    pub data_folder: PathBuf,
    /// `EXPERIMENT_LOG_DIR`; none when it is `off`.
    pub experiment_log_folder: Option<PathBuf>,
    /// `LOG_RETENTION_DAYS`: what is older is not in that folder; none for all.
    pub log_retention: Option<RetentionDays>,
    /// `EVENT_RETENTION_DAYS`: records that nothing needs any more are removed when they are older; none keeps all.
    pub event_retention: Option<RetentionDays>,
    /// `TESTS_FILE`.
    pub tests_file: PathBuf,
    /// `TEAM_KPIS_FILE`.
    pub kpis_file: PathBuf,
    /// `NOTICE_WEBHOOK_URL`: where notices are posted; nowhere by default.
    pub notice_webhook_url: Option<Secret<String>>,
    /// `GENAI_GATEWAY_URL`: where the gateway is; without it AI is not configured.
    pub gateway_url: Option<GatewayUrl>,
    /// `GATEWAY_TOKEN`: what is shown to the gateway.
    pub gateway_token: Option<Secret<String>>,
    /// `APP_VERSION`: recorded with every exposure.
    pub app_version: AppVersion,
    /// `DRAIN_SECONDS`.
    pub drain: Duration,
    /// `PUBLIC_URL`: where visitors reach this server.
    pub public_url: Option<String>,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// `LOG_FORMAT`.
    pub log_format: LogFormat,
    /// `LOG_FILTER`.
    pub log_filter: LogFilter,
}

impl Config {
    /// Reads all variables; `default_host` is where to listen unless `HOST` says otherwise.
    ///
    /// # Errors
    /// The first [`ConfigError`] found.
    pub fn read(settings: &mut Settings<'_>, default_host: &str) -> Result<Self, ConfigError> {
        let port = settings.value("PORT", "3000", "a number from 0 to 65535")?;
        let host = settings.value("HOST", default_host, "an IP address such as 127.0.0.1 or 0.0.0.0")?;
        let data_folder = settings.path("DATA_DIR", "data");
        let database = database(settings, &data_folder)?;
        let redis_url = settings.server_address("REDIS_URL")?;
        let jwt_secret = settings.secret("JWT_SECRET")?;
        let lifetime = settings.text("JWT_EXPIRE", "7d");
        let token_lifetime_seconds = parse_token_lifetime(&lifetime).map_err(|error| ConfigError {
            variable: "JWT_EXPIRE".to_owned(),
            problem: format!("found `{lifetime}`; {error}"),
        })?;
        let admin_username = settings.text("ADMIN_USERNAME", "admin");
        let admin_password = settings.secret("ADMIN_PASSWORD")?;
        let admin_email = settings.text("ADMIN_EMAIL", "admin@example.com");
        let public_url = public_url(settings)?;
        let cors_origins = cors_origins(settings)?;
        let logs =
            settings.path("EXPERIMENT_LOG_DIR", &data_folder.join("experiment-logs").display().to_string());
        let experiment_log_folder = (logs.as_os_str() != "off").then_some(logs);
        Ok(Self {
            port,
            host,
            database,
            redis_url,
            jwt_secret,
            token_lifetime_seconds,
            admin_username,
            admin_password,
            admin_email,
            cors_origins,
            ofrep_tokens: ofrep_tokens(settings)?,
            ofrep_requests_per_second: NonZeroU32::new(settings.value(
                "OFREP_REQUESTS_PER_SECOND",
                "1000",
                "a whole number; 0 for no limit",
            )?),
            experiment_log_folder,
            log_retention: retention(settings, "LOG_RETENTION_DAYS")?,
            event_retention: retention(settings, "EVENT_RETENTION_DAYS")?,
            tests_file: settings.path("TESTS_FILE", "tests.json"),
            kpis_file: settings.path("TEAM_KPIS_FILE", "team-kpis.json"),
            notice_webhook_url: notice_webhook_url(settings)?,
            gateway_url: gateway_url(settings)?,
            gateway_token: settings.uncommon_secret("GATEWAY_TOKEN")?,
            app_version: settings.value("APP_VERSION", env!("CARGO_PKG_VERSION"), AppVersion::EXPECTED)?,
            drain: drain(settings)?,
            public_url,
            trusted_proxies: trusted_proxies(settings)?,
            log_format: settings.value("LOG_FORMAT", "text", "text or json")?,
            log_filter: settings.value(
                "LOG_FILTER",
                "info",
                "directives such as info,dashly_experiments=debug",
            )?,
            data_folder,
        })
    }

    /// Whether visitors reach this server over TLS.
    pub fn is_served_over_tls(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// `DATABASE_URL`, else `DB_*`, else the file in the data folder.
fn database(settings: &mut Settings<'_>, data_folder: &std::path::Path) -> Result<DatabaseUrl, ConfigError> {
    let wrong = |variable: &str, error: &dyn Display| ConfigError {
        variable: variable.to_owned(),
        problem: format!("{error} (the value is not shown: it may hold a password)"),
    };
    if let Some(url) = settings.server_address("DATABASE_URL")? {
        return url.expose().parse().map_err(|error| wrong("DATABASE_URL", &error));
    }
    let Some(host) = settings.optional("DB_HOST") else {
        return Ok(DatabaseUrl::Sqlite(data_folder.join("dashly.db")));
    };
    let port: u16 = settings.value("DB_PORT", "5432", "a number from 0 to 65535")?;
    let name = settings.text("DB_NAME", "dashly");
    let user = settings.text("DB_USER", "dashly");
    let password = settings.server_password("DB_PASSWORD", &host)?;
    let tls = match settings.text("DB_SSL", "true").as_str() {
        "true" => "require",
        "false" => "prefer",
        other => {
            let problem = format!("found `{other}`; allowed are true and false");
            return Err(ConfigError { variable: "DB_SSL".to_owned(), problem });
        }
    };
    let password = password.map(|secret| format!(":{}", percent_encode(secret.expose()))).unwrap_or_default();
    let (user, name) = (percent_encode(&user), percent_encode(&name));
    format!("postgres://{user}{password}@{host}:{port}/{name}?sslmode={tls}")
        .parse()
        .map_err(|error| wrong("DB_HOST", &error))
}

fn retention(settings: &mut Settings<'_>, name: &'static str) -> Result<Option<RetentionDays>, ConfigError> {
    let days = settings.value(name, "0", "a whole number of days up to 65535; 0 keeps everything")?;
    Ok(NonZeroU16::new(days).map(RetentionDays))
}

fn gateway_url(settings: &mut Settings<'_>) -> Result<Option<GatewayUrl>, ConfigError> {
    let Some(url) = settings.optional("GENAI_GATEWAY_URL") else { return Ok(None) };
    let usable = url.parse().map_err(|error: InvalidGatewayUrl| ConfigError {
        variable: "GENAI_GATEWAY_URL".to_owned(),
        problem: format!("found `{url}`; {error}"),
    })?;
    Ok(Some(usable))
}

fn drain(settings: &mut Settings<'_>) -> Result<Duration, ConfigError> {
    let seconds: u16 = settings.value("DRAIN_SECONDS", "0", "a whole number of seconds from 0 to 65535")?;
    Ok(Duration::from_secs(u64::from(seconds)))
}

/// For the parts of a connection string.
fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn public_url(settings: &mut Settings<'_>) -> Result<Option<String>, ConfigError> {
    let Some(url) = settings.optional("PUBLIC_URL") else { return Ok(None) };
    let url = url.trim_end_matches('/');
    if is_origin(url) {
        return Ok(Some(url.to_owned()));
    }
    Err(ConfigError::unusable(
        "PUBLIC_URL",
        url,
        "an address such as https://dashly.example.com, without a path",
    ))
}

fn notice_webhook_url(settings: &mut Settings<'_>) -> Result<Option<Secret<String>>, ConfigError> {
    let Some(url) = settings.secret("NOTICE_WEBHOOK_URL")? else { return Ok(None) };
    let is_address = url.expose().parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if is_address {
        return Ok(Some(url));
    }
    let problem = "expected an address such as https://hooks.example.com/dashly (the value is not shown: it may hold a \
                   token)";
    Err(ConfigError { variable: "NOTICE_WEBHOOK_URL".to_owned(), problem: problem.to_owned() })
}

fn trusted_proxies(settings: &mut Settings<'_>) -> Result<TrustedProxies, ConfigError> {
    let Some(list) = settings.optional("TRUSTED_PROXIES") else { return Ok(TrustedProxies::default()) };
    let expected = "addresses or networks such as 10.0.0.0/8, with commas between";
    list.parse().map_err(|_| ConfigError::unusable("TRUSTED_PROXIES", &list, expected))
}

fn cors_origins(settings: &mut Settings<'_>) -> Result<Vec<String>, ConfigError> {
    let list = settings.optional("CORS_ORIGIN").unwrap_or_default();
    let origins: Vec<String> =
        list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    match origins.iter().find(|origin| !is_origin(origin)) {
        None => Ok(origins),
        Some(wrong) => Err(ConfigError::unusable(
            "CORS_ORIGIN",
            wrong,
            "exact origins such as https://shop.example.com, with commas between \
             (`*` is not allowed: these calls carry cookies)",
        )),
    }
}

fn ofrep_tokens(settings: &mut Settings<'_>) -> Result<OfrepTokens, ConfigError> {
    let Some(list) = settings.secret("OFREP_TOKENS")? else { return Ok(OfrepTokens::default()) };
    OfrepTokens::parse(&list)
        .map_err(|error| ConfigError { variable: "OFREP_TOKENS".to_owned(), problem: error.to_string() })
}

/// Scheme, host and perhaps a port, as browsers send it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(&byte))
    })
}
