//! The database layer on SQLite and on PostgreSQL.

#[cfg(test)]
mod fixture;

#[cfg(test)]
mod backup;
#[cfg(test)]
mod codec;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod joined;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod own_postgres;
#[cfg(test)]
mod schemas;
