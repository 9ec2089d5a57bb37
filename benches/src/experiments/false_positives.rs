//! A/A tests: how often the decision falls although nothing differs.

use crate::thresholds::Thresholds;
use crate::traffic::{Converter, Epoch, MOST_CONVERTERS, Traffic};
use crate::{TESTS, workers};
use anyhow::Context;
use dashly_stats::sequential::{EpochConverters, log_evidence};
use std::fmt::Write;

const ALPHA: f64 = 0.05;
const BASE_RATES: [f64; 5] = [0.005, 0.01, 0.03, 0.1, 0.5];

/// A row of the table.
struct Scenario {
    name: &'static str,
    epochs: Vec<Epoch>,
    is_delayed: bool,
    has_second_devices: bool,
}

/// False positives by scenario and base rate, in Markdown.
pub(crate) fn table() -> anyhow::Result<String> {
    let mut text = format!(
        "False decisions at alpha {ALPHA}, a look after every converter up to {MOST_CONVERTERS}, no minimum sample:\n\n\
         | A/A test | 0.5 % | 1 % | 3 % | 10 % | 50 % |\n|---|---|---|---|---|---|\n"
    );
    for scenario in scenarios() {
        let mut row = format!("| {} |", scenario.name);
        let judge = Judge::new(&scenario.epochs)?;
        for base_rate in BASE_RATES {
            let traffic = Traffic {
                base_rate,
                epochs: scenario.epochs.clone(),
                is_delayed: scenario.is_delayed,
                has_second_devices: scenario.has_second_devices,
            };
            let cell = format!("{} at {base_rate}", scenario.name);
            let decided = workers::run(&cell, TESTS, |rng| judge.decides(&traffic.converters(rng)))?;
            let decided = u32::try_from(decided.into_iter().filter(|decided| *decided).count())?;
            write!(row, " {:.2} % |", f64::from(decided) * 100.0 / f64::from(u32::try_from(TESTS)?))?;
        }
        show(&row);
        writeln!(text, "{row}")?;
    }
    Ok(text)
}

#[expect(clippy::print_stderr, reason = "a run takes minutes: show what is done")]
fn show(row: &str) {
    eprintln!("{row}");
}

fn scenarios() -> Vec<Scenario> {
    let one = |weights: &[f64]| vec![Epoch { until: 1.0, weights: weights.to_vec() }];
    let ramp = || {
        let epoch = |until, control, treatment| Epoch { until, weights: vec![control, treatment] };
        vec![epoch(0.05, 95.0, 5.0), epoch(0.3, 80.0, 20.0), epoch(1.0, 50.0, 50.0)]
    };
    let scenario = |name, epochs, is_delayed, has_second_devices| Scenario {
        name,
        epochs,
        is_delayed,
        has_second_devices,
    };
    vec![
        scenario("50/50, immediate", one(&[1.0, 1.0]), false, false),
        scenario("50/50, delayed", one(&[1.0, 1.0]), true, false),
        scenario("90/10, immediate", one(&[9.0, 1.0]), false, false),
        scenario("90/10, delayed", one(&[9.0, 1.0]), true, false),
        scenario("10/90, delayed", one(&[1.0, 9.0]), true, false),
        scenario("three variants 50/25/25, delayed, Holm", one(&[2.0, 1.0, 1.0]), true, false),
        scenario("ramp 95/5, 80/20, 50/50, immediate", ramp(), false, false),
        scenario("ramp 95/5, 80/20, 50/50, delayed", ramp(), true, false),
        scenario("identity joins, 50/50, delayed", one(&[1.0, 1.0]), true, true),
        scenario("identity joins, ramp, delayed", ramp(), true, true),
    ]
}

/// Decides as the product does: each treatment against the control, the first step of Holm's procedure (the one
/// that decides whether anything is found at all).
struct Judge {
    /// Weights of the pair by epoch, for each treatment.
    pairs: Vec<Vec<[f64; 2]>>,
    needed: f64,
    /// For each treatment, while there is one epoch.
    thresholds: Option<Vec<Thresholds>>,
}

impl Judge {
    fn new(epochs: &[Epoch]) -> anyhow::Result<Self> {
        let treatments = epochs.first().context("no epoch")?.weights.len() - 1;
        let needed = (f64::from(u32::try_from(treatments)?) / ALPHA).ln();
        let pair = |treatment: usize| -> Option<Vec<[f64; 2]>> {
            epochs
                .iter()
                .map(|epoch| Some([*epoch.weights.first()?, *epoch.weights.get(treatment + 1)?]))
                .collect()
        };
        let pairs = (0..treatments).map(pair).collect::<Option<Vec<_>>>().context("weights are missing")?;
        let thresholds = if epochs.len() == 1 {
            let of_pair = |pair: &Vec<[f64; 2]>| {
                let shares = *pair.first().context("no epoch")?;
                // Some people enter with both of their devices.
                Thresholds::of_labels(shares, needed, 2 * MOST_CONVERTERS)
            };
            Some(pairs.iter().map(of_pair).collect::<anyhow::Result<Vec<_>>>()?)
        } else {
            None
        };
        Ok(Self { pairs, needed, thresholds })
    }

    /// Whether any treatment is ever decided to differ.
    fn decides(&self, converters: &[Converter]) -> anyhow::Result<bool> {
        let mut pairs: Vec<Pair<'_>> = self.pairs.iter().map(|shares| Pair::new(shares)).collect();
        for converter in converters {
            for (place, pair) in pairs.iter_mut().enumerate() {
                let is_control = converter.arm() == 0;
                if !is_control && converter.arm() != place + 1 {
                    continue;
                }
                pair.enter(converter.epoch(), is_control)?;
                let is_reached = match &self.thresholds {
                    Some(thresholds) => {
                        let [control, treatment] = pair.counts.first().context("no epoch")?;
                        thresholds.get(place).context("no such pair")?.is_reached(*control, *treatment)?
                    }
                    None => pair.is_reached(self.needed)?,
                };
                if is_reached {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Converters of one treatment and of the control by epoch, while a test runs.
struct Pair<'a> {
    shares: &'a [[f64; 2]],
    counts: Vec<[u32; 2]>,
    /// What each epoch can contribute to the log evidence at most.
    largest: Vec<f64>,
    /// How far the log evidence is below the level at least: one more label raises it by at most `-ln(its share)`.
    missing: f64,
}

impl<'a> Pair<'a> {
    fn new(shares: &'a [[f64; 2]]) -> Self {
        Self { shares, counts: vec![[0; 2]; shares.len()], largest: vec![0.0; shares.len()], missing: 0.0 }
    }

    fn enter(&mut self, epoch: usize, is_control: bool) -> anyhow::Result<()> {
        let counts = self.counts.get_mut(epoch).context("no such epoch")?;
        let [control, treatment] = counts;
        if is_control {
            *control += 1;
        } else {
            *treatment += 1;
        }
        // One epoch needs no bound: its thresholds are known.
        if self.shares.len() > 1 {
            let [control, treatment] = *self.shares.get(epoch).context("no such epoch")?;
            *self.largest.get_mut(epoch).context("no such epoch")? = largest([control, treatment], *counts);
            self.missing += ((if is_control { control } else { treatment }) / (control + treatment)).ln();
        }
        Ok(())
    }

    /// The exact evidence is computed only where its bounds reach the level.
    fn is_reached(&mut self, needed: f64) -> anyhow::Result<bool> {
        // A little more than rounding, so that the bounds stay bounds.
        if self.missing > 1e-6 {
            return Ok(false);
        }
        let largest: f64 = self.largest.iter().sum();
        if largest < needed {
            self.missing = needed - largest;
            return Ok(false);
        }
        let epoch = |(shares, counts): (&[f64; 2], &[u32; 2])| {
            let [control_share, treatment_share] = *shares;
            let [control, treatment] = counts.map(u64::from);
            EpochConverters { control_share, treatment_share, control, treatment }
        };
        let epochs: Vec<_> = self.shares.iter().zip(&self.counts).map(epoch).collect();
        self.missing = needed - log_evidence(&epochs)?;
        Ok(self.missing <= 0.0)
    }
}

/// The largest log-likelihood ratio of the labels of one epoch.
fn largest(shares: [f64; 2], counts: [u32; 2]) -> f64 {
    let counts = counts.map(f64::from);
    let part = counts.iter().sum::<f64>() / shares.iter().sum::<f64>();
    let term = |(count, share): (&f64, &f64)| {
        if *count > 0.0 { count * (count / (share * part)).ln() } else { 0.0 }
    };
    counts.iter().zip(&shares).map(term).sum()
}
