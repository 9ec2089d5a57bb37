//! Behaviour of accounts and sign-in through the router, on SQLite and on PostgreSQL.

#[cfg(test)]
#[macro_use]
mod fixture;

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod forged_tokens;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod sign_in;
