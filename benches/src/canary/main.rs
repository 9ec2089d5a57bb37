//! `make bench ONLY=canary`: how often the judge of canaries errs, and how soon it finds a bad one.
//!
//! Simulates two versions with a fixed seed, so a run can be repeated digit for digit whatever the number of threads.
//! Each run has both watches of `dashly_stats::canary` with the judge's own false alarm rates, looked at after every look.
//! Nothing here fails on a number.
#![expect(clippy::print_stdout, reason = "printing the tables is what this program is for")]

mod rows;
mod traffic;
#[path = "../experiments/workers.rs"]
mod workers;

/// Simulated canaries for each row.
const RUNS: u64 = 10_000;

/// The seed of everything.
pub(crate) const SEED: u64 = 20_261_126;

fn main() -> anyhow::Result<()> {
    println!("Seed {SEED}, {RUNS} simulated canaries for each row.\n");
    println!("{}", rows::false_alarms()?);
    println!("{}", rows::bad_canaries()?);
    println!("{}", rows::durations()?);
    Ok(())
}
