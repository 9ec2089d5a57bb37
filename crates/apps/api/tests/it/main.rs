//! Behaviour of the whole API through its router, on SQLite and on PostgreSQL.

#[cfg(test)]
mod access;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod event_ids;
#[cfg(test)]
mod events;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod recount;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod visitor_ids;
#[cfg(test)]
mod visits;
