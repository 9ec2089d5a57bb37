//! Behaviour of rate limits, budgets and the store through its public face, in memory and on real Redis servers.

#[cfg(test)]
mod budgets;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod flood;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod store;
#[cfg(test)]
mod window;
