//! Always-valid inference: answers that hold at every moment, however often and for whatever reason one looks.
//!
//! | question | function | guarantee |
//! |---|---|---|
//! | Do treatment and control convert equally often? | [`log_evidence`], [`anytime_p_value`] | exact |
//! | The same, from all visitors with a final outcome | [`log_outcome_evidence`] | exact |
//! | What is their relative rate? | [`relative_rate_interval`] | exact for a constant relative rate |
//! | Were visitors drawn with the designed shares? | [`log_mismatch_evidence`] | exact |
//! | One arm's rate, a difference of rates or means? | [`asymptotic_confidence_sequence`] and its kin | in the limit |
//! | How many visitors will it take? | [`visitors_to_decision`], [`detectable_lift`] | an estimate, within 6 % |
//!
//! # Why the evidence cannot be fooled by looking
//!
//! *The null is sharp: the variant changes neither whether nor when a visitor converts.* Then a visitor's drawn label
//! has no part in whether and when he enters the counts of converters. The server draws the label by itself, with the
//! share that was designed for that drawing epoch. So whatever the traffic, the rates and the delays are, and given all
//! of them, the label of each converter who enters is an independent draw: treatment with probability `w`, control
//! with `1 - w`, `w` the treatment's share of the pair in the epoch of his draw.
//!
//! For one θ, bet at odds as if the relative rate were `e^θ`: the label of a converter would be the treatment's with
//! probability `p = w e^θ/(1 - w + w e^θ)`. Multiply the stake by `p/w` for a treatment and by `(1-p)/(1-w)` for a
//! control. Under the null the mean of that factor is `w · p/w + (1-w) · (1-p)/(1-w) = 1`, whatever came before: the
//! stake is a martingale that starts at 1 and is never negative. The average of such stakes over a θ drawn from a
//! fixed distribution is one too (Tonelli), and that average is the evidence `E`. Ville's inequality says of every
//! such martingale that it *ever* reaches `1/α` with probability at most `α`. So one may decide at the first moment at
//! which `E ≥ 1/α`, look as often as one likes, and stop for any reason.
//!
//! The order of arrival cancels in the product, so only the counts by epoch and label matter. With a true relative
//! rate `r` that is constant the same holds for `∫ L dπ / L(ln r)`, which gives the confidence sequence.
//!
//! A bet may be made on every label that the null leaves to chance: [`log_outcome_evidence`] bets on those of visitors
//! who did not convert as well, and [`log_mismatch_evidence`] on those of all visitors.
//!
//! # Conditions, which the caller must keep
//!
//! 1. **The null is sharp.** Equal final rates with different delays are a difference, and are found as one. To ask for
//!    the final rates alone, count only visitors whose conversion window has closed, and enter a converter when his
//!    window closes and not when he converts.
//! 2. **Labels are the server's draws**, counted under the epoch and the shares in force at the draw. What a cookie or
//!    a client claims is no draw.
//! 3. **A converter enters once, with that label, and never leaves.** A later join of two identities or a late verdict
//!    on a bot changes what enters from then on, never what has entered.
//! 4. **Nothing that depends on the label decides who is counted.** A visitor seen in two variants stays in, under the
//!    first; dropping such visitors breaks the draw wherever the shares are unequal.
//! 5. **More than two variants are compared by pairs with the control.** Given that a converter is of the pair, his
//!    label is a draw with `w_k/(w_control + w_k)`.
//!
//! The mismatch test needs of these only that each visitor is counted once, at the first exposure, by the drawn label.

mod asymptotic;
mod boundary;
mod converters;
mod evidence;
mod likelihood;
mod mismatch;
mod mixture;
mod outcomes;
mod planning;
mod relative_rate;

pub use asymptotic::{
    NormalEstimate, asymptotic_confidence_sequence, asymptotic_log_evidence, rate_confidence_sequence,
    rate_difference_confidence_sequence,
};
pub use converters::EpochConverters;
pub use evidence::{anytime_p_value, largest_log_evidence, log_evidence};
pub use mismatch::{CERTAIN_MISMATCH, EpochExposures, log_mismatch_evidence};
pub use outcomes::{EpochOutcomes, largest_log_outcome_evidence, log_outcome_evidence};
pub use planning::{SequentialPlan, decision_probability, detectable_lift, visitors_to_decision};
pub use relative_rate::{RatioInterval, relative_rate_interval};
