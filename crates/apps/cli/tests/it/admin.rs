//! A new password from the terminal, while the server runs.

use crate::browser::{Cookies, Site};
use crate::installation::{Installation, PASSWORD};
use serde_json::json;

/// Signs in; gives the cookies of the session.
async fn sign_in(site: &Site, password: &str) -> Option<Cookies> {
    let body = json!({ "username": "admin", "password": password });
    let reply = site.post("/api/auth/login", &Cookies::new(), &body).await.unwrap();
    reply.is_ok().then_some(reply.set_cookies)
}

async fn is_signed_in(site: &Site, session: &Cookies) -> bool {
    site.get("/api/auth/me", session).await.unwrap().is_ok()
}

both_databases! {
    async fn a_reset_ends_the_old_password_and_all_sign_ins_at_once(installation: &mut Installation) {
        let server = installation.serve().await;
        let site = Site::new(server.url());
        let old_session = sign_in(&site, PASSWORD).await.unwrap();
        assert!(is_signed_in(&site, &old_session).await);

        let output = installation.command(&["admin", "reset-password"]).run().await.succeeded();

        assert!(output.contains("; 1 sign-in was ended."), "{output}");
        assert!(!is_signed_in(&site, &old_session).await, "an old token still works");
        assert!(sign_in(&site, PASSWORD).await.is_none(), "the old password still works");
        let made = output.split_once("with the password ").unwrap().1.trim();
        let session = sign_in(&site, made).await.expect("the printed password works");
        assert!(is_signed_in(&site, &session).await);

        let given = "four purple garden gnomes";
        let output = installation
            .command(&["admin", "reset-password", "--login", "admin@example.com", "--stdin"])
            .stdin("four purple garden gnomes\n")
            .run()
            .await
            .succeeded();
        assert!(!output.contains(given), "a given password is not repeated: {output}");
        assert!(!is_signed_in(&site, &session).await);
        assert!(sign_in(&site, given).await.is_some());
        server.stop().await;
    }

    async fn a_reset_that_cannot_be_done_changes_nothing(installation: &mut Installation) {
        let server = installation.serve().await;
        let site = Site::new(server.url());
        let session = sign_in(&site, PASSWORD).await.unwrap();
        let reset = |more: &[&'static str]| installation.command(&[&["admin", "reset-password"], more].concat());

        let short = reset(&["--stdin"]).stdin("fourteen chars\n").run().await;
        assert!(short.refusal().contains("at least 15 characters; this one has 14"), "{short:?}");
        let unknown = reset(&["--login", "nobody"]).run().await;
        assert!(unknown.refusal().contains("no account has this user name"), "{unknown:?}");
        let elsewhere = reset(&[]).env("DATABASE_URL", "").env("DATA_DIR", installation.beside("typo")).run().await;
        assert!(elsewhere.refusal().contains("there is no database"), "{elsewhere:?}");
        assert!(!installation.beside("typo").exists(), "a mistyped folder was made");

        assert!(is_signed_in(&site, &session).await);
        assert!(sign_in(&site, PASSWORD).await.is_some());
        server.stop().await;
    }
}
