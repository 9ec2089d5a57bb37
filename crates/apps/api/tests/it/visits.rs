//! Views: cookies, assignment and exposures.

use crate::rows;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use futures_util::future::join_all;
use http::Method;
use serde_json::json;

const KPI: &str = "kpi_scorecard_layout";
const PRICING: &str = "pricing_cta_upgrade";

/// The other one of two variants.
fn other(variant: &str) -> &'static str {
    if variant == "A" { "B" } else { "A" }
}

both_databases! {
    async fn the_first_visit_sets_the_visitor_and_one_cookie_per_experiment_in_file_order(app: TestApp) {
        let visitor = app.visitor();
        let reply = visitor.dashboard().await;

        let cookies = reply.set_cookies();
        let names: Vec<&str> = cookies.iter().map(|cookie| cookie.split_once('=').unwrap().0).collect();
        assert_eq!(
            names,
            ["ab_visitor_id", "ab_kpi_scorecard_layout", "ab_guided_onboarding", "ab_pricing_cta_upgrade"]
        );
        let (_, attributes) = cookies[0].split_once(';').unwrap();
        assert_eq!(attributes, " Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax");
        for cookie in &cookies[1..] {
            let (_, attributes) = cookie.split_once(';').unwrap();
            assert_eq!(attributes, " Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax");
        }
        let id = visitor.id();
        assert!(id.len() == 34 && id.starts_with("v_"), "{id}");
        assert_eq!(visitor.cookie("ab_kpi_scorecard_layout"), Some(reply.variant(KPI)));
    }

    async fn a_view_answers_with_every_variant_and_its_own_exposures(app: TestApp) {
        let visitor = app.visitor();

        let dashboard = visitor.dashboard().await;
        assert_eq!(dashboard.exposed(), [KPI, "guided_onboarding"]);
        assert_eq!(dashboard.at("exposure_logged"), true);
        assert_eq!(dashboard.at("success"), true);
        let variants = dashboard.at("variants");
        assert_eq!(variants.as_object().unwrap().len(), 3);
        let described = &dashboard.at("variantDescriptions")[KPI];
        let label = if dashboard.variant(KPI) == "A" { "compact" } else { "expanded" };
        assert_eq!(*described, json!({ "variant": dashboard.variant(KPI), "description": label }));

        let pricing = visitor.pricing_view().await;
        assert_eq!(pricing.exposed(), [PRICING]);
        assert_eq!(pricing.at("testId"), PRICING);
        assert_eq!(pricing.at("variant"), dashboard.variant(PRICING));
        assert_eq!(pricing.at("variants"), variants);

        let tests: Vec<String> = rows::exposures(app).await.into_iter().map(|row| row.test_id).collect();
        assert_eq!(tests, [KPI, "guided_onboarding", PRICING]);
    }

    async fn five_refreshes_are_one_exposure(app: TestApp) {
        let visitor = app.visitor();
        let first = visitor.dashboard().await;
        for _ in 0..4 {
            let again = visitor.dashboard().await;
            assert_eq!(again.at("variants"), first.at("variants"));
            assert_eq!(again.exposed(), first.exposed());
            assert!(again.set_cookies().is_empty());
        }
        assert_eq!(app.stored().await.exposures, 2);
        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][first.variant(KPI)]["exposures"], 1);
    }

    async fn a_server_that_remembers_nothing_still_stores_an_exposure_once(app: TestApp) {
        let visitor = app.visitor();
        visitor.dashboard().await;
        let restarted = app.replica(2).await;
        let returning = restarted.visitor();
        returning.set_cookie("ab_visitor_id", &visitor.id());

        let reply = returning.dashboard().await;

        assert_eq!(reply.exposed().len(), 2);
        assert_eq!(reply.variant(KPI), visitor.cookie("ab_kpi_scorecard_layout").unwrap());
        assert_eq!(app.stored().await.exposures, 2);
        restarted.end().await;
    }

    async fn requests_at_once_of_one_visitor_are_one_variant_and_one_exposure(app: TestApp) {
        let visitor = app.visitor();
        visitor.set_cookie("ab_visitor_id", "v_in_a_hurry");
        let replies = join_all((0..20).map(|_| visitor.dashboard())).await;
        for reply in &replies {
            assert_eq!(reply.at("variants"), replies[0].at("variants"));
            assert_eq!(reply.exposed().len(), 2);
        }
        assert_eq!(app.stored().await.exposures, 2);
    }

    async fn two_servers_at_once_store_one_exposure(app: TestApp) {
        let replica = app.replica(2).await;
        for number in 0..10 {
            let (here, there) = (app.visitor(), replica.visitor());
            here.set_cookie("ab_visitor_id", &format!("v_{number}"));
            there.set_cookie("ab_visitor_id", &format!("v_{number}"));
            let (here, there) = tokio::join!(here.dashboard(), there.dashboard());
            assert_eq!(here.at("variants"), there.at("variants"));
            assert_eq!(here.exposed(), there.exposed());
        }
        assert_eq!(app.stored().await.exposures, 20);
        let results = app.results_of(KPI).await;
        let exposures = |key: &str| results["results"][key]["exposures"].as_i64().unwrap();
        assert_eq!(exposures("A") + exposures("B"), 10);
        replica.end().await;
    }

    async fn a_cookie_with_an_unknown_variant_is_replaced(app: TestApp) {
        let visitor = app.visitor();
        let drawn = visitor.dashboard().await.variant(KPI);
        for absurd in ["Z", "", "a", "A,B", "\"\"", "%41"] {
            visitor.set_cookie("ab_kpi_scorecard_layout", absurd);
            let reply = visitor.dashboard().await;
            assert_eq!(reply.variant(KPI), drawn, "{absurd}");
            assert_eq!(reply.set_cookies().len(), 1, "{absurd}");
            assert_eq!(visitor.cookie("ab_kpi_scorecard_layout"), Some(drawn.clone()));
        }
        assert_eq!(app.stored().await.exposures, 2);
    }

    async fn a_valid_cookie_decides_what_is_served_and_not_what_is_drawn(app: TestApp) {
        let visitor = app.visitor();
        // Tells the draw and exposes nobody.
        visitor.call(Method::HEAD, "/api/experiments/dashboard").send().await.expect(200).set_cookies();
        let drawn = visitor.cookie("ab_kpi_scorecard_layout").unwrap();
        visitor.set_cookie("ab_kpi_scorecard_layout", other(&drawn));

        let reply = visitor.dashboard().await;

        assert_eq!(reply.variant(KPI), other(&drawn));
        assert!(reply.set_cookies().is_empty());
        let rows = rows::exposures(app).await;
        let row = rows.iter().find(|row| row.test_id == KPI).unwrap();
        assert_eq!((row.variant.as_str(), row.drawn_variant.as_str()), (other(&drawn), drawn.as_str()));
    }

    async fn a_second_variant_shows_only_in_the_health(app: TestApp) {
        let visitor = app.visitor();
        let first = visitor.dashboard().await.variant(KPI);
        for _ in 0..3 {
            visitor.set_cookie("ab_kpi_scorecard_layout", other(&first));
            assert_eq!(visitor.dashboard().await.variant(KPI), other(&first));
            visitor.set_cookie("ab_kpi_scorecard_layout", &first);
            assert_eq!(visitor.dashboard().await.variant(KPI), first);
        }
        // Counted under the first, whatever he was shown last.
        visitor.set_cookie("ab_kpi_scorecard_layout", other(&first));
        let event = visitor.event(&json!({ "event": "kpi_click", "testId": KPI })).await.expect(200);
        assert_eq!(event.at("variant"), first);
        assert_eq!(event.at("counted"), true);

        let results = app.results_of(KPI).await;
        assert_eq!(results["results"][&first]["exposures"], 1);
        assert_eq!(results["results"][&first]["events"], 1);
        assert_eq!(results["results"][other(&first)]["exposures"], 0);
        assert_eq!(results["results"][other(&first)]["events"], 0);
        assert_eq!(results["health"]["several_variants"], 1);
        let rows = rows::exposures(app).await;
        let flags: Vec<bool> = rows.iter().filter(|row| row.test_id == KPI).map(|row| row.is_first).collect();
        assert_eq!(flags, [true, false]);
    }

    async fn asking_for_the_headers_only_exposes_nobody(app: TestApp) {
        let visitor = app.visitor();
        for path in ["/api/experiments/dashboard", "/api/experiments/pricing-view"] {
            let reply = visitor.call(Method::HEAD, path).send().await.expect(200);
            assert!(reply.body.is_empty());
        }
        assert_eq!(visitor.cookie("ab_kpi_scorecard_layout").unwrap().len(), 1);
        assert_eq!(app.stored().await.exposures, 0);
    }

    async fn cookies_are_for_tls_only_where_the_server_is_reached_over_tls(
        app: TestApp = Setup::new().setting("PUBLIC_URL", "https://dashly.example.org")
    ) {
        let reply = app.visitor().dashboard().await;
        assert_eq!(reply.set_cookies().len(), 4);
        assert!(reply.set_cookies().iter().all(|cookie| cookie.ends_with("; SameSite=Lax; Secure")));
    }

    async fn the_segments_are_those_of_the_first_exposure(app: TestApp) {
        let agents = [
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "desktop"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148", "mobile"),
            ("Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X)", "tablet"),
            ("Examplebot/2.1", "bot"),
            ("", "desktop"),
        ];
        for (agent, _) in agents {
            let visitor = app.visitor();
            let call = visitor.call(Method::GET, "/api/experiments/pricing-view").header("user-agent", agent);
            call.send().await.expect(200).exposed();
            // A different device later changes nothing.
            visitor.pricing_view().await;
        }
        let known = app.visitor();
        known.set_cookie("ab_visitor_id", "v_known_before");
        known.pricing_view().await;

        let rows = rows::exposures(app).await;
        let found: Vec<_> = rows.iter().map(|row| (row.device.as_str(), row.visitor_kind.as_str())).collect();
        let mut expected: Vec<_> = agents.iter().map(|(_, device)| (*device, "new")).collect();
        expected.push(("unknown", "returning"));
        assert_eq!(found, expected);
    }

    async fn any_number_of_variants_and_experiments_is_served(
        app: TestApp = Setup::new().tests(&tests_json(&[
            ("three", json!({ "variants": { "red": "r", "green": "g", "blue": "b" }, "control": "green" })),
            ("unseen", json!({ "views": [] })),
            ("elsewhere", json!({ "views": ["checkout"] })),
        ]))
    ) {
        let visitor = app.visitor();
        let reply = visitor.dashboard().await;
        assert!(["red", "green", "blue"].contains(&reply.variant("three").as_str()));
        assert_eq!(reply.exposed(), ["three"]);
        assert_eq!(reply.at("variants").as_object().unwrap().len(), 3);
        // The pricing test is not among them: everybody gets what the page showed before.
        let pricing = visitor.pricing_view().await;
        assert_eq!((pricing.at("variant"), pricing.at("description")), (json!("A"), json!("standard_cta")));
        assert_eq!((pricing.exposed().len(), pricing.at("enrolled")), (0, json!(false)));
        assert_eq!(app.stored().await.exposures, 1);
    }
}
