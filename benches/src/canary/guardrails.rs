//! Guardrails: visitors who are exposed by either version and convert later.

use crate::workers;
use dashly_canary::{ArmLook, CriterionState, Guardrail, GuardrailWindow, Judge, Limits, LookRecord};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Simulated canaries for each row: the confidence sequence of many looks takes its time.
const RUNS: u64 = 2_000;
const TEST_ID: &str = "checkout";
const LOOK_SECONDS: f64 = 30.0;
/// Of visitors to stable, and on average after so long.
const RATE: f64 = 0.05;
const MEAN_DELAY_SECONDS: f64 = 180.0;
/// Looks at stable alone before: ten minutes, whose visitors convert beside the canary.
const BEFORE: usize = 20;
/// Half an hour, the default of `--timeout`.
const LOOKS: usize = 60;

/// One kind of canary.
#[derive(Clone, Copy)]
struct Release {
    /// The canary's conversion rate by stable's.
    times: f64,
    /// Of both versions in each look.
    visitors: usize,
    canary_share: f64,
}

/// What was said.
struct Said {
    is_bad: bool,
    is_good: bool,
}

/// The table.
pub(crate) fn table() -> anyhow::Result<String> {
    let mut text = format!(
        "Guardrails (`--guardrail`, window 10 min, margin 0.5): looks every 30 s for half an hour, {:.0} % of stable's visitors \
         convert, {MEAN_DELAY_SECONDS:.0} s later on average; {RUNS} runs, percent of them:\n\n\
         | the canary converts | visitors a minute | the canary's share | bad | lets promote at the end |\n|---|---|---|---|---|\n",
        RATE * 100.0
    );
    for times in [1.0, 0.8, 0.5, 0.1] {
        for visitors in [60, 600] {
            for canary_share in [0.25, 0.1] {
                let release = Release { times, visitors, canary_share };
                let cell = format!("guardrail {times} {visitors} {canary_share}");
                let said = workers::run(&cell, RUNS, |rng| release.judge(rng))?;
                let percent = |is: fn(&Said) -> bool| -> anyhow::Result<f64> {
                    let number = u32::try_from(said.iter().filter(|said| is(said)).count())?;
                    Ok(100.0 * f64::from(number) / f64::from(u32::try_from(said.len())?))
                };
                writeln!(
                    text,
                    "| {times} times as often | {} | {:.0} % | {:.1} | {:.1} |",
                    visitors * 2,
                    canary_share * 100.0,
                    percent(|said| said.is_bad)?,
                    percent(|said| said.is_good)?
                )?;
            }
        }
    }
    Ok(text)
}

impl Release {
    fn judge(self, rng: &mut Rng) -> anyhow::Result<Said> {
        let guardrail =
            Guardrail { test_id: TEST_ID.to_owned(), window: GuardrailWindow::TenMinutes, margin: 0.5 };
        let mut judge = Judge::new(Limits::default(), &[guardrail])?;
        for look in self.looks(rng)? {
            judge.observe(&look, &BTreeMap::new())?;
        }
        let state = judge.decide().criteria.last().map(|criterion| criterion.state);
        Ok(Said { is_bad: state == Some(CriterionState::Bad), is_good: state == Some(CriterionState::Good) })
    }

    fn looks(self, rng: &mut Rng) -> anyhow::Result<Vec<LookRecord>> {
        let mut looks = Vec::with_capacity(BEFORE + LOOKS);
        for look in 0..BEFORE + LOOKS {
            let at = LOOK_SECONDS * f64::from(u32::try_from(look)?);
            let canary = if look < BEFORE { ArmLook::default() } else { arm("new") };
            looks.push(LookRecord { at, stable: arm("old"), canary });
        }
        for look in 0..looks.len() {
            for _ in 0..self.visitors {
                self.visit(rng, look, &mut looks);
            }
        }
        Ok(looks)
    }

    /// One visitor. Who stores a conversion makes no difference, so stable's pods do.
    fn visit(self, rng: &mut Rng, look: usize, looks: &mut [LookRecord]) {
        let is_canary = look >= BEFORE && rng.f64() < self.canary_share;
        let (version, rate) = if is_canary { ("new", RATE * self.times) } else { ("old", RATE) };
        if let Some(exposing) = looks.get_mut(look) {
            let arm = if is_canary { &mut exposing.canary } else { &mut exposing.stable };
            let counts = arm.visitors.entry(TEST_ID.to_owned()).or_default();
            *counts.visitors.entry(version.to_owned()).or_default() += 1;
        }
        if rng.f64() >= rate {
            return;
        }
        let delay = -MEAN_DELAY_SECONDS * (1.0 - rng.f64()).ln();
        let later = rng.f64() + delay / LOOK_SECONDS;
        let class = [60.0, 600.0, 3_600.0].iter().position(|edge| delay <= *edge);
        // A float to integer cast saturates; what comes after the last look is not seen.
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of looks"
        )]
        let storing = looks.get_mut(look.saturating_add(later as usize));
        if let (Some(storing), Some(class)) = (storing, class) {
            let counts = storing.stable.visitors.entry(TEST_ID.to_owned()).or_default();
            let classes = counts.converters.entry(version.to_owned()).or_default();
            if let Some(sum) = classes.get_mut(class) {
                *sum += 1;
            }
        }
    }
}

fn arm(version: &str) -> ArmLook {
    ArmLook { pods: 1, app_versions: BTreeSet::from([version.to_owned()]), ..ArmLook::default() }
}
