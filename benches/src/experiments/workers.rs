//! Simulated tests on all cores, each with a random generator of its own, so that threads change nothing.

use crate::SEED;
use anyhow::anyhow;
use fastrand::Rng;
use std::thread;

/// What `simulate` gives for the tests `0..tests` of one cell, in their order.
pub(crate) fn run<T: Send>(
    cell: &str,
    tests: u64,
    simulate: impl Fn(&mut Rng) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let threads = u64::try_from(thread::available_parallelism().map_or(1, usize::from))?;
    let cell = cell.bytes().fold(SEED, |hash, byte| mixed(hash ^ u64::from(byte)));
    let share = |worker: u64| {
        let simulate = &simulate;
        move || -> anyhow::Result<Vec<T>> {
            let mine = tests * worker / threads..tests * (worker + 1) / threads;
            mine.map(|test| simulate(&mut Rng::with_seed(mixed(cell ^ mixed(test))))).collect()
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|worker| scope.spawn(share(worker))).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow!("a worker panicked"))??);
        }
        Ok(all)
    })
}

/// Spreads neighbouring seeds over all of 64 bits (the finaliser of `SplitMix64`).
fn mixed(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}
