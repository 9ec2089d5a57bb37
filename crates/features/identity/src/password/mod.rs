//! What a new password must be: long, and not among the first that somebody would try.
//!
//! There are no composition rules (NIST SP 800-63B-4, 3.1.1.2): they make passwords harder to remember and not harder
//! to guess. Nothing is trimmed, folded or cut before hashing. Passwords that are already stored are never judged here.

mod guessable;

use dashly_kernel::Secret;

/// The fewest Unicode scalar values of a password that stands alone, without a second factor.
const FEWEST_CHARACTERS: usize = 15;
/// The most bytes: room for 128 characters of any script, and a bound on what is hashed.
const MOST_BYTES: usize = 1_024;

/// Why a new password is refused. The text says what to do and holds nothing of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer characters than are safe without a second factor.
    #[error("a password needs at least {FEWEST_CHARACTERS} characters; this one has {characters}")]
    TooShort {
        /// How many it has.
        characters: usize,
    },
    /// More than is worth hashing.
    #[error("a password has at most {MOST_BYTES} bytes; this one has {bytes}")]
    TooLong {
        /// How many it has in UTF-8.
        bytes: usize,
    },
    /// On the list of well-known ones.
    #[error("this password is well known; use one of your own, such as four or five random words")]
    WellKnown,
    /// Made of repetitions, sequences, keyboard runs, common words and the names of the account or the product.
    #[error(
        "this password is easy to guess: take away names, common words, repetitions and sequences, and little is left; \
         use four or five random words"
    )]
    Guessable,
}

/// Whether `password` may become the password of the account with these names.
///
/// # Errors
/// The first [`PasswordFault`] found.
pub fn check_password(password: &Secret<String>, username: &str, email: &str) -> Result<(), PasswordFault> {
    let password = password.expose();
    // Before anything looks at each character.
    if password.len() > MOST_BYTES {
        return Err(PasswordFault::TooLong { bytes: password.len() });
    }
    let characters = password.chars().count();
    if characters < FEWEST_CHARACTERS {
        return Err(PasswordFault::TooShort { characters });
    }
    let lower = password.to_lowercase();
    if guessable::is_well_known(&lower) {
        return Err(PasswordFault::WellKnown);
    }
    if guessable::is_repetition(&lower) || guessable::says_little(&lower, username, email) {
        return Err(PasswordFault::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
