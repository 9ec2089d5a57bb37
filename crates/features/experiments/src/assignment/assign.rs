//! The variants of all running experiments for one visitor.

use super::qa::{QaKey, QaOverride};
use super::{VISITOR_COOKIE, VisitorId};
use crate::definitions::{Definitions, Experiment, Phase, Variant};
use dashly_kernel::{Ids, Timestamp};
use dashly_web::{SetCookie, find_cookie};
use http::HeaderMap;
use std::sync::Arc;

/// Browsers keep a visitor's id for as long as they keep anything.
pub(crate) const VISITOR_MAX_AGE_SECONDS: u64 = 400 * 24 * 3_600;
pub(crate) const VARIANT_MAX_AGE_SECONDS: u64 = 30 * 24 * 3_600;

/// One experiment's answer for one visitor.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The experiment.
    pub experiment: Arc<Experiment>,
    /// Position of the variant to serve.
    pub served: usize,
    /// Whether the visitor takes part; if not, the control is served and nothing is recorded.
    pub enrolled: bool,
    /// Whether a signed link decides what is served; nothing of such a visit counts.
    pub is_qa: bool,
    /// Whether the visitor's cookie has to be set.
    sets_cookie: bool,
}

impl Assigned {
    /// The variant to serve.
    pub fn variant(&self) -> &Variant {
        self.experiment.variant(self.served)
    }
}

/// What one request's visitor gets, in file order. Made by [`crate::Assign`], read by handlers as an extension.
#[derive(Clone, Debug)]
pub struct Assignments {
    /// Who.
    pub visitor: VisitorId,
    /// Whether the browser came with this id.
    pub is_returning: bool,
    /// One for each experiment that is shown: running ones, those with a winner, and those of signed links.
    pub assigned: Vec<Assigned>,
    /// The definitions that were in force for this request.
    pub definitions: Arc<Definitions>,
}

impl Assignments {
    /// Assigns the visitor of a request with `headers`: keeps a valid visitor id and valid variants, draws the rest.
    pub(crate) fn for_request(
        headers: &HeaderMap,
        definitions: Arc<Definitions>,
        now: Timestamp,
        ids: &dyn Ids,
        qa: &QaKey,
    ) -> Self {
        let known = find_cookie(headers, VISITOR_COOKIE).and_then(VisitorId::parse);
        let is_returning = known.is_some();
        let visitor = known.unwrap_or_else(|| VisitorId::new(ids));
        let overrides = qa.overrides(headers, now);
        let assigned = definitions
            .all()
            .iter()
            .filter_map(|experiment| {
                assign_by_link(experiment, &overrides, now)
                    .or_else(|| assign_winner(experiment, now))
                    .or_else(|| assign_running(experiment, &visitor, headers, now))
            })
            .collect();
        Self { visitor, is_returning, assigned, definitions }
    }

    /// Assigns a visitor whose browser sends no cookies: everything is drawn.
    pub(crate) fn for_visitor(visitor: VisitorId, definitions: Arc<Definitions>, now: Timestamp) -> Self {
        let nothing = HeaderMap::new();
        let assigned = definitions
            .all()
            .iter()
            .filter_map(|experiment| {
                assign_winner(experiment, now).or_else(|| assign_running(experiment, &visitor, &nothing, now))
            })
            .collect();
        Self { visitor, is_returning: true, assigned, definitions }
    }

    /// The answer for one experiment; none when it is not shown.
    pub fn find(&self, test_id: &str) -> Option<&Assigned> {
        self.assigned.iter().find(|assigned| *assigned.experiment.test_id == *test_id)
    }

    /// Adds the cookies that the browser does not have yet: the visitor first, then the experiments in file order.
    pub(crate) fn append_cookies(&self, headers: &mut HeaderMap, secure: bool) {
        if !self.is_returning {
            let value = self.visitor.as_str();
            let max_age_seconds = VISITOR_MAX_AGE_SECONDS;
            SetCookie { name: VISITOR_COOKIE, value, max_age_seconds, secure }.append_to(headers);
        }
        for assigned in self.assigned.iter().filter(|assigned| assigned.sets_cookie) {
            let (name, value) = (assigned.experiment.cookie_name.as_str(), &*assigned.variant().key);
            SetCookie { name, value, max_age_seconds: VARIANT_MAX_AGE_SECONDS, secure }.append_to(headers);
        }
    }
}

/// Whatever its status, except that an archived one is gone for everybody.
fn assign_by_link(
    experiment: &Arc<Experiment>,
    overrides: &[QaOverride],
    now: Timestamp,
) -> Option<Assigned> {
    let link = overrides.iter().find(|link| *link.test_id == *experiment.test_id)?;
    let served = experiment.find_variant(&link.variant)?;
    (experiment.phase(now) != Phase::Archived).then(|| Assigned {
        experiment: Arc::clone(experiment),
        served,
        enrolled: false,
        is_qa: true,
        sets_cookie: false,
    })
}

fn assign_winner(experiment: &Arc<Experiment>, now: Timestamp) -> Option<Assigned> {
    let served = experiment.shown_winner(now)?;
    let experiment = Arc::clone(experiment);
    Some(Assigned { experiment, served, enrolled: false, is_qa: false, sets_cookie: false })
}

fn assign_running(
    experiment: &Arc<Experiment>,
    visitor: &VisitorId,
    headers: &HeaderMap,
    now: Timestamp,
) -> Option<Assigned> {
    if experiment.phase(now) != Phase::Running {
        return None;
    }
    let experiment = Arc::clone(experiment);
    if !experiment.enrols(visitor.as_str()) {
        // No cookie: it would hold the visitor to the control when the traffic is raised later.
        let served = experiment.control;
        return Some(Assigned { served, experiment, enrolled: false, is_qa: false, sets_cookie: false });
    }
    let kept = find_cookie(headers, &experiment.cookie_name).and_then(|key| experiment.find_variant(key));
    let served = kept.unwrap_or_else(|| experiment.draw_variant(visitor.as_str()));
    Some(Assigned { experiment, served, enrolled: true, is_qa: false, sets_cookie: kept.is_none() })
}
