//! Random histories of visits and events: the totals stay equal to a recount, and both engines say the same.

use crate::recount::{Targets, WatchedMetric, kept, recounted};
use dashly_db::{Sql, sql};
use dashly_experiments::{RecountMode, RecountedTable, read_results_of, recount};
use dashly_kernel::Clock;
use dashly_testkit::{Engine, SeededIds, Setup, TestApp, Visitor, both_databases, tests_json};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

/// The fourth is one that half of the visitors are in.
const TARGETS: Targets<'_> = &[
    ("one", "click", None),
    ("two", "click", Some(12 * 3_600)),
    ("three", "buy", None),
    ("four", "click", None),
];
/// Each kind once; the second counts the target event of its experiment, cut at two.
const METRICS: &[WatchedMetric] = &[
    WatchedMetric {
        test_id: "one",
        event: "buy",
        kind: "value",
        cap: 20_000_000.0,
        window_seconds: 7 * 86_400,
    },
    WatchedMetric { test_id: "two", event: "click", kind: "count", cap: 2.0, window_seconds: 48 * 3_600 },
    WatchedMetric {
        test_id: "one",
        event: "hover",
        kind: "conversion",
        cap: 0.0,
        window_seconds: 1_000 * 86_400,
    },
];
/// In a test run; `make test-histories` takes 10,000.
const HISTORIES: u64 = 100;
const TAMPER: Sql = sql!("update experiment_totals set converters = converters + 1");
/// What a writer that knows of no marks does, as far as results go.
const STORE_WITHOUT_A_MARK: Sql =
    sql!("update experiment_totals set exposures = exposures + 1 where test_id = 'one' and device <> 'bot'");
const COUNT_WITHOUT_A_MARK: Sql =
    sql!("update experiment_signals set count = count + 1 where test_id = '' and signal = 'exposure_rows'");
/// Histories that share a database; a recount after each sees the sum of all before.
const PER_DATABASE: u64 = 10;
const STEPS: u64 = 40;

fn experiments(weights: &Value) -> Value {
    tests_json(&[
        (
            "one",
            json!({
                "weights": weights,
                "metrics": [{ "event": "buy", "kind": "value", "direction": "increase", "cap": 20_000_000 }],
                "guardrails": [{ "event": "hover", "kind": "conversion", "direction": "decrease" }],
            }),
        ),
        (
            "two",
            json!({
                "variants": { "A": "a", "B": "b", "C": "c" },
                "views": ["dashboard", "pricing-view"],
                "conversion_window": "12h",
                "metrics": [
                    { "event": "click", "kind": "count", "direction": "increase", "cap": 2, "window": "48h" },
                ],
            }),
        ),
        ("three", json!({ "target_event": "buy", "views": ["pricing-view"], "end": "2026-11-25T00:00:00Z" })),
        ("four", json!({ "traffic": 0.5, "weights": { "A": 3, "B": 1 } })),
    ])
}

fn pick<'a, T>(chance: &SeededIds, choices: &'a [T]) -> &'a T {
    &choices[usize::try_from(chance.below(u64::try_from(choices.len()).unwrap())).unwrap()]
}

fn random_event(chance: &SeededIds) -> Value {
    let mut event = json!({ "event": pick(chance, &["click", "click", "click", "buy", "hover"]) });
    let test_id = *pick(chance, &["one", "one", "two", "three", "four", "no_such_test", ""]);
    if !test_id.is_empty() {
        event["testId"] = test_id.into();
    }
    match chance.below(6) {
        0 => event["variant"] = (*pick(chance, &["A", "B", "C", "Z"])).into(),
        1 => event["event_id"] = format!("e-{}", chance.below(8)).into(),
        2 => event["value"] = (f64::from(u32::try_from(chance.below(1 << 32)).unwrap()) / 100.0).into(),
        3 if chance.below(4) == 0 => event["event"] = 7.into(),
        _ => {}
    }
    event
}

/// Something happens. The replies are kept without what differs between two runs by right.
async fn step(app: &TestApp, chance: &SeededIds, visitors: &[Visitor], log: &mut Vec<Value>) {
    // Time differs at each step, so that a recount can tell what came first.
    app.clock.advance_seconds(1 + i64::try_from(chance.below(5_000)).unwrap());
    let visitor = pick(chance, visitors);
    let reply = match chance.below(12) {
        0..=2 => visitor.dashboard().await,
        3 => {
            let call = visitor.call(Method::GET, "/api/experiments/dashboard");
            call.header("user-agent", "ExampleBot/2.0").send().await.expect(200)
        }
        4 | 5 => visitor.pricing_view().await,
        6..=8 => visitor.event(&random_event(chance)).await,
        9 => {
            let items: Vec<Value> = (0..chance.below(12)).map(|_| random_event(chance)).collect();
            visitor.bulk(&items).await
        }
        10 => {
            let (test_id, variant) =
                (pick(chance, &["one", "two", "three"]), pick(chance, &["A", "B", "C", "Z"]));
            visitor.set_cookie(&format!("ab_{test_id}"), variant);
            visitor.dashboard().await
        }
        _ => {
            let weights = json!({ "A": 1 + chance.below(3), "B": 1 });
            app.edit_tests(&experiments(&weights));
            visitor.pricing_view().await
        }
    };
    let mut document = reply.json();
    document["request_id"] = Value::Null;
    log.push(json!({ "status": reply.status.as_u16(), "body": document, "cookies": reply.set_cookies() }));
}

fn new_visitors(app: &TestApp, history: u64) -> Vec<Visitor> {
    let visitors: Vec<Visitor> = (0..6).map(|_| app.visitor()).collect();
    // Half of them come with an id, the others get one.
    for (number, visitor) in visitors.iter().enumerate().take(3) {
        visitor.set_cookie("ab_visitor_id", &format!("v_{history}_{number}"));
    }
    visitors
}

/// Everything that was answered and everything that came out.
async fn run(app: &TestApp, histories: std::ops::Range<u64>) -> Vec<Value> {
    let mut log = Vec::new();
    for history in histories {
        let chance = SeededIds::new(1_000 + history);
        let visitors = new_visitors(app, history);
        for _ in 0..STEPS {
            step(app, &chance, &visitors, &mut log).await;
        }
        assert_eq!(kept(app).await, recounted(app, TARGETS, METRICS).await, "after history {history}");
    }
    assert_eq!(differences(app).await, []);
    let mut results = app.results().await;
    results["health"] = Value::Null;
    log.push(results);
    log
}

/// What the product's own recount finds. Both must be silent: this one also walks the evidence.
async fn differences(app: &TestApp) -> Vec<RecountedTable> {
    let report = recount(&app.db, app.tests_file(), RecountMode::Check, &|_| {}).await.unwrap();
    report.tables.into_iter().filter(|table| table.missing + table.surplus > 0).collect()
}

#[tokio::test]
async fn the_totals_equal_a_recount_and_both_engines_say_the_same() {
    let mut stored_events = 0;
    let histories = number_from_environment("DASHLY_DATABASE_HISTORIES").unwrap_or(HISTORIES);
    for first in (0..histories).step_by(usize::try_from(PER_DATABASE).unwrap()) {
        let setup = Setup::new().tests(&experiments(&json!(null)));
        let sqlite = TestApp::start(Engine::Sqlite, setup.clone()).await;
        let postgres = TestApp::start(Engine::Postgres, setup).await;
        let numbers = first..(first + PER_DATABASE).min(histories);

        let (on_sqlite, on_postgres) =
            tokio::join!(Box::pin(run(&sqlite, numbers.clone())), Box::pin(run(&postgres, numbers.clone())));

        assert_eq!(on_sqlite.len(), on_postgres.len());
        for (number, (here, there)) in on_sqlite.iter().zip(&on_postgres).enumerate() {
            assert_eq!(here, there, "answer {number} of {numbers:?}");
        }
        assert_eq!(kept(&sqlite).await, kept(&postgres).await);
        stored_events += sqlite.stored().await.events;
        sqlite.end().await;
        postgres.end().await;
    }
    assert!(stored_events > 20 * histories, "{stored_events} events are too few to show anything");
    println!(
        "{histories} histories of {STEPS} steps through each database: {stored_events} events, every count equal"
    );
}

#[expect(clippy::disallowed_methods, reason = "how many histories to try is said from outside")]
fn number_from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, found `{text}`")))
}

/// The server reads only what was changed since its last look; the answer is that of reading everything.
async fn assert_results_are_fresh(app: &TestApp) {
    let remembered = app.results().await;
    let fresh = read_results_of(&app.db, app.tests_file(), Clock::now(&*app.clock)).await.unwrap();
    assert_eq!(remembered["experiments"], serde_json::to_value(fresh).unwrap());
}

/// The same for how the answers came about: a server that has just started remembers nothing.
async fn assert_histories_are_fresh(app: &TestApp) {
    let started = app.replica(50_000).await;
    let newcomer = started.visitor();
    app.sign_in(&newcomer, "Ada").await;
    for (test_id, _, _) in TARGETS {
        let path = format!("/api/experiments/{test_id}/timeseries");
        let remembered = app.admin().await.get(&path).await.expect(200).json();
        assert_eq!(remembered, newcomer.get(&path).await.expect(200).json(), "{test_id}");
    }
    started.end().await;
}

both_databases! {
    async fn what_is_remembered_is_what_reading_everything_gives(
        app: TestApp = Setup::new().tests(&experiments(&json!(null)))
    ) {
        for history in 0..3 {
            let chance = SeededIds::new(9_000 + history);
            let visitors = new_visitors(app, history);
            // Time has gone on since the last, and a sign-in ends.
            app.sign_in(app.admin().await, "Ada").await;
            for number in 0..STEPS {
                step(app, &chance, &visitors, &mut Vec::new()).await;
                if number % 4 == 0 {
                    assert_results_are_fresh(app).await;
                }
            }
            assert_histories_are_fresh(app).await;
        }
        // A recount marks no day, and says so in the log of changes.
        app.db.execute(TAMPER.query()).await.unwrap();
        let at = Clock::now(&*app.clock);
        recount(&app.db, app.tests_file(), RecountMode::Replace { at }, &|_| {}).await.unwrap();
        assert_results_are_fresh(app).await;
        // Neither does a writer of an older version: what it stored is missing in the revision.
        app.db.execute(STORE_WITHOUT_A_MARK.query()).await.unwrap();
        app.db.execute(COUNT_WITHOUT_A_MARK.query()).await.unwrap();
        assert_results_are_fresh(app).await;
    }

    async fn the_totals_equal_a_recount_when_everything_happens_at_once(
        app: TestApp = Setup::new().tests(&experiments(&json!(null)))
    ) {
        let replica = app.replica(2).await;
        for round in 0..5 {
            let chance = SeededIds::new(77 + round);
            // Between rounds, so that rows of one round are told apart from the next; inside a round all have one time
            // and the visits come first.
            app.clock.advance_seconds(4_000);
            let visitors: Vec<Visitor> = (0..20)
                .map(|number| if number % 2 == 0 { app.visitor() } else { replica.visitor() })
                .collect();
            for (number, visitor) in visitors.iter().enumerate() {
                // Two browsers share each id.
                visitor.set_cookie("ab_visitor_id", &format!("v_{round}_{}", number / 2));
            }
            join_all(visitors.iter().flat_map(|visitor| [visitor.dashboard(), visitor.dashboard()])).await;
            join_all(visitors.iter().map(Visitor::pricing_view)).await;
            app.clock.advance_seconds(1);
            let sent: Vec<(&Visitor, Value)> =
                (0..60).map(|_| (pick(&chance, &visitors), random_event(&chance))).collect();
            join_all(sent.iter().map(|(visitor, event)| visitor.event(event))).await;
            replica.stored_everything().await;
            assert_eq!(kept(app).await, recounted(app, TARGETS, METRICS).await, "after round {round}");
            assert_eq!(differences(app).await, [], "after round {round}");
        }
        replica.end().await;
    }
}
