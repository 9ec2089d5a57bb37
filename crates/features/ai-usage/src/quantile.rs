//! Quantiles of durations of which only classes are known.

use dashly_llm::DURATION_BOUNDS_MS;

/// About the `quantile` (0 to 1) of durations in milliseconds, from their numbers by class; none when there are none.
///
/// Right up to the class: neighbouring bounds are a factor of √2 apart. Within a class durations are taken as spread
/// evenly; of those beyond the last bound only the bound is known.
pub(crate) fn quantile_ms(counts: &[u64], quantile: f64) -> Option<f64> {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return None;
    }
    let rank = quantile * number(all);
    let mut below = 0.0;
    let mut lower = 0.0;
    for (place, count) in counts.iter().enumerate() {
        let Some(upper) = DURATION_BOUNDS_MS.get(place).map(|bound| number(*bound)) else { break };
        let here = number(*count);
        if here > 0.0 && below + here >= rank {
            return Some(lower + (upper - lower) * ((rank - below) / here).clamp(0.0, 1.0));
        }
        below += here;
        lower = upper;
    }
    Some(lower)
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::quantile_ms;
    use dashly_llm::DURATION_BOUNDS_MS;

    #[test]
    fn a_quantile_lies_in_its_class() {
        let mut counts = vec![0; DURATION_BOUNDS_MS.len() + 1];
        assert_eq!(quantile_ms(&counts, 0.5), None);
        counts[2] = 100;
        assert_eq!(quantile_ms(&counts, 0.5), Some(17.0), "halfway from 14 to 20");
        counts[27] = 10;
        assert_eq!(quantile_ms(&counts, 0.99), Some(81_920.0), "the last bound");
        assert!((14.0..=20.0).contains(&quantile_ms(&counts, 0.9).unwrap()));
    }
}
