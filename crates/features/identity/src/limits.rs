//! How often signing in may fail.
//!
//! Three counters: of one account from one address, of one address, of one account. An attempt is counted when it
//! begins and taken back when it was no failure, so that any number of attempts at once cannot pass a limit.

use crate::model::Login;
use dashly_cache::{Decision, RateLimiter, Rule};
use dashly_kernel::Timestamp;
use dashly_web::network_of;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const QUARTER_HOUR: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);

/// Somebody who tries one account from one place. Tight, since it locks nobody else out.
const PAIR: Rule = Rule { name: "sign-in-pair", limit: 10, window: QUARTER_HOUR };
/// Somebody who tries many accounts from one place. An office behind one address must still fit.
const ADDRESS: Rule = Rule { name: "sign-in-address", limit: 50, window: QUARTER_HOUR };
/// Many places that try one account. High, since whoever reaches it locks the owner out until it passes.
const ACCOUNT: Rule = Rule { name: "sign-in-account", limit: 100, window: HOUR };

/// The sign-in limits.
#[derive(Clone, Debug)]
pub(crate) struct Limits(pub(crate) Arc<RateLimiter>);

/// The counters that one attempt falls under.
#[derive(Debug)]
pub(crate) struct AttemptKeys {
    pair: String,
    address: String,
    account: String,
}

impl AttemptKeys {
    /// `password_changed_at` is that of the account, if there is one: with a new password the counting starts anew,
    /// also in processes that nobody told.
    ///
    /// An account is known by what was typed and not by its id. A name and an address of the same account that shared
    /// a counter would tell strangers that they belong together.
    pub(crate) fn new(login: &Login, address: IpAddr, password_changed_at: Option<Timestamp>) -> Self {
        let generation = password_changed_at.map_or(0, Timestamp::unix_micros);
        let address = network_of(address).to_string();
        // A login has no control characters.
        let account = format!("{}\n{generation}", login.key());
        Self { pair: format!("{account}\n{address}"), address, account }
    }

    fn rules(&self) -> [(&'static Rule, &str); 3] {
        [(&PAIR, &self.pair), (&ADDRESS, &self.address), (&ACCOUNT, &self.account)]
    }
}

impl Limits {
    /// How long this address has to wait, if it has to; counts nothing.
    pub(crate) async fn address_wait(&self, address: IpAddr) -> Option<Duration> {
        wait_of(self.0.peek(&ADDRESS, &network_of(address).to_string()).await)
    }

    /// How long an attempt has to wait, if it has to: the longest of its counters. Counts nothing.
    pub(crate) async fn wait(&self, keys: &AttemptKeys) -> Option<Duration> {
        let mut longest = None;
        for (rule, key) in keys.rules() {
            longest = longest.max(wait_of(self.0.peek(rule, key).await));
        }
        longest
    }

    /// Counts an attempt as a failure until it is known to be none.
    ///
    /// # Errors
    /// How long it has to wait; then nothing is counted.
    pub(crate) async fn begin(&self, keys: &AttemptKeys) -> Result<(), Duration> {
        let rules = keys.rules();
        for (position, (rule, key)) in rules.into_iter().enumerate() {
            if let Some(wait) = wait_of(self.0.check(rule, key, 1).await) {
                for (rule, key) in rules.into_iter().take(position) {
                    self.0.refund(rule, key, 1).await;
                }
                return Err(wait);
            }
        }
        Ok(())
    }

    /// Takes an attempt back that was neither good nor a failure.
    pub(crate) async fn take_back(&self, keys: &AttemptKeys) {
        for (rule, key) in keys.rules() {
            self.0.refund(rule, key, 1).await;
        }
    }

    /// After a good sign-in: forgets the failures of this account from this address.
    pub(crate) async fn forgive(&self, keys: &AttemptKeys) {
        self.take_back(keys).await;
        self.0.reset(&PAIR, &keys.pair).await;
    }
}

fn wait_of(decision: Decision) -> Option<Duration> {
    match decision {
        Decision::Allowed { .. } => None,
        Decision::Limited { retry_after } => Some(retry_after),
    }
}
