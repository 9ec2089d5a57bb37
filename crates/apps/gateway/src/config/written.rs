//! The forms that `gateway.toml` is written in, and their checks.

use super::file::{Allowance, InvalidGatewayFile};
use super::models::{Model, Price};
use dashly_kernel::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    pub(super) aliases: BTreeMap<String, WrittenAlias>,
    pub(super) models: BTreeMap<String, WrittenModel>,
    pub(super) limits: WrittenLimits,
    pub(super) timeouts: WrittenTimeouts,
    pub(super) retries: WrittenRetries,
    pub(super) breaker: WrittenBreaker,
    pub(super) keys: Vec<WrittenKey>,
    pub(super) service: WrittenAllowance,
    pub(super) workspaces: WrittenAllowance,
    pub(super) prompts: Option<PathBuf>,
    pub(super) guard: WrittenGuard,
    pub(super) answers: WrittenAnswers,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenAnswers {
    pub(super) remember_seconds: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenGuard {
    pub(super) second_opinion: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAlias {
    pub(super) model: String,
    #[serde(default)]
    pub(super) fallbacks: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenModel {
    pub(super) input: Option<f64>,
    pub(super) output: Option<f64>,
    pub(super) cache_write_5m: Option<f64>,
    pub(super) cache_write_1h: Option<f64>,
    pub(super) cache_read: Option<f64>,
    pub(super) long_prompt: Option<WrittenLongPrompt>,
    pub(super) retires: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenLongPrompt {
    pub(super) above_tokens: u64,
    pub(super) input: f64,
    pub(super) output: f64,
    pub(super) cache_write_5m: Option<f64>,
    pub(super) cache_write_1h: Option<f64>,
    pub(super) cache_read: Option<f64>,
}

/// Dollars. A budget is counted in millionths.
const MOST_DOLLARS: f64 = 1e9;

/// Dollars per million tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenPrice {
    pub(super) input: f64,
    pub(super) output: f64,
    /// For five minutes, for an hour, and reading.
    pub(super) cache: [Option<f64>; 3],
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenLimits {
    pub(super) calls_at_once: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "named as in the file, with their unit")]
pub(super) struct WrittenTimeouts {
    pub(super) connect_ms: Option<u64>,
    pub(super) first_token_ms: Option<u64>,
    pub(super) next_token_ms: Option<u64>,
    pub(super) call_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenRetries {
    pub(super) tries: Option<u32>,
    pub(super) first_wait_ms: Option<u64>,
    pub(super) longest_wait_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenBreaker {
    pub(super) failures: Option<u32>,
    pub(super) pause_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenAllowance {
    pub(super) requests_per_minute: Option<u32>,
    pub(super) tokens_per_minute: Option<u32>,
    pub(super) daily_budget_usd: Option<f64>,
    pub(super) monthly_budget_usd: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenKey {
    pub(super) name: String,
    pub(super) hash: String,
    pub(super) requests_per_minute: Option<u32>,
    pub(super) tokens_per_minute: Option<u32>,
    pub(super) daily_budget_usd: Option<f64>,
    pub(super) monthly_budget_usd: Option<f64>,
    #[serde(default)]
    pub(super) models: Vec<String>,
}

impl WrittenAllowance {
    pub(super) fn checked(self, place: &str) -> Result<Allowance, InvalidGatewayFile> {
        let budget = |name: &str, dollars: Option<f64>| match dollars {
            Some(dollars) if (0.0..=MOST_DOLLARS).contains(&dollars) => Ok(Some(whole(dollars * 1e6))),
            Some(dollars) => Err(InvalidGatewayFile(format!(
                "{place}.{name}: {dollars} is no budget: expected dollars, from 0 to {MOST_DOLLARS}"
            ))),
            None => Ok(None),
        };
        Ok(Allowance {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            daily_budget: budget("daily_budget_usd", self.daily_budget_usd)?,
            monthly_budget: budget("monthly_budget_usd", self.monthly_budget_usd)?,
        })
    }
}

impl WrittenKey {
    pub(super) fn allowance(&self) -> WrittenAllowance {
        WrittenAllowance {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            daily_budget_usd: self.daily_budget_usd,
            monthly_budget_usd: self.monthly_budget_usd,
        }
    }
}

impl WrittenModel {
    pub(super) fn checked(self, name: &str) -> Result<Model, InvalidGatewayFile> {
        let cache = [self.cache_write_5m, self.cache_write_1h, self.cache_read];
        let price = match (self.input, self.output) {
            (Some(input), Some(output)) => Some(WrittenPrice { input, output, cache }.checked(name)?),
            (None, None) if cache == [None; 3] => None,
            _ => return Err(InvalidGatewayFile(format!("models.{name}: a price needs input and output"))),
        };
        let long_prompt = match self.long_prompt {
            Some(long) => {
                let cache = [long.cache_write_5m, long.cache_write_1h, long.cache_read];
                let price = WrittenPrice { input: long.input, output: long.output, cache };
                Some((long.above_tokens, price.checked(name)?))
            }
            None => None,
        };
        let retires_at = match self.retires {
            None => None,
            Some(day) => Some(Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z")).ok_or_else(|| {
                InvalidGatewayFile(format!("models.{name}.retires: {day:?} is no day such as 2027-09-30"))
            })?),
        };
        Ok(Model { price, long_prompt, retires_at })
    }
}

impl WrittenPrice {
    /// Writing to the cache costs 1.25 and 2 times, reading 0.1 times the input, unless said otherwise.
    fn checked(self, name: &str) -> Result<Price, InvalidGatewayFile> {
        let micros = |value: f64| {
            if !(0.0..=10_000.0).contains(&value) {
                let expected = "dollars per million tokens, from 0 to 10000";
                return Err(InvalidGatewayFile(format!(
                    "models.{name}: {value} is no price: expected {expected}"
                )));
            }
            Ok(whole(value * 1e6))
        };
        let [short, long, read] = self.cache;
        Ok(Price {
            input: micros(self.input)?,
            output: micros(self.output)?,
            cache_write_5m: micros(short.unwrap_or(1.25 * self.input))?,
            cache_write_1h: micros(long.unwrap_or(2.0 * self.input))?,
            cache_read: micros(read.unwrap_or(0.1 * self.input))?,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "from 0 to 10^15, checked before"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}
