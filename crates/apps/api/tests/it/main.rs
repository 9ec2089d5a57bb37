//! Behaviour of the whole API through its router, on SQLite and on PostgreSQL.

#[cfg(test)]
mod access;
#[cfg(test)]
mod ai;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod definitions;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod event_ids;
#[cfg(test)]
mod events;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod inference;
#[cfg(test)]
mod kpis;
#[cfg(test)]
mod life;
#[cfg(test)]
mod life_of_visitors;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod ofrep;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod recount;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod replays;
#[cfg(test)]
mod results;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sites;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod visitor_ids;
#[cfg(test)]
mod visitor_joins;
#[cfg(test)]
mod visits;
