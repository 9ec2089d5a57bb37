//! Signing in: what is accepted, what is refused, and what the answers say.

use crate::fixture::{ADMIN, HOME, LIFETIME_SECONDS, PASSWORD, new_identity, new_router, post_json, send};
use dashly_db::{Sql, sql};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

const COUNT_SESSIONS: Sql = sql!("select count(*) from sessions");
const COUNT_USERS: Sql = sql!("select count(*) from users");

/// What strangers may try to make SQL of.
pub(crate) const SQL_LIKE: [&str; 10] = [
    "' or '1'='1",
    "' or 1=1 --",
    "admin' --",
    "admin'/*",
    "\" or \"\"=\"",
    "'; drop table users; --",
    "' union select * from users --",
    "$1",
    "%",
    "admin\\",
];

both_databases! {
    async fn a_person_signs_in_by_name_or_address_in_any_case(app: TestApp) {
        app.add_account("Mara", "Mara.Lind@Example.org", "user", "approved").await;
        for body in [
            json!({ "username": "Mara", "password": PASSWORD }),
            json!({ "username": "mARA", "password": PASSWORD }),
            json!({ "email": "mara.lind@example.ORG", "password": PASSWORD }),
            json!({ "username": " Mara.Lind@Example.org ", "password": PASSWORD }),
            json!({ "email": "mara", "password": PASSWORD, "remember": true }),
            json!({ "username": "", "email": "MARA", "password": PASSWORD }),
            json!({ "username": null, "email": "mara", "password": PASSWORD }),
        ] {
            let answer = app.send(post_json("/api/auth/login", HOME, &body)).await;

            assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.body);
            assert_eq!(answer.body["success"], true);
            assert!(answer.body["message"].is_string());
            let user = &answer.body["user"];
            assert!(user["id"].as_str().unwrap().len() == 36);
            let expected = json!({
                "id": user["id"], "username": "Mara", "email": "Mara.Lind@Example.org", "role": "user",
                "companyName": "Harbour Ltd"
            });
            assert_eq!(*user, expected);
            let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
            let token = answer.token();
            assert_eq!(cookie, format!("token={token}; Max-Age={LIFETIME_SECONDS}; Path=/; HttpOnly; SameSite=Lax"));
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        }
    }

    async fn names_are_compared_in_any_script(app: TestApp) {
        app.add_account("ŽOFIE ČERNÁ", "žofie@example.org", "user", "approved").await;
        assert_eq!(app.sign_in("žofie černá", PASSWORD).await.status, StatusCode::OK);
        assert_eq!(app.sign_in("Žofie@Example.org", PASSWORD).await.status, StatusCode::OK);
        assert_eq!(app.sign_in("zofie cerna", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn an_account_without_a_company_says_null(app: TestApp) {
        let answer = app.sign_in(ADMIN, PASSWORD).await;
        assert_eq!(answer.body["user"]["companyName"], Value::Null);
        assert_eq!(answer.body["user"]["role"], "admin");
    }

    async fn wrong_passwords_and_unknown_accounts_get_the_same_answer(app: TestApp) {
        let anonymous = |mut body: Value| {
            body["request_id"] = Value::Null;
            body
        };
        let wrong = app.sign_in(ADMIN, "Seven wet umbrellas").await;
        for (name, password) in [("nobody", PASSWORD), ("nobody@example.org", "x"), (ADMIN, " seven wet umbrellas")] {
            let answer = app.sign_in(name, password).await;
            assert_eq!((wrong.status, answer.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
            assert_eq!(answer.code(), "wrong-credentials");
            assert_eq!(anonymous(answer.body), anonymous(wrong.body.clone()));
            assert!(!answer.headers.contains_key(header::SET_COOKIE));
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        }
        assert_eq!(app.count(COUNT_SESSIONS).await, 0);
    }

    async fn missing_fields_are_named(app: TestApp) {
        for (body, pointers) in [
            (json!({}), vec!["/username", "/password"]),
            (json!({ "username": "admin" }), vec!["/password"]),
            (json!({ "email": "admin", "password": "" }), vec!["/password"]),
            (json!({ "password": PASSWORD }), vec!["/username"]),
            (json!({ "username": "  ", "email": null, "password": null }), vec!["/username", "/password"]),
        ] {
            let answer = app.send(post_json("/api/auth/login", HOME, &body)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            let named: Vec<&str> =
                answer.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
            assert_eq!(named, pointers, "{body}");
            assert_eq!(answer.body["success"], false);
            assert_eq!(answer.body["message"], answer.body["detail"]);
        }
    }

    async fn bodies_of_another_shape_are_refused(app: TestApp) {
        let refuse = async |content_type: &str, body: String, status: StatusCode| {
            let request = Request::post("/api/auth/login").header(header::CONTENT_TYPE, content_type);
            let answer = app.send(request.body(body.into()).unwrap()).await;
            assert_eq!(answer.status, status, "{}", answer.body);
        };
        refuse("application/json", "{".into(), StatusCode::BAD_REQUEST).await;
        refuse("application/json", "[1]".into(), StatusCode::BAD_REQUEST).await;
        refuse("application/json", r#"{"username":1,"password":2}"#.into(), StatusCode::BAD_REQUEST).await;
        refuse("application/json", "[".repeat(10_000), StatusCode::BAD_REQUEST).await;
        refuse("text/plain", "{}".into(), StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        let large = json!({ "username": "admin", "password": "x".repeat(16 * 1024) }).to_string();
        refuse("application/json", large, StatusCode::PAYLOAD_TOO_LARGE).await;
    }

    async fn names_that_no_account_can_have_are_refused_on_both_databases(app: TestApp) {
        for name in ["admin\0", "ad\nmin", &"x".repeat(255)] {
            let answer = app.sign_in(name, PASSWORD).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
            assert_eq!(answer.body["errors"][0]["pointer"], "/username");
        }
        assert_eq!(app.sign_in(ADMIN, "\0").await.status, StatusCode::UNAUTHORIZED);
    }

    async fn sql_in_a_field_is_only_a_wrong_name(app: TestApp) {
        for (number, text) in SQL_LIKE.into_iter().enumerate() {
            let address = format!("198.51.100.{number}");
            let answer = app.sign_in_from(&address, text, PASSWORD).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{text}");
            let answer = app.sign_in_from(&address, ADMIN, text).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{text}");
        }
        assert_eq!(app.count(COUNT_USERS).await, 1);
        assert_eq!(app.count(COUNT_SESSIONS).await, 0);
        assert_eq!(app.sign_in(ADMIN, PASSWORD).await.status, StatusCode::OK);
    }

    async fn the_state_of_an_account_is_told_only_to_who_knows_its_password(app: TestApp) {
        for status in ["pending", "rejected", "unverified"] {
            app.add_account(status, &format!("{status}@example.org"), "user", status).await;

            let stranger = app.sign_in(status, "not the password").await;
            assert_eq!((stranger.status, stranger.code()), (StatusCode::UNAUTHORIZED, "wrong-credentials"));

            let owner = app.sign_in(status, PASSWORD).await;
            assert_eq!((owner.status, owner.code()), (StatusCode::FORBIDDEN, "account-not-approved"));
            assert!(!owner.headers.contains_key(header::SET_COOKIE));
        }
        assert_eq!(app.count(COUNT_SESSIONS).await, 0);
    }

    async fn cookies_are_secure_where_that_is_configured(app: TestApp) {
        let router = new_router(&new_identity(&app.db, &app.clock, 3, true));
        let body = json!({ "username": ADMIN, "password": PASSWORD });
        let answer = send(&router, post_json("/api/auth/login", HOME, &body)).await;
        assert!(answer.headers[header::SET_COOKIE].to_str().unwrap().ends_with("; Secure"));
    }

    async fn without_a_database_nobody_signs_in_and_everybody_hears_when_to_retry(app: TestApp) {
        let token = app.token().await;
        app.db.close().await;
        for answer in [app.sign_in(ADMIN, PASSWORD).await, app.sign_in("nobody", "x").await, app.me(&token).await] {
            assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "database-unavailable"));
            assert!(answer.retry_after() > 0);
        }
        // Tokens that are not ours never reach the database.
        assert_eq!(app.me("forged").await.status, StatusCode::UNAUTHORIZED);
    }
}
