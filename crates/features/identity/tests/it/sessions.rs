//! Tokens in use: where they are found, how long they are good, and what ends them.

use crate::fixture::{
    ADMIN, Answer, LIFETIME_SECONDS, PASSWORD, new_router, send, with_authorization, with_cookie,
};
use crate::sign_in::SQL_LIKE;
use dashly_db::{Sql, sql};
use http::{Method, Request, StatusCode, header};
use serde_json::json;

const COUNT_SESSIONS: Sql = sql!("select count(*) from sessions");
const COUNT_OPEN_SESSIONS: Sql = sql!("select count(*) from sessions where ended_at is null");
const DEMOTE: Sql = sql!("update users set role = 'user'");
const PROMOTE: Sql = sql!("update users set role = 'admin'");
const CLOSE: Sql = sql!("update users set status = $1");
const DELETE: Sql = sql!("delete from users");
const SHORTEN: Sql = sql!("update sessions set expires_at = $1");
const FILL: Sql = sql! {
    postgres: "insert into sessions (id, user_id, created_at, expires_at)
               select gen_random_uuid(), users.id, users.created_at + number * interval '1 second',
                      users.created_at + interval '1 day'
               from users, generate_series(1, 120) as number",
    sqlite: "with recursive numbers(number) as (
               select 1 union all select number + 1 from numbers where number < 120
             )
             insert into sessions (id, user_id, created_at, expires_at)
             select randomblob(16), users.id, users.created_at + number * 1000000,
                    users.created_at + 86400000000
             from users, numbers",
};

fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    assert_eq!(answer.code(), code);
}

both_databases! {
    async fn the_signed_in_person_is_told_who_they_are(app: TestApp) {
        app.add_account("Mara", "mara@example.org", "user", "approved").await;
        let token = app.sign_in("mara", PASSWORD).await.token();

        let answer = app.me(&token).await;

        assert_eq!(answer.status, StatusCode::OK);
        let id = &answer.body["user"]["id"];
        let expected = json!({ "success": true, "user": {
            "id": id, "username": "Mara", "email": "mara@example.org", "role": "user", "companyName": "Harbour Ltd",
            "status": "approved"
        }});
        assert_eq!(answer.body, expected);
    }

    async fn a_token_is_taken_from_the_cookie_first_and_else_from_the_header(app: TestApp) {
        let token = app.token().await;
        let me = "/api/auth/me";
        for value in [format!("Bearer {token}"), format!("bearer   {token} ")] {
            assert_eq!(app.send(with_authorization(Method::GET, me, &value)).await.status, StatusCode::OK);
        }
        let both = async |cookie: &str, bearer: &str| {
            let request = Request::get(me).header(header::COOKIE, format!("token={cookie}"));
            let request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
            app.send(request.body("".into()).unwrap()).await
        };
        assert_eq!(both(&token, "nonsense").await.status, StatusCode::OK);
        assert_eq!(both("", &token).await.status, StatusCode::OK);
        refused(&both("nonsense", &token).await, "invalid-token");
    }

    async fn without_a_token_one_is_told_how_to_get_one(app: TestApp) {
        let bare = Request::get("/api/auth/me").body("".into()).unwrap();
        let answer = app.send(bare).await;
        refused(&answer, "no-token");
        assert!(answer.body["detail"].as_str().unwrap().contains("/api/auth/login"));
        for value in ["", "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4="] {
            refused(&app.send(with_authorization(Method::GET, "/api/auth/me", value)).await, "no-token");
        }
        refused(&app.send(with_cookie(Method::POST, "/api/auth/logout", "")).await, "no-token");
    }

    async fn sql_in_a_token_is_only_a_bad_token(app: TestApp) {
        for text in SQL_LIKE {
            let answer = app.send(with_authorization(Method::GET, "/api/auth/me", &format!("Bearer {text}"))).await;
            refused(&answer, "invalid-token");
        }
    }

    async fn signing_out_ends_this_session_everywhere_and_no_other(app: TestApp) {
        let (token, other) = (app.token().await, app.token().await);
        assert_ne!(token, other);

        let answer = app.send(with_cookie(Method::POST, "/api/auth/logout", &token)).await;

        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body["success"], true);
        assert!(answer.body["message"].is_string());
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert_eq!(cookie, "token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        refused(&app.me(&token).await, "invalid-token");
        refused(&app.send(with_cookie(Method::POST, "/api/auth/logout", &token)).await, "invalid-token");
        let replica = new_router(&app.replica(2));
        refused(&send(&replica, with_cookie(Method::GET, "/api/auth/me", &token)).await, "invalid-token");
        assert_eq!(app.me(&other).await.status, StatusCode::OK);
    }

    async fn a_token_of_one_replica_is_good_at_another(app: TestApp) {
        let token = app.token().await;
        let replica = new_router(&app.replica(2));
        let answer = send(&replica, with_cookie(Method::GET, "/api/auth/me", &token)).await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    async fn a_new_role_counts_at_once(app: TestApp) {
        let token = app.token().await;
        let enter = async || app.send(with_cookie(Method::GET, "/for-administrators", &token)).await.status;
        assert_eq!(enter().await, StatusCode::OK);

        app.db.execute(DEMOTE.query()).await.unwrap();

        assert_eq!(enter().await, StatusCode::FORBIDDEN);
        assert_eq!(app.me(&token).await.body["user"]["role"], "user");

        app.db.execute(PROMOTE.query()).await.unwrap();
        assert_eq!(enter().await, StatusCode::OK);
    }

    async fn a_closed_account_is_out_at_once(app: TestApp) {
        let token = app.token().await;
        for status in ["pending", "rejected", "unverified"] {
            app.db.execute(CLOSE.query().bind(status)).await.unwrap();
            refused(&app.me(&token).await, "invalid-token");
        }
        app.db.execute(DELETE.query()).await.unwrap();
        refused(&app.me(&token).await, "invalid-token");
        assert_eq!(app.count(COUNT_SESSIONS).await, 0);
    }

    async fn a_session_ends_when_its_time_is_over(app: TestApp) {
        let token = app.token().await;
        app.clock.advance_seconds(i64::from(LIFETIME_SECONDS) - 1);
        assert_eq!(app.me(&token).await.status, StatusCode::OK);
        app.clock.advance_seconds(1);
        refused(&app.me(&token).await, "invalid-token");
    }

    async fn the_row_alone_can_end_a_session(app: TestApp) {
        let token = app.token().await;
        let now = dashly_kernel::Clock::now(&*app.clock);
        app.db.execute(SHORTEN.query().bind(now)).await.unwrap();
        refused(&app.me(&token).await, "invalid-token");
    }

    async fn sessions_that_are_over_are_removed_and_the_others_bounded(app: TestApp) {
        let first = app.token().await;
        app.db.execute(FILL.query()).await.unwrap();
        app.clock.advance_seconds(600);

        let newest = app.token().await;

        assert_eq!(app.count(COUNT_SESSIONS).await, 100);
        refused(&app.me(&first).await, "invalid-token");
        assert_eq!(app.me(&newest).await.status, StatusCode::OK);

        app.clock.advance_seconds(86_400);
        let later = app.token().await;
        assert_eq!(app.count(COUNT_SESSIONS).await, 2, "the newest had a week");
        app.send(with_cookie(Method::POST, "/api/auth/logout", &later)).await;
        assert_eq!(app.count(COUNT_OPEN_SESSIONS).await, 1);
        assert_eq!(app.sign_in(ADMIN, PASSWORD).await.status, StatusCode::OK);
        assert_eq!(app.count(COUNT_SESSIONS).await, 2);
    }

    async fn other_methods_are_refused(app: TestApp) {
        for (method, path) in
            [(Method::GET, "/api/auth/login"), (Method::GET, "/api/auth/logout"), (Method::POST, "/api/auth/me")]
        {
            let answer = app.send(with_cookie(method, path, "")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
            assert!(answer.headers.contains_key(header::ALLOW));
        }
    }
}
