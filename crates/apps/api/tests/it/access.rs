//! Who may see the results, and what everybody may see.

use dashly_kernel::Role;
use dashly_testkit::{Setup, TestApp, both_databases, tests_json};
use http::Method;
use serde_json::json;

const RESULTS: &str = "/api/experiments/results";

both_databases! {
    async fn results_are_for_administrators(app: TestApp) {
        app.visitor().get(RESULTS).await.problem(401, "no-token");
        for forged in ["forged", "a.b.c", "", "\u{e9}"] {
            let stranger = app.visitor();
            let bearer = [b"Bearer ".as_slice(), forged.as_bytes()].concat();
            let reply = stranger.call(Method::GET, RESULTS).header("authorization", bearer).send().await;
            assert_eq!(reply.status, 401, "{forged}: {}", reply.text());
            let cookie = [b"token=".as_slice(), forged.as_bytes()].concat();
            let reply = stranger.call(Method::GET, RESULTS).header("cookie", cookie).send().await;
            assert_eq!(reply.status, 401, "{forged}: {}", reply.text());
        }
        let user = app.signed_in("Mara", Role::User).await;
        user.get(RESULTS).await.problem(403, "admin-only");
        assert_eq!(app.admin().await.get(RESULTS).await.expect(200).at("success"), true);
    }

    async fn a_token_works_as_a_cookie_and_as_a_bearer_until_it_is_signed_out(app: TestApp) {
        let admin = app.signed_in("Second", Role::Admin).await;
        let token = admin.cookie("token").unwrap();
        let program = app.visitor();
        let ask = async || {
            program.call(Method::GET, RESULTS).header("authorization", format!("Bearer {token}")).send().await
        };
        let _ = ask().await.expect(200);
        let _ = admin.call(Method::POST, "/api/auth/logout").send().await.expect(200);
        assert_eq!(admin.cookie("token"), None);
        assert_eq!(ask().await.status, 401);
    }

    async fn the_configuration_shows_what_runs_and_not_how_it_is_drawn(
        app: TestApp = Setup::new().tests(&tests_json(&[
            ("live", json!({
                "weights": { "A": 9, "B": 1 }, "salt": "secret-pepper", "traffic": 0.5, "change_type": "layout"
            })),
            ("hidden_draft", json!({ "status": "draft" })),
            ("over", json!({ "status": "stopped" })),
            ("layered", json!({ "layer": "secret-layer", "traffic": 0.25 })),
        ]))
    ) {
        let reply = app.visitor().get("/api/experiments/config").await.expect(200);
        assert_eq!(
            reply.json(),
            json!({
                "success": true,
                "experiments": [
                    { "test_id": "live", "description": "Does live help?", "variants": { "A": "old", "B": "new" },
                      "target_event": "click", "change_type": "layout" },
                    { "test_id": "layered", "description": "Does layered help?", "variants": { "A": "old", "B": "new" },
                      "target_event": "click" },
                ]
            })
        );
        assert!(reply.set_cookies().is_empty());
        for hidden in ["secret", "weights", "traffic", "salt", "hidden_draft", "over"] {
            assert!(!reply.text().contains(hidden), "{hidden}");
        }
    }
}
