//! How many visitors a sequential comparison of rates needs, before any came.
//!
//! The decision falls when the converters' labels cross a curved boundary: the excess of treatment labels among n at
//! which the log evidence reaches `-ln α`. From converter to converter that excess moves like a Brownian motion with
//! drift, whose first crossing is computed by an integral equation. The boundary is moved by half an upward step,
//! because labels come one by one (D. Siegmund, *Sequential Analysis*, 1985, chapter X). The number of visitors is that
//! of converters by the rate of both arms together.
//!
//! Against simulated tests (`make bench-experiments`; base rates 3 to 50 %, lifts -20 to 130 %) medians and the visitors
//! by which 80 % have decided are 0 to 6 % off, mostly too high, most where about fifty converters decide. Wrong decisions, at most α, are left out.

use super::boundary::Boundary;
use crate::error::{positive, strictly_between_zero_and_one};
use crate::{StatsError, normal};

/// Visitors beyond which no plan is made.
const MOST_VISITORS: f64 = 1e15;

/// Halvings of the bracket of a lift: to nine digits.
const HALVINGS: u32 = 40;

/// What is to be found, and how sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequentialPlan {
    /// Conversion rate of the control, strictly between 0 and 1.
    pub base_rate: f64,
    /// Rate of the treatment by the control's, minus 1; not 0, above -1, and such that the rate stays at most 1.
    pub relative_lift: f64,
    /// Designed share of the treatment among visitors of the two arms, strictly between 0 and 1.
    pub treatment_share: f64,
    /// Level at which the evidence decides, strictly between 0 and 1.
    pub alpha: f64,
}

/// Probability that a decision in the right direction has fallen within `visitors` of the two arms together, looking
/// after every visitor.
///
/// # Errors
/// [`StatsError::NotStrictlyBetweenZeroAndOne`], [`StatsError::NotPositive`], [`StatsError::NoDifference`];
/// [`StatsError::TooLarge`] for a rate above 1 or more than 1e15 visitors.
pub fn decision_probability(plan: SequentialPlan, visitors: f64) -> Result<f64, StatsError> {
    let walk = Walk::new(plan)?;
    let converters = checked_visitors(visitors)? * walk.converters_per_visitor;
    let boundary = Boundary::new(walk.share, walk.needed, converters);
    Ok(walk.probability_within(&boundary, converters))
}

/// Visitors of the two arms together within which a decision in the right direction has fallen with `probability`:
/// 0.5 for the median, 0.8 for the usual power. By the visitors of a day it is the time to a decision.
///
/// # Errors
/// As [`decision_probability`].
pub fn visitors_to_decision(plan: SequentialPlan, probability: f64) -> Result<f64, StatsError> {
    strictly_between_zero_and_one("probability", probability)?;
    let walk = Walk::new(plan)?;
    let boundary = Boundary::new(walk.share, walk.needed, MOST_VISITORS * walk.converters_per_visitor);
    let mut before: Option<(f64, f64)> = None;
    for (converters, reached) in walk.probabilities(&boundary) {
        if reached >= probability {
            let (earlier, less) = before.unwrap_or((converters, 0.0));
            let part = (probability - less) / (reached - less);
            return Ok(earlier * (converters / earlier).powf(part) / walk.converters_per_visitor);
        }
        before = Some((converters, reached));
    }
    Err(StatsError::TooLarge { name: "number of visitors", value: f64::MAX, largest: MOST_VISITORS })
}

/// The smallest rise of the rate, relative to the control's, that is found within `visitors` of the two arms together
/// with `probability`; `None` when not even a rate of 1 is. The lift of `plan` is not used.
///
/// # Errors
/// As [`decision_probability`].
pub fn detectable_lift(
    plan: SequentialPlan,
    visitors: f64,
    probability: f64,
) -> Result<Option<f64>, StatsError> {
    strictly_between_zero_and_one("probability", probability)?;
    let visitors = checked_visitors(visitors)?;
    let most = 1.0 / strictly_between_zero_and_one("base rate", plan.base_rate)? - 1.0;
    let walk_of = |relative_lift| Walk::new(SequentialPlan { relative_lift, ..plan });
    let steepest = walk_of(most)?;
    let boundary = Boundary::new(steepest.share, steepest.needed, visitors * steepest.converters_per_visitor);
    let finds = |walk: Walk| {
        walk.probability_within(&boundary, visitors * walk.converters_per_visitor) >= probability
    };
    if !finds(steepest) {
        return Ok(None);
    }
    let (mut low, mut high) = (most * 1e-9, most);
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        if walk_of(middle).is_ok_and(finds) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}

fn checked_visitors(visitors: f64) -> Result<f64, StatsError> {
    let name = "number of visitors";
    if positive(name, visitors)? > MOST_VISITORS {
        return Err(StatsError::TooLarge { name, value: visitors, largest: MOST_VISITORS });
    }
    Ok(visitors)
}

/// The walk of the favoured label among the converters.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// Designed share of the favoured label, and its probability under the plan.
    share: f64,
    probability: f64,
    converters_per_visitor: f64,
    needed: f64,
}

impl Walk {
    fn new(plan: SequentialPlan) -> Result<Self, StatsError> {
        let base = strictly_between_zero_and_one("base rate", plan.base_rate)?;
        let share = strictly_between_zero_and_one("treatment share", plan.treatment_share)?;
        let needed = -strictly_between_zero_and_one("alpha", plan.alpha)?.ln();
        let rate = positive("treatment rate", base * (1.0 + plan.relative_lift))?;
        // A lift to exactly 1 may come out a little above it.
        if rate > 1.0 + 1e-12 {
            return Err(StatsError::TooLarge { name: "treatment rate", value: rate, largest: 1.0 });
        }
        let (control, treatment) = ((1.0 - share) * base, share * rate);
        let converters_per_visitor = control + treatment;
        let (share, favoured) =
            if plan.relative_lift > 0.0 { (share, treatment) } else { (1.0 - share, control) };
        let probability = favoured / converters_per_visitor;
        if probability > share {
            Ok(Self { share, probability, converters_per_visitor, needed })
        } else {
            Err(StatsError::NoDifference)
        }
    }

    /// Probability of a crossing within so many converters, which the boundary must reach.
    fn probability_within(&self, boundary: &Boundary, converters: f64) -> f64 {
        let mut before: Option<(f64, f64)> = None;
        for (further, reached) in self.probabilities(boundary) {
            if further >= converters {
                return before.map_or(0.0, |(earlier, less)| {
                    let part = (converters / earlier).ln() / (further / earlier).ln();
                    less + part * (reached - less)
                });
            }
            before = Some((further, reached));
        }
        before.map_or(0.0, |(_, reached)| reached)
    }

    /// Numbers of converters and the probability of a crossing within them, both rising.
    fn probabilities<'a>(&'a self, boundary: &'a Boundary) -> impl Iterator<Item = (f64, f64)> + 'a {
        let deviation = (self.probability * (1.0 - self.probability)).sqrt().max(1e-9);
        let mut crossings = FirstCrossing::default();
        boundary.points().map(move |point| {
            // In units of the walk's deviation, with its drift taken out.
            let drift = self.probability - self.share;
            let height = point.excess + 0.5 * (1.0 - self.share) - drift * point.converters;
            let reached =
                crossings.next(point.converters, height / deviation, (point.slope - drift) / deviation);
            (point.converters, reached)
        })
    }
}

/// The first crossing of a boundary by a standard Brownian motion, along growing times.
///
/// A. Buonocore, A. G. Nobile and L. M. Ricciardi, *A new integral equation for the evaluation of first-passage-time
/// probability densities* (Advances in Applied Probability 19, 1987), by the trapezoidal rule: its kernel vanishes
/// where the two times meet, so every density follows from those before it.
#[derive(Debug, Default)]
struct FirstCrossing {
    earlier: Vec<Crossing>,
    probability: f64,
}

#[derive(Debug, Clone, Copy)]
struct Crossing {
    time: f64,
    height: f64,
    density: f64,
}

impl FirstCrossing {
    /// Probability of a crossing within `time`, where the boundary has this height and slope.
    fn next(&mut self, time: f64, height: f64, slope: f64) -> f64 {
        let from = |start: f64, height_there: f64| {
            let (passed, risen) = (time - start, height - height_there);
            let root = passed.sqrt();
            (risen / passed - slope) * normal::density(risen / root) / root
        };
        let mut density = from(0.0, 0.0);
        let mut before: Option<Crossing> = None;
        for (place, crossing) in self.earlier.iter().enumerate() {
            let until = self.earlier.get(place + 1).map_or(time, |next| next.time);
            let since = before.map_or(crossing.time, |before| before.time);
            density -= 0.5 * (until - since) * crossing.density * from(crossing.time, crossing.height);
            before = Some(*crossing);
        }
        let density = density.max(0.0);
        let added = before.map_or(0.0, |before| 0.5 * (time - before.time) * (density + before.density));
        self.earlier.push(Crossing { time, height, density });
        self.probability = (self.probability + added).min(1.0);
        self.probability
    }
}
