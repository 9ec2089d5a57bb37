//! Redis comes and goes; limits stay.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use dashly_cache::{Decision, RateLimiter, Rule, Status};

use crate::fixture::{ManualClock, OwnRedis, wait_for};

const RULE: Rule = Rule { name: "outage", limit: 10, window: Duration::from_hours(1) };

#[tokio::test]
async fn a_killed_redis_leaves_the_limits_on_and_is_found_again() {
    let (clock, mut redis) = (ManualClock::new(), OwnRedis::reserve());
    redis.start();
    let limiter = RateLimiter::redis(&redis.url(), clock.clock()).await.unwrap();
    wait_for(&limiter, &clock, Status::Redis).await;
    limiter.check(&RULE, "ada", 6).await;

    redis.kill();
    let first_without = limiter.check(&RULE, "ada", 1).await;
    let status_without = limiter.status();
    let too_much = limiter.check(&RULE, "ada", 4).await;
    redis.start();
    wait_for(&limiter, &clock, Status::Redis).await;
    let other = RateLimiter::redis(&redis.url(), clock.clock()).await.unwrap();
    limiter.check(&RULE, "bob", 7).await;

    // What was counted with Redis still counts without it.
    assert_eq!(first_without, Decision::Allowed { remaining: 3 });
    assert_eq!(status_without, Status::RedisAway);
    assert!(!too_much.is_allowed());
    assert_eq!(other.peek(&RULE, "bob").await, Decision::Allowed { remaining: 3 });
}

#[tokio::test]
async fn a_redis_that_is_down_at_the_start_is_used_once_it_is_up() {
    let (clock, mut redis) = (ManualClock::new(), OwnRedis::reserve());

    let limiter = RateLimiter::redis(&redis.url(), clock.clock()).await.unwrap();
    let before = (limiter.status(), limiter.check(&RULE, "ada", 10).await.is_allowed());
    let still_limited = !limiter.check(&RULE, "ada", 1).await.is_allowed();
    redis.start();
    wait_for(&limiter, &clock, Status::Redis).await;

    assert_eq!(before, (Status::RedisAway, true));
    assert!(still_limited);
}

#[tokio::test]
async fn a_redis_that_never_answers_costs_one_short_wait_a_second() {
    let clock = ManualClock::new();
    // Accepts connections by its backlog and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}/", silent.local_addr().unwrap());
    let started = Instant::now();

    let limiter = RateLimiter::redis(&url, clock.clock()).await.unwrap();
    for _ in 0..10_000 {
        limiter.check(&RULE, "ada", 1).await;
    }
    // A caller without others beside it finds out each time.
    for _ in 0..5 {
        clock.advance(Duration::from_secs(1));
        limiter.check(&RULE, "ada", 1).await;
    }

    assert_eq!(limiter.status(), Status::RedisAway);
    assert!(!limiter.check(&RULE, "ada", 1).await.is_allowed());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "the calls waited for Redis: {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn only_a_malformed_address_is_an_error_and_it_does_not_tell_the_password() {
    for url in ["", "localhost:6379", "http://localhost", "redis://:hunter2@host:port", "redis://:hunter2@"] {
        let error = RateLimiter::redis(url, ManualClock::new().clock()).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    }
}
