//! A router over a database of its own, with a clock that only moves when told and repeatable chance.

use axum::Router;
use axum::extract::Extension;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use dashly_cache::RateLimiter;
use dashly_db::{DatabaseUrl, Db, Sql, scratch, sql};
use dashly_identity::{AdminOutcome, Identity, IdentityConfig, routes};
use dashly_kernel::{Clock, Ids, Secret, Timestamp};
use dashly_web::{Administrator, Authentication, Observe, PeerAddress, SecurityHeaders, observe};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tower::ServiceExt;

/// Runs each behaviour once on SQLite and once on PostgreSQL.
macro_rules! both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {
        $($(#[$attribute])* mod $name {
            use super::*;

            async fn behaviour($app: &$crate::fixture::TestApp) $body

            #[tokio::test]
            async fn on_sqlite() {
                let app = $crate::fixture::TestApp::on_sqlite().await;
                behaviour(&app).await;
                app.end().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let app = $crate::fixture::TestApp::on_postgres().await;
                behaviour(&app).await;
                app.end().await;
            }
        })*
    };
}

/// The key that signs tokens in tests.
pub(crate) const SECRET: &str = "5f1e0c9a7b3d4826e1f70a9b8c6d5e4f";
/// The administrator that every test starts with.
pub(crate) const ADMIN: &str = "Admin";
pub(crate) const ADMIN_EMAIL: &str = "Ada@Example.org";
pub(crate) const PASSWORD: &str = "seven wet umbrellas";
/// Where callers are unless a test says otherwise.
pub(crate) const HOME: &str = "203.0.113.9";
pub(crate) const LIFETIME_SECONDS: u32 = 604_800;

pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

/// The same bytes in each run, different at each call (SplitMix64).
struct SeededIds(AtomicU64);

impl Ids for SeededIds {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// What is thrown away at the end.
enum Home {
    Folder(tempfile::TempDir),
    Server { url: String, name: String },
}

pub(crate) struct TestApp {
    pub(crate) db: Db,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) identity: Identity,
    pub(crate) router: Router,
    home: Home,
}

impl TestApp {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::connect(&DatabaseUrl::Sqlite(folder.path().join("test.db"))).await.unwrap();
        db.migrate().await.unwrap();
        Self::over(db, Home::Folder(folder)).await
    }

    pub(crate) async fn on_postgres() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let server = postgres_url();
        let name = format!("identity_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let url = scratch::create_database(&server, &name, None).await.unwrap();
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        Self::over(db, Home::Server { url: server, name }).await
    }

    async fn over(db: Db, home: Home) -> Self {
        // 2026-11-22T19:00:00.25Z: sessions end at whole seconds all the same.
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_374_000_250_000)));
        let identity = new_identity(&db, &clock, 1, false);
        let outcome = identity.ensure_admin(ADMIN, ADMIN_EMAIL, &secret(PASSWORD)).await;
        assert_eq!(outcome.unwrap(), AdminOutcome::Created);
        let router = new_router(&identity);
        Self { db, clock, identity, router, home }
    }

    pub(crate) async fn end(self) {
        self.db.close().await;
        match self.home {
            Home::Folder(folder) => folder.close().unwrap(),
            Home::Server { url, name } => scratch::drop_database(&url, &name).await.unwrap(),
        }
    }

    /// The service as another process has it: the same database, limits of its own.
    pub(crate) fn replica(&self, seed: u64) -> Identity {
        new_identity(&self.db, &self.clock, seed, false)
    }

    /// An account with the administrator's password.
    pub(crate) async fn add_account(&self, username: &str, email: &str, role: &str, status: &str) {
        const COPY: Sql = sql!(
            "insert into users (
               id, username, username_key, email, email_key, password_hash, password_changed_at,
               role, status, company_name, created_at, updated_at
             )
             select $1, $2, $3, $4, $5, password_hash, password_changed_at, $6, $7, 'Harbour Ltd', created_at, updated_at
             from users
             where username_key = 'admin'"
        );
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = SeededIds(AtomicU64::new(1_000 + NEXT.fetch_add(1, Ordering::SeqCst)));
        let query = COPY
            .query()
            .bind(id.uuid(self.clock.now()))
            .bind(username)
            .bind(username.to_lowercase())
            .bind(email)
            .bind(email.to_lowercase())
            .bind(role)
            .bind(status);
        assert_eq!(self.db.execute(query).await.unwrap(), 1);
    }

    pub(crate) async fn count(&self, query: Sql) -> i64 {
        self.db.fetch_one(query.query()).await.unwrap().get(0).unwrap()
    }

    pub(crate) async fn send(&self, request: Request<axum::body::Body>) -> Answer {
        send(&self.router, request).await
    }

    /// Tries to sign in from [`HOME`].
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Answer {
        self.sign_in_from(HOME, username, password).await
    }

    pub(crate) async fn sign_in_from(&self, address: &str, username: &str, password: &str) -> Answer {
        self.send(post_json(
            "/api/auth/login",
            address,
            &json!({ "username": username, "password": password }),
        ))
        .await
    }

    /// A token of the administrator.
    pub(crate) async fn token(&self) -> String {
        let answer = self.sign_in(ADMIN, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.token()
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        self.send(with_cookie(Method::GET, "/api/auth/me", token)).await
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn token(&self) -> String {
        self.body["token"].as_str().unwrap().to_owned()
    }

    /// The last part of a problem's `type`.
    pub(crate) fn code(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().rsplit('/').next().unwrap()
    }

    pub(crate) fn retry_after(&self) -> i64 {
        self.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap()
    }
}

pub(crate) fn new_identity(db: &Db, clock: &Arc<TestClock>, seed: u64, secure_cookies: bool) -> Identity {
    let limiter_clock = Arc::clone(clock);
    let limiter =
        RateLimiter::memory(Arc::new(move || Duration::from_millis(limiter_clock.now().unix_millis())));
    let config = IdentityConfig {
        jwt_secret: secret(SECRET),
        token_lifetime_seconds: LIFETIME_SECONDS,
        secure_cookies,
    };
    let ids = Arc::new(SeededIds(AtomicU64::new(seed)));
    Identity::new(db.clone(), Arc::<TestClock>::clone(clock), ids, Arc::new(limiter), &config).unwrap()
}

/// The routes behind what every request passes through in the real program, and one for administrators.
pub(crate) fn new_router(identity: &Identity) -> Router {
    let (router, _) = routes().with_state(identity.clone()).split_for_parts();
    let observation = Observe {
        ids: Arc::new(SeededIds(AtomicU64::new(7))),
        security_headers: Some(SecurityHeaders { tls: false }),
    };
    router
        .route(
            "/for-administrators",
            get(async |Administrator(caller): Administrator| caller.user.to_string()),
        )
        .layer(Extension(Authentication(Arc::new(identity.clone()))))
        .layer(from_fn_with_state(observation, observe))
}

/// Sends `request`, from [`HOME`] unless it says otherwise.
pub(crate) async fn send(router: &Router, mut request: Request<axum::body::Body>) -> Answer {
    if request.extensions().get::<PeerAddress>().is_none() {
        request.extensions_mut().insert(peer(HOME));
    }
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) fn post_json(path: &str, address: &str, body: &Value) -> Request<axum::body::Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .extension(peer(address))
        .body(body.to_string().into())
        .unwrap()
}

fn peer(address: &str) -> PeerAddress {
    PeerAddress(SocketAddr::new(address.parse::<IpAddr>().unwrap(), 40_000))
}

pub(crate) fn with_cookie(method: Method, path: &str, token: &str) -> Request<axum::body::Body> {
    let cookie = format!("theme=dark; token={token}");
    Request::builder().method(method).uri(path).header(header::COOKIE, cookie).body("".into()).unwrap()
}

pub(crate) fn with_authorization(method: Method, path: &str, value: &str) -> Request<axum::body::Body> {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, value).body("".into()).unwrap()
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "tests get their services through the environment")]
fn postgres_url() -> String {
    std::env::var("DASHLY_TEST_POSTGRES_URL")
        .expect("no DASHLY_TEST_POSTGRES_URL: run through scripts/with-test-services")
}
