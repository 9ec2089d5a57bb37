//! One file per command.

pub(crate) mod admin;
pub(crate) mod backup;
pub(crate) mod canary;
pub(crate) mod doctor;
pub(crate) mod edge;
pub(crate) mod erase_visitor;
pub(crate) mod experiments;
pub(crate) mod gateway;
pub(crate) mod healthcheck;
pub(crate) mod load_test;
mod local_gateway;
pub(crate) mod migrate;
pub(crate) mod openapi;
mod replays;
pub(crate) mod results;
mod retention;
pub(crate) mod serve;
pub(crate) mod simulate;
