//! Time as a value and as an argument.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;
const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// Tells the time. Programs read the system's clock; tests set their own.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// A moment in UTC with microseconds, the finest unit that both databases keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z. Any value is a moment between the years −290,000 and 290,000.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970-01-01T00:00:00Z; 0 for earlier moments.
    pub fn unix_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000)).unwrap_or(0)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// This moment and `seconds` more (or less, when negative); stops at the ends of the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// The beginning of this moment's UTC hour.
    #[must_use]
    pub const fn start_of_hour(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(MICROS_PER_HOUR)))
    }

    /// The beginning of this moment's UTC day.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(MICROS_PER_DAY)))
    }

    /// As a date and time; moments outside the years −9999 to 9999 become the epoch.
    pub fn to_date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// From a date and time; parts below a microsecond are cut off.
    pub fn from_date_time(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(0))
    }

    /// Reads RFC 3339, such as `2026-11-22T19:00:00Z` (any offset).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(Self::from_date_time)
    }

    /// RFC 3339 in UTC with milliseconds, such as `2026-11-22T19:00:00.123Z`: the form JavaScript prints.
    pub fn to_rfc3339_millis(self) -> String {
        let moment = self.to_date_time();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
            moment.millisecond()
        )
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.to_rfc3339_millis())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse_rfc3339(&text)
            .ok_or_else(|| serde::de::Error::custom("expected an RFC 3339 date and time"))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn hours_and_days_begin_in_utc() {
        let moment = Timestamp::parse_rfc3339("2026-11-22T19:41:07.250Z").unwrap();
        assert_eq!(moment.start_of_hour().to_rfc3339_millis(), "2026-11-22T19:00:00.000Z");
        assert_eq!(moment.start_of_day().to_rfc3339_millis(), "2026-11-22T00:00:00.000Z");
        assert_eq!(moment.to_rfc3339_millis(), "2026-11-22T19:41:07.250Z");
    }

    proptest! {
        #[test]
        fn a_moment_survives_the_way_through_a_date(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let moment = Timestamp::from_unix_micros(micros);
            prop_assert_eq!(Timestamp::from_date_time(moment.to_date_time()), moment);
        }

        #[test]
        fn any_number_is_a_moment(micros in any::<i64>()) {
            let moment = Timestamp::from_unix_micros(micros);
            let _ = (moment.start_of_day(), moment.start_of_hour(), moment.to_rfc3339_millis(), moment.unix_millis());
        }
    }
}
