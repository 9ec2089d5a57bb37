//! Budgets, in a state file and in a Redis that several replicas share.

use crate::fixture::{ManualClock, OwnRedis, fresh_key, redis_url};
use dashly_cache::{Budget, Budgets, Reservation, ReserveError, Spending};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const LIFETIME: Duration = Duration::from_mins(10);

fn budget(name: &str, limit: u64) -> Budget {
    Budget { name: name.into(), limit, keep: Duration::from_hours(48) }
}

fn in_file(path: &Path) -> Budgets {
    Budgets::file(path, ManualClock::new().clock())
}

fn in_redis(url: &str) -> Budgets {
    Budgets::redis(url, ManualClock::new().clock()).unwrap()
}

async fn reserve(
    budgets: &Budgets,
    name: &str,
    limit: u64,
    amount: u64,
) -> Result<Reservation, ReserveError> {
    budgets.reserve(fresh_key, [budget(name, limit)].into(), amount, LIFETIME).await
}

async fn spending(budgets: &Budgets, name: &str) -> Spending {
    budgets.spending(&[name.to_owned()]).await.unwrap()[0]
}

/// A thousand calls at once over `replicas`, each reserving 7 of 2,000 and spending 5: how many were let through.
async fn burst(replicas: Vec<Arc<Budgets>>, name: &str) -> u64 {
    let mut calls = JoinSet::new();
    for number in 0..1_000 {
        let budgets = Arc::clone(&replicas[number % replicas.len()]);
        let names = vec![budget(name, 2_000), budget(&format!("{name}-other"), 1_000_000)];
        calls.spawn(async move {
            let reserved = budgets.reserve(fresh_key, names.into(), 7, LIFETIME).await;
            let is_let_through = reserved.is_ok();
            if let Ok(reservation) = reserved {
                budgets.settle(reservation, 5).await;
            }
            u64::from(is_let_through)
        });
    }
    calls.join_all().await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_over_three_replicas_spends_no_more_than_the_budget() {
    let name = fresh_key();
    let replicas: Vec<_> = (0..3).map(|_| Arc::new(in_redis(&redis_url()))).collect();
    for replica in &replicas {
        assert_eq!(spending(replica, &name).await, Spending::default(), "connects");
    }
    let through = burst(replicas.clone(), &name).await;
    // Settled at 5 each, 399 fit while the last still reserves 7; more reservations at once let fewer through.
    assert!((285..=399).contains(&through), "{through}");
    let expected = Spending { spent: through * 5, reserved: 0 };
    assert_eq!(spending(&replicas[0], &name).await, expected);
    assert_eq!(spending(&replicas[2], &format!("{name}-other")).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_over_one_file_spends_no_more_than_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.json");
    let budgets = Arc::new(in_file(&path));
    let through = burst(vec![Arc::clone(&budgets)], "a").await;
    assert!((285..=399).contains(&through), "{through}");
    assert_eq!(spending(&budgets, "a").await, Spending { spent: through * 5, reserved: 0 });
    budgets.close().await;
    drop(budgets);
    let again = in_file(&path);
    assert_eq!(spending(&again, "a").await.spent, through * 5, "what was spent outlives the process");
}

#[tokio::test]
async fn a_refusal_names_the_budget_and_how_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let (name, other) = (fresh_key(), fresh_key());
    for budgets in [in_file(&folder.path().join("budgets.json")), in_redis(&redis_url())] {
        let first = reserve(&budgets, &name, 100, 60).await.unwrap();
        let both = vec![budget(&other, 1_000), budget(&name, 100)];
        let refused = budgets.reserve(fresh_key, both.into(), 41, LIFETIME).await.unwrap_err();
        let standing = Spending { spent: 0, reserved: 60 };
        assert_eq!(refused, ReserveError::Exceeded { budget: 1, spending: standing });
        assert_eq!(spending(&budgets, &other).await, Spending::default(), "all or nothing");
        budgets.settle(first, 10).await;
        let _fits = reserve(&budgets, &name, 100, 90).await.unwrap();
    }
}

#[tokio::test]
async fn a_crash_counts_what_was_reserved_as_spent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.json");
    let budgets = in_file(&path);
    let first = reserve(&budgets, "a", 1_000, 100).await.unwrap();
    budgets.settle(first, 1).await;
    let _lost = reserve(&budgets, "a", 1_000, 300).await.unwrap();
    // No `close`: the process is gone.
    drop(budgets);
    let after = spending(&in_file(&path), "a").await;
    assert!((301..=321).contains(&after.spent), "{after:?}");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_refuses_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.json");
    let first = in_file(&path);
    first.open().await.unwrap();
    let second = in_file(&path);
    assert!(second.open().await.unwrap_err().to_string().contains("another process"));
    assert_eq!(reserve(&second, "a", 10, 1).await, Err(ReserveError::Unavailable));
    drop(first);
    let _works = reserve(&second, "a", 10, 1).await.unwrap();

    let nowhere = in_file(&folder.path().join("missing/budgets.json"));
    assert!(nowhere.open().await.unwrap_err().to_string().contains("missing"));
    std::fs::write(folder.path().join("odd.json"), "{\"format\":\"x\",\"accounts\":{}}").unwrap();
    let odd = in_file(&folder.path().join("odd.json"));
    assert!(odd.open().await.unwrap_err().to_string().contains("expected"));
}

#[tokio::test]
async fn a_lost_reservation_is_released_and_a_late_settlement_booked_once() {
    let (budgets, name) = (in_redis(&redis_url()), fresh_key());
    let soon_lost = vec![budget(&name, 100)];
    let lost = budgets.reserve(fresh_key, soon_lost.into(), 80, Duration::from_millis(1)).await.unwrap();
    let next = loop {
        // The clock of Redis moves by itself.
        match reserve(&budgets, &name, 100, 50).await {
            Ok(reservation) => break reservation,
            Err(error) => assert!(matches!(error, ReserveError::Exceeded { .. })),
        }
    };
    assert_eq!(spending(&budgets, &name).await, Spending { spent: 0, reserved: 50 });
    budgets.settle(lost.clone(), 70).await;
    budgets.settle(lost, 70).await;
    assert_eq!(spending(&budgets, &name).await, Spending { spent: 70, reserved: 50 });
    budgets.settle(next, 20).await;
    assert_eq!(spending(&budgets, &name).await, Spending { spent: 90, reserved: 0 });
}

#[tokio::test]
async fn without_redis_nothing_is_allowed_and_no_settlement_is_lost() {
    let mut redis = OwnRedis::reserve();
    redis.start();
    let clock = ManualClock::new();
    let budgets = Budgets::redis(&redis.url(), clock.clock()).unwrap();
    let reserved = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            clock.advance(Duration::from_secs(1));
            if let Ok(reservation) = reserve(&budgets, "a", 100, 60).await {
                return reservation;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let reservation = reserved.await.expect("the redis starts");
    redis.pause();
    budgets.settle(reservation, 50).await;
    assert_eq!(reserve(&budgets, "a", 100, 1).await, Err(ReserveError::Unavailable));
    assert_eq!(budgets.spending(&["a".to_owned()]).await, None);
    redis.resume();
    let settled = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            clock.advance(Duration::from_secs(1));
            budgets.write_again().await;
            if budgets.spending(&["a".to_owned()]).await == Some(vec![Spending { spent: 50, reserved: 0 }]) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    settled.await.expect("the settlement is written once redis answers");
}
