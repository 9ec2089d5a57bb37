//! `make bench-experiments`: how often the always-valid inference errs, and how soon it decides.
//!
//! Simulates visitors with a fixed seed, so a run can be repeated digit for digit whatever the number of threads,
//! and prints tables in Markdown. Every A/A test is looked at after every converter (the sample ratio: after every
//! visitor) without a minimum sample. Nothing here fails on a number.
#![expect(clippy::print_stdout, reason = "printing the tables is what this program is for")]

mod false_positives;
mod mismatch;
mod outcomes;
mod power;
mod speed;
mod thresholds;
mod traffic;
mod workers;

/// Simulated A/A tests for each cell of the tables.
const TESTS: u64 = 20_000;

/// The seed of everything.
const SEED: u64 = 20_260_101;

fn main() -> anyhow::Result<()> {
    println!("Seed {SEED}, {TESTS} simulated tests for each figure.\n");
    println!("{}", false_positives::table()?);
    println!("{}", mismatch::table()?);
    println!("{}", power::table()?);
    println!("{}", outcomes::table()?);
    println!("{}", speed::table()?);
    Ok(())
}
