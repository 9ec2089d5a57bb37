//! The arithmetic of budgets in one process: pure, no clock, no file. `reserve.lua` is the same in Redis.

use super::{Reservation, ReserveError, Spending};
use foldhash::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Which part of a limit is written as spent at once, so that not every call waits for the disk.
const LEASE: u64 = 50;

/// What is known of every name.
#[derive(Debug, Default)]
pub(super) struct Book {
    accounts: HashMap<Arc<str>, Account>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Account {
    spending: Spending,
    /// What the file says was spent at most; never less than spent plus reserved.
    bound: u64,
    keep_until: Duration,
}

/// An account as the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    spent_at_most: u64,
    /// Seconds since 1970.
    keep_until: u64,
}

/// What became of a reservation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    Done,
    /// First these bounds must be on the disk.
    NeedsBounds(BTreeMap<String, u64>),
}

impl Book {
    /// The book that a file describes.
    pub(super) fn read(written: BTreeMap<String, Written>) -> Self {
        let account = |written: Written| Account {
            spending: Spending { spent: written.spent_at_most, reserved: 0 },
            bound: written.spent_at_most,
            keep_until: Duration::from_secs(written.keep_until),
        };
        Self {
            accounts: written.into_iter().map(|(name, written)| (name.into(), account(written))).collect(),
        }
    }

    /// The file for this book, with `raised` bounds.
    pub(super) fn write(&self, raised: &BTreeMap<String, u64>, now: Duration) -> BTreeMap<String, Written> {
        let written = |name: &str, account: &Account| Written {
            spent_at_most: raised.get(name).copied().unwrap_or(0).max(account.bound),
            keep_until: account.keep_until.as_secs(),
        };
        self.accounts
            .iter()
            .filter(|(_, account)| account.keep_until > now)
            .map(|(name, account)| (name.to_string(), written(name, account)))
            .collect()
    }

    /// Notes that `raised` is on the disk.
    pub(super) fn raise(&mut self, raised: &BTreeMap<String, u64>) {
        for (name, bound) in raised {
            if let Some(account) = self.accounts.get_mut(name.as_str()) {
                account.bound = account.bound.max(*bound);
            }
        }
    }

    /// Sets aside what `reservation` wants, if it fits everywhere.
    pub(super) fn reserve(
        &mut self,
        reservation: &Reservation,
        now: Duration,
    ) -> Result<Reserved, ReserveError> {
        let Reservation { budgets, amount, .. } = reservation;
        let mut raised = BTreeMap::new();
        for (place, budget) in budgets.iter().enumerate() {
            let account = self.accounts.entry(Arc::clone(&budget.name)).or_default();
            account.keep_until = account.keep_until.max(now.saturating_add(budget.keep));
            let taken = account.spending.spent.saturating_add(account.spending.reserved);
            let wanted = taken.saturating_add(*amount);
            if wanted > budget.limit {
                return Err(ReserveError::Exceeded { budget: place, spending: account.spending });
            }
            if wanted > account.bound {
                let lease = taken.saturating_add(budget.limit.div_ceil(LEASE)).min(budget.limit);
                raised.insert(budget.name.to_string(), wanted.max(lease));
            }
        }
        if !raised.is_empty() {
            return Ok(Reserved::NeedsBounds(raised));
        }
        for budget in budgets.iter() {
            if let Some(account) = self.accounts.get_mut(&budget.name) {
                account.spending.reserved = account.spending.reserved.saturating_add(*amount);
            }
        }
        Ok(Reserved::Done)
    }

    /// Replaces what was reserved by what was spent.
    pub(super) fn settle(&mut self, reservation: &Reservation, spent: u64) {
        for budget in reservation.budgets.iter() {
            if let Some(Account { spending, .. }) = self.accounts.get_mut(&budget.name) {
                spending.reserved = spending.reserved.saturating_sub(reservation.amount);
                spending.spent = spending.spent.saturating_add(spent);
            }
        }
    }

    /// How `name` stands.
    pub(super) fn spending(&self, name: &str) -> Spending {
        self.accounts.get(name).map_or_else(Spending::default, |account| account.spending)
    }

    /// Lowers the bounds to what is known, at the end.
    pub(super) fn tighten(&mut self) {
        for account in self.accounts.values_mut() {
            account.bound = account.spending.spent.saturating_add(account.spending.reserved);
        }
    }

    /// Forgets names of periods that are over.
    pub(super) fn forget(&mut self, now: Duration) {
        self.accounts.retain(|_, account| account.keep_until > now || account.spending.reserved > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Budget;
    use proptest::prelude::{any, prop};
    use proptest::{prop_assert, proptest};

    const KEEP: Duration = Duration::from_secs(100);

    fn reservation(names: &[&str], limit: u64, amount: u64) -> Reservation {
        let budget = |name: &&str| Budget { name: (*name).into(), limit, keep: KEEP };
        Reservation { id: String::new(), budgets: names.iter().map(budget).collect(), amount }
    }

    /// As the file would do it, without a disk.
    fn reserve(book: &mut Book, reservation: &Reservation) -> Result<(), ReserveError> {
        match book.reserve(reservation, Duration::ZERO)? {
            Reserved::Done => Ok(()),
            Reserved::NeedsBounds(raised) => {
                book.raise(&raised);
                assert_eq!(book.reserve(reservation, Duration::ZERO), Ok(Reserved::Done));
                Ok(())
            }
        }
    }

    #[test]
    fn it_is_all_or_nothing() {
        let mut book = Book::default();
        reserve(&mut book, &reservation(&["a"], 100, 60)).unwrap();
        let both = reservation(&["b", "a"], 100, 41);
        let spending = Spending { spent: 0, reserved: 60 };
        assert_eq!(reserve(&mut book, &both), Err(ReserveError::Exceeded { budget: 1, spending }));
        assert_eq!(book.spending("b"), Spending::default());
    }

    #[test]
    fn a_bound_is_leased_ahead_and_forgotten_with_its_period() {
        let mut book = Book::default();
        let one = reservation(&["a"], 1_000, 1);
        let raised = BTreeMap::from([("a".to_owned(), 20)]);
        assert_eq!(book.reserve(&one, Duration::ZERO), Ok(Reserved::NeedsBounds(raised.clone())));
        let written = book.write(&raised, Duration::ZERO);
        assert_eq!(Book::read(written).spending("a").spent, 20, "after a crash the bound counts as spent");
        assert!(book.write(&raised, KEEP).is_empty());
        book.forget(KEEP);
        assert!(book.accounts.is_empty());
    }

    proptest! {
        /// Whatever happens, a limit is kept, and the file never says less than what was spent and reserved.
        #[test]
        fn limits_are_kept(
            limit in 0..500_u64,
            steps in prop::collection::vec((any::<bool>(), 0..200_u64, 0..300_u64), 1..80),
        ) {
            let mut book = Book::default();
            let mut open = Vec::new();
            for (adds, amount, spent) in steps {
                if adds {
                    let wanted = reservation(&["a", "b"], limit, amount);
                    if reserve(&mut book, &wanted).is_ok() {
                        open.push(wanted);
                    }
                } else if let Some(wanted) = open.pop() {
                    book.settle(&wanted, spent.min(wanted.amount));
                }
                let Spending { spent, reserved } = book.spending("a");
                prop_assert!(spent + reserved <= limit);
                let written = book.write(&BTreeMap::new(), Duration::ZERO);
                prop_assert!(written.get("a").map_or(0, |written| written.spent_at_most) >= spent + reserved);
            }
        }
    }
}
