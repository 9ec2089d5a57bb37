//! Behaviour of `dashly-loadgen` against a small server on this machine's loopback that can be told to
//! misbehave.

#[cfg(test)]
mod fake;
#[cfg(test)]
mod load_test;
#[cfg(test)]
mod simulate;
