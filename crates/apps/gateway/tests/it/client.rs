//! The typed client of the main API reads what the gateway says.

use crate::fixture::{KEY, TestGateway};
use dashly_kernel::Secret;
use dashly_llm::{
    AnalyzeTrend, AnalyzeWidget, CallContext, CompareWidgets, LlmClient, LlmError, SeriesPoint, Widget,
    WidgetData, WidgetNumbers, WidgetsData,
};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

fn client(gateway: &TestGateway) -> LlmClient {
    LlmClient::new(Some(gateway.url.parse().unwrap()), Some(Secret::new("test".to_owned()))).unwrap()
}

fn widget() -> WidgetData {
    let points = (1..=14_u32)
        .map(|day| SeriesPoint { date: format!("2026-11-{day:02}"), value: 100.0 + f64::from(day) });
    WidgetData {
        widget: Widget { widget_type: "line_chart".to_owned(), title: "Clicks".to_owned() },
        metrics_data: WidgetNumbers { time_series: points.collect(), ..WidgetNumbers::default() },
    }
}

#[tokio::test]
async fn questions_and_answers_have_their_types() {
    let gateway = TestGateway::start().await;
    let client = client(&gateway);
    let context = CallContext { workspace: Some("shop"), request_id: Some("abc"), patience: PATIENCE };
    let analysis = client.ask::<AnalyzeWidget>(&widget(), &context).await.unwrap();
    assert!(!analysis.narrated.unwrap().critical_insights.is_empty());
    assert!(analysis.is_fake && analysis.usage.cost_micros.unwrap() > 0);
    client.ask::<AnalyzeTrend>(&widget(), &context).await.unwrap().narrated.unwrap();
    let both = WidgetsData { widgets_data: vec![widget(), widget()] };
    client.ask::<CompareWidgets>(&both, &context).await.unwrap().narrated.unwrap();
    let counters = client.counters(PATIENCE).await.unwrap();
    assert_eq!(counters.rows.len(), 3);
    for row in &counters.rows {
        assert_eq!((row.workspace.as_str(), row.calls, row.outcome.as_str()), ("shop", 1, "answered"));
        assert_eq!(row.duration_counts.len(), dashly_llm::DURATION_BOUNDS_MS.len() + 1);
        assert_eq!(row.duration_counts.iter().sum::<u64>(), 1);
        assert!(row.cost_micros > 0 && row.usage.input_tokens > 0);
    }
    // The client knows the bounds, and so does the gateway: they must be the same.
    let told = gateway.counters().await["durationBoundsMs"].clone();
    assert_eq!(told, serde_json::json!(dashly_llm::DURATION_BOUNDS_MS));
    assert_eq!(counters.instance.len(), 32);
    assert_eq!(counters.provider_keys[0].rests_because, None);
    assert_eq!((counters.limits.calls_at_once, counters.limits.calls_in_progress), (2_000, 0));
}

#[tokio::test]
async fn every_refusal_is_an_error_of_its_kind() {
    let nowhere = LlmClient::new(None, None).unwrap();
    let ask = async |client: &LlmClient, patience: Duration| {
        client.ask::<AnalyzeWidget>(&widget(), &CallContext::within(patience)).await.unwrap_err()
    };
    assert!(matches!(ask(&nowhere, PATIENCE).await, LlmError::NotConfigured(_)));

    let limited =
        TestGateway::with(&[], &format!("{KEY}requests_per_minute = 1\ndaily_budget_usd = 3\n")).await;
    let client = client(&limited);
    client.ask::<AnalyzeWidget>(&widget(), &CallContext::within(PATIENCE)).await.unwrap();
    let refused = ask(&client, PATIENCE).await;
    assert!(matches!(refused, LlmError::Limited { retry_after_seconds: 1..=62, .. }), "{refused:?}");
    let counters = client.counters(PATIENCE).await.unwrap();
    assert_eq!(
        (counters.budgets[0].key.as_str(), counters.budgets[0].limit_micros),
        ("analytics", 3_000_000)
    );
    let stranger =
        LlmClient::new(Some(limited.url.parse().unwrap()), Some(Secret::new("no".to_owned()))).unwrap();
    assert!(matches!(ask(&stranger, PATIENCE).await, LlmError::Refused(_)));
}

#[tokio::test]
async fn nobody_waits_longer_than_the_caller() {
    let gateway = TestGateway::start().await;
    let client = client(&gateway);
    gateway.queue(&["silence"]);
    let started = Instant::now();
    let late = client
        .ask::<AnalyzeWidget>(&widget(), &CallContext::within(Duration::from_millis(200)))
        .await
        .unwrap_err();
    assert_eq!(late, LlmError::TooLate);
    assert!(started.elapsed() < Duration::from_secs(5));
    gateway.upstream.wait_until(|calls| calls[0].ending != dashly_fake_upstream::Ending::Running).await;
    let without_key = TestGateway::with(&[("ANTHROPIC_API_KEY", "")], "").await;
    let client = LlmClient::new(Some(without_key.url.parse().unwrap()), None).unwrap();
    let computed = client.ask::<AnalyzeWidget>(&widget(), &CallContext::within(PATIENCE)).await.unwrap();
    assert_eq!(computed.narrated, None, "without a model there are computed facts");
    assert!(computed.document["facts"].is_object());
}
