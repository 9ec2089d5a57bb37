//! What must not be seen: in answers, in logs, in debug output.

use crate::fixture::{ADMIN, ADMIN_EMAIL, HOME, PASSWORD, SECRET, TestApp, secret, with_cookie};
use http::Method;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn assert_clean(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {text}");
    }
}

/// One of everything that is logged; gives the token.
async fn live_through_everything(app: &TestApp) -> String {
    let token = app.token().await;
    app.sign_in("typed-by-mistake", "wrong-password-text").await;
    for _ in 0..11 {
        app.sign_in("Ada@Example.org", "wrong-password-text").await;
    }
    app.sign_in("mara", PASSWORD).await;
    app.send(with_cookie(Method::GET, "/for-administrators", &token)).await;
    app.send(with_cookie(Method::POST, "/api/auth/logout", &token)).await;
    app.identity.reset_password(ADMIN_EMAIL, &secret("eleven dry raincoats")).await.unwrap();
    token
}

both_databases! {
    async fn the_log_says_who_and_from_where_but_no_name_and_no_secret(app: TestApp) {
        app.add_account("mara", "mara@example.org", "user", "pending").await;
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().json().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        let subscriber = subscriber.with_writer(lines.clone()).finish();

        let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
        let token = live_through_everything(app).await;
        drop(guard);

        let bytes = lines.0.lock().unwrap().clone();
        let ours: Vec<serde_json::Value> = String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &serde_json::Value| line["target"].as_str().unwrap().starts_with("dashly_"))
            .collect();
        let fields = |message: &str| {
            let line = ours.iter().find(|line| line["fields"]["message"] == message);
            line.unwrap_or_else(|| panic!("no line says {message:?}"))["fields"].clone()
        };
        for message in [
            "signed in",
            "sign-in failed: wrong password",
            "sign-in refused: too many failures",
            "sign-in refused: account not approved",
            "signed out",
        ] {
            let fields = fields(message);
            assert_eq!(fields["address"], HOME);
            assert_eq!(fields["user"].as_str().unwrap().len(), 36, "{fields}");
        }
        assert_eq!(fields("sign-in failed: no such account")["address"], HOME);
        assert!(fields("a password was reset by the operator")["user"].is_string());
        let text = ours.iter().map(ToString::to_string).collect::<String>();
        assert_clean(
            &text,
            &[PASSWORD, "wrong-password-text", "raincoats", "typed-by-mistake", ADMIN_EMAIL, "mara", &token, SECRET, "argon2"],
        );
    }

    async fn answers_hold_neither_passwords_nor_hashes(app: TestApp) {
        let answers = [
            app.sign_in(ADMIN, PASSWORD).await,
            app.sign_in(ADMIN, "wrong-password-text").await,
            app.sign_in("nobody", PASSWORD).await,
            app.me(&app.token().await).await,
        ];
        for answer in answers {
            let text = format!("{:?} {}", answer.headers, answer.body);
            assert_clean(&text, &[PASSWORD, "wrong-password-text", "argon2", "hash", SECRET]);
        }
    }

    async fn debug_output_holds_no_secret(app: TestApp) {
        let token = app.token().await;
        let fault = app.identity.reset_password(ADMIN, &secret("Ada-Ada-Ada-Ada-Ada")).await.unwrap_err();
        let text = format!("{:?} {fault:?} {fault}", app.identity);
        assert_clean(&text, &[PASSWORD, "ada", SECRET, &token, "argon2"]);
    }
}
