//! Distributions: survival functions (upper tails) and quantiles. Their callers turn tails into p-values.
//!
//! Tails are always computed as tails, never as `1 - cdf`: a p-value of 1e-20 must come out as 1e-20.

pub mod beta;
pub mod chi_squared;
pub mod hypergeometric;
pub mod normal;
pub mod student_t;
