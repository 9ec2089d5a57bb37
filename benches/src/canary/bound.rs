//! What no test can do better.

use std::fmt::Write;

/// Level of the tests.
const LEVEL: f64 = 0.05;
/// Outcomes less likely than this are left out; all of them together are counted for the test.
const NEGLIGIBLE: f64 = 1e-15;
const LEFT_OUT: f64 = 1e-9;
/// Common rates that are tried, as parts of the way from stable's rate to the canary's.
const STEPS: u32 = 40;

/// The largest power of any test of two versions, whatever its kind, with one look at the end and a false alarm rate of
/// five percent at any common rate.
///
/// A test that holds its level at every common rate holds it at each single one, and against that one the likelihood ratio
/// test is the best there is (J. Neyman and E. S. Pearson, 1933). The smallest power over common rates bounds them all.
pub(crate) fn best_possible() -> anyhow::Result<String> {
    let mut text = String::from(
        "The most that any test at five percent can find in one look at the end, without knowing stable's rate:\n\n\
         | stable → canary | requests | at most found, percent |\n|---|---|---|\n",
    );
    for (rates, requests) in [
        ((0.01, 0.03), (600, 600)),
        ((0.01, 0.1), (100, 100)),
        ((0.01, 0.1), (200, 100)),
        ((0.01, 0.1), (300, 100)),
        ((0.01, 0.1), (900, 100)),
        ((0.001, 0.1), (100, 100)),
    ] {
        let bound = (1..STEPS)
            .map(|step| rates.0 + (rates.1 - rates.0) * f64::from(step) / f64::from(STEPS))
            .map(|common| power(requests, rates, common))
            .fold(1.0, f64::min);
        writeln!(
            text,
            "| {} → {} % | {} + {} | {:.1} |",
            rates.0 * 100.0,
            rates.1 * 100.0,
            requests.0,
            requests.1,
            100.0 * bound
        )?;
    }
    Ok(text)
}

/// Power of the likelihood ratio test against one common rate.
fn power(requests: (u32, u32), rates: (f64, f64), common: f64) -> f64 {
    let (of_stable, of_canary) = (binomial(requests.0, rates.0), binomial(requests.1, rates.1));
    let (equal_stable, equal_canary) = (binomial(requests.0, common), binomial(requests.1, common));
    let mut outcomes = Vec::new();
    for (stable, equal) in of_stable.iter().zip(&equal_stable) {
        for (canary, equal_canary) in of_canary.iter().zip(&equal_canary) {
            outcomes.push((stable * canary, equal * equal_canary));
        }
    }
    outcomes.retain(|(bad, good)| bad.max(*good) > NEGLIGIBLE);
    let ratio = |(bad, good): &(f64, f64)| bad / good.max(f64::MIN_POSITIVE);
    outcomes.sort_by(|one, other| ratio(other).total_cmp(&ratio(one)));
    let (mut power, mut spent) = (LEFT_OUT, 0.0);
    for (bad, good) in outcomes {
        // The last outcome is called bad by the toss of a coin, so that the level is used up.
        let part = if good > 0.0 { ((LEVEL - spent) / good).clamp(0.0, 1.0) } else { 1.0 };
        power += part * bad;
        spent += part * good;
    }
    power.min(1.0)
}

/// The binomial law.
fn binomial(trials: u32, rate: f64) -> Vec<f64> {
    let mut term = (1.0 - rate).powf(f64::from(trials));
    let mut law = vec![term];
    for number in 0..trials {
        term *= f64::from(trials - number) / f64::from(number + 1) * rate / (1.0 - rate);
        law.push(term);
    }
    law
}
