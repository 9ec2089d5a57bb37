//! Statistics of Dashly: pure functions from counts to intervals, tests and p-values.
//!
//! Nothing here may know of visitors, experiments, files, the network, the clock or a random generator: the
//! caller brings counts, this crate answers with numbers. No answer is NaN or infinite and nothing panics:
//! input outside the stated range is a [`StatsError`]. (The plain functions of [`special`] and [`normal`] give
//! NaN for NaN, as `std` does.)
//!
//! Three floors, imports point downwards only:
//!
//! | floor | folder | holds |
//! |---|---|---|
//! | questions | [`proportion`], [`multinomial`] | what a caller asks: an interval, a test, a detectable difference |
//! | distributions | [`normal`], [`chi_squared`] | survival functions and quantiles |
//! | functions | [`special`] | error function, incomplete gamma function |
//!
//! A new method gets a file in the folder of its question (a sequential test of two proportions:
//! `proportion/`), a new kind of question its own folder. Start reading at [`proportion`].

pub mod distributions;
mod error;
mod interval;
pub mod multinomial;
pub mod proportion;
mod rounding;
pub mod special;

pub use distributions::{chi_squared, normal};
pub use error::StatsError;
pub use interval::Interval;
