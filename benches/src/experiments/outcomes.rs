//! The evidence from all final outcomes: converters at their conversion, others when their window closes.

use crate::traffic::draw;
use crate::{TESTS, workers};
use dashly_stats::sequential::{
    EpochConverters, EpochOutcomes, largest_log_outcome_evidence, log_outcome_evidence,
};
use fastrand::Rng;
use std::fmt::Write;

const ALPHA: f64 = 0.05;
const MOST_VISITORS: u32 = 10_000;

/// Simulated tests of a real difference.
const POWER_TESTS: u64 = 2_000;

/// Visitors who come while a conversion window is open.
const WINDOW: f64 = 1_000.0;

/// False decisions and visitors to a decision, in Markdown.
pub(crate) fn table() -> anyhow::Result<String> {
    let mut text = format!(
        "All final outcomes, expected rate 10 %, conversions delayed within a window of {WINDOW} visitors, a look after \
         every outcome up to {MOST_VISITORS} visitors, alpha {ALPHA}:\n\n\
         | A/A test | 3 % | 10 % | 50 % |\n|---|---|---|---|\n"
    );
    for (name, shares) in [("50/50", [0.5, 0.5]), ("90/10", [0.9, 0.1])] {
        write!(text, "| {name} |")?;
        for rate in [0.03, 0.1, 0.5] {
            let cell = format!("outcomes {name} {rate}");
            let decided = workers::run(&cell, TESTS, |rng| is_decided(shares, rate, rng))?;
            let decided = u32::try_from(decided.into_iter().filter(|decided| *decided).count())?;
            write!(text, " {:.2} % |", f64::from(decided) * 100.0 / f64::from(u32::try_from(TESTS)?))?;
        }
        writeln!(text)?;
    }
    write!(
        text,
        "\nMedian visitors per arm with outcomes known at once, 50/50, {POWER_TESTS} tests, by expected rate:\n\n\
         | rates | half of the true one | the true one | twice the true one | aim |\n|---|---|---|---|---|\n"
    )?;
    for (control, treatment, aim) in [(0.1, 0.12, "3,600"), (0.03, 0.04, "5,000"), (0.15, 0.35, "95")] {
        write!(text, "| {} → {} % |", control * 100.0, treatment * 100.0)?;
        for factor in [0.5, 1.0, 2.0] {
            let cell = format!("outcomes {control} {treatment} {factor}");
            let expected_rate = 0.5 * (control + treatment) * factor;
            let mut times = workers::run(&cell, POWER_TESTS, |rng| {
                visitors_per_arm([control, treatment], expected_rate, rng)
            })?;
            times.sort_by(f64::total_cmp);
            write!(text, " {:.0} |", times.get(times.len() / 2).copied().unwrap_or(f64::NAN))?;
        }
        writeln!(text, " {aim} |")?;
    }
    Ok(text)
}

/// One A/A test.
fn is_decided(shares: [f64; 2], rate: f64, rng: &mut Rng) -> anyhow::Result<bool> {
    let mut entries = Vec::new();
    for visitor in 0..MOST_VISITORS {
        let is_treatment = draw(&shares, rng) == 1;
        let converts = rng.f64() < rate;
        let waited = if converts { rng.f64() * WINDOW } else { WINDOW };
        entries.push((f64::from(visitor) + waited, is_treatment, converts));
    }
    entries.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut watched = Watched::new(shares, 0.1);
    for (_, is_treatment, converts) in entries {
        if watched.decides_with(is_treatment, converts)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Half of the visitors at the decision.
fn visitors_per_arm(rates: [f64; 2], expected_rate: f64, rng: &mut Rng) -> anyhow::Result<f64> {
    let [control_rate, treatment_rate] = rates;
    let mut watched = Watched::new([0.5, 0.5], expected_rate);
    let mut visitors = 0_u32;
    loop {
        visitors += 1;
        let is_treatment = rng.bool();
        let converts = rng.f64() < (if is_treatment { treatment_rate } else { control_rate });
        if watched.decides_with(is_treatment, converts)? {
            return Ok(0.5 * f64::from(visitors));
        }
    }
}

/// One epoch while a test runs.
struct Watched {
    epoch: EpochOutcomes,
    /// How far the log evidence is below the level at least: one more label raises it by at most `-ln(its share)`.
    missing: f64,
}

impl Watched {
    fn new([control_share, treatment_share]: [f64; 2], expected_rate: f64) -> Self {
        let converters = EpochConverters { control_share, treatment_share, control: 0, treatment: 0 };
        let epoch = EpochOutcomes { converters, control_others: 0, treatment_others: 0, expected_rate };
        Self { epoch, missing: -ALPHA.ln() }
    }

    /// One more outcome. The exact evidence is computed only where its bounds reach the level.
    fn decides_with(&mut self, is_treatment: bool, converts: bool) -> anyhow::Result<bool> {
        let epoch = &mut self.epoch;
        let (count, share) = match (is_treatment, converts) {
            (false, true) => (&mut epoch.converters.control, epoch.converters.control_share),
            (true, true) => (&mut epoch.converters.treatment, epoch.converters.treatment_share),
            (false, false) => (&mut epoch.control_others, epoch.converters.control_share),
            (true, false) => (&mut epoch.treatment_others, epoch.converters.treatment_share),
        };
        *count += 1;
        self.missing += share.ln();
        // A little more than rounding, so that the bounds stay bounds.
        if self.missing > 1e-6 {
            return Ok(false);
        }
        self.missing = -ALPHA.ln() - largest_log_outcome_evidence(&[self.epoch])?;
        if self.missing <= 0.0 {
            self.missing = -ALPHA.ln() - log_outcome_evidence(&[self.epoch])?;
        }
        Ok(self.missing <= 0.0)
    }
}
