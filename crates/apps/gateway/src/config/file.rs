//! `gateway.toml`.

use super::models::{Alias, Model, known_aliases, known_models};
use super::written::{Written, WrittenBreaker, WrittenKey, WrittenLimits, WrittenRetries, WrittenTimeouts};
use crate::tasks::Prompts;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The file cannot be used. The text says where and why, without the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidGatewayFile(pub(super) String);

/// Reads the file at `path` and says what is wrong with it.
///
/// # Errors
/// [`InvalidGatewayFile`], also when it cannot be read.
pub fn check_gateway_file(path: &Path) -> Result<(), InvalidGatewayFile> {
    GatewayFile::read(path).map(drop)
}

/// What the file says, completed by what holds without one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GatewayFile {
    /// By our name.
    pub(crate) aliases: BTreeMap<Arc<str>, Alias>,
    /// By the provider's name.
    pub(crate) models: BTreeMap<Arc<str>, Model>,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: Retries,
    pub(crate) breaker: BreakerRule,
    /// Named keys of callers.
    pub(crate) keys: Vec<Arc<VirtualKey>>,
    /// What the main API may do, which shows `GATEWAY_TOKEN`.
    pub(crate) service: Allowance,
    /// What every workspace may do.
    pub(crate) workspaces: Allowance,
    /// Whether texts in doubt are shown to a small model.
    pub(crate) second_opinion: bool,
    /// How long answers of tasks are remembered; none when they are not.
    pub(crate) remember_answers: Option<Duration>,
    pub(crate) prompts: Prompts,
    /// Where prompts of the operator's own are, beside the file.
    pub(crate) prompts_folder: Option<PathBuf>,
}

/// What bounds the gateway as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Calls in progress at once; beyond, callers hear 503 at once.
    pub(crate) calls_at_once: usize,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// For the connection.
    pub(crate) connect: Duration,
    /// For the first event of a stream.
    pub(crate) first_token: Duration,
    /// For each further event.
    pub(crate) next_token: Duration,
    /// For the whole call.
    pub(crate) call: Duration,
}

impl Timeouts {
    /// The moment by which the provider must begin to answer a call that ends at `deadline`: a stream soon.
    pub(crate) fn begin_by(&self, is_stream: bool, deadline: Instant) -> Instant {
        if is_stream { deadline.min(Instant::now() + self.first_token) } else { deadline }
    }

    /// The moment by which the next piece of a stream must come.
    pub(crate) fn go_on_by(&self, deadline: Instant) -> Instant {
        deadline.min(Instant::now() + self.next_token)
    }
}

/// How often, and how soon, a call that names an alias is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retries {
    /// Tries per model, the first included.
    pub(crate) tries: u32,
    /// The first wait is random between 0 and this; each further one up to twice as long.
    pub(crate) first_wait: Duration,
    /// No wait is longer, whatever the provider asks for; where it asks for more, its refusal is passed on.
    pub(crate) longest_wait: Duration,
}

/// When a model is left alone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BreakerRule {
    /// Failures one after the other.
    pub(crate) failures: u32,
    /// Until one call tries it again.
    pub(crate) pause: Duration,
}

/// What somebody may do; a field that is none sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Allowance {
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) tokens_per_minute: Option<u32>,
    /// Millionths of a dollar.
    pub(crate) daily_budget: Option<u64>,
    /// Millionths of a dollar.
    pub(crate) monthly_budget: Option<u64>,
}

impl Allowance {
    /// Whether money is counted.
    pub(crate) const fn has_budget(self) -> bool {
        self.daily_budget.is_some() || self.monthly_budget.is_some()
    }
}

/// The named key of a caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct VirtualKey {
    pub(crate) name: Arc<str>,
    /// SHA-256 of the key: 256 random bits need no slow hash.
    pub(crate) hash: [u8; 32],
    pub(crate) allowance: Allowance,
    /// Aliases and models; all when empty.
    pub(crate) models: Vec<Arc<str>>,
}

impl Default for GatewayFile {
    fn default() -> Self {
        Self {
            aliases: known_aliases(),
            models: known_models(),
            limits: Limits { calls_at_once: 2_000 },
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                first_token: Duration::from_mins(1),
                next_token: Duration::from_mins(1),
                call: Duration::from_mins(10),
            },
            retries: Retries {
                tries: 3,
                first_wait: Duration::from_millis(500),
                longest_wait: Duration::from_secs(8),
            },
            breaker: BreakerRule { failures: 5, pause: Duration::from_secs(10) },
            keys: Vec::new(),
            service: Allowance::default(),
            workspaces: Allowance::default(),
            second_opinion: false,
            remember_answers: None,
            prompts: Prompts::default(),
            prompts_folder: None,
        }
    }
}

impl GatewayFile {
    /// Reads and checks the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, InvalidGatewayFile> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| InvalidGatewayFile(format!("it cannot be read: {error}")))?;
        let mut file = Self::parse(&text)?;
        if let Some(folder) = &file.prompts_folder {
            // A relative folder lies beside the file.
            let folder = path.parent().map_or_else(|| folder.clone(), |beside| beside.join(folder));
            file.prompts = Prompts::read(&folder).map_err(InvalidGatewayFile)?;
            file.prompts_folder = Some(folder);
        }
        Ok(file)
    }

    /// Reads and checks the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidGatewayFile> {
        let written: Written = toml::from_str(text)
            .map_err(|error| InvalidGatewayFile(error.to_string().trim_end().replace('\n', " ")))?;
        let mut file = Self {
            prompts_folder: written.prompts,
            second_opinion: written.guard.second_opinion,
            remember_answers: match written.answers.remember_seconds {
                0 => None,
                seconds => Some(Duration::from_secs(u64::from(seconds))),
            },
            ..Self::default()
        };
        for (name, model) in written.models {
            let model = model.checked(&name)?;
            file.models.insert(name.into(), model);
        }
        for (name, alias) in written.aliases {
            check_name("aliases", &name)?;
            let fallbacks = alias.fallbacks.into_iter().map(Arc::from).collect();
            file.aliases.insert(name.into(), Alias { model: alias.model.into(), fallbacks });
        }
        file.check_aliases()?;
        file.take_numbers(&written.limits, &written.timeouts, &written.retries, &written.breaker)?;
        for key in written.keys {
            file.add_key(key)?;
        }
        file.service = written.service.checked("service")?;
        file.workspaces = written.workspaces.checked("workspaces")?;
        Ok(file)
    }

    /// Whether somebody's money is counted.
    pub(crate) fn has_budgets(&self) -> bool {
        let keys = self.keys.iter().map(|key| key.allowance);
        keys.chain([self.service, self.workspaces]).any(Allowance::has_budget)
    }

    /// An alias of an alias would hide what is called.
    fn check_aliases(&self) -> Result<(), InvalidGatewayFile> {
        for (name, alias) in &self.aliases {
            for model in std::iter::once(&alias.model).chain(&alias.fallbacks) {
                if model.is_empty() || self.aliases.contains_key(model) {
                    return Err(InvalidGatewayFile(format!(
                        "aliases.{name}: {model:?} must be the name of a model of the provider, not another alias"
                    )));
                }
            }
        }
        Ok(())
    }

    fn take_numbers(
        &mut self,
        limits: &WrittenLimits,
        timeouts: &WrittenTimeouts,
        retries: &WrittenRetries,
        breaker: &WrittenBreaker,
    ) -> Result<(), InvalidGatewayFile> {
        let milliseconds = |name: &str, value: Option<u64>, default: Duration| match value {
            Some(0) => Err(InvalidGatewayFile(format!("{name} must be at least 1"))),
            Some(value) => Ok(Duration::from_millis(value)),
            None => Ok(default),
        };
        self.limits.calls_at_once = limits.calls_at_once.unwrap_or(self.limits.calls_at_once).max(1);
        let default = self.timeouts;
        self.timeouts = Timeouts {
            connect: milliseconds("timeouts.connect_ms", timeouts.connect_ms, default.connect)?,
            first_token: milliseconds(
                "timeouts.first_token_ms",
                timeouts.first_token_ms,
                default.first_token,
            )?,
            next_token: milliseconds("timeouts.next_token_ms", timeouts.next_token_ms, default.next_token)?,
            call: milliseconds("timeouts.call_ms", timeouts.call_ms, default.call)?,
        };
        let default = self.retries;
        self.retries = Retries {
            tries: retries.tries.unwrap_or(default.tries).clamp(1, 10),
            first_wait: milliseconds("retries.first_wait_ms", retries.first_wait_ms, default.first_wait)?,
            longest_wait: milliseconds(
                "retries.longest_wait_ms",
                retries.longest_wait_ms,
                default.longest_wait,
            )?,
        };
        let default = self.breaker;
        self.breaker = BreakerRule {
            failures: breaker.failures.unwrap_or(default.failures).max(1),
            pause: milliseconds("breaker.pause_ms", breaker.pause_ms, default.pause)?,
        };
        Ok(())
    }

    fn add_key(&mut self, key: WrittenKey) -> Result<(), InvalidGatewayFile> {
        check_name("keys.name", &key.name)?;
        if self.keys.iter().any(|known| *known.name == *key.name) {
            return Err(InvalidGatewayFile(format!("keys: two are named {:?}", key.name)));
        }
        let hash = key.hash.strip_prefix("sha256:").and_then(read_hash).ok_or_else(|| {
            let expected = "sha256: and 64 hexadecimal digits, as `dashly gateway-key` prints";
            InvalidGatewayFile(format!("keys.hash of {:?}: expected {expected}", key.name))
        })?;
        let allowance = key.allowance().checked(&format!("keys {:?}", key.name))?;
        self.keys.push(Arc::new(VirtualKey {
            name: key.name.into(),
            hash,
            allowance,
            models: key.models.into_iter().map(Arc::from).collect(),
        }));
        Ok(())
    }
}

fn check_name(place: &str, name: &str) -> Result<(), InvalidGatewayFile> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    let expected = "1 to 64 letters, digits, dots, dashes or underscores";
    Err(InvalidGatewayFile(format!("{place}: {name:?} is no name: expected {expected}")))
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::GatewayFile;
    use std::time::Duration;

    const HASH: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn an_empty_file_is_what_holds_without_one() {
        assert_eq!(GatewayFile::parse("").unwrap(), GatewayFile::default());
    }

    #[test]
    fn what_the_file_says_wins_and_the_rest_stays() {
        let text = format!(
            "[aliases.sonnet]\nmodel = \"claude-sonnet-9\"\n\
             [models.claude-sonnet-9]\ninput = 4.5\noutput = 20\nretires = \"2027-09-30\"\n\
             [models.claude-sonnet-9.long_prompt]\nabove_tokens = 200000\ninput = 9\noutput = 30\n\
             [timeouts]\ncall_ms = 30000\n[[keys]]\nname = \"analytics\"\nhash = \"{HASH}\"\ntokens_per_minute = 1000\n"
        );
        let file = GatewayFile::parse(&text).unwrap();
        assert_eq!(&*file.aliases["sonnet"].model, "claude-sonnet-9");
        assert_eq!(&*file.aliases["haiku"].model, "claude-haiku-5-5");
        let model = &file.models["claude-sonnet-9"];
        let price = model.price.unwrap();
        assert_eq!((price.input, price.cache_write_5m, price.cache_read), (4_500_000, 5_625_000, 450_000));
        assert_eq!(model.long_prompt.unwrap().0, 200_000);
        assert_eq!(model.retires_at.unwrap().to_rfc3339_millis(), "2027-09-30T00:00:00.000Z");
        assert_eq!(file.timeouts.call, Duration::from_secs(30));
        assert_eq!(file.timeouts.connect, Duration::from_secs(5));
        assert_eq!(file.keys[0].allowance.tokens_per_minute, Some(1000));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[alias.sonnet]\nmodel = \"x\"", "alias"),
            ("[aliases.a]\nmodel = \"sonnet\"", "not another alias"),
            ("[models.m]\ninput = -1\noutput = 2", "no price"),
            ("[models.m]\nretires = \"soon\"", "no day"),
            ("[timeouts]\ncall_ms = 0", "timeouts.call_ms must be at least 1"),
            ("[[keys]]\nname = \"a b\"\nhash = \"x\"", "no name"),
            ("[[keys]]\nname = \"a\"\nhash = \"x\"", "64 hexadecimal digits"),
            ("limits = 3", "limits"),
            ("[service]\ndaily_budget_usd = -5", "service.daily_budget_usd: -5 is no budget"),
        ] {
            let error = GatewayFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn sonnet_4_5_retires_at_the_end_of_november() {
        let retires = GatewayFile::default().models["claude-sonnet-4-5"].retires_at.unwrap();
        assert_eq!(retires.to_rfc3339_millis(), "2026-11-30T00:00:00.000Z");
    }
}
