//! Behaviour of `dashly-stats`: reference digits of other libraries, laws that hold for all input, refusals.

#[cfg(test)]
mod canary;
#[cfg(test)]
mod close;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod laws_comparisons;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reference_bayes;
#[cfg(test)]
mod reference_distributions;
#[cfg(test)]
mod reference_means;
#[cfg(test)]
mod reference_power;
#[cfg(test)]
mod reference_proportions;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod sequential;
#[cfg(test)]
mod sequential_laws;
#[cfg(test)]
mod sequential_other_laws;
#[cfg(test)]
mod sequential_planning;
