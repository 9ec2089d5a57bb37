//! Every verdict of the simulation, and that each can come out wrong.

use std::collections::BTreeMap;

use dashly_loadgen::{
    Comparison, FailureKind, Measure, Progress, SignIn, SimulateError, SimulateOptions, SimulateReport,
    simulate,
};

use crate::fake::{Fake, Faults};

fn options(fake: &Fake) -> SimulateOptions {
    SimulateOptions {
        users: 120,
        seed: Some(7),
        rates: BTreeMap::from([("A".to_owned(), 0.05), ("B".to_owned(), 0.7)]),
        sign_in: Some(SignIn { login: "admin".to_owned(), password: "right".to_owned() }),
        ..SimulateOptions::new(&fake.base_url)
    }
}

async fn run(options: SimulateOptions) -> SimulateReport {
    simulate(options, &Progress::hidden()).await.unwrap()
}

async fn run_against(faults: Faults) -> SimulateReport {
    run(options(&Fake::start(faults).await)).await
}

fn differences(report: &SimulateReport) -> Vec<(&str, Measure, u64, i64)> {
    let Comparison::Made { differences } = &report.comparison else {
        panic!("not compared: {:?}", report.comparison);
    };
    differences
        .iter()
        .map(|found| (found.test_id.as_str(), found.measure, found.acknowledged, found.counted))
        .collect()
}

fn kinds(report: &SimulateReport) -> Vec<(FailureKind, u64)> {
    report.failures.iter().map(|group| (group.kind, group.count)).collect()
}

#[tokio::test]
async fn a_correct_server_passes_and_the_difference_is_detected() {
    let fake = Fake::start(Faults::default()).await;

    let report = run(options(&fake)).await;

    assert_eq!(
        (report.exit_code(), kinds(&report), differences(&report)),
        (0, vec![], vec![]),
        "{}",
        report.render()
    );
    assert_eq!((fake.visitors(), report.experiments.len()), (120, 3));
    for experiment in &report.experiments {
        assert_eq!(experiment.variants.iter().map(|variant| variant.visitors).sum::<u64>(), 120);
        for variant in &experiment.variants {
            assert_eq!(variant.observed_rate, variant.server_rate);
            assert_eq!(variant.server.unwrap().events, i64::try_from(variant.conversions).unwrap());
        }
        let finding = &experiment.findings[0];
        assert!(
            finding.detected && finding.sentence.starts_with("B converts more often than A:"),
            "{finding:?}"
        );
    }
    let text = report.render();
    for part in [
        "pricing_cta_upgrade (target event subscription_upgrade)",
        "--seed 7",
        "exactly what it acknowledged",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["comparison"], serde_json::json!({"status": "made", "differences": []}));
}

#[tokio::test]
async fn equal_rates_are_reported_as_no_difference_detected() {
    let fake = Fake::start(Faults::default()).await;
    let rates = BTreeMap::from([("A".to_owned(), 1.0), ("B".to_owned(), 1.0)]);

    let report = run(SimulateOptions { rates, ..options(&fake) }).await;

    let finding = &report.experiments[0].findings[0];
    assert!(!finding.detected && finding.sentence.contains("no difference detected"), "{finding:?}");
}

#[tokio::test]
async fn a_second_run_with_the_same_seed_is_counted_again() {
    let fake = Fake::start(Faults::default()).await;

    let first = run(options(&fake)).await;
    let second = run(options(&fake)).await;

    assert_eq!((first.exit_code(), second.exit_code()), (0, 0), "{}", second.render());
}

#[tokio::test]
async fn the_seed_decides_who_converts_whatever_the_scheduling() {
    let mut conversions = Vec::new();
    for (seed, concurrency) in [(7, 1), (7, 16), (7, 200), (8, 16)] {
        let fake = Fake::start(Faults::default()).await;
        // Equal rates, because the variants of this server depend on who comes first.
        let rates = BTreeMap::from([("A".to_owned(), 0.3), ("B".to_owned(), 0.3)]);
        let report = run(SimulateOptions { rates, seed: Some(seed), concurrency, ..options(&fake) }).await;
        let counts = report.experiments.iter().flat_map(|experiment| {
            let variants = experiment.variants.iter().map(|variant| variant.conversions);
            [variants.sum::<u64>()]
        });
        conversions.push(counts.collect::<Vec<_>>());
    }
    assert_eq!((&conversions[0], &conversions[0]), (&conversions[1], &conversions[2]));
    assert_ne!(conversions[0], conversions[3]);
    assert!(conversions[0].iter().all(|count| (15..60).contains(count)), "{conversions:?}");
}

#[tokio::test]
async fn without_a_seed_a_random_one_is_reported() {
    let fake = Fake::start(Faults::default()).await;
    let random = SimulateOptions { seed: None, users: 2, sign_in: None, ..options(&fake) };

    let (first, second) = (run(random.clone()).await, run(random).await);

    assert_ne!(first.seed, second.seed);
    assert!(first.render().contains(&format!("--seed {}", first.seed)));
    assert_eq!((first.comparison, first.experiments[0].variants[0].server), (Comparison::NotMade, None));
}

#[tokio::test]
async fn an_event_that_is_answered_but_not_stored_is_found() {
    let report = run_against(Faults { drops_every: Some(20), ..Faults::default() }).await;

    let missing: i64 = differences(&report)
        .iter()
        .filter(|found| found.1 == Measure::Events)
        .map(|found| i64::try_from(found.2).unwrap() - found.3)
        .sum();
    assert!(missing > 0 && kinds(&report).is_empty());
    assert_eq!(report.exit_code(), 1);
    assert!(report.render().contains("acknowledged but missing."), "{}", report.render());
}

#[tokio::test]
async fn refused_events_are_reported_and_not_expected_in_the_counts() {
    let report = run_against(Faults { refuses_every: Some(10), ..Faults::default() }).await;

    assert!(matches!(kinds(&report)[..], [(FailureKind::Status(503), 1..)]), "{:?}", kinds(&report));
    assert_eq!(differences(&report), vec![]);
    assert_eq!((report.exit_code(), report.failed_requests), (1, report.failures[0].count));
    let text = report.render();
    assert!(text.contains("POST /api/experiments/events: answered 503 (the writer is full)"), "{text}");
}

#[tokio::test]
async fn return_visits_create_no_exposures_and_it_shows_when_they_do() {
    let good = Fake::start(Faults::default()).await;
    let bad = Fake::start(Faults { repeats_exposures: true, ..Faults::default() }).await;

    let passed = run(SimulateOptions { return_visits: 2, ..options(&good) }).await;
    let failed = run(SimulateOptions { return_visits: 2, ..options(&bad) }).await;

    assert_eq!((passed.exit_code(), differences(&passed)), (0, vec![]));
    assert_eq!((good.visitors(), failed.exit_code()), (120, 1));
    let surplus: i64 =
        differences(&failed).iter().map(|found| found.3 - i64::try_from(found.2).unwrap()).sum();
    assert_eq!(surplus, 2 * 3 * 120);
    assert!(failed.render().contains("would explain a surplus"), "{}", failed.render());
}

#[tokio::test]
async fn a_visitor_whose_variant_changes_is_a_contradiction() {
    let report = run_against(Faults { changes_variants: true, ..Faults::default() }).await;

    assert!(kinds(&report).iter().any(|(kind, count)| *kind == FailureKind::Contradiction && *count > 10));
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test]
async fn an_event_that_counts_for_another_variant_is_a_contradiction() {
    let report = run_against(Faults { swaps_event_variants: true, ..Faults::default() }).await;

    assert_eq!((kinds(&report)[0].0, report.exit_code()), (FailureKind::Contradiction, 1));
}

#[tokio::test]
async fn exposures_nobody_acknowledges_do_not_pass_silently() {
    let some = run_against(Faults { skips_exposures: true, ..Faults::default() }).await;
    let none = run_against(Faults { exposes_nobody: true, ..Faults::default() }).await;

    assert_eq!((kinds(&some), some.exit_code()), (vec![(FailureKind::ExposureNotAcknowledged, 3)], 1));
    assert!(some.render().contains("60 visitors take part"), "{}", some.render());
    assert_eq!((kinds(&none), none.exit_code()), (vec![(FailureKind::ExposureNotAcknowledged, 1)], 1));
    assert!(none.render().contains("nothing was measured"), "{}", none.render());
}

#[tokio::test]
async fn results_that_cannot_be_read_afterwards_fail_the_run() {
    let report = run_against(Faults { forgets_results: true, ..Faults::default() }).await;

    assert!(matches!(&report.comparison, Comparison::Failed { reason } if reason.contains("answered 503")));
    assert_eq!(report.exit_code(), 1);
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let fake = Fake::start(Faults { hangs: true, ..Faults::default() }).await;

    let report = run(SimulateOptions { users: 1, sign_in: None, ..options(&fake) }).await;

    assert_eq!((kinds(&report)[0].0, report.failed_requests), (FailureKind::Timeout, 2));
    assert!(report.render().contains("no answer within 10 s"), "{}", report.render());
}

#[tokio::test]
async fn a_variant_without_a_rate_is_refused_before_the_first_visitor() {
    let fake = Fake::start(Faults { has_third_variant: true, ..Faults::default() }).await;

    let error = simulate(options(&fake), &Progress::hidden()).await.unwrap_err();

    assert!(matches!(&error, SimulateError::NoRate { variant, .. } if variant == "C"), "{error}");
    assert_eq!(fake.visitors(), 0);
}

#[tokio::test]
async fn a_wrong_sign_in_is_refused_before_the_first_visitor() {
    let fake = Fake::start(Faults::default()).await;
    let sign_in = Some(SignIn { login: "admin".to_owned(), password: "wrong".to_owned() });

    let error =
        simulate(SimulateOptions { sign_in, ..options(&fake) }, &Progress::hidden()).await.unwrap_err();

    let SimulateError::Request { failure, .. } = error else { panic!("{error}") };
    assert_eq!(failure.message, "POST /api/auth/login: answered 401 (wrong user name or password)");
    assert_eq!(fake.visitors(), 0);
}

#[tokio::test]
async fn numbers_and_addresses_that_make_no_sense_are_refused() {
    let fake = Fake::start(Faults::default()).await;
    let usual = options(&fake);
    let nonsense = [
        SimulateOptions { users: 0, ..usual.clone() },
        SimulateOptions { concurrency: 0, ..usual.clone() },
        SimulateOptions { rates: BTreeMap::from([("A".to_owned(), 1.5)]), ..usual.clone() },
        SimulateOptions { rates: BTreeMap::from([("A".to_owned(), f64::NAN)]), ..usual.clone() },
        SimulateOptions { base_url: "localhost:3000".to_owned(), ..usual.clone() },
        SimulateOptions { base_url: "ftp://localhost".to_owned(), ..usual },
    ];
    for options in nonsense {
        let error = simulate(options.clone(), &Progress::hidden()).await.unwrap_err();
        assert!(
            matches!(error, SimulateError::Option { .. } | SimulateError::Site(_)),
            "{options:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_asks_whether_the_server_is_running() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);

    let error = simulate(SimulateOptions::new(&base_url), &Progress::hidden()).await.unwrap_err();

    let SimulateError::Request { failure, .. } = error else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::CannotConnect);
    let question = format!("is the server running at {}?", base_url.trim_end_matches('/'));
    assert!(failure.message.ends_with(&question), "{failure}");
}

#[test]
fn a_simulation_may_run_on_any_thread_and_never_shows_the_password() {
    fn on_any_thread<T: Send>(_: &T) {}
    on_any_thread(&simulate(SimulateOptions::new("http://localhost:3000"), &Progress::hidden()));
    let sign_in = SignIn { login: "admin".to_owned(), password: "hidden word".to_owned() };
    assert!(!format!("{sign_in:?}").contains("hidden word"));
}
