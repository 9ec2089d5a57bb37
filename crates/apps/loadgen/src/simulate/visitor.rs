//! One simulated visitor.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::json;

use super::Plan;
use crate::failures::{Failure, FailureKind};
use crate::jar::CookieJar;
use crate::replies::{EventReply, Variants, View};
use crate::site::{Request, Route};

/// The two views, in the order in which a visitor opens them.
const VIEWS: [Route; 2] = [Route::Dashboard, Route::PricingView];

/// What one visitor was told.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) number: u32,
    pub(super) requests: u64,
    pub(super) failed_requests: u64,
    pub(super) failures: Vec<Failure>,
    /// The variants served first, by test.
    pub(super) served: Variants,
    /// Tests in which the server said that the visitor takes part.
    pub(super) enrolled: BTreeSet<String>,
    /// Acknowledged exposures: the variant by test.
    pub(super) exposed: Variants,
    /// Tests with an acknowledged target event.
    pub(super) converted: BTreeSet<String>,
    /// Whether both views answered at the first visit.
    pub(super) saw_all_views: bool,
}

/// The whole life of visitor `number`.
pub(super) async fn visit(plan: &Plan, number: u32) -> Outcome {
    let outcome = Outcome { number, saw_all_views: true, ..Outcome::default() };
    let mut visitor = Visitor { plan, jar: CookieJar::default(), outcome };
    for route in VIEWS {
        let answered = visitor.view(route).await;
        visitor.outcome.saw_all_views &= answered;
    }
    for (test_id, variant) in visitor.outcome.exposed.clone() {
        visitor.perhaps_convert(&test_id, &variant).await;
    }
    for _ in 0..plan.return_visits {
        for route in VIEWS {
            visitor.view(route).await;
        }
    }
    visitor.outcome
}

struct Visitor<'plan> {
    plan: &'plan Plan,
    jar: CookieJar,
    outcome: Outcome,
}

impl Visitor<'_> {
    /// Opens a view and notes what it says. Gives whether it answered.
    async fn view(&mut self, route: Route) -> bool {
        let Some(view) = self.ask::<View>(Request::get(route)).await else {
            return false;
        };
        for (test_id, variant) in &view.variants {
            if view.enrols(test_id) {
                self.outcome.enrolled.insert(test_id.clone());
            }
            let first = self.outcome.served.entry(test_id.clone()).or_insert_with(|| variant.clone());
            if first != variant {
                let message = format!("was served {variant} of {test_id} after {first}");
                self.contradiction(route, &message);
            }
        }
        for test_id in view.exposed {
            match view.variants.get(&test_id) {
                Some(variant) => {
                    self.outcome.exposed.entry(test_id).or_insert_with(|| variant.clone());
                }
                None => {
                    self.contradiction(route, &format!("is exposed to {test_id} without a variant of it"));
                }
            }
        }
        true
    }

    /// Posts the target event with the probability of the variant.
    async fn perhaps_convert(&mut self, test_id: &str, variant: &str) {
        let plan = self.plan;
        let target = plan.experiments.iter().find(|experiment| experiment.test_id == test_id);
        let (Some(experiment), Some(rate)) = (target, plan.rates.get(variant)) else {
            let message = format!("was served {variant} of {test_id}, which the configuration did not list");
            self.contradiction(Route::Events, &message);
            return;
        };
        if plan.chance.uniform(self.outcome.number, test_id) >= *rate {
            return;
        }
        let body = json!({
            "event": experiment.target_event,
            "testId": test_id,
            "variant": variant,
            "event_id": format!("sim-{}", plan.chance.name(plan.run, self.outcome.number, test_id)),
        });
        let Some(reply) = self.ask::<EventReply>(Request::post(Route::Events, body)).await else {
            return;
        };
        if reply.variant.as_deref() != Some(variant) {
            let found = reply.variant.as_deref().unwrap_or("none");
            self.contradiction(
                Route::Events,
                &format!("was served {variant} of {test_id}, its event counts for {found}"),
            );
        }
        if reply.deduplicated {
            self.contradiction(Route::Events, &format!("sent a new event of {test_id}, called a repetition"));
        } else if reply.counted {
            self.outcome.converted.insert(test_id.to_owned());
        } else {
            self.contradiction(
                Route::Events,
                &format!("is exposed to {test_id}, yet its event is not counted"),
            );
        }
    }

    async fn ask<T: DeserializeOwned>(&mut self, request: Request<'_>) -> Option<T> {
        self.outcome.requests += 1;
        match self.plan.site.ask(&mut self.jar, request).await.result {
            Ok(reply) => Some(reply),
            Err(failure) => {
                self.outcome.failed_requests += 1;
                self.outcome.failures.push(failure);
                None
            }
        }
    }

    fn contradiction(&mut self, route: Route, message: &str) {
        let message = format!("{route}: visitor {} {message}", self.outcome.number);
        self.outcome.failures.push(Failure { kind: FailureKind::Contradiction, message });
    }
}

/// Number of visitors by test and variant.
pub(super) type Visitors = BTreeMap<(String, String), u64>;
