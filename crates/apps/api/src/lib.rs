//! The main API: configuration in, one running server out.
//!
//! This crate assembles; it holds no business rule and no SQL. Read [`App::build`] for what is wired to what, and
//! [`Config`] for everything that can be set from outside.

mod app;
mod config;
mod data_folder;
mod health_routes;
mod leak_memory;
mod notice_webhook;
mod openapi;
mod operator;
mod pages;
mod run;
mod secrets;
mod visitor_joins;

pub use app::{App, AppParts};
pub use config::Config;
pub use data_folder::{DataFolderLock, DataFolderTaken};
pub use openapi::openapi_json;
pub use operator::{ResetPassword, describe_api, reset_admin_password};
pub use run::{Address, Migrate, run};
pub use secrets::{LocalSecrets, read_admin_password};
