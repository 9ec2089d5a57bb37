//! Experiments as flags, over the OpenFeature Remote Evaluation Protocol.

mod any_body;

use crate::rows;
use dashly_testkit::{Engine, Reply, Setup, TestApp, Visitor, both_databases, eventually, tests_json};
use http::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

const FLAGS: &str = "/ofrep/v1/evaluate/flags";
const TOKENS: &str = "first-token-0123456789, second-token-0123456789";
const SHOP: &str = "https://shop.example.com";

fn flag_path(key: &str) -> String {
    format!("{FLAGS}/{key}")
}

fn context(visitor: &str) -> Value {
    json!({ "context": { "targetingKey": visitor } })
}

async fn flag(caller: &Visitor, key: &str, visitor: &str) -> Value {
    caller.post(&flag_path(key), &context(visitor)).await.expect(200).json()
}

async fn flags(caller: &Visitor, visitor: &str) -> Vec<Value> {
    let reply = caller.post(FLAGS, &context(visitor)).await.expect(200);
    reply.at("flags").as_array().unwrap().clone()
}

/// A bulk request that knows `tag` already.
async fn flags_unless(caller: &Visitor, body: &Value, tag: &str) -> Reply {
    caller.call(Method::POST, FLAGS).json(body).header("if-none-match", tag).send().await
}

fn tag_of(reply: &Reply) -> String {
    reply.header("etag").unwrap().to_owned()
}

/// Checks that this is a refusal in the protocol's shape.
#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str, key: Option<&str>) -> String {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body = reply.json();
    assert_eq!(body["errorCode"], code, "{body}");
    assert_eq!(body.get("key").and_then(Value::as_str), key, "{body}");
    body["errorDetails"].as_str().unwrap().to_owned()
}

fn kinds() -> Value {
    tests_json(&[
        ("text", json!({})),
        ("boolean", json!({ "variants": { "off": false, "on": true } })),
        ("integer", json!({ "variants": { "few": 3, "many": 42 } })),
        ("float", json!({ "variants": { "low": 0.5, "high": 42.0 } })),
        ("mixed", json!({ "variants": { "low": 1.5, "high": 2 } })),
        ("large", json!({ "variants": { "A": 9_007_199_254_740_993_u64, "B": 1 } })),
        ("draft", json!({ "status": "draft" })),
        ("over", json!({ "status": "stopped", "control": "B" })),
        ("nobody", json!({ "traffic": 0, "control": "B" })),
    ])
}

fn tracked() -> Value {
    tests_json(&[("one", json!({ "track": true })), ("two", json!({}))])
}

both_databases! {
    async fn a_flag_has_the_value_and_the_key_of_the_visitor_s_variant(app: TestApp = Setup::new().tests(&kinds())) {
        let caller = app.visitor();
        for number in 0..20 {
            let visitor = app.visitor();
            visitor.set_cookie("ab_visitor_id", &format!("v_{number}"));
            let variant = visitor.dashboard().await.variant("text");
            let value = if variant == "A" { "old" } else { "new" };
            let answer = flag(&caller, "text", &format!("v_{number}")).await;
            assert_eq!(answer, json!({
                "key": "text", "value": value, "reason": "SPLIT", "variant": variant,
                "metadata": { "experiment": "text", "status": "running", "enrolled": true, "exposureLogged": false },
            }));
        }
    }

    async fn numbers_are_printed_by_how_the_file_has_them(app: TestApp = Setup::new().tests(&kinds())) {
        let caller = app.visitor();
        let mut seen = HashSet::new();
        for number in 0..40 {
            for key in ["integer", "float", "mixed", "large"] {
                let reply = caller.post(&flag_path(key), &context(&format!("v_{number}"))).await.expect(200);
                // The text and not the number: clients tell 42 from 42.0.
                let text = reply.text();
                let (_, value) = text.split_once("\"value\":").unwrap();
                seen.insert(format!("{key} {}", value.split(',').next().unwrap()));
            }
        }
        let mut seen: Vec<_> = seen.into_iter().collect();
        seen.sort();
        assert_eq!(seen, [
            "float 0.5", "float 42.0", "integer 3", "integer 42", "large 1.0", "large 9007199254740992.0",
            "mixed 1.5", "mixed 2.0",
        ]);
        let on = flag(&caller, "boolean", "v_1").await;
        assert_eq!(on["value"], on["variant"] == "on");
    }

    async fn every_value_fits_its_description(app: TestApp) {
        // Not one of several: a whole number would be an integer and a number.
        let document = app.visitor().get("/api/docs/openapi.json").await.expect(200).json();
        let value = &document["components"]["schemas"]["VariantValue"];
        assert_eq!(value["type"], json!(["string", "boolean", "number"]), "{value}");
        assert!(value.get("oneOf").is_none());
        let reasons = &document["components"]["schemas"]["FlagReason"]["enum"];
        assert_eq!(*reasons, json!(["SPLIT", "DISABLED", "STATIC"]));
    }

    async fn whoever_does_not_take_part_gets_the_control(app: TestApp = Setup::new().tests(&kinds())) {
        let caller = app.visitor();
        for (key, status) in [("over", "stopped"), ("nobody", "running")] {
            assert_eq!(flag(&caller, key, "v_1").await, json!({
                "key": key, "value": "new", "reason": "DISABLED", "variant": "B",
                "metadata": { "experiment": key, "status": status, "enrolled": false, "exposureLogged": false },
            }));
        }
    }

    async fn unknown_flags_and_drafts_are_not_found_and_not_listed(app: TestApp = Setup::new().tests(&kinds())) {
        let caller = app.visitor();
        for (path, key) in [("draft", "draft"), ("none", "none"), ("a%20b%2Fc", "a b/c"), ("%ff", "\u{fffd}")] {
            let reply = caller.post(&flag_path(path), &context("v_1")).await;
            let details = assert_refused(&reply, 404, "FLAG_NOT_FOUND", Some(key));
            assert!(details.contains(key), "{details}");
        }
        let listed = flags(&caller, "v_1").await;
        let keys: Vec<_> = listed.iter().map(|one| one["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["text", "boolean", "integer", "float", "mixed", "large", "over", "nobody"]);
        for one in &listed {
            assert_eq!(*one, flag(&caller, one["key"].as_str().unwrap(), "v_1").await);
        }
    }

    async fn every_mistake_has_the_protocol_s_code(app: TestApp = Setup::new().tests(&kinds())) {
        let caller = app.visitor();
        let long = "v".repeat(65);
        let wide: serde_json::Map<_, _> = (0..500).map(|number| (format!("a{number}"), json!(number))).collect();
        let mut wide = json!({ "context": wide });
        wide["context"]["targetingKey"] = json!("v_1");
        let bodies = [
            (String::new(), "PARSE_ERROR", "object"),
            ("{".to_owned(), "PARSE_ERROR", "object"),
            ("[]".to_owned(), "PARSE_ERROR", "object"),
            ("null".to_owned(), "PARSE_ERROR", "object"),
            ("{}".to_owned(), "TARGETING_KEY_MISSING", "targetingKey"),
            (json!({ "context": null }).to_string(), "TARGETING_KEY_MISSING", "targetingKey"),
            (json!({ "context": {} }).to_string(), "TARGETING_KEY_MISSING", "targetingKey"),
            (json!({ "context": { "targetingKey": null } }).to_string(), "TARGETING_KEY_MISSING", "targetingKey"),
            (json!({ "context": [] }).to_string(), "INVALID_CONTEXT", "object"),
            (context("").to_string(), "INVALID_CONTEXT", "1 to 64"),
            (context(&long).to_string(), "INVALID_CONTEXT", "1 to 64"),
            (context("ada@example.com").to_string(), "INVALID_CONTEXT", "1 to 64"),
            (json!({ "context": { "targetingKey": 7 } }).to_string(), "INVALID_CONTEXT", "1 to 64"),
            (wide.to_string(), "INVALID_CONTEXT", "501"),
        ];
        for (body, code, named) in bodies {
            let single = caller.post_raw(&flag_path("text"), "application/json", body.clone()).await;
            let bulk = caller.post_raw(FLAGS, "application/json", body.clone()).await;
            let details = assert_refused(&single, 400, code, Some("text"));
            assert!(details.contains(named), "{body}: {details}");
            assert_refused(&bulk, 400, code, None);
        }
        let large = json!({ "context": { "targetingKey": "v_1", "text": "x".repeat(64 * 1024) } });
        assert_refused(&caller.post(&flag_path("text"), &large).await, 413, "GENERAL", Some("text"));
        assert_refused(&caller.post(FLAGS, &large).await, 413, "GENERAL", None);
        // Clients differ in the content type; the body decides.
        let _ = caller.post_raw(FLAGS, "text/plain", context("v_1").to_string()).await.expect(200);
    }

    async fn an_evaluation_stores_nothing_unless_it_is_tracked(app: TestApp = Setup::new().tests(&kinds())) {
        let caller = app.visitor();
        for number in 0..300 {
            let reply = caller.post(FLAGS, &context(&format!("v_{number}"))).await.expect(200);
            assert!(reply.set_cookies().is_empty());
        }
        assert_eq!(app.stored().await.exposures, 0);
    }

    async fn a_tracked_evaluation_is_an_exposure_once(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        for _ in 0..3 {
            let call = caller.call(Method::POST, &flag_path("one")).json(&context("v_1"));
            let answer = call.header("user-agent", "Shop/1.0 (iPhone)").send().await.expect(200);
            assert_eq!(answer.at("metadata")["exposureLogged"], true);
            let listed = flags(&caller, "v_1").await;
            assert_eq!(listed[0], answer.json());
            assert_eq!(listed[1]["metadata"]["exposureLogged"], false);
        }
        let rows = rows::exposures(app).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let row = &rows[0];
        assert_eq!((row.visitor.as_str(), row.test_id.as_str()), ("v_1", "one"));
        assert_eq!((row.device.as_str(), row.visitor_kind.as_str()), ("mobile", "returning"));
        assert_eq!(row.variant, row.drawn_variant);
        // An event of the same visitor counts.
        let visitor = app.visitor();
        visitor.set_cookie("ab_visitor_id", "v_1");
        let event = visitor.event(&json!({ "event": "click", "testId": "one" })).await.expect(200);
        assert_eq!(event.at("counted"), true);
    }

    async fn a_visitor_keeps_the_first_variant_when_the_weights_change(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        let mut before = Vec::new();
        for number in 0..20 {
            let visitor = format!("v_{number}");
            before.push(flag(&caller, "one", &visitor).await["variant"].clone());
        }
        assert!(before.contains(&json!("A")) && before.contains(&json!("B")));

        let moved = json!({ "track": true, "weights": { "A": 0, "B": 1 } });
        app.edit_tests(&tests_json(&[("one", moved), ("two", json!({ "weights": { "A": 0, "B": 1 } }))]));

        let replica = app.replica(7).await;
        for server in [app.visitor(), replica.visitor()] {
            for (number, variant) in before.iter().enumerate() {
                let listed = flags(&server, &format!("v_{number}")).await;
                assert_eq!(listed[0]["variant"], *variant, "v_{number}");
                assert_eq!(listed[1]["variant"], "B");
                assert_eq!(listed[0]["metadata"]["exposureLogged"], true);
            }
        }
        replica.end().await;
        assert_eq!(flag(&caller, "one", "v_new").await["variant"], "B");
        assert_eq!(app.stored().await.exposures, 21);
    }

    async fn a_variant_that_left_the_file_is_drawn_again(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        let _ = flag(&caller, "one", "v_1").await;
        app.edit_tests(&tests_json(&[("one", json!({ "track": true, "variants": { "C": "c", "D": "d" } }))]));
        for _ in 0..2 {
            let answer = flag(&caller, "one", "v_1").await;
            assert!(answer["variant"] == "C" || answer["variant"] == "D");
            assert_eq!(answer["metadata"]["exposureLogged"], true);
        }
        assert_eq!(app.stored().await.exposures, 2);
    }

    async fn nobody_outside_the_traffic_is_exposed(
        app: TestApp = Setup::new().tests(&tests_json(&[
            ("none", json!({ "track": true, "traffic": 0 })), ("over", json!({ "track": true, "status": "stopped" })),
        ]))
    ) {
        for one in flags(&app.visitor(), "v_1").await {
            assert_eq!((&one["reason"], &one["metadata"]["exposureLogged"]), (&json!("DISABLED"), &json!(false)));
        }
        assert_eq!(app.stored().await.exposures, 0);
    }

    async fn flags_are_given_without_a_database(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        let before = flags(&caller, "v_1").await;
        app.db.close().await;
        let started = Instant::now();
        for _ in 0..20 {
            let after = flags(&caller, "v_1").await;
            assert_eq!(after[0]["variant"], before[0]["variant"]);
            assert_eq!(after[0]["metadata"]["exposureLogged"], false);
            assert_eq!(after[1], before[1]);
        }
        // Nobody waits for the same bad news again and again.
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    }

    async fn an_answer_that_the_client_has_is_not_sent_again(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        let body = json!({ "context": { "targetingKey": "v_1", "plan": "pro", "ages": [1, 2] } });
        let first = caller.post(FLAGS, &body).await.expect(200);
        let tag = tag_of(&first);
        assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
        let strong = tag.trim_start_matches("W/").to_owned();
        for known in [tag.clone(), strong, format!("\"x\", {tag}"), "*".to_owned()] {
            let again = flags_unless(&caller, &body, &known).await.expect(304);
            assert!(again.body.is_empty() && again.header("content-type").is_none(), "{}", again.text());
            assert_eq!(tag_of(&again), tag);
        }
        for other in ["\"x\"", "W/\"\"", tag.trim_end_matches('"'), "nonsense", ""] {
            let again = flags_unless(&caller, &body, other).await.expect(200);
            assert_eq!(again.json(), first.json(), "{other}");
        }
        // The same context in another order is the same context.
        let turned = r#"{"context":{"ages":[1,2],"plan":"pro","targetingKey":"v_1"}}"#;
        let call = caller.call(Method::POST, FLAGS).body(turned).header("if-none-match", &tag);
        let _ = call.send().await.expect(304);
        // A mistake is not hidden by a tag.
        assert_refused(&flags_unless(&caller, &json!({}), "*").await, 400, "TARGETING_KEY_MISSING", None);
        // The single flag has no tag.
        assert_eq!(caller.post(&flag_path("one"), &body).await.expect(200).header("etag"), None);
    }

    async fn a_tag_of_another_context_is_never_good(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        let pro = json!({ "context": { "targetingKey": "v_1", "plan": "pro" } });
        let tag = tag_of(&caller.post(FLAGS, &pro).await.expect(200));
        for other in [
            json!({ "context": { "targetingKey": "v_1", "plan": "free" } }),
            json!({ "context": { "targetingKey": "v_1" } }),
            json!({ "context": { "targetingKey": "v_2", "plan": "pro" } }),
        ] {
            let reply = flags_unless(&caller, &other, &tag).await.expect(200);
            assert_ne!(tag_of(&reply), tag);
        }
        let _ = flags_unless(&caller, &pro, &tag).await.expect(304);
    }

    async fn a_tag_ends_when_something_changes_for_the_visitor(app: TestApp = Setup::new().tests(&tracked())) {
        let caller = app.visitor();
        let tag = tag_of(&caller.post(FLAGS, &context("v_1")).await.expect(200));
        // Words for people change nothing.
        app.edit_tests(&tests_json(&[("one", json!({ "track": true, "description": "!" })), ("two", json!({}))]));
        let _ = flags_unless(&caller, &context("v_1"), &tag).await.expect(304);
        let end = "2027-01-01T00:00:00Z";
        app.edit_tests(&tests_json(&[("one", json!({ "track": true })), ("two", json!({ "end": end }))]));
        let _ = flags_unless(&caller, &context("v_1"), &tag).await.expect(304);
        // The file is the same, and time passes.
        app.clock.set("2027-01-01T00:00:01Z");
        let later = flags_unless(&caller, &context("v_1"), &tag).await.expect(200);
        let tag = tag_of(&later);
        let _ = flags_unless(&caller, &context("v_1"), &tag).await.expect(304);
        app.edit_tests(&tests_json(&[("one", json!({ "track": true }))]));
        let _ = flags_unless(&caller, &context("v_1"), &tag).await.expect(200);
    }

    async fn a_stored_exposure_that_overrides_the_draw_is_part_of_the_tag(
        app: TestApp = Setup::new().tests(&tracked())
    ) {
        let caller = app.visitor();
        let untracked = tests_json(&[("one", json!({}))]);
        app.edit_tests(&untracked);
        let drawn = tag_of(&caller.post(FLAGS, &context("v_1")).await.expect(200));
        let variant = flag(&caller, "one", "v_1").await["variant"].as_str().unwrap().to_owned();
        let other = if variant == "A" { "B" } else { "A" };
        // A view shows the other one, by a cookie of earlier weights.
        let visitor = app.visitor();
        visitor.set_cookie("ab_visitor_id", "v_1");
        visitor.set_cookie("ab_one", other);
        assert_eq!(visitor.dashboard().await.variant("one"), other);

        // Without tracking, the draw stays.
        let _ = flags_unless(&caller, &context("v_1"), &drawn).await.expect(304);
        app.edit_tests(&tests_json(&[("one", json!({ "track": true }))]));
        let kept = flags_unless(&caller, &context("v_1"), &drawn).await.expect(200);
        assert_eq!(kept.at("flags")[0]["variant"], other);
        assert_eq!(app.stored().await.exposures, 1);
    }

    async fn tokens_are_required_once_they_are_set(
        app: TestApp = Setup::new().tests(&kinds()).setting("OFREP_TOKENS", TOKENS)
    ) {
        let caller = app.visitor();
        let mut refused = Vec::new();
        for path in [FLAGS.to_owned(), flag_path("text"), flag_path("none")] {
            for (name, value) in [
                ("x-nothing", ""),
                ("authorization", "Bearer wrong-token-0123456789"),
                ("authorization", "first-token-0123456789"),
                ("authorization", "Basic first-token-0123456789"),
                ("x-api-key", "first-token-012345678"),
                ("x-api-key", TOKENS),
            ] {
                refused.push(caller.call(Method::POST, &path).json(&context("v_1")).header(name, value).send().await);
            }
            // Before anything else is looked at.
            refused.push(caller.post_raw(&path, "application/json", "{").await);
        }
        for reply in refused {
            assert_eq!((reply.status.as_u16(), reply.text().as_str()), (401, ""));
            assert_eq!(reply.header("content-type"), None);
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        }
        for (name, value) in [
            ("authorization", "Bearer first-token-0123456789"),
            ("authorization", "bearer second-token-0123456789"),
            ("x-api-key", "second-token-0123456789"),
        ] {
            let call = caller.call(Method::POST, &flag_path("text")).json(&context("v_1"));
            let _ = call.header(name, value).send().await.expect(200);
        }
        // Views are for browsers without tokens.
        caller.dashboard().await;
    }

    async fn a_flood_of_one_address_is_limited_for_a_second_and_nobody_else_is(
        app: TestApp = Setup::new()
            .tests(&kinds())
            .setting("OFREP_REQUESTS_PER_SECOND", "3")
            .setting("TRUSTED_PROXIES", "127.0.0.1")
    ) {
        let caller = app.visitor();
        let ask = async |path: &str, address: &str| {
            let call = caller.call(Method::POST, path).json(&context("v_1"));
            call.header("x-forwarded-for", address).send().await
        };
        for path in [FLAGS.to_owned(), flag_path("text"), flag_path("none")] {
            assert_ne!(ask(&path, "2001:db8::1").await.status, 429, "{path}");
        }
        for path in [FLAGS.to_owned(), flag_path("text"), flag_path("none")] {
            let refused = ask(&path, "2001:db8::2").await;
            assert_eq!((refused.status.as_u16(), refused.text().as_str()), (429, ""), "its network is one caller");
            let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=2).contains(&wait), "{wait}");
        }
        let _ = ask(FLAGS, "203.0.113.9").await.expect(200);
        app.clock.advance_seconds(2);
        let _ = ask(FLAGS, "2001:db8::1").await.expect(200);
    }

    async fn whoever_shows_a_token_is_not_limited(
        app: TestApp = Setup::new()
            .tests(&kinds())
            .setting("OFREP_TOKENS", TOKENS)
            .setting("OFREP_REQUESTS_PER_SECOND", "1")
    ) {
        let caller = app.visitor();
        for _ in 0..5 {
            let call = caller.call(Method::POST, FLAGS).json(&context("v_1"));
            let _ = call.header("x-api-key", "second-token-0123456789").send().await.expect(200);
        }
    }

    async fn a_listed_origin_may_use_the_web_client(app: TestApp = Setup::new().setting("CORS_ORIGIN", SHOP)) {
        let caller = app.visitor();
        let preflight = caller.call(Method::OPTIONS, FLAGS).header("origin", SHOP);
        let preflight = preflight.header("access-control-request-method", "POST");
        let asked = "authorization,content-type,if-none-match,x-api-key";
        let preflight = preflight.header("access-control-request-headers", asked).send().await.expect(200);
        let allowed = preflight.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
        assert!(asked.split(',').all(|name| allowed.contains(name)), "{allowed}");
        let call = caller.call(Method::POST, FLAGS).json(&context("v_1")).header("origin", SHOP);
        let call = call.header("sec-fetch-site", "cross-site").header("host", "dashly.example");
        let reply = call.send().await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP));
        let exposed = reply.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
        assert!(exposed.contains("etag"), "{exposed}");
    }
}

/// Only PostgreSQL can hang on the way.
#[tokio::test]
async fn a_database_that_hangs_does_not_hold_up_the_flags() {
    let app = TestApp::start(Engine::Postgres, Setup::new().tests(&tracked()).behind_a_link()).await;
    let caller = app.visitor();
    let before = flags(&caller, "v_1").await;
    app.link().stall();

    let started = Instant::now();
    for _ in 0..10 {
        assert_eq!(flags(&caller, "v_1").await[0]["variant"], before[0]["variant"]);
    }
    // One second of patience, some of it again for a probe, and what a loaded machine adds.
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert_eq!(flags(&caller, "v_1").await[0]["metadata"]["exposureLogged"], false);

    app.link().restore();
    eventually("an exposure to be stored", async || {
        let listed = flags(&caller, "v_2").await;
        (listed[0]["metadata"]["exposureLogged"] == true).then_some(())
    })
    .await;
    app.end().await;
}
