//! How data is kept from being taken for instructions.

/// What is done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Everything: data is screened, delimited and labelled.
    #[default]
    Full,
    /// Data is delimited and labelled, and not screened.
    #[cfg(test)]
    Delimited,
    /// Nothing: shows that the test of the others can fail.
    #[cfg(test)]
    None,
}

impl Protection {
    pub(super) fn screens(self) -> bool {
        self == Self::Full
    }

    pub(super) fn delimits(self) -> bool {
        match self {
            Self::Full => true,
            #[cfg(test)]
            Self::Delimited => true,
            #[cfg(test)]
            Self::None => false,
        }
    }
}
