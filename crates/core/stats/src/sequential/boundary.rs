//! The boundary at which the converters' labels decide, as a function of their number.

use super::likelihood::Labels;
use super::mixture::log_mixture;
use std::cell::RefCell;

/// Numbers of converters grow by this factor, the eighth root of 2.
const GROWTH: f64 = 1.090_507_732_665_257_7;

/// Steps of false position; each gains about half of the digits that are there.
const MOST_STEPS: u32 = 60;

/// Excess of favoured labels at which the log evidence reaches a level, along growing numbers of converters.
///
/// Points are computed when they are first asked for, and kept, because a search over lifts asks for the same.
#[derive(Debug)]
pub(super) struct Boundary {
    share: f64,
    needed: f64,
    furthest: f64,
    known: RefCell<Vec<Option<f64>>>,
}

/// One point of the boundary and its slope there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) converters: f64,
    pub(super) excess: f64,
    pub(super) slope: f64,
}

impl Boundary {
    /// Up to the first point at or beyond `furthest` converters.
    pub(super) fn new(share: f64, needed: f64, furthest: f64) -> Self {
        Self { share, needed, furthest, known: RefCell::new(Vec::new()) }
    }

    /// The points at which a decision is possible, in order.
    pub(super) fn points(&self) -> impl Iterator<Item = Point> + '_ {
        let mut converters: f64 = 1.0;
        let mut is_last = false;
        (0_usize..)
            .map_while(move |place| {
                if is_last {
                    return None;
                }
                let (here, next) = (converters, converters * GROWTH);
                is_last = here >= self.furthest;
                converters = next;
                Some((place, here, next))
            })
            .filter_map(|(place, here, next)| {
                let excess = self.excess(place, here)?;
                let further = self.excess(place + 1, next)?;
                // The boundary is close to a power of n between two points.
                let power = (further / excess).ln() / GROWTH.ln();
                Some(Point { converters: here, excess, slope: power * excess / here })
            })
    }

    fn excess(&self, place: usize, converters: f64) -> Option<f64> {
        if let Some(known) = self.known.borrow().get(place) {
            return *known;
        }
        let excess = self.compute(converters);
        self.known.borrow_mut().push(excess);
        excess
    }

    /// `None` if all labels are not enough.
    fn compute(&self, converters: f64) -> Option<f64> {
        let expected = converters * self.share;
        let missing = |excess: f64| {
            let favoured = (expected + excess).min(converters);
            let labels = Labels::of_expected(self.share, converters - favoured, favoured);
            log_mixture(&labels) - self.needed
        };
        let most = converters - expected;
        if missing(most) < 0.0 {
            return None;
        }
        // Where the evidence would decide if it had no price: it grows about with the square of the excess.
        let start = (2.0 * self.needed * expected * (1.0 - self.share)).sqrt();
        Some(root(start, most, missing))
    }
}

/// Root of a function that rises from below 0 at 0 to at least 0 at `high`: from `start` upwards to a bracket, then
/// the Illinois form of false position (M. Dowell and P. Jarratt, BIT 11, 1971).
fn root(start: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let mut outside = (0.0, function(0.0));
    let mut step = start;
    let mut inside = loop {
        let at = step.min(high);
        let value = function(at);
        if value >= 0.0 || at >= high {
            break (at, value);
        }
        outside = (at, value);
        step *= 1.5;
    };
    for _ in 0..MOST_STEPS {
        if inside.0 - outside.0 <= 1e-9 * inside.0 || inside.1 <= 0.0 {
            break;
        }
        let middle = (outside.0 * inside.1 - inside.0 * outside.1) / (inside.1 - outside.1);
        let value = function(middle);
        if value.abs() < 1e-9 {
            return middle;
        }
        if value >= 0.0 {
            inside = (middle, value);
            outside.1 *= 0.5;
        } else {
            outside = (middle, value);
            inside.1 *= 0.5;
        }
    }
    inside.0
}
