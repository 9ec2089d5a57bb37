//! Questions about counts over several categories: do they follow the expected shares.

mod goodness_of_fit;

pub use goodness_of_fit::{ChiSquareTest, SHARES_TOLERANCE, chi_square_test};
