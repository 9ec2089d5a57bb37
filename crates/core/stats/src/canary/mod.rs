//! Is a new version worse than the one in service? Answers that hold however often one looks.
//!
//! Two versions serve at the same time, and somebody looks again and again. Each look brings, for either version, how
//! many requests there were since the last look and how many of them are *marked*: failed, or slower than an edge.
//!
//! | question | type | guarantee |
//! |---|---|---|
//! | Does the canary fail more often? | [`ErrorWatch`] | exact for independent requests, by simulation for bursts |
//! | Is the canary slower, or are its durations wider? | [`LatencyWatch`] | the same |
//! | Do the canary's pods restart more often? | [`RestartWatch`] | exact if restarts hit any pod alike |
//! | How much more do marks vary than independent requests would? | [`DesignEffect`] | an estimate |
//!
//! # Why drifting rates do no harm
//!
//! *Given how many requests of a look went where, and how many of all were marked*, an equally good canary has a
//! hypergeometric number of marks among its own: which ones were marked is a draw without putting back. That law knows
//! no error rate. A fault that hits both versions raises the marks of both and changes nothing (R. A. Fisher's exact
//! test, 1935, one table for each look, as N. Mantel and W. Haenszel join them, *Journal of the National Cancer
//! Institute* 22, 1959). A look without a mark says nothing, so that zeros never make a version bad.
//!
//! A canary whose odds of a mark are `ψ` times those of stable follows Fisher's noncentral hypergeometric law, whose
//! likelihood ratio against `ψ₀` is what is bet with: its mean under `ψ₀` is 1, and below 1 for any smaller odds ratio,
//! because the ratio grows with the canary's marks and a smaller odds ratio makes them stochastically fewer. The product
//! over looks is a supermartingale that starts at 1, and so is an average over several `ψ` (J. Ville, 1939).

mod boundary;
mod burst_law;
mod design_effect;
mod error_watch;
mod latency_watch;
mod law;
mod look;
mod restart_watch;

pub use design_effect::DesignEffect;
pub use error_watch::{ErrorFinding, ErrorWatch, LARGEST_ERROR_ALPHA};
pub use latency_watch::{LatencyFinding, LatencyWatch, WORST_HARMLESS_ODDS};
pub use look::{ArmCount, Look};
pub use restart_watch::{PodRestarts, RestartWatch};
