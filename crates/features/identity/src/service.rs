//! The service that the rest of the program holds.

use crate::config::{IdentityConfig, IdentityConfigError};
use crate::hashing::Hashing;
use crate::limits::Limits;
use crate::token::Tokens;
use dashly_cache::RateLimiter;
use dashly_db::Db;
use dashly_kernel::{Clock, Ids};
use std::sync::Arc;

/// Accounts and sign-in. Cheap to clone; all clones are the same service.
#[derive(Clone)]
pub struct Identity {
    parts: Arc<Parts>,
}

struct Parts {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    limits: Limits,
    hashing: Hashing,
    tokens: Tokens,
    token_lifetime_seconds: u32,
    secure_cookies: bool,
}

impl Identity {
    /// The service over a migrated database. Asks the database nothing yet.
    ///
    /// # Errors
    /// [`IdentityConfigError`] when the configuration is not safe to run with.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        limiter: Arc<RateLimiter>,
        config: &IdentityConfig,
    ) -> Result<Self, IdentityConfigError> {
        config.check()?;
        let parts = Parts {
            db,
            clock,
            ids,
            limits: Limits(limiter),
            hashing: Hashing::new(),
            tokens: Tokens::new(&config.jwt_secret),
            token_lifetime_seconds: config.token_lifetime_seconds,
            secure_cookies: config.secure_cookies,
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    pub(crate) fn db(&self) -> &Db {
        &self.parts.db
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    pub(crate) fn ids(&self) -> &dyn Ids {
        &*self.parts.ids
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    pub(crate) fn hashing(&self) -> &Hashing {
        &self.parts.hashing
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.parts.tokens
    }

    pub(crate) fn token_lifetime_seconds(&self) -> u32 {
        self.parts.token_lifetime_seconds
    }

    pub(crate) fn secure_cookies(&self) -> bool {
        self.parts.secure_cookies
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}
