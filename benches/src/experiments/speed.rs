//! What one evaluation costs.

use dashly_stats::sequential::{
    EpochConverters, EpochExposures, log_evidence, log_mismatch_evidence, relative_rate_interval,
};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

const BATCHES: u32 = 200;
const ROUNDS: u32 = 50;

/// Microseconds for each call, in Markdown.
pub(crate) fn table() -> anyhow::Result<String> {
    let epoch =
        |control, treatment| EpochConverters { control_share: 1.0, treatment_share: 1.0, control, treatment };
    let mut text = String::from("| one call, one epoch | µs |\n|---|---|\n");
    for (name, counts) in [
        ("`log_evidence`, 27 and 93 converters", epoch(27, 93)),
        ("`log_evidence`, 0 and 1,000", epoch(0, 1000)),
        ("`log_evidence`, 10^12 and 10^12", epoch(1_000_000_000_000, 1_000_000_000_000)),
    ] {
        writeln!(text, "| {name} | {:.2} |", cost(|| log_evidence(black_box(&[counts])))?)?;
    }
    let interval = cost(|| relative_rate_interval(black_box(&[epoch(27, 93)]), 0.05))?;
    writeln!(text, "| `relative_rate_interval`, 27 and 93 | {interval:.2} |")?;
    let exposures = EpochExposures { shares: &[1.0, 1.0], exposures: &[5_000, 5_100] };
    let mismatch = cost(|| log_mismatch_evidence(black_box(&[exposures])))?;
    writeln!(text, "| `log_mismatch_evidence`, two arms | {mismatch:.2} |")?;
    Ok(text)
}

/// The fastest of many batches, because other work on the machine only adds.
fn cost<T, E>(call: impl Fn() -> Result<T, E>) -> Result<f64, E> {
    let mut fastest = f64::INFINITY;
    for _ in 0..BATCHES {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            black_box(call()?);
        }
        fastest = fastest.min(started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
    }
    Ok(fastest)
}
