//! The first administrator, new passwords, and what a password must be.

use crate::fixture::{ADMIN, ADMIN_EMAIL, PASSWORD, secret};
use dashly_db::{Sql, sql};
use dashly_identity::{AdminOutcome, EnsureAdminError, PasswordFault, ResetPasswordError};
use futures_util::future::{join, join_all};
use http::StatusCode;

const COUNT_USERS: Sql = sql!("select count(*) from users");
const DELETE_USERS: Sql = sql!("delete from users");
const DELETE_ADMIN: Sql = sql!("delete from users where role = 'admin'");
const NEW_PASSWORD: &str = "eleven dry raincoats";

both_databases! {
    async fn there_is_only_one_first_administrator(app: TestApp) {
        let again = app.identity.ensure_admin("other", "other@example.org", &secret(NEW_PASSWORD)).await;
        assert_eq!(again.unwrap(), AdminOutcome::Exists);
        // What is not needed is not judged: an old setting does not keep the server from starting.
        let weak = app.identity.ensure_admin("", "", &secret("admin123")).await;
        assert_eq!(weak.unwrap(), AdminOutcome::Exists);
        assert_eq!(app.count(COUNT_USERS).await, 1);
        assert_eq!(app.sign_in(ADMIN, PASSWORD).await.status, StatusCode::OK);
    }

    async fn replicas_that_start_at_once_make_one_administrator(app: TestApp) {
        app.db.execute(DELETE_USERS.query()).await.unwrap();
        let replicas: Vec<_> = (10..16).map(|seed| app.replica(seed)).collect();
        let outcomes = join_all(replicas.iter().enumerate().map(async |(number, replica)| {
            let (name, email) = (format!("admin-{number}"), format!("admin-{number}@example.org"));
            replica.ensure_admin(&name, &email, &secret(PASSWORD)).await.unwrap()
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == AdminOutcome::Created).count(), 1);
        assert_eq!(app.count(COUNT_USERS).await, 1);
    }

    async fn a_bad_administrator_is_not_created(app: TestApp) {
        app.db.execute(DELETE_USERS.query()).await.unwrap();
        let ensure = async |name: &str, email: &str, password: &str| {
            app.identity.ensure_admin(name, email, &secret(password)).await.unwrap_err()
        };
        let fault = ensure(ADMIN, ADMIN_EMAIL, "fourteen chars").await;
        assert!(matches!(fault, EnsureAdminError::Password(PasswordFault::TooShort { characters: 14 })), "{fault}");
        let fault = ensure(ADMIN, ADMIN_EMAIL, "admin123admin123").await;
        assert!(matches!(fault, EnsureAdminError::Password(PasswordFault::Guessable)), "{fault}");
        for (name, email, text) in [
            ("", ADMIN_EMAIL, "the admin's username must not be empty"),
            (ADMIN, "nowhere", "the admin's email must be an e-mail address such as name@example.org"),
            ("a@b.example", ADMIN_EMAIL, "the admin's username must not contain @ unless it is the e-mail address"),
            ("ad\0min", ADMIN_EMAIL, "the admin's username must not contain control characters (found U+0000)"),
        ] {
            assert_eq!(ensure(name, email, PASSWORD).await.to_string(), text);
        }
        assert_eq!(app.count(COUNT_USERS).await, 0);
    }

    async fn a_name_that_is_taken_is_not_made_an_administrator(app: TestApp) {
        app.add_account("Mara", "mara@example.org", "user", "approved").await;
        app.db.execute(DELETE_ADMIN.query()).await.unwrap();
        for (name, email) in [("mARA", ADMIN_EMAIL), (ADMIN, "MARA@example.org")] {
            let fault = app.identity.ensure_admin(name, email, &secret(PASSWORD)).await.unwrap_err();
            assert!(matches!(fault, EnsureAdminError::Taken), "{fault}");
        }
        assert_eq!(app.count(COUNT_USERS).await, 1);
    }

    async fn a_reset_ends_all_sessions_and_the_old_password(app: TestApp) {
        app.add_account("mara", "mara@example.org", "user", "approved").await;
        let (one, two) = (app.token().await, app.token().await);
        let unconcerned = app.sign_in("mara", PASSWORD).await.token();

        let reset = app.identity.reset_password("ada@example.ORG", &secret(NEW_PASSWORD)).await.unwrap();

        assert_eq!(reset.ended_sessions, 2);
        assert_eq!(app.me(&one).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.me(&two).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.me(&unconcerned).await.status, StatusCode::OK);
        assert_eq!(app.sign_in(ADMIN, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let answer = app.sign_in(ADMIN, NEW_PASSWORD).await;
        assert_eq!(answer.body["user"]["id"], reset.user.to_string());
        assert_eq!(app.sign_in("mara", PASSWORD).await.status, StatusCode::OK);
    }

    async fn a_sign_in_with_the_old_password_does_not_survive_a_reset_at_the_same_time(app: TestApp) {
        let passwords = [PASSWORD, NEW_PASSWORD];
        for round in 0..6 {
            let (old, new) = (passwords[round % 2], secret(passwords[(round + 1) % 2]));
            let (answer, reset) = join(app.sign_in(ADMIN, old), app.identity.reset_password(ADMIN, &new)).await;
            reset.unwrap();
            if answer.status == StatusCode::OK {
                assert_eq!(app.me(&answer.token()).await.status, StatusCode::UNAUTHORIZED, "round {round}");
            }
            app.clock.advance_seconds(1);
        }
    }

    async fn a_refused_reset_changes_nothing(app: TestApp) {
        let token = app.token().await;
        let reset = async |login: &str, password: &str| {
            app.identity.reset_password(login, &secret(password)).await.unwrap_err()
        };
        assert!(matches!(reset("nobody", NEW_PASSWORD).await, ResetPasswordError::UnknownAccount));
        assert!(matches!(reset("' or '1'='1", NEW_PASSWORD).await, ResetPasswordError::UnknownAccount));
        assert!(matches!(reset("\0", NEW_PASSWORD).await, ResetPasswordError::UnknownAccount));
        for password in ["", "fourteen chars", "correct horse battery staple", "Ada-Ada-Ada-Ada-Ada"] {
            let fault = reset(ADMIN, password).await;
            assert!(matches!(fault, ResetPasswordError::Password(_)), "{password}: {fault}");
        }
        assert_eq!(app.me(&token).await.status, StatusCode::OK);
        assert_eq!(app.sign_in(ADMIN, PASSWORD).await.status, StatusCode::OK);
    }

    async fn long_and_foreign_passwords_are_kept_to_the_last_character(app: TestApp) {
        let varied = |length: usize| -> String {
            "Grey owls höhlen 雲 счастье; ".chars().cycle().take(length).collect()
        };
        for length in [15, 64, 128] {
            let password = varied(length);
            app.identity.reset_password(ADMIN, &secret(&password)).await.unwrap();
            assert_eq!(app.sign_in(ADMIN, &password).await.status, StatusCode::OK, "{length}");
            for other in [varied(length - 1), varied(length + 1), format!(" {password}"), password.to_uppercase()] {
                assert_eq!(app.sign_in(ADMIN, &other).await.status, StatusCode::UNAUTHORIZED, "{other}");
            }
        }
    }
}
