//! The line of a call in the log: who, for what, how much, how it ended.

use crate::fixture::{MODEL, question, stream_question};
use crate::process::{PATIENCE, Program, TOKEN, calls_in};
use dashly_kernel::Secret;
use dashly_llm::{AnalyzeWidget, CallContext, LlmClient, Widget, WidgetData, WidgetNumbers};
use serde_json::json;

#[tokio::test]
async fn a_line_tells_who_used_how_much_of_what() {
    let program = Program::start(&[], "").await;
    let call = |scenario: &str| {
        program
            .post("/v1/messages", TOKEN, &question(MODEL))
            .header("x-dashly-workspace", "shop")
            .header("x-fake-scenario", scenario)
    };
    call("cache=10/90").send().await.unwrap().bytes().await.unwrap();
    call("status=429/7").send().await.unwrap().bytes().await.unwrap();
    let cut = program.post("/v1/messages", TOKEN, &stream_question(MODEL)).header("x-fake-scenario", "cut=4");
    cut.send().await.unwrap().bytes().await.unwrap_err();
    let stranger = program.post("/v1/messages", "no-such-token", &question(MODEL)).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    let used = program.upstream.calls()[0].usage;
    program.terminate().await;
    let log = program.ended().await;
    let calls = calls_in(&log);
    assert_eq!(calls.len(), 4, "{log}");

    let answered = &calls[0];
    assert_eq!(answered["task"], "/v1/messages");
    assert_eq!(answered["caller"], "service");
    assert_eq!(answered["workspace"], "shop");
    assert_eq!(answered["model"], MODEL);
    assert_eq!((&answered["status"], &answered["outcome"]), (&json!(200), &json!("answered")));
    assert_eq!(answered["input_tokens"], used.input_tokens);
    assert_eq!(answered["output_tokens"], used.output_tokens);
    assert_eq!((&answered["cache_read_tokens"], &answered["cache_write_tokens"]), (&json!(90), &json!(10)));
    // $2, $10, $0.10 and $2.50 per million tokens read, written, and of the cache read and written.
    let cost = 2 * used.input_tokens + 10 * used.output_tokens + 9 + 25;
    assert_eq!(answered["cost_micros"], cost);
    assert!(answered["duration_ms"].is_u64());
    assert_eq!(answered["request_id"].as_str().unwrap().len(), 32);

    assert_eq!((&calls[1]["status"], &calls[1]["outcome"]), (&json!(429), &json!("provider_error")));
    assert_eq!(calls[1]["cost_micros"], 0);
    assert_eq!(calls[2]["outcome"], "failed");
    assert!(calls[2]["estimated_tokens"].as_u64().unwrap() > 0, "{}", calls[2]);
    assert_eq!((&calls[3]["caller"], &calls[3]["outcome"]), (&json!("-"), &json!("refused")));
    assert!(!log.contains("How was July"), "nothing of the content");
}

#[tokio::test]
async fn a_task_is_booked_under_the_id_of_the_request_that_caused_it() {
    let program = Program::start(&[], "").await;
    let client =
        LlmClient::new(Some(program.url.parse().unwrap()), Some(Secret::new(TOKEN.to_owned()))).unwrap();
    let widget = WidgetData {
        widget: Widget { widget_type: "kpi_card".to_owned(), title: "Clicks".to_owned() },
        metrics_data: WidgetNumbers::default(),
    };
    let context = CallContext {
        workspace: Some("shop"),
        request_id: Some("request-of-the-page-7"),
        patience: PATIENCE,
    };
    client.ask::<AnalyzeWidget>(&widget, &context).await.unwrap();
    program.terminate().await;
    let log = program.ended().await;
    let calls = calls_in(&log);
    assert_eq!(calls.len(), 1, "{log}");
    assert_eq!(calls[0]["caller_request_id"], "request-of-the-page-7");
    assert_eq!(
        (&calls[0]["task"], &calls[0]["workspace"]),
        (&json!("/api/ai/widget/analyze"), &json!("shop"))
    );
    assert!(calls[0]["cost_micros"].as_u64().unwrap() > 0);
}
