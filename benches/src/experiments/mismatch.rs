//! A/A tests of the sample ratio: how often it is called broken although the draws follow the design.

use crate::thresholds::Thresholds;
use crate::traffic::draw;
use crate::{TESTS, workers};
use anyhow::Context;
use dashly_stats::sequential::{EpochExposures, log_mismatch_evidence};
use fastrand::Rng;
use std::fmt::Write;

const ALPHA: f64 = 0.001;
const MOST_VISITORS: u32 = 10_000;

/// False alarms by design and real alarms by fault, in Markdown.
pub(crate) fn table() -> anyhow::Result<String> {
    let needed = -ALPHA.ln();
    let mut text = format!(
        "Sample ratio at alpha {ALPHA}, a look after every visitor up to {MOST_VISITORS}:\n\n\
         | designed | drawn | called broken | median visitors until then |\n|---|---|---|---|\n"
    );
    let designs: [(&[f64], &[f64]); 7] = [
        (&[50.0, 50.0], &[50.0, 50.0]),
        (&[90.0, 10.0], &[90.0, 10.0]),
        (&[99.0, 1.0], &[99.0, 1.0]),
        (&[50.0, 25.0, 25.0], &[50.0, 25.0, 25.0]),
        (&[50.0, 50.0], &[48.0, 52.0]),
        (&[50.0, 50.0], &[40.0, 60.0]),
        (&[50.0, 25.0, 25.0], &[50.0, 30.0, 20.0]),
    ];
    for (designed, drawn) in designs {
        let cell = format!("sample ratio {designed:?} {drawn:?}");
        let alarms = match designed {
            [first, second] => {
                let thresholds =
                    Thresholds::new(second / (first + second), MOST_VISITORS, |first, second| {
                        let exposures = [first.into(), second.into()];
                        let epoch = EpochExposures { shares: designed, exposures: &exposures };
                        Ok(log_mismatch_evidence(&[epoch])? >= needed)
                    })?;
                workers::run(&cell, TESTS, |rng| alarm_by_thresholds(&thresholds, drawn, rng))?
            }
            _ => workers::run(&cell, TESTS, |rng| alarm_by_evidence(designed, drawn, needed, rng))?,
        };
        let mut times: Vec<u32> = alarms.into_iter().flatten().collect();
        times.sort_unstable();
        let share = f64::from(u32::try_from(times.len())?) * 100.0 / f64::from(u32::try_from(TESTS)?);
        let median = times.get(times.len() / 2).map_or_else(|| "–".to_owned(), ToString::to_string);
        let median = if share > 50.0 { median } else { "–".to_owned() };
        writeln!(text, "| {} | {} | {share:.2} % | {median} |", slashed(designed), slashed(drawn))?;
    }
    Ok(text)
}

fn slashed(weights: &[f64]) -> String {
    weights.iter().map(ToString::to_string).collect::<Vec<_>>().join("/")
}

/// The visitor at whom a test of two arms is called broken.
fn alarm_by_thresholds(thresholds: &Thresholds, drawn: &[f64], rng: &mut Rng) -> anyhow::Result<Option<u32>> {
    let mut second = 0;
    for visitor in 1..=MOST_VISITORS {
        second += u32::from(draw(drawn, rng));
        if thresholds.is_reached(visitor - second, second)? {
            return Ok(Some(visitor));
        }
    }
    Ok(None)
}

/// The same for any number of arms, by the evidence itself after every visitor.
fn alarm_by_evidence(
    designed: &[f64],
    drawn: &[f64],
    needed: f64,
    rng: &mut Rng,
) -> anyhow::Result<Option<u32>> {
    let sum: f64 = designed.iter().sum();
    let mut exposures = vec![0_u64; designed.len()];
    let mut counts = vec![0.0; designed.len()];
    for visitor in 1..=MOST_VISITORS {
        let arm = usize::from(draw(drawn, rng));
        *exposures.get_mut(arm).context("no such arm")? += 1;
        *counts.get_mut(arm).context("no such arm")? += 1.0;
        // No log-likelihood ratio exceeds Pearson's statistic, because ln x <= x - 1; so the exact evidence is
        // computed only where it can reach the level.
        let bound: f64 = designed
            .iter()
            .zip(&counts)
            .map(|(share, count): (&f64, &f64)| {
                let expected = share / sum * f64::from(visitor);
                (count - expected) * (count - expected) / expected
            })
            .sum();
        let epoch = EpochExposures { shares: designed, exposures: &exposures };
        if bound >= needed && log_mismatch_evidence(&[epoch])? >= needed {
            return Ok(Some(visitor));
        }
    }
    Ok(None)
}
