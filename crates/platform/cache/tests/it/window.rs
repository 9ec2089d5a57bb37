//! What a sliding window promises, for any order of calls.

use std::time::Duration;

use dashly_cache::{Decision, RateLimiter, Rule};
use proptest::prelude::{Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::fixture::ManualClock;

/// The in-memory limiter never waits, so one poll finishes each call.
fn now_or_never<F: Future>(call: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(call).as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the in-memory limiter waited"),
    }
}

fn rules() -> impl Strategy<Value = Rule> {
    let window_ms = prop_oneof![1..200_u64, 200..5_000_u64, Just(60_000)];
    (0..20_u32, window_ms).prop_map(|(limit, window_ms)| Rule {
        name: "any",
        limit,
        window: Duration::from_millis(window_ms),
    })
}

/// (milliseconds since the call before, cost)
fn calls() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let step_ms = prop_oneof![Just(0), 0..40_u64, 0..2_000_u64, 0..90_000_u64];
    proptest::collection::vec((step_ms, 0..5_u32), 1..80)
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

proptest! {
    #[test]
    fn no_stretch_of_a_window_holds_more_than_the_limit(rule in rules(), calls in calls()) {
        let clock = ManualClock::new();
        let limiter = RateLimiter::memory(clock.clock());
        let mut allowed: Vec<(u64, u32)> = Vec::new();

        for (step_ms, cost) in calls {
            clock.advance(Duration::from_millis(step_ms));
            if now_or_never(limiter.check(&rule, "key", cost)).is_allowed() {
                allowed.push((clock.now_ms(), cost));
            }
        }

        for (start, _) in &allowed {
            let stretch = *start..start + ms(rule.window);
            let sum: u32 = allowed.iter().filter(|(at, _)| stretch.contains(at)).map(|(_, cost)| cost).sum();
            prop_assert!(sum <= rule.limit, "{sum} from {start}");
        }
    }

    #[test]
    fn a_refusal_is_justified_by_recent_hits(rule in rules(), calls in calls()) {
        let clock = ManualClock::new();
        let limiter = RateLimiter::memory(clock.clock());
        let mut allowed: Vec<(u64, u32)> = Vec::new();
        // One slot of imprecision, and one more of at most 32 ms because slots are whole milliseconds.
        let memory_ms = ms(rule.window) + ms(rule.window) / 32 + 33;

        for (step_ms, cost) in calls {
            clock.advance(Duration::from_millis(step_ms));
            let now = clock.now_ms();
            if now_or_never(limiter.check(&rule, "key", cost)).is_allowed() {
                allowed.push((now, cost));
            } else {
                let recent: u32 =
                    allowed.iter().filter(|(at, _)| at + memory_ms > now).map(|(_, cost)| cost).sum();
                prop_assert!(recent + cost > rule.limit, "refused {cost} on top of {recent}");
            }
        }
    }

    #[test]
    fn a_refused_call_fits_after_the_told_time_and_not_before(rule in rules(), calls in calls()) {
        let clock = ManualClock::new();
        let limiter = RateLimiter::memory(clock.clock());

        for (step_ms, cost) in calls {
            clock.advance(Duration::from_millis(step_ms));
            let Decision::Limited { retry_after } = now_or_never(limiter.check(&rule, "key", cost)) else { continue };
            prop_assert!(retry_after > Duration::ZERO);
            if cost > rule.limit {
                continue;
            }
            clock.advance(retry_after.saturating_sub(Duration::from_millis(1)));
            if retry_after > Duration::from_millis(1) {
                prop_assert!(!now_or_never(limiter.check(&rule, "key", cost)).is_allowed(), "too cautious");
            }
            clock.advance(Duration::from_millis(1));
            prop_assert!(now_or_never(limiter.check(&rule, "key", cost)).is_allowed(), "too hopeful");
        }
    }

    #[test]
    fn remaining_is_what_can_still_be_taken(rule in rules(), calls in calls()) {
        let clock = ManualClock::new();
        let limiter = RateLimiter::memory(clock.clock());
        for (step_ms, cost) in calls {
            clock.advance(Duration::from_millis(step_ms));
            now_or_never(limiter.check(&rule, "key", cost));
        }

        let told = match now_or_never(limiter.peek(&rule, "key")) {
            Decision::Allowed { remaining } => remaining,
            Decision::Limited { .. } => 0,
        };
        let mut taken = 0;
        while now_or_never(limiter.check(&rule, "key", 1)).is_allowed() {
            taken += 1;
        }

        prop_assert_eq!(told, taken);
    }

    #[test]
    fn a_refund_undoes_a_check(rule in rules(), calls in calls()) {
        let clock = ManualClock::new();
        let limiter = RateLimiter::memory(clock.clock());
        for (step_ms, cost) in calls {
            clock.advance(Duration::from_millis(step_ms));
            let before = now_or_never(limiter.peek(&rule, "key"));
            if now_or_never(limiter.check(&rule, "key", cost)).is_allowed() {
                now_or_never(limiter.refund(&rule, "key", cost));
            }
            prop_assert_eq!(now_or_never(limiter.peek(&rule, "key")), before);
            now_or_never(limiter.check(&rule, "key", cost));
        }
    }
}

const SIGN_IN: Rule = Rule { name: "sign-in", limit: 3, window: Duration::from_mins(15) };

#[tokio::test]
async fn peeking_counts_nothing() {
    let limiter = RateLimiter::memory(ManualClock::new().clock());

    for _ in 0..100 {
        assert_eq!(limiter.peek(&SIGN_IN, "ada").await, Decision::Allowed { remaining: 3 });
    }
}

#[tokio::test]
async fn failures_add_up_past_the_limit_until_a_reset() {
    let limiter = RateLimiter::memory(ManualClock::new().clock());

    assert_eq!(limiter.record_failure(&SIGN_IN, "ada").await, Decision::Allowed { remaining: 2 });
    limiter.record_failure(&SIGN_IN, "ada").await;
    for _ in 0..5 {
        assert!(!limiter.record_failure(&SIGN_IN, "ada").await.is_allowed());
    }
    limiter.reset(&SIGN_IN, "ada").await;

    assert_eq!(limiter.peek(&SIGN_IN, "ada").await, Decision::Allowed { remaining: 3 });
}

#[tokio::test]
async fn keys_and_rules_are_counted_apart() {
    let limiter = RateLimiter::memory(ManualClock::new().clock());
    let other = Rule { name: "sign-up", ..SIGN_IN };

    limiter.check(&SIGN_IN, "ada", 3).await;

    assert!(!limiter.check(&SIGN_IN, "ada", 1).await.is_allowed());
    assert!(limiter.check(&SIGN_IN, "bob", 3).await.is_allowed());
    assert!(limiter.check(&other, "ada", 3).await.is_allowed());
}

#[tokio::test]
async fn a_clock_that_steps_back_forgets_nothing_early() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::memory(clock.clock());
    limiter.check(&SIGN_IN, "ada", 1).await;

    clock.step_back(Duration::from_mins(10));
    limiter.check(&SIGN_IN, "ada", 2).await;
    clock.advance(Duration::from_mins(16));

    assert!(!limiter.check(&SIGN_IN, "ada", 1).await.is_allowed());
}

#[tokio::test]
async fn a_cost_above_the_limit_never_fits_and_a_limit_of_zero_allows_nothing() {
    let limiter = RateLimiter::memory(ManualClock::new().clock());
    let closed = Rule { limit: 0, ..SIGN_IN };

    assert!(!limiter.check(&SIGN_IN, "ada", 4).await.is_allowed());
    assert_eq!(limiter.peek(&SIGN_IN, "ada").await, Decision::Allowed { remaining: 3 });
    assert!(!limiter.check(&closed, "bob", 1).await.is_allowed());
}

#[tokio::test]
async fn extreme_windows_and_costs_do_not_overflow() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::memory(clock.clock());
    let endless = Rule { name: "endless", limit: u32::MAX, window: Duration::MAX };
    let instant = Rule { name: "instant", limit: 1, window: Duration::ZERO };

    assert!(limiter.check(&endless, "ada", u32::MAX).await.is_allowed());
    limiter.record_failure(&endless, "ada").await;
    assert!(!limiter.check(&endless, "ada", u32::MAX).await.is_allowed());
    assert!(limiter.check(&instant, "ada", 1).await.is_allowed());
    clock.advance(Duration::from_millis(33));
    assert!(limiter.check(&instant, "ada", 1).await.is_allowed());
}
