//! The one rule for text that comes from outside, the same on both databases.

/// Why a text from outside is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing is left after the ends are looked at.
    #[error("must not be empty")]
    Empty,
    /// Longer than the field allows.
    #[error("must have at most {max_characters} characters")]
    TooLong {
        /// The most Unicode scalar values the field takes.
        max_characters: usize,
    },
    /// Holds a control character. PostgreSQL cannot store NUL while SQLite can, so neither gets one.
    #[error("must not contain control characters (found U+{code_point:04X})")]
    Control {
        /// The first one found.
        code_point: u32,
    },
}

/// Checks a name-like text: not empty, at most `max_characters` Unicode scalar values, no control characters.
///
/// # Errors
/// The first [`TextFault`] found.
pub fn check_text(text: &str, max_characters: usize) -> Result<(), TextFault> {
    if text.is_empty() {
        return Err(TextFault::Empty);
    }
    // A character has at least one byte, so short texts need no counting.
    if text.len() > max_characters && text.chars().count() > max_characters {
        return Err(TextFault::TooLong { max_characters });
    }
    match text.chars().find(|character| character.is_control()) {
        Some(character) => Err(TextFault::Control { code_point: u32::from(character) }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{TextFault, check_text};

    #[test]
    fn names_are_bounded_and_free_of_control_characters() {
        assert_eq!(check_text("kpi_click", 20), Ok(()));
        assert_eq!(check_text("", 20), Err(TextFault::Empty));
        assert_eq!(check_text("ééé", 3), Ok(()));
        assert_eq!(check_text("éééé", 3), Err(TextFault::TooLong { max_characters: 3 }));
        assert_eq!(check_text("a\0b", 20), Err(TextFault::Control { code_point: 0 }));
    }
}
