//! What must be put right once it is known how a call ended.

use super::error::CallError;
use super::hold::Held;
use crate::config::GatewayFile;
use crate::gateway::{Gateway, Place};
use crate::metering::{CallGuard, Cost, Outcome, Usage, price_of};
use futures_util::FutureExt;
use std::sync::Arc;

/// All that a call holds until its end.
pub(crate) struct Settlement {
    pub(crate) gateway: Gateway,
    pub(crate) file: Arc<GatewayFile>,
    pub(crate) guard: CallGuard,
    pub(crate) held: Held,
    /// Tokens of the prompt, by its bytes.
    pub(crate) prompt_estimate: u64,
    /// Given back when the call is over.
    pub(crate) place: Option<Place>,
    /// Tokens booked so far.
    pub(crate) used: u64,
    /// Money booked so far.
    pub(crate) spent: Cost,
}

impl Settlement {
    /// Books a call that the provider gave no answer to.
    pub(crate) fn fail(&mut self, error: CallError) {
        self.guard.note(|end| end.status = error.status());
        let nothing = Some((Usage::default(), true));
        self.settle(Outcome::Failed, if error.was_sent() { None } else { nothing });
    }

    /// Books a try of a call that goes on or ends otherwise: what was sent is taken as read.
    pub(crate) fn book_unanswered(&mut self, error: CallError) {
        if error.was_sent() {
            let model = self.guard.model();
            self.book(&model, self.estimate(), false);
        }
    }

    fn estimate(&self) -> Usage {
        Usage { input_tokens: self.prompt_estimate, ..Usage::default() }
    }

    /// Adds what one answer of `model` used; a call may have several.
    pub(crate) fn book(&mut self, model: &str, usage: Usage, is_final: bool) -> Option<Cost> {
        let cost = match self.file.models.get(model) {
            _ if usage == Usage::default() => Some(Cost::default()),
            Some(model) => price_of(model, usage),
            None => None,
        };
        self.guard.note(|end| {
            *(if is_final { &mut end.usage } else { &mut end.estimated_usage }) += usage;
            end.cost = end.cost.zip(cost).map(|(sum, cost)| sum + cost);
        });
        self.used = self.used.saturating_add(usage.all_tokens());
        // A price that is not known is never booked: such a call has no budget.
        self.spent += cost.unwrap_or_default();
        cost
    }

    /// Books `usage` as the last of the call; when none is known of a call that was sent, the prompt is taken as read.
    pub(crate) fn settle(&mut self, outcome: Outcome, usage: Option<(Usage, bool)>) {
        let (usage, is_final) = match (usage, outcome) {
            (Some(known), _) => known,
            (None, Outcome::Left | Outcome::Failed) => (self.estimate(), false),
            (None, _) => (Usage::default(), true),
        };
        let model = self.guard.model();
        self.book(&model, usage, is_final);
        self.guard.note(|end| end.outcome = outcome);
        self.place = None;
        self.put_right();
    }

    /// Gives back what was held and not used.
    fn put_right(&mut self) {
        let Held { counted, reservation } = std::mem::take(&mut self.held);
        if counted.is_empty() && reservation.is_none() {
            return;
        }
        let (gateway, used, spent) = (self.gateway.clone(), self.used, self.spent);
        let mut settle = Box::pin(async move {
            if let Some(reservation) = reservation {
                gateway.budgets.settle(reservation, spent).await;
            }
            gateway.limiter.settle_tokens(&counted, used).await;
        });
        // In this process it is done at once; with Redis the caller does not wait for it.
        if settle.as_mut().now_or_never().is_none() {
            self.gateway.tasks.spawn("settlement", settle);
        }
    }
}

/// A call whose end is not known yet: dropped as it is, its caller has left.
pub(crate) struct Unsettled(Option<Settlement>);

impl Unsettled {
    pub(crate) fn new(settlement: Settlement) -> Self {
        Self(Some(settlement))
    }

    /// The settlement, while the end is still not known.
    pub(crate) fn get(&mut self) -> Option<&mut Settlement> {
        self.0.as_mut()
    }

    /// The settlement, by somebody who knows the end.
    pub(crate) fn take(&mut self) -> Option<Settlement> {
        self.0.take()
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(mut settlement) = self.0.take() {
            settlement.settle(Outcome::Left, None);
        }
    }
}
