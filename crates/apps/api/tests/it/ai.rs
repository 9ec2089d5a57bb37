//! AI usage: collected from a real gateway, in front of a scripted provider.

use dashly_ai_usage::AiUsage;
use dashly_fake_upstream::{FakeUpstream, Options};
use dashly_gateway::{GatewayConfig, GatewayParts, build};
use dashly_kernel::{Role, Secret};
use dashly_llm::{
    AnalyzeTrend, AnalyzeWidget, CallContext, LlmClient, SeriesPoint, Task, Widget, WidgetData, WidgetNumbers,
};
use dashly_process::{OperatingSystemIds, Settings, SystemClock};
use dashly_telemetry::{Health, Phase, Tasks};
use dashly_testkit::{Setup, TestApp, both_databases};
use dashly_web::{ServeOptions, serve};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const TOKEN: &str = "what-the-api-shows-to-its-gateway";

/// A server that asks a gateway of its own, which holds `key` of a scripted provider.
async fn with_gateway(key: &str) -> Setup {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = FakeUpstream::start(listener, Options::default()).unwrap();
    let variables: HashMap<&str, String> = [
        ("ANTHROPIC_BASE_URL", upstream.url()),
        ("ANTHROPIC_API_KEY", key.to_owned()),
        ("GATEWAY_TOKEN", TOKEN.to_owned()),
    ]
    .into();
    let lookup = |name: &str| variables.get(name).cloned();
    let config = GatewayConfig::read(&mut Settings::new(&lookup), "127.0.0.1").unwrap();
    let (health, tasks) = (Health::default(), Tasks::default());
    health.set_phase(Phase::Ready);
    let parts = GatewayParts {
        clock: Arc::new(SystemClock),
        ids: Arc::new(OperatingSystemIds),
        health: health.clone(),
        tasks: tasks.clone(),
    };
    let routes = build(&config, parts).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let options = ServeOptions { drain: Duration::ZERO, finish: Duration::ZERO, health, tasks };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    tokio::spawn(async move {
        serve(listener, routes, options, std::future::pending()).await;
        drop(upstream);
    });
    Setup::new().setting("GENAI_GATEWAY_URL", &url).setting("GATEWAY_TOKEN", TOKEN)
}

async fn status(app: &TestApp) -> Value {
    app.admin().await.get("/api/ai/status").await.expect(200).json()
}

async fn usage(app: &TestApp) -> Value {
    usage_of(app, "").await
}

/// Of a day, with more parameters.
async fn usage_of(app: &TestApp, parameters: &str) -> Value {
    let path = format!("/api/ai/usage?hours=24{parameters}");
    app.admin().await.get(&path).await.expect(200).json()
}

/// A client of the gateway that `app` asks.
async fn client_of(app: &TestApp) -> LlmClient {
    let status = status(app).await;
    let gateway = format!("http://{}", status["gateway"].as_str().unwrap());
    LlmClient::new(Some(gateway.parse().unwrap()), Some(Secret::new(TOKEN.to_owned()))).unwrap()
}

/// One call for a workspace.
async fn ask<T: Task<Input = WidgetData>>(client: &LlmClient, workspace: &str) {
    let points = (1..=14).map(|day| SeriesPoint { date: format!("2026-01-{day:02}"), value: f64::from(day) });
    let question = WidgetData {
        widget: Widget { widget_type: "line_chart".to_owned(), title: "Clicks".to_owned() },
        metrics_data: WidgetNumbers { time_series: points.collect(), ..WidgetNumbers::default() },
    };
    let context = CallContext { workspace: Some(workspace), ..CallContext::within(Duration::from_secs(20)) };
    let _ = client.ask::<T>(&question, &context).await.unwrap();
}

/// Two hours of eight workspaces: `acme` has most calls, and all of the second hour but one.
async fn two_hours_of_workspaces(app: &TestApp) {
    let client = client_of(app).await;
    for workspace in ["acme", "acme", "acme", "b", "c", "d", "e", "f", "g", "h"] {
        ask::<AnalyzeWidget>(&client, workspace).await;
    }
    app.server().app().ai_usage().collect().await.unwrap();
    app.clock.advance_seconds(3_600);
    for workspace in ["acme", "acme", "b"] {
        ask::<AnalyzeTrend>(&client, workspace).await;
    }
    app.server().app().ai_usage().collect().await.unwrap();
}

/// The calls in each of the report's points.
fn calls_over_time(report: &Value) -> Vec<u64> {
    let points = report["points"].as_array().unwrap();
    points.iter().map(|point| point["totals"]["calls"].as_u64().unwrap()).collect()
}

/// The calls of all groups of a kind and of the remaining ones, added up by point.
fn calls_added_up(report: &Value, kind: &str) -> Vec<u64> {
    let mut sums = vec![0; report["points"].as_array().unwrap().len()];
    let groups = report[kind].as_array().unwrap().iter().map(|group| &group["points"]["calls"]);
    for line in groups.chain([&report["others"][kind]["points"]["calls"]]).filter_map(Value::as_array) {
        assert_eq!(line.len(), sums.len());
        for (sum, calls) in sums.iter_mut().zip(line) {
            *sum += calls.as_u64().unwrap();
        }
    }
    sums
}

both_databases! {
    async fn without_a_gateway_it_says_what_to_set(app: TestApp) {
        let status = status(app).await;
        assert_eq!(status["configured"], false);
        let detail = "AI is not configured: set GENAI_GATEWAY_URL to the address of the gateway.";
        assert_eq!(status["detail"], detail);
        let admin = app.admin().await;
        let refused = admin.post("/api/ai/check", &json!({})).await.expect(503).json();
        assert_eq!(refused["type"], "https://dashly.dev/problems/ai-not-configured");
        let empty = usage(app).await;
        assert_eq!((&empty["totals"]["calls"], &empty["collected_at"]), (&json!(0), &Value::Null));
        assert_eq!(empty["points"].as_array().unwrap().len(), 24);
        for hours in ["0", "2209", "x"] {
            let _ = admin.get(&format!("/api/ai/usage?hours={hours}")).await.expect(400);
        }
        let viewer = app.signed_in("Vic", Role::User).await;
        for path in ["/api/ai/status", "/api/ai/usage"] {
            let _ = app.visitor().get(path).await.expect(401);
            let _ = viewer.get(path).await.expect(403);
        }
        let _ = viewer.post("/api/ai/check", &json!({})).await.expect(403);
    }

    async fn calls_are_collected_once_however_many_servers_look(app: TestApp = with_gateway("a-key").await) {
        let before = status(app).await;
        assert_eq!((&before["configured"], &before["detail"]), (&json!(true), &json!("AI is ready.")));
        let answer = app.admin().await.post("/api/ai/check", &json!({})).await.expect(200).json();
        assert_eq!(answer["is_fake"], true);
        assert!(answer["tokens"].as_u64().unwrap() > 0);
        let replica = app.replica(2).await;
        let servers = [app.server().app().ai_usage(), replica.app().ai_usage()];
        for _ in 0..3 {
            let looks = servers.map(AiUsage::collect);
            let [one, other] = looks;
            let (one, other) = tokio::join!(one, other);
            one.unwrap();
            other.unwrap();
        }
        let first = usage(app).await;
        assert_eq!(first["totals"]["calls"], 1);
        assert_eq!(first["totals"]["all_tokens"], answer["tokens"]);
        assert_eq!(first["totals"]["cost_micros"], answer["cost_micros"]);
        assert_eq!(first["tasks"][0]["name"], "/api/ai/widget/analyze");
        assert_eq!(first["models"][0]["name"], answer["model"]);
        assert_eq!(first["callers"][0]["name"], "service");
        assert!(first["totals"]["p95_ms"].as_f64().unwrap() > 0.0);

        let _ = app.admin().await.post("/api/ai/check", &json!({})).await.expect(200);
        for server in servers {
            server.collect().await.unwrap();
        }
        let second = usage(app).await;
        assert_eq!((&second["totals"]["calls"], &second["totals"]["answered"]), (&json!(2), &json!(2)));
        let in_points: u64 = second["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| point["totals"]["calls"].as_u64().unwrap())
            .sum();
        assert_eq!(in_points, 2);
        replica.end().await;
    }

    async fn a_month_has_every_call_once(app: TestApp = with_gateway("a-key").await) {
        // The rows are read a week at a time: so one call on each side of every end of a week, and some between.
        const HOUR: i64 = 3_600;
        let client = client_of(app).await;
        let mut calls = 0;
        for hours in [1, 166, 1, 1, 100, 66, 1, 1, 167, 1, 40] {
            app.clock.advance_seconds(hours * HOUR);
            ask::<AnalyzeWidget>(&client, "acme").await;
            app.server().app().ai_usage().collect().await.unwrap();
            calls += 1;
        }
        // One more than the hours since the first call, so that this call is in the first of them.
        let admin = app.signed_in("Grace", Role::Admin).await;
        let report = admin.get("/api/ai/usage?hours=545").await.expect(200).json();
        assert_eq!((&report["totals"]["calls"], &report["interval"]), (&json!(calls), &json!("day")));
        assert_eq!(calls_over_time(&report).iter().sum::<u64>(), calls);
        assert_eq!(calls_added_up(&report, "workspaces"), calls_over_time(&report));
        let later = admin.get("/api/ai/usage?hours=544").await.expect(200).json();
        assert_eq!(later["totals"]["calls"], calls - 1, "the first one is an hour too old");
    }

    async fn groups_are_told_over_time_and_add_up(app: TestApp = with_gateway("a-key").await) {
        two_hours_of_workspaces(app).await;
        let report = usage(app).await;
        let over_time = calls_over_time(&report);
        assert_eq!(over_time[22..], [10, 3]);
        for kind in ["tasks", "models", "workspaces", "callers"] {
            assert_eq!(calls_added_up(&report, kind), over_time, "{kind}");
        }
        let workspaces = report["workspaces"].as_array().unwrap();
        assert_eq!((workspaces.len(), &workspaces[0]["name"]), (8, &json!("acme")));
        assert_eq!(workspaces[0]["points"]["calls"].as_array().unwrap()[22..], [json!(3), json!(2)]);
        assert_eq!(workspaces[0]["points"]["p95_ms"][0], Value::Null);
        assert!(workspaces[0]["points"]["p95_ms"][23].as_f64().unwrap() > 0.0);
        assert_eq!(workspaces.iter().filter(|group| group["points"].is_null()).count(), 2);
        assert_eq!(report["others"]["workspaces"]["groups"], 2);
        assert_eq!(report["others"]["tasks"], Value::Null);
        let nothing = json!({ "task": null, "model": null, "workspace": null, "caller": null });
        assert_eq!(report["filter"], nothing);
    }

    async fn a_filter_leaves_only_calls_of_its_names(app: TestApp = with_gateway("a-key").await) {
        two_hours_of_workspaces(app).await;
        let all = usage(app).await;
        let acme = usage_of(app, "&workspace=acme").await;
        assert_eq!((&acme["totals"], &acme["filter"]["workspace"]), (&all["workspaces"][0]["totals"], &json!("acme")));
        assert_eq!(calls_over_time(&acme)[22..], [3, 2]);
        assert_eq!(acme["workspaces"], json!([all["workspaces"][0]]));
        let tasks: Vec<_> =
            acme["tasks"].as_array().unwrap().iter().map(|task| (&task["name"], &task["totals"]["calls"])).collect();
        let (widget, trend) = (json!("/api/ai/widget/analyze"), json!("/api/ai/widget/trend"));
        assert_eq!(tasks, [(&widget, &json!(3)), (&trend, &json!(2))]);

        let model = all["models"][0]["name"].as_str().unwrap();
        let one = usage_of(app, &format!("&workspace=acme&task=/api/ai/widget/trend&model={model}&caller=service")).await;
        assert_eq!((&one["totals"]["calls"], calls_over_time(&one)[22..].to_vec()), (&json!(2), vec![0, 2]));
        let nobody = usage_of(app, "&workspace=nobody").await;
        assert_eq!((&nobody["totals"]["calls"], &nobody["tasks"]), (&json!(0), &json!([])));
        assert_eq!(calls_over_time(&nobody), [0; 24]);
    }

    async fn a_filter_that_is_no_name_is_refused(app: TestApp) {
        let admin = app.admin().await;
        let _ = admin.get(&format!("/api/ai/usage?task={}", "x".repeat(200))).await.expect(200);
        for name in ["task", "model", "workspace", "caller"] {
            for value in ["", "a%00b", "a%0A", &"x".repeat(201)] {
                let refused = admin.get(&format!("/api/ai/usage?{name}={value}")).await.problem(400, "invalid-parameter");
                assert_eq!(refused["errors"][0]["pointer"], json!(name));
            }
            let _ = admin.get(&format!("/api/ai/usage?{name}=a&{name}=b")).await.problem(400, "invalid-parameter");
        }
        let _ = admin.get("/api/ai/usage?tasks=a").await.problem(400, "invalid-parameter");
    }

    async fn a_gateway_without_a_key_is_not_configured(app: TestApp = with_gateway("").await) {
        let status = status(app).await;
        assert_eq!((&status["configured"], &status["reachable"]), (&json!(false), &json!(true)));
        let detail = "AI is not configured: set ANTHROPIC_API_KEY for the gateway.";
        assert_eq!(status["detail"], detail);
        let refused = app.admin().await.post("/api/ai/check", &json!({})).await.expect(503).json();
        assert_eq!(refused["type"], "https://dashly.dev/problems/ai-not-configured");
    }

    async fn a_gateway_that_is_away_is_named_and_hurts_nothing_else(
        app: TestApp = Setup::new().setting("GENAI_GATEWAY_URL", "http://127.0.0.1:1")
    ) {
        let status = status(app).await;
        assert_eq!((&status["configured"], &status["reachable"]), (&json!(false), &json!(false)));
        assert_eq!(status["detail"], "The AI gateway cannot be reached.");
        let refused = app.admin().await.post("/api/ai/check", &json!({})).await.expect(503).json();
        assert_eq!(refused["type"], "https://dashly.dev/problems/ai-unreachable");
        assert_eq!(app.server().app().ai_usage().collect().await.unwrap_err(), "the AI gateway cannot be reached");
        let _ = app.visitor().get("/health/ready").await.expect(200);
    }
}
