//! argon2id, away from the runtime's threads and only so much of it at once.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use dashly_kernel::{Ids, Secret};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// 19 MiB, two passes, one lane: the first choice of OWASP's password storage cheat sheet, about 30 ms.
const PARAMETERS: Params = match Params::new(19_456, 2, 1, None) {
    Ok(parameters) => parameters,
    Err(_) => Params::DEFAULT,
};
/// Hashes at once in this process: bounds memory (38 MiB) and leaves the other cores to everybody else.
const MOST_AT_ONCE: usize = 2;
/// How long an attempt waits for its turn; about a hundred have theirs in that time.
const TURN_TIMEOUT: Duration = Duration::from_secs(2);

/// What the password of an account that does not exist is checked against, at the cost of a real one. No password is
/// known to fit, and it would open nothing.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$VWSq8REbO3n9qsggHggXy6QPpoUAyH0K9tXOmDMV7qo";

/// Why a password could not be hashed or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashingError {
    /// Too many others are being checked.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The stored hash cannot be read, or the process is stopping.
    #[error("a password hash could not be computed")]
    Failed,
}

/// Hashes and checks passwords. Clones share the limit.
#[derive(Clone, Debug)]
pub(crate) struct Hashing {
    turns: Arc<Semaphore>,
}

/// The right to hash one password.
#[derive(Debug)]
pub(crate) struct Turn(OwnedSemaphorePermit);

impl Hashing {
    pub(crate) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }

    /// Waits for a turn, at most two seconds.
    ///
    /// # Errors
    /// [`HashingError::Busy`].
    pub(crate) async fn turn(&self) -> Result<Turn, HashingError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned()).await;
        turn.map_err(|_| HashingError::Busy)?.map(Turn).map_err(|_| HashingError::Failed)
    }

    /// Hashes `password` with a new salt, as a string that holds everything needed to check it.
    ///
    /// # Errors
    /// [`HashingError`].
    pub(crate) async fn hash(
        &self,
        password: &Secret<String>,
        ids: &dyn Ids,
    ) -> Result<Secret<String>, HashingError> {
        let mut salt = [0_u8; 16];
        ids.fill(&mut salt);
        let password = password.clone();
        self.turn().await?.run(move || hash(&password, &salt)).await
    }
}

impl Turn {
    /// Whether `password` is the one behind `stored`, or behind nothing when there is no account: either way in the
    /// same time.
    ///
    /// # Errors
    /// [`HashingError::Failed`].
    pub(crate) async fn verify(
        self,
        password: Secret<String>,
        stored: Option<Secret<String>>,
    ) -> Result<bool, HashingError> {
        self.run(move || {
            let text = stored.as_ref().map_or(NOBODY, |stored| stored.expose().as_str());
            let fits = verify(&password, text)?;
            Ok(fits && stored.is_some())
        })
        .await
    }

    /// The turn ends with the work, not with a caller who hangs up.
    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let Self(permit) = self;
        let task = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(permit);
            outcome
        });
        task.await.map_err(|_| HashingError::Failed)?
    }
}

fn argon2id() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMETERS)
}

fn hash(password: &Secret<String>, salt: &[u8]) -> Result<Secret<String>, HashingError> {
    let hash = argon2id()
        .hash_password_with_salt(password.expose().as_bytes(), salt)
        .map_err(|_| HashingError::Failed)?;
    Ok(Secret::new(hash.to_string()))
}

fn verify(password: &Secret<String>, stored: &str) -> Result<bool, HashingError> {
    match argon2id().verify_password(password.expose().as_bytes(), stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_) => Err(HashingError::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::{HashingError, NOBODY, hash, verify};
    use dashly_kernel::Secret;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_hash_fits_its_password_to_the_last_byte() {
        let long = format!("{}a", "ß".repeat(511));
        let stored = hash(&secret(&long), b"sixteen bytes ab").unwrap();
        assert_eq!(verify(&secret(&long), stored.expose()), Ok(true));
        assert_eq!(verify(&secret(&format!("{}b", "ß".repeat(511))), stored.expose()), Ok(false));
        assert_eq!(verify(&secret(&format!("{long} ")), stored.expose()), Ok(false));
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let stored = hash(&secret("seven wet umbrellas"), b"sixteen bytes ab").unwrap();
        let (cost, nobody) = (stored.expose().split('$').take(4), NOBODY.split('$').take(4));
        assert!(cost.eq(nobody));
        assert_eq!(stored.expose().len(), NOBODY.len());
        assert_eq!(verify(&secret(""), NOBODY), Ok(false));
    }

    #[test]
    fn a_damaged_hash_is_an_error_and_not_a_wrong_password() {
        assert_eq!(verify(&secret("anything"), "plain text"), Err(HashingError::Failed));
    }
}
