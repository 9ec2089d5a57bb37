//! How often signing in may fail.

use crate::fixture::{ADMIN, ADMIN_EMAIL, HOME, PASSWORD, TestApp, secret};
use futures_util::future::join_all;
use http::StatusCode;

const WRONG: &str = "not the password at all";
const NEW_PASSWORD: &str = "eleven dry raincoats";

async fn fail(app: &TestApp, address: &str, name: &str, times: usize) {
    for attempt in 1..=times {
        let answer = app.sign_in_from(address, name, WRONG).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "attempt {attempt} of {name} from {address}");
    }
}

async fn is_limited(app: &TestApp, address: &str, name: &str, password: &str) -> i64 {
    let answer = app.sign_in_from(address, name, password).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::TOO_MANY_REQUESTS, "too-many-attempts"));
    answer.retry_after()
}

async fn is_signed_in(app: &TestApp, address: &str, name: &str) {
    let answer = app.sign_in_from(address, name, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{name} from {address}: {}", answer.body);
}

both_databases! {
    async fn ten_failures_stop_one_account_from_one_address_and_nobody_else(app: TestApp) {
        app.add_account("mara", "mara@example.org", "user", "approved").await;
        fail(app, HOME, "mara", 10).await;

        let wait = is_limited(app, HOME, "MARA", WRONG).await;
        assert!((900..=930).contains(&wait), "{wait}");
        is_limited(app, HOME, "mara", PASSWORD).await;
        is_signed_in(app, HOME, ADMIN).await;
        is_signed_in(app, "203.0.113.10", "mara").await;
        is_signed_in(app, "2001:db8::9", "mara").await;

        app.clock.advance_seconds(wait - 1);
        is_limited(app, HOME, "mara", PASSWORD).await;
        app.clock.advance_seconds(1);
        is_signed_in(app, HOME, "mara").await;
    }

    async fn accounts_that_do_not_exist_are_limited_like_others(app: TestApp) {
        fail(app, HOME, "nobody", 10).await;
        is_limited(app, HOME, "nobody", WRONG).await;
        is_signed_in(app, HOME, ADMIN).await;
    }

    async fn a_good_sign_in_forgives_the_failures_before_it(app: TestApp) {
        fail(app, HOME, ADMIN, 9).await;
        is_signed_in(app, HOME, ADMIN).await;
        fail(app, HOME, ADMIN, 10).await;
        is_limited(app, HOME, ADMIN, PASSWORD).await;
    }

    async fn fifty_failures_stop_an_address(app: TestApp) {
        for number in 0..50 {
            fail(app, HOME, &format!("guess-{number}"), 1).await;
        }
        let wait = is_limited(app, HOME, ADMIN, PASSWORD).await;
        assert!((900..=930).contains(&wait), "{wait}");
        is_signed_in(app, "203.0.113.10", ADMIN).await;
        app.clock.advance_seconds(wait);
        is_signed_in(app, HOME, ADMIN).await;
    }

    async fn one_network_of_the_new_protocol_is_one_address(app: TestApp) {
        for number in 0..10 {
            fail(app, &format!("2001:db8:1:2::{number:x}"), ADMIN, 1).await;
        }
        is_limited(app, "2001:db8:1:2:ffff:ffff:ffff:ffff", ADMIN, PASSWORD).await;
        is_signed_in(app, "2001:db8:1:3::1", ADMIN).await;
    }

    async fn a_hundred_failures_stop_an_account_for_an_hour(app: TestApp) {
        app.add_account("mara", "mara@example.org", "user", "approved").await;
        for network in 0..10 {
            fail(app, &format!("198.51.100.{network}"), "mara", 10).await;
        }
        let wait = is_limited(app, HOME, "mara", PASSWORD).await;
        assert!((3_600..=3_720).contains(&wait), "{wait}");
        is_signed_in(app, HOME, ADMIN).await;
        app.clock.advance_seconds(wait);
        is_signed_in(app, HOME, "mara").await;
    }

    async fn attempts_at_once_do_not_pass_a_limit(app: TestApp) {
        let answers = join_all((0..30).map(|_| app.sign_in(ADMIN, WRONG))).await;
        let count = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!(count(StatusCode::UNAUTHORIZED), 10);
        assert_eq!(count(StatusCode::TOO_MANY_REQUESTS), 20);
    }

    async fn people_who_sign_in_at_once_do_not_limit_each_other(app: TestApp) {
        let answers = join_all((0..14).map(|_| app.sign_in(ADMIN, PASSWORD))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    }

    async fn the_right_password_of_a_closed_account_is_no_failure(app: TestApp) {
        app.add_account("mara", "mara@example.org", "user", "pending").await;
        for _ in 0..11 {
            assert_eq!(app.sign_in("mara", PASSWORD).await.status, StatusCode::FORBIDDEN);
        }
        fail(app, HOME, "mara", 10).await;
        is_limited(app, HOME, "mara", PASSWORD).await;
    }

    async fn requests_that_name_nobody_are_not_counted(app: TestApp) {
        for _ in 0..60 {
            assert_eq!(app.sign_in("", "").await.status, StatusCode::BAD_REQUEST);
        }
        is_signed_in(app, HOME, ADMIN).await;
    }

    async fn a_new_password_voids_the_failures_of_the_old_one(app: TestApp) {
        fail(app, HOME, ADMIN, 10).await;
        is_limited(app, HOME, ADMIN, PASSWORD).await;
        app.clock.advance_seconds(1);

        // As the command line does it: in another process.
        app.replica(2).reset_password(ADMIN_EMAIL, &secret(NEW_PASSWORD)).await.unwrap();

        assert_eq!(app.sign_in(ADMIN, NEW_PASSWORD).await.status, StatusCode::OK);
        fail(app, HOME, ADMIN, 10).await;
        is_limited(app, HOME, ADMIN, NEW_PASSWORD).await;
    }
}
