//! Every verdict of the load test, and that each can come out wrong.

use dashly_loadgen::{
    CountFuture, FailureKind, LoadTestError, LoadTestOptions, LoadTestReport, Progress, RowCheck, RowCounts,
    StoredRows, load_test,
};

use crate::fake::{Fake, Faults};

fn options(fake: &Fake) -> LoadTestOptions {
    LoadTestOptions {
        workers: 8,
        iterations: 10,
        delay_ms: 0,
        seed: Some(7),
        ..LoadTestOptions::new(&fake.base_url)
    }
}

async fn run_against(faults: Faults) -> LoadTestReport {
    let fake = Fake::start(faults).await;
    load_test(options(&fake), Some(&fake), &Progress::hidden()).await.unwrap()
}

fn differences(report: &LoadTestReport) -> Vec<(&str, u64, i64)> {
    let RowCheck::Made { differences, .. } = &report.rows else { panic!("not counted: {:?}", report.rows) };
    differences.iter().map(|found| (found.rows, found.acknowledged, found.stored)).collect()
}

#[tokio::test]
async fn a_correct_server_passes() {
    let report = run_against(Faults::default()).await;

    assert_eq!((report.exit_code(), differences(&report)), (0, vec![]), "{}", report.render());
    // One exposure for every worker and test, however many rounds.
    assert_eq!(report.acknowledged.exposures, 8 * 3);
    let views: Vec<u64> = report.routes.iter().take(2).map(|route| route.requests).collect();
    assert_eq!(views, [80, 80]);
    assert_eq!(report.total.requests, report.routes.iter().map(|route| route.requests).sum::<u64>());
    for route in report.routes.iter().chain([&report.total]) {
        let latency = route.latency;
        assert!(0 < latency.p50_us && latency.p50_us <= latency.p95_us && latency.p95_us <= latency.p99_us);
        assert!(latency.p99_us <= latency.max_us && route.success_share == Some(1.0), "{route:?}");
    }
    let text = report.render();
    for part in
        ["8 workers × 10 rounds", "POST /api/experiments/bulk-events", "100.0 %", "and no other", "--seed 7"]
    {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    assert_eq!(serde_json::to_value(&report).unwrap()["rows"]["status"], "made");
}

#[tokio::test]
async fn the_mix_is_that_of_the_original() {
    let fake = Fake::start(Faults::default()).await;
    let many = LoadTestOptions { workers: 20, iterations: 50, ..options(&fake) };

    let report = load_test(many, None, &Progress::hidden()).await.unwrap();

    let counts: Vec<u64> = report.routes.iter().map(|route| route.requests).collect();
    assert_eq!(counts[..2], [1000, 1000]);
    // Five standard deviations of binomial(1000, 0.4) and (1000, 0.2).
    assert!(counts[2].abs_diff(400) < 78 && counts[3].abs_diff(200) < 64, "{counts:?}");
    assert_eq!(report.acknowledged.events, counts[2] + 2 * counts[3]);
    assert!(report.render().contains("were not counted"), "{}", report.render());
}

#[tokio::test]
async fn connections_are_kept_unless_each_request_is_to_have_its_own() {
    for reconnect in [false, true] {
        let fake = Fake::start(Faults::default()).await;
        let options = LoadTestOptions { reconnect, ..options(&fake) };
        let report = load_test(options, None, &Progress::hidden()).await.unwrap();
        // One more request asks which experiments run.
        let requests = report.total.requests + 1;
        let connections = fake.connections();
        assert_eq!(connections == requests, reconnect, "{connections} for {requests}");
        assert!(reconnect || connections < requests / 4, "{connections} for {requests}");
    }
}

#[tokio::test]
async fn the_seed_repeats_the_requests() {
    let mut posts = Vec::new();
    for seed in [7, 7, 8] {
        let fake = Fake::start(Faults::default()).await;
        let seeded = LoadTestOptions { seed: Some(seed), workers: 15, iterations: 30, ..options(&fake) };
        load_test(seeded, None, &Progress::hidden()).await.unwrap();
        posts.push(fake.event_posts());
    }
    assert_eq!(posts[0], posts[1]);
    assert_ne!(posts[0], posts[2]);
}

#[tokio::test]
async fn an_event_that_is_answered_but_not_stored_is_found() {
    let report = run_against(Faults { drops_every: Some(10), ..Faults::default() }).await;

    let found = differences(&report);
    assert!(
        matches!(found[..], [("events", acknowledged, stored)] if stored < i64::try_from(acknowledged).unwrap())
    );
    assert_eq!((report.exit_code(), report.failures.len()), (1, 0));
    assert!(report.render().contains("acknowledged but missing."), "{}", report.render());
}

#[tokio::test]
async fn repeated_exposures_are_found() {
    let report = run_against(Faults { repeats_exposures: true, ..Faults::default() }).await;

    assert_eq!(differences(&report), [("exposures", 24, 240)]);
    assert!(report.render().contains("216 more than acknowledged."), "{}", report.render());
}

#[tokio::test]
async fn refused_events_are_reported_by_kind_and_route() {
    let report = run_against(Faults { refuses_every: Some(5), ..Faults::default() }).await;

    assert_eq!((report.exit_code(), report.failures[0].kind), (1, FailureKind::Status(503)));
    let events = report.routes.iter().find(|route| route.route == "POST /api/experiments/events").unwrap();
    assert_eq!((events.failed, report.total.failed), (report.failures[0].count, report.failures[0].count));
    assert!(events.success_share.unwrap() < 1.0);
    assert_eq!(differences(&report), vec![]);
}

/// Counts once, then never again.
struct BreaksAfterTheFirst(std::sync::atomic::AtomicBool);

impl StoredRows for BreaksAfterTheFirst {
    fn count(&self) -> CountFuture<'_> {
        let again = self.0.swap(true, std::sync::atomic::Ordering::Relaxed);
        Box::pin(
            async move { if again { Err("the database is away".into()) } else { Ok(RowCounts::default()) } },
        )
    }
}

#[tokio::test]
async fn rows_that_cannot_be_counted_fail_the_run() {
    let fake = Fake::start(Faults::default()).await;
    let late = BreaksAfterTheFirst(false.into());
    let early = BreaksAfterTheFirst(true.into());

    let report = load_test(options(&fake), Some(&late), &Progress::hidden()).await.unwrap();
    let error = load_test(options(&fake), Some(&early), &Progress::hidden()).await.unwrap_err();

    assert_eq!(report.rows, RowCheck::Failed { reason: "the database is away".to_owned() });
    assert_eq!(report.exit_code(), 1);
    assert!(matches!(error, LoadTestError::Count(_)), "{error}");
}

#[tokio::test]
async fn nothing_to_do_and_nobody_there_are_refused() {
    let fake = Fake::start(Faults::default()).await;
    let zero = LoadTestOptions { workers: 0, ..options(&fake) };
    let away = LoadTestOptions::new("http://127.0.0.1:1");

    let zero = load_test(zero, None, &Progress::hidden()).await.unwrap_err();
    let away = load_test(away, None, &Progress::hidden()).await.unwrap_err();

    assert_eq!(zero.to_string(), "workers must be at least 1, found 0");
    let LoadTestError::Config(failure) = away else { panic!("{away}") };
    assert!(failure.message.ends_with("is the server running at http://127.0.0.1:1?"), "{failure}");
}

#[test]
fn a_load_test_may_run_on_any_thread() {
    fn on_any_thread<T: Send>(_: &T) {}
    on_any_thread(&load_test(LoadTestOptions::new("http://localhost:3000"), None, &Progress::hidden()));
}
