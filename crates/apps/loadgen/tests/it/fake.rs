//! A small server with the published contract, written for these tests, and the ways in which it can be
//! wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use dashly_loadgen::{CountFuture, RowCounts, StoredRows};
use serde_json::{Value, json};
use tokio::task::JoinSet;

pub(crate) const TOKEN: &str = "token-of-the-administrator";

/// (test, target event), in the order of the answers; the last one belongs to the pricing view.
const TESTS: [(&str, &str); 3] = [
    ("kpi_scorecard_layout", "kpi_click"),
    ("guided_onboarding", "tooltip_open"),
    ("pricing_cta_upgrade", "subscription_upgrade"),
];

/// What the server does wrong.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent faults, each named where a test sets it")]
pub(crate) struct Faults {
    /// Of so many events one is answered with 200 and not stored.
    pub drops_every: Option<u64>,
    /// Of so many events one is answered with 503.
    pub refuses_every: Option<u64>,
    /// Every view of a visitor stores and counts another exposure.
    pub repeats_exposures: bool,
    /// A visitor gets another variant at every view.
    pub changes_variants: bool,
    /// Every second visitor's exposure is not stored, and honestly not acknowledged.
    pub skips_exposures: bool,
    /// No exposure is stored or acknowledged.
    pub exposes_nobody: bool,
    /// Events are answered with the other variant.
    pub swaps_event_variants: bool,
    /// The results are gone after the first time.
    pub forgets_results: bool,
    /// Views are never answered.
    pub hangs: bool,
    /// A third variant is configured.
    pub has_third_variant: bool,
}

#[derive(Debug, Default)]
struct Store {
    connections: u64,
    visitors: u64,
    event_posts: u64,
    results_read: u64,
    /// Variant by visitor and test.
    exposures: BTreeMap<(String, String), String>,
    repeated: BTreeMap<(String, String), u64>,
    /// (visitor, test, variant)
    events: Vec<(String, String, String)>,
    event_ids: BTreeSet<String>,
}

/// A running server.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    pub base_url: String,
    faults: Faults,
    store: Arc<Mutex<Store>>,
    /// Stops the server with the last handle; none in the server's own copy.
    _server: Option<Arc<JoinSet<()>>>,
}

impl Fake {
    pub(crate) async fn start(faults: Faults) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { base_url, faults, store: Arc::default(), _server: None };
        let app = Router::new()
            .route("/api/experiments/dashboard", get(dashboard))
            .route("/api/experiments/pricing-view", get(pricing_view))
            .route("/api/experiments/events", post(events))
            .route("/api/experiments/bulk-events", post(bulk_events))
            .route("/api/experiments/config", get(config))
            .route("/api/experiments/results", get(results))
            .route("/api/auth/login", post(login))
            .with_state(fake.clone());
        let counting = fake.clone();
        let listener = listener.tap_io(move |_| counting.store().connections += 1);
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { _server: Some(Arc::new(server)), ..fake }
    }

    pub(crate) fn connections(&self) -> u64 {
        self.store().connections
    }

    pub(crate) fn visitors(&self) -> u64 {
        self.store().visitors
    }

    pub(crate) fn event_posts(&self) -> u64 {
        self.store().event_posts
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    fn view(&self, headers: &HeaderMap, shows: &[usize]) -> (String, Value) {
        let mut store = self.store();
        let visitor = cookie(headers, "ab_visitor_id").unwrap_or_else(|| {
            store.visitors += 1;
            format!("v_{}", store.visitors)
        });
        store.results_read += u64::from(self.faults.changes_variants);
        let salt = if self.faults.changes_variants { store.results_read } else { 0 };
        let variants: BTreeMap<&str, &str> =
            TESTS.iter().map(|(test, _)| (*test, assigned(&visitor, test, salt))).collect();
        let second = visitor.trim_start_matches("v_").parse::<u64>().unwrap().is_multiple_of(2);
        let skips = self.faults.exposes_nobody || self.faults.skips_exposures && second;
        let mut exposed = Vec::new();
        for (test, _) in shows.iter().map(|index| TESTS[*index]).filter(|_| !skips) {
            let key = (visitor.clone(), test.to_owned());
            if let Some(first) = store.exposures.get(&key).cloned()
                && self.faults.repeats_exposures
            {
                *store.repeated.entry((test.to_owned(), first)).or_default() += 1;
            }
            store.exposures.entry(key).or_insert_with(|| variants[test].to_owned());
            exposed.push(test);
        }
        let reply =
            json!({"success": true, "variants": variants, "exposed": exposed, "exposure_logged": !skips});
        (visitor, reply)
    }

    /// Stores an event as the contract says. Gives the answer of `events`.
    fn store_event(&self, visitor: &str, event: &Value) -> Value {
        let mut store = self.store();
        let test = event["testId"].as_str().unwrap();
        assert_eq!(event["event"].as_str(), TESTS.iter().find(|entry| entry.0 == test).map(|entry| entry.1));
        let key = (visitor.to_owned(), test.to_owned());
        let mut variant =
            store.exposures.get(&key).cloned().unwrap_or_else(|| assigned(visitor, test, 0).to_owned());
        let new =
            event["event_id"].as_str().is_none_or(|event_id| store.event_ids.insert(event_id.to_owned()));
        store.event_posts += 1;
        let dropped = self.faults.drops_every.is_some_and(|every| store.event_posts.is_multiple_of(every));
        let counted = store.exposures.contains_key(&key);
        if new && !dropped {
            store.events.push((visitor.to_owned(), test.to_owned(), variant.clone()));
        }
        if self.faults.swaps_event_variants {
            variant = if variant == "A" { "B" } else { "A" }.to_owned();
        }
        json!({"success": true, "event": event["event"], "testId": test, "variant": variant, "deduplicated": !new,
            "counted": counted, "warnings": []})
    }

    fn refuses(&self) -> Option<Response> {
        let mut store = self.store();
        let every = self.faults.refuses_every?;
        if !(store.event_posts + 1).is_multiple_of(every) {
            return None;
        }
        store.event_posts += 1;
        let problem = json!({"success": false, "status": 503, "detail": "the writer is full"});
        Some((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], Json(problem)).into_response())
    }
}

impl StoredRows for Fake {
    fn count(&self) -> CountFuture<'_> {
        let store = self.store();
        let exposures = number(store.exposures.len()) + store.repeated.values().sum::<u64>();
        let counts = RowCounts { exposures, events: number(store.events.len()) };
        Box::pin(std::future::ready(Ok(counts)))
    }
}

fn assigned(visitor: &str, test: &str, salt: u64) -> &'static str {
    let mut hasher = DefaultHasher::new();
    (visitor, test, salt).hash(&mut hasher);
    if hasher.finish().is_multiple_of(2) { "A" } else { "B" }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.filter(|pair| pair.0 == name).map(|pair| pair.1.to_owned()).next()
}

fn answer(visitor: &str, reply: Value) -> Response {
    let cookie = format!("ab_visitor_id={visitor}; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000");
    ([(header::SET_COOKIE, cookie)], Json(reply)).into_response()
}

async fn dashboard(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    fake.hang().await;
    let (visitor, mut reply) = fake.view(&headers, &[0, 1]);
    reply["enrolled"] = TESTS.iter().map(|(test, _)| ((*test).to_owned(), json!(true))).collect();
    answer(&visitor, reply)
}

async fn pricing_view(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    fake.hang().await;
    let (visitor, mut reply) = fake.view(&headers, &[2]);
    reply["testId"] = json!(TESTS[2].0);
    reply["enrolled"] = json!(true);
    answer(&visitor, reply)
}

async fn events(State(fake): State<Fake>, headers: HeaderMap, Json(event): Json<Value>) -> Response {
    if let Some(refusal) = fake.refuses() {
        return refusal;
    }
    let visitor = cookie(&headers, "ab_visitor_id").expect("the jar sends the visitor's cookie");
    answer(&visitor, fake.store_event(&visitor, &event))
}

async fn bulk_events(State(fake): State<Fake>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let visitor = cookie(&headers, "ab_visitor_id").expect("the jar sends the visitor's cookie");
    let events = body["events"].as_array().unwrap();
    let replies: Vec<Value> = events.iter().map(|event| fake.store_event(&visitor, event)).collect();
    let repeated = replies.iter().filter(|reply| reply["deduplicated"] == json!(true)).count();
    let reply = json!({"success": true, "logged": replies.len() - repeated, "deduplicated": repeated, "rejected": []});
    answer(&visitor, reply)
}

async fn config(State(fake): State<Fake>) -> Json<Value> {
    let mut variants = json!({"A": "one", "B": "other"});
    if fake.faults.has_third_variant {
        variants["C"] = json!("third");
    }
    let experiments: Vec<Value> = TESTS
        .iter()
        .map(|(test, event)| json!({"test_id": test, "target_event": event, "description": "", "variants": variants}))
        .collect();
    Json(json!({"success": true, "experiments": experiments}))
}

async fn login(Json(body): Json<Value>) -> Response {
    if body == json!({"username": "admin", "password": "right"}) {
        Json(json!({"success": true, "token": TOKEN})).into_response()
    } else {
        (StatusCode::UNAUTHORIZED, Json(json!({"success": false, "detail": "wrong user name or password"})))
            .into_response()
    }
}

async fn results(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let mut store = fake.store();
    store.results_read += 1;
    if fake.faults.forgets_results && store.results_read > 1 {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if headers[header::AUTHORIZATION] != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let counts = |test: &str, variant: &str| {
        let is_it = |found: (&str, &str)| found == (test, variant);
        let exposures =
            number(store.exposures.iter().filter(|(key, variant)| is_it((&key.1, variant))).count())
                + store.repeated.get(&(test.to_owned(), variant.to_owned())).copied().unwrap_or_default();
        let events: Vec<_> = store.events.iter().filter(|event| is_it((&event.1, &event.2))).collect();
        let converters: BTreeSet<_> = events.iter().map(|event| &event.0).collect();
        json!({"exposures": exposures, "events": events.len(), "converters": converters.len()})
    };
    let experiments: Vec<Value> = TESTS
        .iter()
        .map(|(test, _)| {
            json!({"test_id": test, "control": "A", "results": {"A": counts(test, "A"), "B": counts(test, "B")}})
        })
        .collect();
    Json(json!({"success": true, "experiments": experiments})).into_response()
}

impl Fake {
    /// Stops the clock of the runtime, which then jumps to the next timer: the client's limit.
    async fn hang(&self) {
        if self.faults.hangs {
            tokio::time::pause();
            std::future::pending::<()>().await;
        }
    }
}
