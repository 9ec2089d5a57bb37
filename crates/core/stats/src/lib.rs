//! Statistics of Dashly: pure functions from counts to intervals, tests and p-values.
//!
//! Nothing here may know of visitors, experiments, files, the network, the clock or a random generator: the
//! caller brings counts, this crate answers with numbers. No answer is NaN or infinite and nothing panics:
//! input outside the stated range is a [`StatsError`]. (The plain functions of [`special`] and [`normal`]
//! give NaN for NaN, as `std` does.)
//!
//! Four floors, imports point downwards only:
//!
//! | floor | folder | holds |
//! |---|---|---|
//! | questions | [`proportion`], [`mean`], [`ratio`], [`cuped`], [`multinomial`], [`bayes`], [`sequential`], [`multiple`], [`power`] | what a caller asks: an interval, a test, a chance, a plan |
//! | estimates | [`estimate`] | difference and lift of any two estimates with standard errors |
//! | distributions | [`normal`], [`student_t`], [`beta`], [`chi_squared`], [`hypergeometric`] | survival functions and quantiles |
//! | functions | [`special`] | error function, incomplete gamma and beta function, logarithm of the gamma function |
//!
//! A new method gets a file in the folder of its question (a sequential test of two proportions:
//! `proportion/`), a new kind of question its own folder. Start reading at [`proportion`].

pub mod bayes;
pub mod canary;
pub mod cuped;
pub mod distributions;
mod error;
pub mod estimate;
mod interval;
pub mod mean;
pub mod multinomial;
pub mod multiple;
pub mod power;
pub mod proportion;
pub mod ratio;
mod roots;
mod rounding;
pub mod sequential;
pub mod special;

pub use distributions::{beta, chi_squared, hypergeometric, normal, student_t};
pub use error::StatsError;
pub use interval::Interval;
