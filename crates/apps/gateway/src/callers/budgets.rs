//! Money per day and month.

use super::limit_reached::{LimitReached, Limited};
use super::{Account, accounts};
use crate::config::GatewayFile;
use crate::metering::Cost;
use dashly_cache::{Budget, Budgets, Reservation, ReserveError, StateFileError};
use dashly_kernel::{Clock, Ids, Timestamp};
use foldhash::HashMap;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A reservation outlives the longest call by this.
const MARGIN: Duration = Duration::from_mins(1);
/// Reservations of other calls are settled within seconds.
const SOON: Duration = Duration::from_secs(1);

/// Why money is not set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BudgetError {
    #[error(transparent)]
    Reached(#[from] LimitReached),
    #[error("budgets cannot be checked at the moment, so that nothing is spent")]
    Unavailable,
}

/// Keeps the budgets of callers.
pub(crate) struct CallerBudgets {
    budgets: Budgets,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Of the accounts that call often: their names hold the day and are not made anew for every call.
    known: Mutex<HashMap<Vec<Account>, Known>>,
}

/// Budgets of some accounts on one day.
#[derive(Clone)]
struct Known {
    /// Since 1970.
    day: i64,
    applied: Arc<[(&'static str, Period)]>,
    budgets: Arc<[Budget]>,
}

/// Accounts whose budgets are known at once.
const MOST_KNOWN: usize = 1_000;

/// A period that a budget holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Day,
    Month,
}

/// One budget of one account.
struct Applied {
    whose: &'static str,
    period: Period,
    budget: Budget,
}

impl CallerBudgets {
    pub(crate) fn new(budgets: Budgets, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { budgets, clock, ids, known: Mutex::default() }
    }

    /// Finds a state file that cannot be used at the start.
    pub(crate) async fn open(&self) -> Result<(), StateFileError> {
        self.budgets.open().await
    }

    /// Sets `worst` aside for a call of these `accounts`.
    pub(crate) async fn reserve(
        &self,
        file: &GatewayFile,
        accounts: &[Account],
        worst: Cost,
    ) -> Result<Reservation, BudgetError> {
        let now = self.clock.now();
        let Known { applied, budgets, .. } = self.known(accounts, now);
        let (amount, lifetime) = (worst.micros(), file.timeouts.call.saturating_add(MARGIN));
        let reserved =
            self.budgets.reserve(|| self.ids.token(), Arc::clone(&budgets), amount, lifetime).await;
        reserved.map_err(|error| match error {
            ReserveError::Unavailable => BudgetError::Unavailable,
            ReserveError::Exceeded { budget: place, spending } => {
                match applied.get(place).zip(budgets.get(place)) {
                    None => BudgetError::Unavailable,
                    Some(((whose, period), budget)) => {
                        let fits_when_settled = spending.spent.saturating_add(amount) <= budget.limit;
                        LimitReached {
                            what: Limited::Money { period: period.name(), spending },
                            whose,
                            limit: budget.limit,
                            retry_after: if fits_when_settled { SOON } else { period.rest(now) },
                        }
                        .into()
                    }
                }
            }
        })
    }

    fn known(&self, accounts: &[Account], now: Timestamp) -> Known {
        let day = now.start_of_day().unix_seconds();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(accounts).filter(|known| known.day == day) {
            return known.clone();
        }
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        let (applied, budgets): (Vec<_>, Vec<_>) = accounts
            .iter()
            .flat_map(|account| applied(account, now))
            .map(|applied| ((applied.whose, applied.period), applied.budget))
            .unzip();
        let fresh = Known { day, applied: applied.into(), budgets: budgets.into() };
        known.insert(accounts.to_vec(), fresh.clone());
        fresh
    }

    /// Replaces what was reserved by what was spent.
    pub(crate) async fn settle(&self, reservation: Reservation, spent: Cost) {
        self.budgets.settle(reservation, spent.micros()).await;
    }

    /// How the budgets of the service and of every key stand.
    pub(crate) async fn standing(&self, file: &GatewayFile) -> Vec<Standing> {
        let now = self.clock.now();
        let keys = file.keys.iter().map(|key| Account {
            whose: "key",
            name: Arc::clone(&key.name),
            allowance: key.allowance,
        });
        let service = Account { whose: "key", name: Arc::from("service"), allowance: file.service };
        let all: Vec<(Arc<str>, Applied)> = std::iter::once(service)
            .chain(keys)
            .flat_map(|account| {
                let name = Arc::clone(&account.name);
                applied(&account, now).map(move |applied| (Arc::clone(&name), applied)).collect::<Vec<_>>()
            })
            .collect();
        let names: Vec<String> = all.iter().map(|(_, applied)| applied.budget.name.to_string()).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let spending = self.budgets.spending(&names).await;
        let of = |place: usize| spending.as_ref().and_then(|spending| spending.get(place).copied());
        all.into_iter()
            .enumerate()
            .map(|(place, (key, applied))| Standing {
                key,
                period: applied.period.name(),
                limit_micros: applied.budget.limit,
                spent_micros: of(place).map(|spending| spending.spent),
                reserved_micros: of(place).map(|spending| spending.reserved),
            })
            .collect()
    }

    /// Writes settlements that could not be written when they came.
    pub(crate) async fn write_again(&self) {
        self.budgets.write_again().await;
    }

    /// Writes what was really spent, at the end.
    pub(crate) async fn close(&self) {
        self.budgets.close().await;
    }
}

/// How one budget of a key stands, in millionths of a dollar; what is none cannot be told now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    /// Name of the key, or `service`.
    pub(crate) key: Arc<str>,
    /// `day` or `month`.
    pub(crate) period: &'static str,
    pub(crate) limit_micros: u64,
    pub(crate) spent_micros: Option<u64>,
    pub(crate) reserved_micros: Option<u64>,
}

/// The accounts of a caller that have a budget.
pub(crate) fn with_budget(
    file: &GatewayFile,
    caller: &super::Caller,
    workspace: Option<&Arc<str>>,
) -> Vec<Account> {
    accounts(file, caller, workspace).filter(|account| account.allowance.has_budget()).collect()
}

fn applied(account: &Account, now: Timestamp) -> impl Iterator<Item = Applied> {
    let Account { whose, allowance, .. } = *account;
    let name = Arc::clone(&account.name);
    [(Period::Day, allowance.daily_budget), (Period::Month, allowance.monthly_budget)].into_iter().filter_map(
        move |(period, limit)| {
            let moment = now.to_rfc3339_millis();
            let (letters, keep) = match period {
                Period::Day => (10, Duration::from_hours(48)),
                Period::Month => (7, Duration::from_hours(24 * 40)),
            };
            let name = format!("{whose}:{name}:{}", moment.get(..letters)?).into();
            Some(Applied { whose, period, budget: Budget { name, limit: limit?, keep } })
        },
    )
}

impl Period {
    const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Until the next one begins, in UTC.
    fn rest(self, now: Timestamp) -> Duration {
        const DAY: i64 = 24 * 3_600;
        let month_of = |moment: Timestamp| moment.to_date_time().month();
        let mut next = now.start_of_day().plus_seconds(DAY);
        while self == Self::Month && month_of(next) == month_of(now) {
            next = next.plus_seconds(DAY);
        }
        let micros = next.unix_micros().saturating_sub(now.unix_micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Period;
    use dashly_kernel::Timestamp;

    #[test]
    fn a_period_ends_at_midnight_in_utc() {
        let now = Timestamp::parse_rfc3339("2026-12-30T23:00:00Z").unwrap();
        assert_eq!(Period::Day.rest(now).as_secs(), 3_600);
        assert_eq!(Period::Month.rest(now).as_secs(), 25 * 3_600);
    }
}
