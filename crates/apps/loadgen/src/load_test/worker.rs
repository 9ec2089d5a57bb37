//! The loop of one visitor under load.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Plan;
use super::tally::Tally;
use crate::failures::{Failure, FailureKind};
use crate::jar::CookieJar;
use crate::progress::Steps;
use crate::replies::{BulkReply, EventReply, Experiment, Variants, View};
use crate::site::{Request, Route};

/// Probability of one event in a round.
const EVENT_PROBABILITY: f64 = 0.4;

/// Probability of two events at once in a round.
const BULK_PROBABILITY: f64 = 0.2;

/// All rounds of visitor `number`.
pub(super) async fn run(plan: &Plan, number: u32, tally: &Tally, steps: &Steps) {
    let mut worker = Worker {
        plan,
        number,
        tally,
        jar: CookieJar::default(),
        variants: Variants::new(),
        exposed: BTreeSet::new(),
    };
    for round in 0..plan.iterations {
        worker.round(round).await;
        steps.step();
        // Also after a failure, so that a server in trouble is not asked faster than a healthy one.
        tokio::time::sleep(plan.delay).await;
    }
}

struct Worker<'plan> {
    plan: &'plan Plan,
    number: u32,
    tally: &'plan Tally,
    jar: CookieJar,
    /// The variants served last.
    variants: Variants,
    /// Acknowledged exposures, (test, variant).
    exposed: BTreeSet<(String, String)>,
}

impl Worker<'_> {
    async fn round(&mut self, round: u32) {
        let plan = self.plan;
        let happens = |what: &str, probability: f64| {
            plan.chance.uniform(self.number, &format!("{round}/{what}")) < probability
        };
        let (event, bulk) = (happens("event", EVENT_PROBABILITY), happens("bulk", BULK_PROBABILITY));
        self.view(Route::Dashboard).await;
        if event {
            self.post_event().await;
        }
        if bulk {
            self.post_bulk().await;
        }
        self.view(Route::PricingView).await;
    }

    async fn view(&mut self, route: Route) {
        let Some(view) = self.ask::<View>(Request::get(route)).await else {
            return;
        };
        for test_id in view.exposed {
            match view.variants.get(&test_id) {
                Some(variant) => {
                    if self.exposed.insert((test_id, variant.clone())) {
                        self.tally.exposure_acknowledged();
                    }
                }
                None => {
                    self.contradiction(route, &format!("is exposed to {test_id} without a variant of it"));
                }
            }
        }
        self.variants = view.variants;
    }

    async fn post_event(&mut self) {
        let body = self.event(&self.plan.single);
        if let Some(reply) = self.ask::<EventReply>(Request::post(Route::Events, body)).await
            && !reply.deduplicated
        {
            self.tally.events_acknowledged(1);
        }
    }

    async fn post_bulk(&mut self) {
        let body = json!({ "events": [self.event(&self.plan.other), self.event(&self.plan.single)] });
        let Some(reply) = self.ask::<BulkReply>(Request::post(Route::BulkEvents, body)).await else {
            return;
        };
        self.tally.events_acknowledged(reply.logged);
        let rejected = reply.rejected.len();
        if reply.logged.saturating_add(reply.deduplicated) != 2 || rejected > 0 {
            let message = format!(
                "sent 2 good events: {} logged, {} called repetitions, {rejected} rejected",
                reply.logged, reply.deduplicated
            );
            self.contradiction(Route::BulkEvents, &message);
        }
    }

    /// The target event of a test, with the variant this visitor was served (null before the first answer).
    fn event(&self, experiment: &Experiment) -> Value {
        json!({
            "event": experiment.target_event,
            "testId": experiment.test_id,
            "variant": self.variants.get(&experiment.test_id),
        })
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: Request<'_>) -> Option<T> {
        let route = request.route;
        let answer = self.plan.site.ask(&mut self.jar, request).await;
        self.tally.request_done(route, answer.elapsed, answer.result)
    }

    fn contradiction(&self, route: Route, message: &str) {
        let message = format!("{route}: visitor {} {message}", self.number);
        self.tally.failed(Failure { kind: FailureKind::Contradiction, message });
    }
}
