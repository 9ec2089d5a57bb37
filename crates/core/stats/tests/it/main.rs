//! Behaviour of `dashly-stats`: reference digits of other libraries, laws that hold for all input, refusals.

#[cfg(test)]
mod laws;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod refusals;
