//! Memory is bounded, and filling it frees nobody.

use std::time::Duration;

use dashly_cache::{RateLimiter, Rule};

use crate::fixture::ManualClock;

const RULE: Rule = Rule { name: "per-address", limit: 5, window: Duration::from_mins(1) };

#[tokio::test]
async fn a_flood_of_keys_does_not_clear_a_counter() {
    let limiter = RateLimiter::memory(ManualClock::new().clock()).with_max_keys(100);
    limiter.check(&RULE, "attacker", 5).await;

    for number in 0..5_000 {
        limiter.check(&RULE, &format!("made-up {number}"), 1).await;
    }

    assert!(!limiter.check(&RULE, "attacker", 1).await.is_allowed());
}

#[tokio::test]
async fn a_newcomer_during_a_flood_is_limited_and_stays_so_when_places_get_free() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::memory(clock.clock()).with_max_keys(10);
    for number in 0..10 {
        limiter.check(&RULE, &format!("made-up {number}"), 1).await;
    }
    clock.advance(Duration::from_secs(40));

    let mut allowed = 0;
    for _ in 0..20 {
        allowed += u32::from(limiter.check(&RULE, "late", 1).await.is_allowed());
    }
    // The flood is forgotten, the newcomer's own hits are not.
    clock.advance(Duration::from_secs(25));
    let after = limiter.check(&RULE, "late", 1).await;
    clock.advance(Duration::from_mins(1));

    assert_eq!(allowed, 5);
    assert!(!after.is_allowed());
    assert!(limiter.check(&RULE, "late", 5).await.is_allowed());
}

#[tokio::test]
async fn a_reset_does_not_clear_a_counter_that_others_share() {
    let limiter = RateLimiter::memory(ManualClock::new().clock()).with_max_keys(0);
    limiter.check(&RULE, "late", 5).await;

    limiter.reset(&RULE, "late").await;

    assert!(!limiter.check(&RULE, "late", 1).await.is_allowed());
}

#[tokio::test]
async fn a_flood_on_one_rule_leaves_the_others_alone() {
    let limiter = RateLimiter::memory(ManualClock::new().clock()).with_max_keys(10);
    let sign_in = Rule { name: "sign-in", ..RULE };
    for number in 0..20_000 {
        limiter.check(&RULE, &format!("made-up {number}"), 1).await;
    }

    for number in 0..10 {
        assert!(limiter.check(&sign_in, &format!("person {number}"), 5).await.is_allowed());
    }
}

#[tokio::test]
async fn places_are_free_again_after_the_window() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::memory(clock.clock()).with_max_keys(10);
    for number in 0..20_000 {
        limiter.check(&RULE, &format!("made-up {number}"), 1).await;
    }

    clock.advance(Duration::from_secs(62));

    for number in 0..10 {
        assert!(limiter.check(&RULE, &format!("person {number}"), 5).await.is_allowed());
    }
}
