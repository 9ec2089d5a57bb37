//! Random histories, decided batch by batch and counted again by brute force.
//!
//! [`decide`] is fed as the writer feeds it: with batches of any length, and with what an imagined database knows. The
//! recount ([`recount::recounted`]) shares nothing with it but the draw: it takes the whole history and applies the
//! definitions of the words one after the other.

mod memory;
mod random;
mod recount;

use memory::Memory;
use random::{Chance, history};
use recount::recounted;

/// In a test run; `make test-histories` takes a million.
const HISTORIES: u64 = 10_000;

#[test]
fn what_is_kept_equals_a_brute_force_recount() {
    let histories = number_from_environment("DASHLY_HISTORIES").unwrap_or(HISTORIES);
    let seed = number_from_environment("DASHLY_HISTORIES_SEED").unwrap_or(20_261_125);
    let (mut conversions, mut late, mut several, mut repeated, mut joined) = (0, 0, 0, 0, 0);
    for number in 0..histories {
        let mut chance = Chance::new(seed.wrapping_add(number));
        let history = history(&mut chance);
        let mut memory = Memory::default();
        let mut rest = history.records.as_slice();
        while !rest.is_empty() {
            let length = 1 + chance.below(rest.len());
            let (batch, later) = rest.split_at(length);
            memory.take(batch);
            rest = later;
        }

        let counts = recounted(&history.records);

        assert_eq!(memory.counts, counts, "history {number} of seed {seed}");
        conversions += counts.count_of("conversion");
        late += counts.count_of("late");
        several += counts.signal_of("several_variants");
        repeated += counts.repeated;
        joined += history.joins;
    }
    // None of the cases that matter may be missing from what was tried.
    for (name, found) in [
        ("conversions", conversions),
        ("late events", late),
        ("visitors in two variants", several),
        ("repeated ids", repeated),
        ("joins", joined),
    ] {
        assert!(
            found * 100 > histories,
            "{found} {name} in {histories} histories are too few to show anything"
        );
    }
    println!(
        "{histories} histories of seed {seed}: {conversions} conversions, {late} late, {repeated} repeated ids, {joined} \
         joins, {several} visitors in two variants; every count equals the recount"
    );
}

#[expect(clippy::disallowed_methods, reason = "how many histories to try is said from outside")]
fn number_from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, found `{text}`")))
}
