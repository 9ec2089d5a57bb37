//! Chance as an argument.

use crate::Timestamp;
use uuid::Uuid;

/// A source of unpredictable bytes, and of the identifiers made from them.
///
/// Programs give one that reads the operating system's random source; tests give a seeded one, so that every
/// identifier in a test is the same in each run.
pub trait Ids: Send + Sync {
    /// Fills `bytes` with bytes that nobody can predict.
    fn fill(&self, bytes: &mut [u8]);

    /// A UUID of version 7: sortable by `now` (milliseconds), random in its other 74 bits.
    fn uuid(&self, now: Timestamp) -> Uuid {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(now.unix_millis(), &random).into_uuid()
    }

    /// 128 random bits as 32 lower-case hexadecimal digits: long enough to be neither guessed nor repeated.
    fn token(&self) -> String {
        let mut random = [0_u8; 16];
        self.fill(&mut random);
        format!("{:032x}", u128::from_be_bytes(random))
    }
}
