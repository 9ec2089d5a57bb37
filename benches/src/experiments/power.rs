//! How many visitors it takes until a real difference is decided.

use crate::thresholds::Thresholds;
use crate::workers;
use dashly_stats::sequential::{SequentialPlan, visitors_to_decision};
use fastrand::Rng;
use std::fmt::Write;

const ALPHA: f64 = 0.05;
const TESTS: u64 = 10_000;
const MOST_CONVERTERS: u32 = 20_000;

/// Visitors per arm until a decision, simulated and planned, in Markdown.
pub(crate) fn table() -> anyhow::Result<String> {
    let mut text = format!(
        "Visitors per arm until a decision at alpha {ALPHA}, 50/50, a look after every visitor, {TESTS} tests:\n\n\
         | rates | median | goal | planned median | 80 % decided by | planned |\n|---|---|---|---|---|---|\n"
    );
    let thresholds = Thresholds::of_labels([1.0, 1.0], -ALPHA.ln(), MOST_CONVERTERS)?;
    for (control, treatment, goal) in [(0.1, 0.12, "≤ 4,250"), (0.03, 0.04, "≤ 5,700"), (0.15, 0.35, "≤ 120")]
    {
        let cell = format!("power {control} {treatment}");
        let mut times =
            workers::run(&cell, TESTS, |rng| visitors_per_arm(&thresholds, control, treatment, rng))?;
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times.get(times.len() * part / 10).copied().unwrap_or(f64::NAN);
        let plan = SequentialPlan {
            base_rate: control,
            relative_lift: treatment / control - 1.0,
            treatment_share: 0.5,
            alpha: ALPHA,
        };
        let planned = |probability| visitors_to_decision(plan, probability).map(|visitors| visitors / 2.0);
        writeln!(
            text,
            "| {} → {} % | {:.0} | {goal} | {:.0} | {:.0} | {:.0} |",
            control * 100.0,
            treatment * 100.0,
            at(5),
            planned(0.5)?,
            at(8),
            planned(0.8)?
        )?;
    }
    Ok(text)
}

/// Half of the visitors at the decision.
fn visitors_per_arm(
    thresholds: &Thresholds,
    control_rate: f64,
    treatment_rate: f64,
    rng: &mut Rng,
) -> anyhow::Result<f64> {
    let (mut visitors, mut control, mut treatment) = (0_u32, 0, 0);
    loop {
        visitors += 1;
        let is_treatment = rng.bool();
        if rng.f64() >= (if is_treatment { treatment_rate } else { control_rate }) {
            continue;
        }
        if is_treatment {
            treatment += 1;
        } else {
            control += 1;
        }
        if thresholds.is_reached(control, treatment)? {
            return Ok(0.5 * f64::from(visitors));
        }
    }
}
