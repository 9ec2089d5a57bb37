//! Two limiters on one Redis are one limiter.

use std::sync::Arc;
use std::time::Duration;

use dashly_cache::{Decision, RateLimiter, Rule, Status};

use crate::fixture::{ManualClock, fresh_key, redis_url};

const RULE: Rule = Rule { name: "replicas", limit: 50, window: Duration::from_mins(10) };

async fn replica() -> Arc<RateLimiter> {
    let limiter = RateLimiter::redis(&redis_url(), ManualClock::new().clock()).await.unwrap();
    assert_eq!(limiter.status(), Status::Redis);
    Arc::new(limiter)
}

#[tokio::test]
async fn what_one_replica_counts_the_other_sees() {
    let (one, other, key) = (replica().await, replica().await, fresh_key());

    one.check(&RULE, &key, 30).await;
    let seen = other.peek(&RULE, &key).await;
    let refused = other.check(&RULE, &key, 21).await;
    one.record_failure(&RULE, &key).await;
    other.refund(&RULE, &key, 11).await;
    let refunded = one.peek(&RULE, &key).await;
    other.reset(&RULE, &key).await;

    assert_eq!(seen, Decision::Allowed { remaining: 20 });
    assert!(matches!(refused, Decision::Limited { retry_after } if retry_after > Duration::from_secs(590)));
    assert_eq!(refunded, Decision::Allowed { remaining: 30 });
    assert_eq!(one.peek(&RULE, &key).await, Decision::Allowed { remaining: 50 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_over_replicas_allows_exactly_the_limit() {
    let (replicas, key) = ([replica().await, replica().await], fresh_key());
    let mut race = tokio::task::JoinSet::new();

    for number in 0..200_usize {
        let (limiter, key) = (Arc::clone(&replicas[number % 2]), key.clone());
        race.spawn(async move { limiter.check(&RULE, &key, 1).await });
    }
    let allowed = race.join_all().await.iter().filter(|decision| decision.is_allowed()).count();

    assert_eq!(allowed, 50);
    assert!(replicas.iter().all(|limiter| limiter.status() == Status::Redis));
}

#[tokio::test]
async fn counters_in_redis_expire_and_do_not_show_the_key() {
    let (limiter, key) = (replica().await, fresh_key());
    let rule = Rule { name: "seen-in-redis", limit: 5, window: Duration::from_mins(1) };
    limiter.check(&rule, &key, 1).await;

    let mut redis = redis::Client::open(redis_url()).unwrap().get_connection().unwrap();
    let names: Vec<String> = redis::cmd("KEYS").arg("dashly:rate:seen-in-redis:*").query(&mut redis).unwrap();

    assert!(!names.is_empty());
    for name in names {
        assert!(!name.contains(&key), "{name}");
        let expires_in_ms: i64 = redis::cmd("PTTL").arg(&name).query(&mut redis).unwrap();
        assert!((1..=65_000).contains(&expires_in_ms), "{expires_in_ms}");
    }
}

#[tokio::test]
async fn a_secret_changes_what_is_stored() {
    let (plain, key) = (replica().await, fresh_key());
    let limiter = RateLimiter::redis(&redis_url(), ManualClock::new().clock()).await.unwrap();
    let keyed = limiter.with_key_secret(b"a secret of the replicas");

    plain.check(&RULE, &key, 50).await;

    assert!(keyed.check(&RULE, &key, 50).await.is_allowed());
}
