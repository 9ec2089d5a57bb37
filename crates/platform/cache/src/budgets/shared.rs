//! Budgets in Redis, shared by all replicas.

use super::{Budget, Reservation, ReserveError, Spending};
use crate::link::{Link, Purpose};
use redis::Script;
use std::time::Duration;

/// A slow answer is better than none: without one the call is refused.
pub(super) const PURPOSE: Purpose = Purpose {
    patience: Duration::from_secs(2),
    patience_while_away: Duration::from_secs(2),
    away: "budgets cannot be checked, calls that have one are refused",
    back: "budgets are checked again",
};

/// The budgets of one Redis.
#[derive(Debug)]
pub(super) struct SharedLedger {
    link: Link,
    reserve: Script,
    settle: Script,
}

impl SharedLedger {
    /// Does not connect yet.
    pub(super) fn new(link: Link) -> Self {
        let reserve = Script::new(include_str!("reserve.lua"));
        Self { link, reserve, settle: Script::new(include_str!("settle.lua")) }
    }

    /// Connects, unless it is connected.
    pub(super) async fn reach(&self, now: Duration) {
        if !self.link.is_connected() {
            let ping = async |mut connection| redis::cmd("PING").query_async::<()>(&mut connection).await;
            // When Redis is away the link's log says so.
            let _: Option<()> = self.link.run(now, ping).await;
        }
    }

    /// `now` only paces reconnects: lifetimes are counted on the clock of Redis.
    pub(super) async fn reserve(
        &self,
        reservation: &Reservation,
        lifetime: Duration,
        now: Duration,
    ) -> Result<(), ReserveError> {
        let mut script = self.reserve.prepare_invoke();
        script.arg(&reservation.id).arg(reservation.amount).arg(milliseconds(lifetime));
        for budget in reservation.budgets.iter() {
            keys(&mut script, budget);
            script.arg(budget.limit).arg(milliseconds(budget.keep));
        }
        let answer = self.link.run(now, async |mut connection| script.invoke_async(&mut connection).await);
        let (budget, spent, reserved): (usize, u64, u64) = answer.await.ok_or(ReserveError::Unavailable)?;
        match budget.checked_sub(1) {
            None => Ok(()),
            Some(budget) => Err(ReserveError::Exceeded { budget, spending: Spending { spent, reserved } }),
        }
    }

    /// Whether it is written. Doing it twice is doing it once.
    pub(super) async fn settle(&self, reservation: &Reservation, spent: u64, now: Duration) -> bool {
        let mut script = self.settle.prepare_invoke();
        script.arg(&reservation.id).arg(spent);
        for budget in reservation.budgets.iter() {
            keys(&mut script, budget);
        }
        let settled: Option<()> =
            self.link.run(now, async |mut connection| script.invoke_async(&mut connection).await).await;
        settled.is_some()
    }

    pub(super) async fn spending(&self, names: &[String], now: Duration) -> Option<Vec<Spending>> {
        let mut pipeline = redis::pipe();
        for name in names {
            pipeline.hmget(hash_key(name), &["spent", "reserved"]);
        }
        let found: Vec<(Option<u64>, Option<u64>)> =
            self.link.run(now, async |mut connection| pipeline.query_async(&mut connection).await).await?;
        let spending = |(spent, reserved): (Option<u64>, Option<u64>)| Spending {
            spent: spent.unwrap_or(0),
            reserved: reserved.unwrap_or(0),
        };
        Some(found.into_iter().map(spending).collect())
    }
}

/// Two keys per budget. All have one hash tag: a cluster of Redis runs a script only on keys of one node.
fn keys(script: &mut redis::ScriptInvocation<'_>, budget: &Budget) {
    script.key(hash_key(&budget.name)).key(format!("dashly:{{budget}}:{}:open", budget.name));
}

fn hash_key(name: &str) -> String {
    format!("dashly:{{budget}}:{name}")
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(1 << 40).min(1 << 40)
}
