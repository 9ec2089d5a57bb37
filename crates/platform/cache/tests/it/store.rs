//! Values remembered for a while.

use crate::fixture::{ManualClock, OwnRedis, fresh_key, redis_url};
use dashly_cache::Store;
use std::time::Duration;

const LONG: Duration = Duration::from_mins(5);

#[tokio::test]
async fn a_value_is_there_until_its_time_is_over() {
    let clock = ManualClock::new();
    let store = Store::memory(100_000, clock.clock());
    store.put("a", b"one".to_vec(), LONG).await;
    assert_eq!(store.get("a").await.as_deref(), Some(&b"one"[..]));
    assert_eq!(store.get("b").await, None);
    clock.advance(LONG);
    assert_eq!(store.get("a").await, None);
}

#[tokio::test]
async fn memory_is_bounded() {
    let store = Store::memory(100_000, ManualClock::new().clock());
    for number in 0..1_000 {
        store.put(&number.to_string(), vec![0; 1_000], LONG).await;
    }
    let mut kept = 0;
    for number in 0..1_000 {
        kept += usize::from(store.get(&number.to_string()).await.is_some());
    }
    assert!((1..=100).contains(&kept), "{kept}");
}

#[tokio::test]
async fn replicas_share_what_they_remember_and_do_without_redis() {
    let key = fresh_key();
    let store = |secret: &str| {
        Store::redis(&redis_url(), ManualClock::new().clock()).unwrap().with_key_secret(secret.as_bytes())
    };
    let (first, second, stranger) = (store("x"), store("x"), store("y"));
    first.put(&key, b"one".to_vec(), LONG).await;
    assert_eq!(second.get(&key).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(stranger.get(&key).await, None);
    let away = Store::redis(&OwnRedis::reserve().url(), ManualClock::new().clock()).unwrap();
    away.put(&key, b"one".to_vec(), LONG).await;
    assert_eq!(away.get(&key).await, None);
}
