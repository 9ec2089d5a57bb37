//! Where a monotone function crosses zero.

/// Stop after a step that changes the position by less than this part of it: Newton's next one would only be
/// rounding, which may point anywhere.
const TOLERANCE: f64 = 1e-13;

/// The zero of a rising function, with its slope, between `low` and `high`, starting at `start`.
///
/// Newton's method that falls back to halving the bracket wherever a step would leave it or gain too little.
/// `f` gives value and slope; a value of infinity only narrows the bracket. Ends at `low` or `high` when
/// there is no zero.
pub(crate) fn rising_root(low: f64, high: f64, start: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (low, high);
    let mut at = start.clamp(low, high);
    let mut last_step = high - low;
    for _ in 0..300 {
        let (value, slope) = f(at);
        if value < 0.0 {
            low = at;
        } else if value > 0.0 {
            high = at;
        } else {
            return at;
        }
        let newton = at - value / slope;
        if (newton - at).abs() <= TOLERANCE * at.abs() {
            return newton.clamp(low, high);
        }
        let usable = newton > low && newton < high && (newton - at).abs() < 0.75 * last_step;
        let next = if usable { newton } else { 0.5 * (low + high) };
        last_step = (next - at).abs();
        at = next;
        if high - low <= 1e-16 * at.abs() {
            return at;
        }
    }
    at
}

/// The zero of a rising function whose slope is unknown: Newton's method with the slope of the last two
/// points.
///
/// `width` is the size of the first step. The bracket is widened from `start` until it holds the zero, at
/// most between `lowest` and `highest`. Ends when the position is known within `tolerance`.
pub(crate) fn rising_root_without_slope(
    lowest: f64,
    highest: f64,
    start: f64,
    (width, tolerance): (f64, f64),
    f: impl Fn(f64) -> f64,
) -> f64 {
    let (mut low, mut high) = (start.clamp(lowest, highest), start.clamp(lowest, highest));
    let (mut at_low, mut at_high) = (f(low), f(high));
    let mut width = width;
    while at_low > 0.0 && low > lowest {
        (high, at_high) = (low, at_low);
        low = (low - width).max(lowest);
        at_low = f(low);
        width *= 2.0;
    }
    while at_high < 0.0 && high < highest {
        (low, at_low) = (high, at_high);
        high = (high + width).min(highest);
        at_high = f(high);
        width *= 2.0;
    }
    // The Illinois rule: an end that stays twice has its value halved (M. Dowell and P. Jarratt, BIT 11,
    // 1971).
    let mut last = f64::NAN;
    let mut kept_low = false;
    let mut kept_high = false;
    for _ in 0..200 {
        let secant = (low * at_high - high * at_low) / (at_high - at_low);
        let next = if secant > low && secant < high { secant } else { 0.5 * (low + high) };
        if high - low <= tolerance || (next - last).abs() <= 0.1 * tolerance {
            return next;
        }
        last = next;
        let value = f(next);
        if value < 0.0 {
            if kept_high {
                at_high *= 0.5;
            }
            (low, at_low, kept_high, kept_low) = (next, value, true, false);
        } else if value > 0.0 {
            if kept_low {
                at_low *= 0.5;
            }
            (high, at_high, kept_low, kept_high) = (next, value, true, false);
        } else {
            return next;
        }
    }
    0.5 * (low + high)
}
