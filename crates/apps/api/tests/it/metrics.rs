//! Metrics and guardrails, seen through the routes.

use dashly_testkit::{Setup, TestApp, Visitor, both_databases, tests_json};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn one(fields: &Value) -> Value {
    tests_json(&[("one", fields.clone())])
}

/// A share, a count and a value, and two guardrails.
fn watched() -> Value {
    one(&json!({
        "metrics": [
            { "event": "signup", "kind": "conversion", "direction": "increase" },
            { "name": "clicks", "event": "click", "kind": "count", "direction": "increase", "cap": 3, "window": "24h" },
            { "name": "revenue", "event": "purchase", "kind": "value", "direction": "increase", "cap": 100, "window": "24h" },
        ],
        "guardrails": [
            { "event": "refund", "kind": "conversion", "direction": "decrease" },
            { "name": "errors", "event": "error", "kind": "count", "direction": "decrease", "window": "24h" },
        ],
        "value_metric": "revenue",
    }))
}

async fn drawn(app: &TestApp, count: usize) -> Vec<(Visitor, String)> {
    let mut visitors = Vec::new();
    for _ in 0..count {
        let visitor = app.visitor();
        let variant = visitor.dashboard().await.variant("one");
        visitors.push((visitor, variant));
    }
    visitors
}

async fn sends(visitor: &Visitor, event: &str, value: Option<f64>) -> Value {
    visitor.event(&json!({ "event": event, "testId": "one", "value": value })).await.expect(200).json()
}

fn metric<'a>(results: &'a Value, list: &str, name: &str) -> &'a Value {
    results[list].as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap()
}

fn sums(metric: &Value, variant: &str) -> (i64, i64, f64) {
    let arm = &metric["variants"][variant];
    (arm["visitors"].as_i64().unwrap(), arm["converters"].as_i64().unwrap(), arm["total"].as_f64().unwrap())
}

async fn assert_recount_is_equal(app: &TestApp) {
    let report = dashly_experiments::recount(
        &app.db,
        app.tests_file(),
        dashly_experiments::RecountMode::Check,
        &|_| {},
    )
    .await
    .unwrap();
    assert!(report.is_equal(), "{report:?}");
    assert!(report.tables.iter().any(|table| table.table == "experiment_metric_totals" && table.lines > 0));
}

both_databases! {
    async fn each_kind_is_summed_per_visitor_and_cut_at_its_cap(app: TestApp = Setup::new().tests(&watched())) {
        let visitors = drawn(app, 8).await;
        let in_b: Vec<&Visitor> =
            visitors.iter().filter(|(_, variant)| variant == "B").map(|(visitor, _)| visitor).collect();
        let [first, second] = in_b[..2] else { panic!("two visitors of B") };
        for _ in 0..5 {
            sends(first, "click", None).await;
        }
        sends(second, "click", None).await;
        for value in [70.0, 55.0, -10.0] {
            assert_eq!(sends(first, "purchase", Some(value)).await["counted"], true);
        }
        sends(second, "purchase", Some(12.5)).await;
        sends(second, "signup", None).await;
        sends(second, "signup", None).await;

        // The windows are still open: counts and values wait, conversions do not.
        let early = app.results_of("one").await;
        assert_eq!(sums(metric(&early, "metrics", "revenue"), "B"), (0, 0, 0.0));
        assert_eq!(metric(&early, "metrics", "revenue")["variants"]["B"]["mean"], Value::Null);
        let of_b = i64::try_from(in_b.len()).unwrap();
        assert_eq!(sums(metric(&early, "metrics", "signup"), "B"), (of_b, 1, 1.0));

        app.clock.advance_seconds(2 * DAY);
        let results = app.results_of("one").await;
        assert_eq!(sums(metric(&results, "metrics", "clicks"), "B"), (of_b, 2, 4.0));
        assert_eq!(sums(metric(&results, "metrics", "revenue"), "B"), (of_b, 2, 112.5));
        assert_eq!(sums(metric(&results, "guardrails", "refund"), "B"), (of_b, 0, 0.0));
        assert_eq!(results["health"]["unknown_events"], 0);
        assert_recount_is_equal(app).await;
    }

    async fn an_event_outside_its_window_or_before_the_exposure_is_not_taken(
        app: TestApp = Setup::new().tests(&watched())
    ) {
        let stranger = app.visitor();
        assert_eq!(sends(&stranger, "purchase", Some(5.0)).await["counted"], false);
        let (visitor, variant) = drawn(app, 1).await.remove(0);
        sends(&visitor, "purchase", Some(7.0)).await;
        app.clock.advance_seconds(DAY + 1);
        assert_eq!(sends(&visitor, "purchase", Some(9.0)).await["counted"], false);

        app.clock.advance_seconds(DAY);
        let results = app.results_of("one").await;
        assert_eq!(sums(metric(&results, "metrics", "revenue"), &variant), (1, 1, 7.0));
        assert_eq!(results["health"]["early_events"], 1);
        assert_eq!(results["health"]["late_events"], 1);
        assert_recount_is_equal(app).await;
    }

    async fn a_guardrail_that_gets_worse_is_named_by_the_verdict(app: TestApp = Setup::new().tests(&watched())) {
        for (visitor, variant) in &drawn(app, 120).await {
            if variant == "B" {
                sends(visitor, "refund", None).await;
            }
        }
        let results = app.results_of("one").await;
        let refund = metric(&results, "guardrails", "refund");
        assert_eq!(refund["comparisons"]["B"]["decision"], "worse");
        assert_eq!(refund["comparisons"]["B"]["adjusted_p_value"], Value::Null);
        assert_eq!(results["verdict"]["guardrails_harmed"], json!(["refund"]));
        assert_eq!(results["verdict"]["decision"], "keep_running");
    }

    async fn more_revenue_is_found_and_corrected_for_the_number_of_metrics(
        app: TestApp = Setup::new().tests(&watched())
    ) {
        for (index, (visitor, variant)) in drawn(app, 200).await.iter().enumerate() {
            let more = if variant == "B" { 22.0 } else { 10.0 };
            sends(visitor, "purchase", Some(more + 3.0 * f64::from(u32::try_from(index % 7).unwrap()))).await;
        }
        app.clock.advance_seconds(3 * DAY);
        let results = app.results_of("one").await;
        let revenue = metric(&results, "metrics", "revenue");
        let comparison = &revenue["comparisons"]["B"];
        assert_eq!((&comparison["decision"], &revenue["exact"]), (&json!("better"), &json!(false)));
        let (p_value, adjusted) =
            (comparison["p_value"].as_f64().unwrap(), comparison["adjusted_p_value"].as_f64().unwrap());
        // Three comparisons, the other two at 1: three ranks times 1 + 1/2 + 1/3.
        assert!((adjusted / p_value - 5.5).abs() < 1e-9, "{comparison}");
        let lift = comparison["lift"].as_f64().unwrap();
        let interval = &comparison["lift_interval"];
        assert!(interval["low"].as_f64().unwrap() < lift && lift < interval["high"].as_f64().unwrap());
        let difference = comparison["difference"].as_f64().unwrap();
        assert!((10.0..14.0).contains(&difference), "{comparison}");
    }

    async fn bots_are_in_no_metric(app: TestApp = Setup::new().tests(&watched())) {
        let bot = app.visitor();
        let call = bot.call(http::Method::GET, "/api/experiments/dashboard");
        let variant = call.header("user-agent", "ExampleBot/2.0").send().await.expect(200).variant("one");
        sends(&bot, "signup", None).await;
        let results = app.results_of("one").await;
        assert_eq!(sums(metric(&results, "metrics", "signup"), &variant), (0, 0, 0.0));
    }

    async fn a_metric_that_comes_later_counts_visitors_from_the_next_day_on(
        app: TestApp = Setup::new().tests(&one(&json!({})))
    ) {
        let (old, _) = drawn(app, 1).await.remove(0);
        app.edit_tests(&watched());
        assert_eq!(sends(&old, "signup", None).await["counted"], true);
        app.clock.advance_seconds(DAY);
        let (new, variant) = drawn(app, 1).await.remove(0);
        sends(&new, "signup", None).await;

        let results = app.results_of("one").await;
        let signup = metric(&results, "metrics", "signup");
        assert_eq!(sums(signup, &variant), (1, 1, 1.0));
        assert!(signup["counted_from"].is_string(), "{signup}");
        let all: i64 = ["A", "B"].into_iter().map(|variant| sums(signup, variant).0).sum();
        assert_eq!(all, 1);
        assert_recount_is_equal(app).await;
    }

    async fn mistakes_in_metrics_are_named_with_their_place(app: TestApp = Setup::new().tests(&watched())) {
        app.edit_tests(&one(&json!({
            "metrics": [
                { "event": "a", "kind": "value", "direction": "increase" },
                { "event": "b", "kind": "share", "direction": "up" },
                { "event": "c", "kind": "conversion", "direction": "increase", "cap": 4 },
                { "event": "d", "kind": "count", "direction": "increase" },
                { "event": "d", "kind": "count", "direction": "decrease" },
                { "name": "again", "event": "d", "kind": "count", "direction": "decrease" },
                7,
            ],
            "guardrails": "none",
        })));
        let health = app.visitor().get("/api/health").await.expect(200).json();
        let errors = health["definitions"]["problem"]["errors"].as_array().unwrap();
        let pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        let places = ["0/cap", "1/kind", "1/direction", "2/cap", "4/name", "5/event", "6"];
        let mut expected: Vec<String> =
            places.iter().map(|place| format!("/experiments/0/metrics/{place}")).collect();
        expected.push("/experiments/0/guardrails".to_owned());
        assert_eq!(pointers, expected);
    }
}
