//! Time and chance of the real world.

use dashly_kernel::{Clock, Ids, Timestamp};
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    fn now(&self) -> Timestamp {
        // A clock set before 1970 reads as 1970.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's random source. A small supply is kept for each thread: asking the system for every id would
/// cost more than all the rest of making one.
#[derive(Clone, Copy, Debug)]
pub struct OperatingSystemIds;

impl Ids for OperatingSystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        SUPPLY.with_borrow_mut(|supply| supply.fill(bytes));
    }
}

thread_local! {
    static SUPPLY: RefCell<Supply> = const { RefCell::new(Supply { bytes: [0; SUPPLY_BYTES], used: SUPPLY_BYTES }) };
}

const SUPPLY_BYTES: usize = 1_024;

/// Random bytes that nobody has seen.
struct Supply {
    bytes: [u8; SUPPLY_BYTES],
    used: usize,
}

impl Supply {
    fn fill(&mut self, wanted: &mut [u8]) {
        if wanted.len() > SUPPLY_BYTES {
            return from_system(wanted);
        }
        if self.bytes.len() - self.used < wanted.len() {
            from_system(&mut self.bytes);
            self.used = 0;
        }
        let unused = self.bytes.iter_mut().skip(self.used);
        for (wanted, unused) in wanted.iter_mut().zip(unused) {
            // What was handed out is not kept.
            *wanted = std::mem::take(unused);
            self.used += 1;
        }
    }
}

#[expect(clippy::expect_used, reason = "without random bytes no id or secret is safe: better to stop")]
fn from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::{OperatingSystemIds, SUPPLY_BYTES};
    use dashly_kernel::Ids;
    use std::collections::BTreeSet;

    #[test]
    fn no_id_comes_twice_and_all_is_filled() {
        let ids: BTreeSet<String> = (0..10_000).map(|_| OperatingSystemIds.token()).collect();
        assert_eq!(ids.len(), 10_000);
        for length in [0, 1, 700, SUPPLY_BYTES, SUPPLY_BYTES + 1] {
            let mut bytes = vec![0; length];
            OperatingSystemIds.fill(&mut bytes);
            assert!(
                length < 100
                    || bytes.rchunks(100).next().is_some_and(|last| last.iter().any(|byte| *byte != 0))
            );
        }
    }
}
