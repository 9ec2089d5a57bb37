//! Special functions that `std` lacks, each accurate in its far tail. Must never know what they are used for.

mod deviance;
mod error_function;
mod gamma;
mod incomplete_beta;
mod incomplete_gamma;
mod quadrature;

pub use error_function::{erfc, exp_minus_half_square, scaled_erfc};
pub use gamma::{LARGEST_GAMMA_ARGUMENT, ln_gamma};
pub use incomplete_beta::{LARGEST_BETA_SHAPE, lower_regularised_beta, upper_regularised_beta};
pub use incomplete_gamma::{LARGEST_SHAPE, upper_regularised_gamma};

pub(crate) use deviance::poisson_deviance;
pub(crate) use gamma::{ln_factorial_rest, stirling_rest};
pub(crate) use incomplete_beta::{BetaPoint, LnTails, beta_shape};
pub(crate) use quadrature::ln_integral_of_peak;
