//! Visitors who do everything that visitors do, as fast as they are answered, and note what they are told.

use crate::browser::{BULK_EVENTS, Cookies, DASHBOARD, EVENTS, PRICING, Reply, Site};
use crate::drafts::{self, is_valid, valid_ids};
use crate::ledger::{ExposureKey, Fate, OpenEvent, SharedLedger};
use fastrand::Rng;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const WORKERS: usize = 12;
const PAUSE: Duration = Duration::from_millis(5);

/// Visitors at work.
pub(crate) struct Load {
    workers: JoinSet<()>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    in_flight: AtomicUsize,
}

impl Load {
    /// Starts them; `name` keeps the event ids of one start apart from those of another.
    pub(crate) fn start(site: &Site, ledger: &SharedLedger, seed: u64, name: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let mut workers = JoinSet::new();
        for number in 0..WORKERS {
            let mut worker = Worker {
                site: site.clone(),
                ledger: ledger.clone(),
                shared: Arc::clone(&shared),
                rng: Rng::with_seed(seed ^ (u64::try_from(number).unwrap() << 32)),
                name: format!("{name}-worker-{number}"),
                events: 0,
                cookies: Cookies::new(),
                acknowledged: Vec::new(),
            };
            workers.spawn(async move {
                while !worker.is_stopping() {
                    // A visitor whose connection broke goes away; the next one comes, not at once where nobody listens.
                    if worker.visit().await.is_err() {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            });
        }
        Self { workers, shared }
    }

    /// Lets visitors finish the request they are in and begin no other; gives how many are in one.
    pub(crate) fn begin_stop(&self) -> usize {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// Waits until all have gone.
    pub(crate) async fn end(self) {
        self.begin_stop();
        self.workers.join_all().await;
    }
}

/// The request had no usable answer; the visitor leaves.
struct Gone;

struct Worker {
    site: Site,
    ledger: SharedLedger,
    shared: Arc<Shared>,
    rng: Rng,
    name: String,
    events: usize,
    cookies: Cookies,
    /// Bodies of this visitor's acknowledged events.
    acknowledged: Vec<Value>,
}

impl Worker {
    fn is_stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::SeqCst)
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }

    async fn visit(&mut self) -> Result<(), Gone> {
        self.cookies.clear();
        self.acknowledged.clear();
        if self.chance(30) {
            let id = format!("v_{:032x}", self.rng.u128(..));
            self.cookies.insert("ab_visitor_id".to_owned(), id);
            if self.chance(50) {
                self.send_event().await?;
            }
        }
        self.view(DASHBOARD).await?;
        if self.chance(30) {
            self.view(PRICING).await?;
        }
        for _ in 0..self.rng.usize(..4) {
            self.send_event().await?;
        }
        if self.chance(20) {
            self.send_refused_event().await?;
        }
        if self.chance(30) {
            self.repeat_event().await?;
        }
        if self.chance(25) {
            self.send_bulk().await?;
        }
        if self.chance(10) {
            self.come_back_with_another_variant().await?;
        }
        Ok(())
    }

    /// Asks, and notes what is true of every answer.
    async fn ask(&mut self, path: &str, body: Option<&Value>) -> Result<Reply, Gone> {
        if self.is_stopping() {
            return Err(Gone);
        }
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
        let sent_at = Instant::now();
        let answer = match body {
            None => self.site.get(path, &self.cookies).await,
            Some(body) => self.site.post(path, &self.cookies, body).await,
        };
        self.shared.in_flight.fetch_sub(1, Ordering::SeqCst);
        let mut ledger = self.ledger.lock();
        match answer {
            Ok(reply) if reply.status.as_u16() == 503 => {
                ledger.unavailable += 1;
                if reply.retry_after.is_none() {
                    ledger.contradict(format!("503 without Retry-After: {reply:?}"));
                }
                Ok(reply)
            }
            Ok(reply) => Ok(reply),
            Err(_) => {
                ledger.interrupted.push(sent_at);
                drop(ledger);
                self.note_unanswered(path, body);
                Err(Gone)
            }
        }
    }

    fn note_unanswered(&self, path: &str, body: Option<&Value>) {
        let mut ledger = self.ledger.lock();
        match body {
            None => ledger.unanswered_views += 1,
            Some(body) if path == EVENTS => {
                let id = body["event_id"].as_str().unwrap();
                if is_valid(body) {
                    ledger.note(id, Fate::Unknown);
                    ledger.open_events.push(OpenEvent { cookies: self.cookies.clone(), body: body.clone() });
                } else {
                    ledger.note(id, Fate::Refused);
                }
            }
            Some(body) => {
                let ids = valid_ids(body);
                for id in &ids {
                    ledger.note(id, Fate::Unknown);
                }
                ledger.open_bulks.push(ids);
            }
        }
    }

    async fn view(&mut self, path: &str) -> Result<(), Gone> {
        let reply = self.ask(path, None).await?;
        let mut ledger = self.ledger.lock();
        if !reply.is_ok() {
            ledger.unanswered_views += 1;
            return Err(Gone);
        }
        self.cookies.extend(reply.set_cookies.clone());
        let logged = reply.body["exposure_logged"] == true;
        if !logged {
            ledger.unanswered_views += 1;
        }
        let exposed = reply.exposed();
        if logged == exposed.is_empty() {
            ledger.contradict(format!("exposure_logged and exposed disagree: {reply:?}"));
        }
        for (test, variant) in exposed {
            let visitor = self.cookies["ab_visitor_id"].clone();
            ledger.exposures.insert(ExposureKey { visitor, test, variant });
        }
        Ok(())
    }

    /// The visitor's browser says that another variant was shown: that is a second exposure, and not a first.
    async fn come_back_with_another_variant(&mut self) -> Result<(), Gone> {
        let cookie = "ab_kpi_scorecard_layout".to_owned();
        let other = if self.cookies[&cookie] == "A" { "B" } else { "A" };
        self.cookies.insert(cookie, other.to_owned());
        self.view(DASHBOARD).await?;
        self.send_event().await
    }

    fn next_id(&mut self) -> String {
        self.events += 1;
        format!("{}-event-{}", self.name, self.events)
    }

    fn new_event(&mut self) -> Value {
        let id = self.next_id();
        drafts::good(&mut self.rng, &id)
    }

    fn bad_event(&mut self) -> Value {
        let id = self.next_id();
        drafts::bad(&mut self.rng, &id)
    }

    async fn send_event(&mut self) -> Result<(), Gone> {
        let event = self.new_event();
        let reply = self.ask(EVENTS, Some(&event)).await?;
        if reply.is_ok() {
            self.cookies.extend(reply.set_cookies.clone());
            let mut ledger = self.ledger.lock();
            ledger.note(event["event_id"].as_str().unwrap(), Fate::Acknowledged);
            if reply.body["deduplicated"] != false {
                ledger.contradict(format!("a new event counts as repeated: {event} {reply:?}"));
            }
            self.acknowledged.push(event);
            Ok(())
        } else {
            if reply.is_refusal() {
                self.ledger.lock().contradict(format!("a good event was refused: {event} {reply:?}"));
            }
            self.note_unanswered(EVENTS, Some(&event));
            Err(Gone)
        }
    }

    async fn send_refused_event(&mut self) -> Result<(), Gone> {
        let event = self.bad_event();
        let reply = self.ask(EVENTS, Some(&event)).await?;
        let mut ledger = self.ledger.lock();
        ledger.note(event["event_id"].as_str().unwrap(), Fate::Refused);
        if !reply.is_refusal() {
            ledger.contradict(format!("a bad event was not refused: {event} {reply:?}"));
        }
        Ok(())
    }

    async fn repeat_event(&mut self) -> Result<(), Gone> {
        let Some(event) = self.rng.choice(&self.acknowledged).cloned() else { return Ok(()) };
        let reply = self.ask(EVENTS, Some(&event)).await?;
        if reply.is_ok() && reply.body["deduplicated"] != true {
            self.ledger.lock().contradict(format!("a repeated event counts as new: {event} {reply:?}"));
        }
        Ok(())
    }

    async fn send_bulk(&mut self) -> Result<(), Gone> {
        let size = if self.chance(10) { self.rng.usize(100..400) } else { self.rng.usize(1..20) };
        let mut items: Vec<Value> = (0..size).map(|_| self.new_event()).collect();
        let repeated: Vec<Value> = self.acknowledged.iter().take(2).cloned().collect();
        items.extend(repeated.clone());
        if self.chance(40) {
            let bad = self.bad_event();
            items.insert(self.rng.usize(..=items.len()), bad);
        }
        let body = json!({ "events": items });
        let reply = self.ask(BULK_EVENTS, Some(&body)).await?;
        if !reply.is_ok() {
            self.note_unanswered(BULK_EVENTS, Some(&body));
            return Err(Gone);
        }
        let mut ledger = self.ledger.lock();
        let rejected: Vec<u64> = reply.body["rejected"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["index"].as_u64().unwrap())
            .collect();
        for (index, item) in (0_u64..).zip(&items) {
            let fate = if rejected.contains(&index) { Fate::Refused } else { Fate::Acknowledged };
            if (fate == Fate::Refused) == is_valid(item) {
                ledger.contradict(format!("item {index} was judged wrongly: {item} {reply:?}"));
            }
            ledger.note(item["event_id"].as_str().unwrap(), fate);
        }
        if reply.body["logged"] != size || reply.body["deduplicated"] != repeated.len() {
            ledger.contradict(format!("{size} new, {} repeated: {reply:?}", repeated.len()));
        }
        Ok(())
    }
}
