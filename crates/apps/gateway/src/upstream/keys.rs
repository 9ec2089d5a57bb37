//! The provider's keys: which one is used next, and which ones rest.

use dashly_kernel::Secret;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A key that the provider does not accept is tried again after this long.
const REFUSED_PAUSE: Duration = Duration::from_mins(5);
/// What the provider forbids may be the call and not the key.
const FORBIDDEN_PAUSE: Duration = Duration::from_secs(10);
/// A key whose limit is reached rests no longer than this, whatever the provider says.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Whether `status` may be an answer to the key and not to the call: not accepted, or its limit is reached.
pub(crate) fn is_about_the_key(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::PAYMENT_REQUIRED
            | StatusCode::FORBIDDEN
            | StatusCode::TOO_MANY_REQUESTS
    )
}

/// All keys.
#[derive(Debug)]
pub(crate) struct Keys {
    keys: Vec<Key>,
    turn: Mutex<usize>,
}

#[derive(Debug)]
struct Key {
    header: HeaderValue,
    rest: Mutex<Option<Rest>>,
}

#[derive(Clone, Copy, Debug)]
struct Rest {
    until: Instant,
    reason: &'static str,
}

/// A key as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyState {
    /// Its place in the list, from 1.
    pub(crate) number: usize,
    /// Why it rests; none while it works.
    pub(crate) rests_because: Option<&'static str>,
}

impl Keys {
    pub(crate) fn new(secrets: &[Secret<String>]) -> Self {
        let keys = secrets.iter().filter_map(|secret| {
            // Checked when the settings were read.
            let mut header = HeaderValue::try_from(secret.expose().as_str()).ok()?;
            header.set_sensitive(true);
            Some(Key { header, rest: Mutex::new(None) })
        });
        Self { keys: keys.collect(), turn: Mutex::new(0) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.keys.len()
    }

    /// Whether one does not rest.
    pub(crate) fn has_working(&self) -> bool {
        let now = Instant::now();
        (0..self.keys.len()).any(|place| self.rest_of(place, now).is_none())
    }

    /// The next key in turn that does not rest, else the one that rests the shortest; none without keys.
    pub(crate) fn next(&self) -> Option<(usize, HeaderValue)> {
        let count = self.keys.len();
        if count == 0 {
            return None;
        }
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let start = *turn;
        *turn = (start + 1) % count;
        drop(turn);
        let now = Instant::now();
        let places = (0..count).map(|step| (start + step) % count);
        let place = places.min_by_key(|place| self.rest_of(*place, now).map(|rest| rest.until))?;
        self.keys.get(place).map(|key| (place, key.header.clone()))
    }

    fn rest_of(&self, place: usize, now: Instant) -> Option<Rest> {
        let key = self.keys.get(place)?;
        let rest = *key.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.filter(|rest| rest.until > now)
    }

    /// Learns from what the provider answered to the key at `place`.
    pub(crate) fn note(&self, place: usize, status: StatusCode, retry_after: Option<Duration>) {
        let Some(key) = self.keys.get(place) else { return };
        let now = Instant::now();
        let refused = |pause| Some(Rest { until: now + pause, reason: "the provider does not accept it" });
        let rest = match status {
            StatusCode::UNAUTHORIZED | StatusCode::PAYMENT_REQUIRED => {
                tracing::warn!(
                    key = place + 1,
                    status = status.as_u16(),
                    "the provider does not accept a key: it rests for five minutes (ANTHROPIC_API_KEY)"
                );
                refused(REFUSED_PAUSE)
            }
            StatusCode::FORBIDDEN => refused(FORBIDDEN_PAUSE),
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = retry_after.unwrap_or(Duration::from_secs(1)).min(LONGEST_REST);
                Some(Rest { until: now + wait, reason: "its limit is reached" })
            }
            status if status.is_success() => None,
            _ => return,
        };
        *key.rest.lock().unwrap_or_else(PoisonError::into_inner) = rest;
    }

    pub(crate) fn states(&self) -> Vec<KeyState> {
        let now = Instant::now();
        (0..self.keys.len())
            .map(|place| KeyState {
                number: place + 1,
                rests_because: self.rest_of(place, now).map(|rest| rest.reason),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use dashly_kernel::Secret;
    use http::StatusCode;

    fn keys(count: usize) -> Keys {
        let secrets: Vec<_> = (0..count).map(|number| Secret::new(format!("key-{number}"))).collect();
        Keys::new(&secrets)
    }

    #[test]
    fn keys_take_turns_and_a_refused_one_rests() {
        let keys = keys(3);
        let order: Vec<usize> = (0..4).map(|_| keys.next().unwrap().0).collect();
        assert_eq!(order, [0, 1, 2, 0]);
        keys.note(1, StatusCode::UNAUTHORIZED, None);
        let order: Vec<usize> = (0..4).map(|_| keys.next().unwrap().0).collect();
        assert!(!order.contains(&1), "{order:?}");
        assert_eq!(keys.states()[1].rests_because, Some("the provider does not accept it"));
    }

    #[test]
    fn when_all_rest_the_first_to_be_back_is_used() {
        let keys = keys(2);
        keys.note(0, StatusCode::UNAUTHORIZED, None);
        keys.note(1, StatusCode::TOO_MANY_REQUESTS, None);
        assert_eq!(keys.next().unwrap().0, 1);
        assert!(Keys::new(&[]).next().is_none());
    }

    #[test]
    fn a_key_is_not_shown() {
        assert!(!format!("{:?}", keys(1)).contains("key-0"));
    }
}
