//! The built program as its operator meets it: started, killed, starved and asked, on SQLite and on PostgreSQL.
//!
//! Run through `scripts/with-test-services cargo test -p dashly-cli --test it`. Every test has its own data folder,
//! database and port. Waiting is always for a condition, with a limit.

#[cfg(test)]
#[macro_use]
mod installation;

#[cfg(test)]
mod admin;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod drafts;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod healthcheck;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod load;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod recount;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod start;
#[cfg(test)]
mod starved;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod stored;
