//! Accounts and sign-in: who somebody is, and how the server knows.
//!
//! A sign-in makes a session row and a signed token that names it. Each request that needs to know its caller checks
//! the signature and reads that row together with the account, so that signing out, a new role or a closed account
//! count at once in every process. Workspaces, their members and what somebody may do inside them are another
//! slice's matter.
//!
//! Start reading at [`Identity`]; one file per operation: `sign_in.rs`, `sessions.rs`, `accounts.rs`. What must hold:
//! nothing tells a stranger whether an account exists; no password, hash, token, name or address enters the log.

mod accounts;
mod after_sign_in;
mod config;
mod hashing;
mod http;
mod limits;
mod model;
mod password;
mod problems;
mod service;
mod sessions;
mod sign_in;
mod store;
mod token;

pub use crate::http::routes;
pub use accounts::{AdminOutcome, EnsureAdminError, PasswordReset, ResetPasswordError};
pub use after_sign_in::{AfterSignIn, AfterSignInFuture, SignInObserver};
pub use config::{
    DEFAULT_TOKEN_LIFETIME_SECONDS, IdentityConfig, IdentityConfigError, InvalidTokenLifetime,
    parse_token_lifetime,
};
pub use password::{PasswordFault, check_password};
pub use service::Identity;
pub use store::StoreError;
