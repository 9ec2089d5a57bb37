//! Reading secrets that must not be what everybody knows.

use crate::{ConfigError, Settings};
use dashly_kernel::{Secret, is_known_default};
use std::net::IpAddr;
use url::Url;

const ADVICE: &str =
    "a known default or has a pattern; make one with `openssl rand -hex 32` (the value is not shown)";

impl Settings<'_> {
    /// As [`Settings::secret`], for one that opens Dashly itself: a known default is refused wherever it runs.
    ///
    /// # Errors
    /// [`ConfigError`], also when it is a known default.
    pub fn uncommon_secret(&mut self, name: &'static str) -> Result<Option<Secret<String>>, ConfigError> {
        let secret = self.secret(name)?;
        let is_known = secret.as_ref().is_some_and(|secret| is_known_default(secret.expose()));
        if is_known { Err(refusal(name, "is")) } else { Ok(secret) }
    }

    /// As [`Settings::secret`], for the password of a server at `host`: a known default is refused unless that is this
    /// machine. Whoever tries something out has such a server, and nobody else reaches it.
    ///
    /// # Errors
    /// [`ConfigError`], also when it is a known default of another machine.
    pub fn server_password(
        &mut self,
        name: &'static str,
        host: &str,
    ) -> Result<Option<Secret<String>>, ConfigError> {
        if is_this_machine(host) { self.secret(name) } else { self.uncommon_secret(name) }
    }

    /// As [`Settings::secret`], for the address of a server with its password in it, which is judged as that of
    /// [`Settings::server_password`].
    ///
    /// # Errors
    /// [`ConfigError`], also when the password is a known default of another machine.
    pub fn server_address(&mut self, name: &'static str) -> Result<Option<Secret<String>>, ConfigError> {
        let address = self.secret(name)?;
        let is_known = address.as_ref().is_some_and(|address| has_known_password(address.expose()));
        if is_known { Err(refusal(name, "has a password that is")) } else { Ok(address) }
    }
}

fn refusal(name: &str, what: &str) -> ConfigError {
    ConfigError { variable: name.to_owned(), problem: format!("{what} {ADVICE}") }
}

/// What cannot be read as an address is refused later, in the words of whoever connects.
fn has_known_password(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    // PostgreSQL takes both from the query, too, and prefers the last of them.
    let asked = |wanted: &[&str]| {
        let found = url.query_pairs().filter(|(name, _)| wanted.contains(&name.as_ref())).last();
        found.map(|(_, value)| value.into_owned())
    };
    let host = asked(&["host", "hostaddr"]).or_else(|| url.host_str().map(str::to_owned));
    // What an address encodes are signs, which known defaults have between their words at most.
    let password = asked(&["password"]).or_else(|| url.password().map(str::to_owned));
    !is_this_machine(&host.unwrap_or_default()) && is_known_default(&password.unwrap_or_default())
}

/// Without a host, or with the folder of a socket (`%2f…` in an address), it is this machine, too; and Docker calls it by a
/// name of its own inside of containers.
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    matches!(host.as_str(), "" | "localhost" | "host.docker.internal")
        || host.starts_with('/')
        || host.starts_with("%2f")
        || address.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::Settings;

    fn address(text: &str) -> Result<(), String> {
        let lookup = |name: &str| (name == "REDIS_URL").then(|| text.to_owned());
        let read = Settings::new(&lookup).server_address("REDIS_URL");
        read.map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_elsewhere_needs_a_password_of_its_own() {
        for text in [
            "postgres://dashly:postgres@db:5432/dashly",
            "postgres://postgres:Password1@10.0.0.7/adsdata?sslmode=require",
            "postgresql://dashly@localhost/dashly?host=db&password=secret",
            "postgresql://dashly:secret@localhost/dashly?host=localhost&hostaddr=10.0.0.7",
            "redis://:redis@redis:6379",
            "rediss://default:change-me@cache.example.com",
        ] {
            let refusal = address(text).unwrap_err();
            assert!(refusal.starts_with("REDIS_URL: has a password that is a known default"), "{refusal}");
            assert!(refusal.contains("openssl rand -hex 32"), "{refusal}");
            assert!(!refusal.contains("Password1") && !refusal.contains("change-me"), "{refusal}");
        }
        for text in [
            "postgres://dashly:5a7c9e1b3d2f@db:5432/dashly",
            "postgres://dashly@db/dashly",
            "redis://redis:6379",
            "sqlite:data/postgres.db",
            "no address at all",
        ] {
            assert_eq!(address(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_server_on_this_machine_may_have_the_password_it_came_with() {
        for text in [
            "postgres://postgres:postgres@localhost:5432/dashly",
            "postgres://postgres:postgres@127.0.0.1/dashly",
            "postgres://postgres:postgres@[::1]/dashly",
            "postgres://postgres:postgres@[::ffff:127.0.0.1]/dashly",
            "postgres://postgres:postgres@Localhost./dashly",
            "postgres://postgres:postgres@host.docker.internal/dashly",
            "postgres://dashly:postgres@%2Fvar%2Frun%2Fpostgresql/dashly",
            "postgres:///dashly?host=/var/run/postgresql&user=postgres&password=postgres",
            "redis://:redis@127.0.0.2:6379",
        ] {
            assert_eq!(address(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_password_beside_its_host_is_judged_alike() {
        let lookup = |name: &str| (name == "DB_PASSWORD").then(|| "postgres".to_owned());
        let read = |host| Settings::new(&lookup).server_password("DB_PASSWORD", host).is_ok();
        assert!(read("localhost") && read("::1"));
        assert!(!read("postgres") && !read("localhost.example.com") && !read("10.0.0.7"));
    }

    #[test]
    fn a_known_default_is_refused_wherever_it_comes_from() {
        let file = std::env::temp_dir().join(format!("dashly-known-default-{}", std::process::id()));
        std::fs::write(&file, "Your-Gateway-Token-Here-Please\n").unwrap();
        let of_file = |name: &str| (name == "GATEWAY_TOKEN_FILE").then(|| file.display().to_string());
        let error = Settings::new(&of_file).uncommon_secret("GATEWAY_TOKEN").unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(error.variable, "GATEWAY_TOKEN");
        assert!(error.problem.starts_with("is a known default"), "{error}");
        assert!(!error.to_string().contains("Please"), "{error}");
    }
}
