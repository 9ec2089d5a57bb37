//! Special functions that `std` lacks, each accurate in its far tail. Must never know what they are used for.

mod error_function;
mod incomplete_gamma;

pub use error_function::{erfc, exp_minus_half_square, scaled_erfc};
pub use incomplete_gamma::{LARGEST_SHAPE, upper_regularised_gamma};
