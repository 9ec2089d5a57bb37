//! What a call takes beforehand: the tokens that it may use, and the money.

use super::error::AdmissionError;
use crate::callers::{Caller, Counted, with_budget};
use crate::config::GatewayFile;
use crate::gateway::Gateway;
use crate::metering::{Cost, Unbounded};
use dashly_cache::Reservation;
use std::sync::Arc;

/// Tokens counted and money set aside, to be put right at the end of the call.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(super) counted: Counted,
    pub(super) reservation: Option<Reservation>,
}

/// Counts `expected_tokens`, and sets the `worst` cost aside where somebody has a budget.
pub(crate) async fn hold(
    gateway: &Gateway,
    file: &GatewayFile,
    caller: &Caller,
    workspace: Option<&Arc<str>>,
    expected_tokens: u64,
    worst: impl FnOnce() -> Result<Cost, Unbounded>,
) -> Result<Held, AdmissionError> {
    let accounts = with_budget(file, caller, workspace);
    let worst = if accounts.is_empty() { None } else { Some(worst()?) };
    let counted = gateway.limiter.admit_tokens(file, caller, workspace, expected_tokens).await?;
    let Some(worst) = worst else { return Ok(Held { counted, reservation: None }) };
    match gateway.budgets.reserve(file, &accounts, worst).await {
        Ok(reservation) => Ok(Held { counted, reservation: Some(reservation) }),
        Err(error) => {
            gateway.limiter.settle_tokens(&counted, 0).await;
            Err(error.into())
        }
    }
}
