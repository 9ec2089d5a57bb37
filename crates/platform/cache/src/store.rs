//! Values remembered for a while.

use crate::digest::Digest;
use crate::link::{Link, Purpose};
use crate::{Clock, RedisUrlError};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::Duration;

const PURPOSE: Purpose = Purpose {
    patience: Duration::from_millis(250),
    patience_while_away: Duration::from_millis(250),
    away: "nothing is remembered beside this process",
    back: "values are shared between replicas",
};
/// A value is thought to have this size when room for values is planned.
const USUAL_BYTES: u64 = 4 * 1024;

/// Values by key, in this process or in Redis for all replicas. What it forgets, or cannot reach, is simply not there.
///
/// Keys are hashed; values stand in Redis as they are given.
pub struct Store {
    clock: Clock,
    key_secret: Vec<u8>,
    local: Cache<Digest, Entry, ByBytes>,
    shared: Option<Link>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Arc<[u8]>,
    /// On the caller's clock.
    until: Duration,
}

#[derive(Debug, Clone, Copy)]
struct ByBytes;

impl Weighter<Digest, Entry> for ByBytes {
    fn weight(&self, _: &Digest, entry: &Entry) -> u64 {
        u64::try_from(entry.value.len()).unwrap_or(u64::MAX).saturating_add(64)
    }
}

impl Store {
    /// Remembers up to about `most_bytes` of values in this process; those not asked for go first.
    pub fn memory(most_bytes: u64, clock: Clock) -> Self {
        let items = usize::try_from(most_bytes.div_ceil(USUAL_BYTES)).unwrap_or(usize::MAX);
        let local = Cache::with_weighter(items, most_bytes, ByBytes);
        Self { clock, key_secret: Vec::new(), local, shared: None }
    }

    /// Remembers in the Redis at `url`. While it is away, nothing is remembered.
    ///
    /// # Errors
    /// [`RedisUrlError`] when `url` is malformed.
    pub fn redis(url: &str, clock: Clock) -> Result<Self, RedisUrlError> {
        let client = redis::Client::open(url).map_err(|cause| RedisUrlError { cause })?;
        Ok(Self { shared: Some(Link::new(client, PURPOSE)), ..Self::memory(0, clock) })
    }

    /// Mixes `secret` into the hash of keys. Replicas that share a Redis need the same secret.
    #[must_use]
    pub fn with_key_secret(mut self, secret: &[u8]) -> Self {
        self.key_secret = secret.to_vec();
        self
    }

    /// The value of `key`, if it is remembered.
    pub async fn get(&self, key: &str) -> Option<Arc<[u8]>> {
        let now = (self.clock)();
        let key = self.digest(key);
        let Some(link) = &self.shared else {
            return self.local.get(&key).filter(|entry| entry.until > now).map(|entry| entry.value);
        };
        let found: Option<Vec<u8>> = link
            .run(now, async |mut connection| {
                redis::cmd("GET").arg(name(key)).query_async(&mut connection).await
            })
            .await?;
        found.map(Arc::from)
    }

    /// Remembers `value` for `lifetime`.
    pub async fn put(&self, key: &str, value: Vec<u8>, lifetime: Duration) {
        let now = (self.clock)();
        let key = self.digest(key);
        let Some(link) = &self.shared else {
            self.local.insert(key, Entry { value: value.into(), until: now.saturating_add(lifetime) });
            return;
        };
        let milliseconds = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 40);
        // When Redis is away it is not remembered; the link's log says so.
        let _: Option<()> = link
            .run(now, async |mut connection| {
                let mut set = redis::cmd("SET");
                set.arg(name(key)).arg(value).arg("PX").arg(milliseconds);
                set.query_async(&mut connection).await
            })
            .await;
    }

    fn digest(&self, key: &str) -> Digest {
        Digest::of_content(&self.key_secret, key)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("is_shared", &self.shared.is_some()).finish_non_exhaustive()
    }
}

fn name(key: Digest) -> String {
    format!("dashly:store:{}", key.hex())
}
