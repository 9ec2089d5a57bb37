//! AI usage: collected from a real gateway, in front of a scripted provider.

use dashly_ai_usage::AiUsage;
use dashly_fake_upstream::{FakeUpstream, Options};
use dashly_gateway::{GatewayConfig, GatewayParts, build};
use dashly_kernel::Role;
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
    app.admin().await.get("/api/ai/usage?hours=24").await.expect(200).json()
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
