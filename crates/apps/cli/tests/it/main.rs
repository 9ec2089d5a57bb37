//! The built program as its operator meets it: started, killed, starved and asked, on SQLite and on PostgreSQL.
//!
//! Run through `scripts/with-test-services cargo test -p dashly-cli --test it`. Every test has its own data folder,
//! database and port. Waiting is always for a condition, with a limit.

#[cfg(test)]
#[macro_use]
mod installation;

#[cfg(test)]
mod browser;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod load;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod process;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod recount;
#[cfg(test)]
mod stored;
