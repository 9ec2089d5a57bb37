//! Whatever is sent, the answer is a clear refusal and nothing is stored.

use dashly_testkit::{TestApp, both_databases};
use http::Method;

const EVENTS: &str = "/api/experiments/events";
const BULK: &str = "/api/experiments/bulk-events";
const JSON: &str = "application/json";

/// A body for `/events`, the status and code it gets, and the field that is named, if any.
const BODIES: &[(&str, u16, &str, &str)] = &[
    // Not JSON at all.
    ("{", 400, "malformed-json", ""),
    ("{]", 400, "malformed-json", ""),
    ("event=x", 400, "malformed-json", ""),
    ("{\"event\":\"x\"} trailing", 400, "malformed-json", ""),
    ("{\"event\":\"x\",}", 400, "malformed-json", ""),
    ("{'event':'x'}", 400, "malformed-json", ""),
    ("{\"event\":\"x\" \"testId\":1}", 400, "malformed-json", ""),
    ("{\"event\":\"a\u{0}b\"}", 400, "malformed-json", ""),
    ("{\"event\":\"a\nb\"}", 400, "malformed-json", ""),
    ("{\"event\":\"\\ud800\"}", 400, "malformed-json", ""),
    ("{\"event\":\"\\udc00\\ud800\"}", 400, "malformed-json", ""),
    ("{\"event\":\"\\x41\"}", 400, "malformed-json", ""),
    ("{\"event\":\"x\",\"value\":1e999}", 400, "malformed-json", ""),
    ("{\"event\":\"x\",\"value\":-1e999}", 400, "malformed-json", ""),
    ("{\"event\":\"x\",\"value\":NaN}", 400, "malformed-json", ""),
    ("{\"event\":\"x\",\"value\":Infinity}", 400, "malformed-json", ""),
    ("{\"event\":\"x\",\"value\":01}", 400, "malformed-json", ""),
    ("{\"event\":\"x\",\"value\":0x10}", 400, "malformed-json", ""),
    ("\u{feff}{\"event\":\"x\"}", 400, "malformed-json", ""),
    // JSON of another kind.
    ("null", 400, "wrong-type", ""),
    ("true", 400, "wrong-type", ""),
    ("7", 400, "wrong-type", ""),
    ("1.5", 400, "wrong-type", ""),
    ("\"event\"", 400, "wrong-type", ""),
    ("[]", 400, "wrong-type", ""),
    ("[{\"event\":\"x\"}]", 400, "wrong-type", ""),
    // The same key twice: which one did the sender mean?
    ("{\"event\":\"x\",\"event\":\"y\"}", 400, "wrong-type", ""),
    ("{\"event\":\"x\",\"event_id\":\"1\",\"eventId\":\"2\"}", 400, "wrong-type", ""),
    // No event.
    ("{}", 400, "event-required", "/event"),
    ("{\"event\":null}", 400, "event-required", "/event"),
    ("{\"event\":\"\"}", 400, "event-required", "/event"),
    ("{\"event\":7}", 400, "event-required", "/event"),
    ("{\"event\":true}", 400, "event-required", "/event"),
    ("{\"event\":[\"x\"]}", 400, "event-required", "/event"),
    ("{\"event\":{\"name\":\"x\"}}", 400, "event-required", "/event"),
    ("{\"Event\":\"x\"}", 400, "event-required", "/event"),
    // Wrong types, field by field.
    ("{\"event\":\"x\",\"testId\":7}", 400, "wrong-type", "/testId"),
    ("{\"event\":\"x\",\"testId\":true}", 400, "wrong-type", "/testId"),
    ("{\"event\":\"x\",\"testId\":[]}", 400, "wrong-type", "/testId"),
    ("{\"event\":\"x\",\"testId\":{}}", 400, "wrong-type", "/testId"),
    ("{\"event\":\"x\",\"variant\":1}", 400, "wrong-type", "/variant"),
    ("{\"event\":\"x\",\"variant\":[\"A\"]}", 400, "wrong-type", "/variant"),
    ("{\"event\":\"x\",\"event_id\":1}", 400, "wrong-type", "/event_id"),
    ("{\"event\":\"x\",\"eventId\":false}", 400, "wrong-type", "/event_id"),
    ("{\"event\":\"x\",\"value\":\"1\"}", 400, "wrong-type", "/value"),
    ("{\"event\":\"x\",\"value\":true}", 400, "wrong-type", "/value"),
    ("{\"event\":\"x\",\"value\":[1]}", 400, "wrong-type", "/value"),
    // Well-formed and not acceptable.
    ("{\"event\":\"a\\u0000b\"}", 422, "text-not-acceptable", "/event"),
    ("{\"event\":\"a\\nb\"}", 422, "text-not-acceptable", "/event"),
    ("{\"event\":\"a\\u007fb\"}", 422, "text-not-acceptable", "/event"),
    ("{\"event\":\"a\\u0085b\"}", 422, "text-not-acceptable", "/event"),
    ("{\"event\":\"x\",\"testId\":\"a\\u0000\"}", 422, "text-not-acceptable", "/testId"),
    ("{\"event\":\"x\",\"variant\":\"\\u001b[2J\"}", 422, "text-not-acceptable", "/variant"),
    ("{\"event\":\"x\",\"event_id\":\"\\u0001\"}", 422, "text-not-acceptable", "/event_id"),
    ("{\"event\":\"x\",\"value\":1e13}", 422, "value-out-of-range", "/value"),
    ("{\"event\":\"x\",\"value\":-1000000000001}", 422, "value-out-of-range", "/value"),
    ("{\"event\":\"x\",\"value\":18446744073709551615}", 422, "value-out-of-range", "/value"),
    ("{\"event\":\"x\",\"value\":99999999999999999999999999}", 422, "value-out-of-range", "/value"),
    ("{\"event\":\"x\",\"value\":-9223372036854775808}", 422, "value-out-of-range", "/value"),
    ("{\"event\":\"x\",\"testId\":\"no_such_test\"}", 422, "unknown-test", "/testId"),
];

both_databases! {
    async fn each_mistake_has_its_answer_and_stores_nothing(app: TestApp) {
        let visitor = app.visitor();
        for (body, status, code, pointer) in BODIES {
            let reply = visitor.post_raw(EVENTS, JSON, *body).await;
            assert_eq!(reply.status.as_u16(), *status, "{body:?}: {}", reply.text());
            let document = reply.problem(*status, code);
            assert_eq!(document["instance"], EVENTS);
            let named = document["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert_eq!(named, *pointer, "{body:?}: {document}");
        }
        assert_eq!(app.stored().await.events, 0);
    }

    async fn texts_are_bounded_in_characters(app: TestApp) {
        let visitor = app.visitor();
        for (field, pointer) in
            [("event", "/event"), ("testId", "/testId"), ("variant", "/variant"), ("event_id", "/event_id")]
        {
            let send = async |text: String| {
                let mut body = serde_json::json!({ "event": "x" });
                body[field] = text.into();
                visitor.event(&body).await
            };
            let document = send("é".repeat(201)).await.problem(422, "text-not-acceptable");
            assert_eq!(document["errors"][0]["pointer"], pointer);
            let longest = send("é".repeat(200)).await;
            // A test of that name does not exist; everything else takes it.
            assert_eq!(longest.status, if field == "testId" { 422 } else { 200 }, "{}", longest.text());
        }
    }

    async fn bytes_that_are_not_text_are_refused(app: TestApp) {
        let visitor = app.visitor();
        for bytes in [
            b"{\"event\":\"\xff\"}".as_slice(),
            b"{\"event\":\"\xed\xa0\x80\"}",
            b"{\"event\":\"\xc0\xaf\"}",
            b"\xff\xfe{\0}\0",
            b"\0",
            b"\0\0\0\0",
            b"\x1f\x8b\x08\0",
            b"{\"\xff\":1,\"event\":\"x\"}",
        ] {
            let reply = visitor.post_raw(EVENTS, JSON, bytes).await;
            reply.problem(400, "malformed-json");
        }
        assert_eq!(app.stored().await.events, 0);
    }

    async fn depth_is_no_way_to_the_end_of_the_stack(app: TestApp) {
        let visitor = app.visitor();
        // A million levels are a megabyte, which only the bulk route reads.
        for text in [
            "[".repeat(1_000_000),
            format!("{}{}", "{\"a\":".repeat(1_000_000), "1"),
            format!("{{\"events\":{}", "[".repeat(1_000_000)),
            format!("{{\"events\":[{{\"event\":{}", "[".repeat(1_000_000)),
        ] {
            let reply = visitor.post_raw(BULK, JSON, text).await;
            assert_eq!(reply.status, 400, "{}", reply.text());
        }
        for text in ["[".repeat(100_000), format!("{{\"event\":\"x\",\"more\":{}", "[".repeat(100_000))] {
            visitor.post_raw(EVENTS, JSON, text).await.problem(400, "malformed-json");
        }
        assert_eq!(app.stored().await.events, 0);
        // What nobody reads may be of any depth.
        let (open, close) = ("[".repeat(1_000_000), "]".repeat(1_000_000));
        let ignored = format!("{{\"events\":[{{\"event\":\"x\",\"more\":{open}{close}}}]}}");
        assert_eq!(visitor.post_raw(BULK, JSON, ignored).await.expect(200).at("logged"), 1);
    }

    async fn the_content_type_has_to_be_one_that_is_read(app: TestApp) {
        let visitor = app.visitor();
        let body = "{\"event\":\"x\"}";
        for wrong in [
            "text/plain",
            "text/json",
            "application/jsonp",
            "multipart/form-data; boundary=x",
            "",
            "json",
            "*/*",
        ] {
            visitor.post_raw(EVENTS, wrong, body).await.problem(415, "unsupported-media-type");
            visitor.post_raw(BULK, wrong, body).await.problem(415, "unsupported-media-type");
        }
        let untyped = visitor.call(Method::POST, EVENTS).body(body).send().await;
        untyped.problem(415, "unsupported-media-type");
        // Nothing was sent, so nothing has a type; the missing field is what is wrong.
        visitor.call(Method::POST, EVENTS).send().await.problem(400, "event-required");
        assert_eq!(app.stored().await.events, 0);
        for right in ["application/json", "application/json; charset=utf-8", "Application/JSON ; x=y"] {
            let _ = visitor.post_raw(EVENTS, right, body).await.expect(200);
        }
    }

    async fn forms_are_checked_like_json(app: TestApp) {
        let visitor = app.visitor();
        let form = "application/x-www-form-urlencoded";
        for (body, status, code) in [
            ("", 400, "event-required"),
            ("testId=x", 400, "event-required"),
            ("event=%00", 422, "text-not-acceptable"),
            ("event=%0a", 422, "text-not-acceptable"),
            ("event=x&value=nan", 422, "value-out-of-range"),
            ("event=x&value=inf", 422, "value-out-of-range"),
            ("event=x&value=1e999", 422, "value-out-of-range"),
            ("event=x&value=much", 400, "wrong-type"),
            ("event=x&testId=no_such_test", 422, "unknown-test"),
        ] {
            let reply = visitor.post_raw(EVENTS, form, body).await;
            assert_eq!(reply.status.as_u16(), status, "{body}: {}", reply.text());
            reply.problem(status, code);
        }
        assert_eq!(app.stored().await.events, 0);
    }
}
