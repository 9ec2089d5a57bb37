//! Who may call now.

use super::error::AdmissionError;
use crate::callers::{Caller, workspace_of};
use crate::config::GatewayFile;
use crate::gateway::{Gateway, Place};
use crate::metering::CallGuard;
use axum::extract::FromRequestParts;
use dashly_web::ClientAddress;
use http::HeaderName;
use http::request::Parts;
use std::sync::Arc;
use tokio::time::{Duration, Instant};

/// Callers may set an end of their own, in milliseconds from now.
const DEADLINE: HeaderName = HeaderName::from_static("x-dashly-deadline-ms");

/// A caller who may go on.
pub(crate) struct Admitted {
    pub(crate) file: Arc<GatewayFile>,
    pub(crate) caller: Caller,
    pub(crate) workspace: Option<Arc<str>>,
    pub(crate) place: Place,
    pub(crate) deadline: Instant,
}

/// Lets a call in, or says why not; what is learned on the way goes into `guard`.
pub(crate) async fn admit(
    gateway: &Gateway,
    head: &mut Parts,
    guard: &mut CallGuard,
) -> Result<Admitted, AdmissionError> {
    let file = gateway.current();
    let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(head, &()).await;
    let caller = gateway.callers.authenticate(&file, &head.headers, address)?;
    guard.note(|end| end.subject.caller = caller.name());
    let workspace = workspace_of(&head.headers)?;
    if let Some(workspace) = &workspace {
        guard.note(|end| end.subject.workspace = Arc::clone(workspace));
    }
    gateway.limiter.admit_request(&file, &caller, workspace.as_ref()).await?;
    let place = gateway.take_place(&file).ok_or(AdmissionError::Full)?;
    let own = head.headers.get(DEADLINE).and_then(|value| value.to_str().ok()?.parse().ok());
    let patience = own.map_or(file.timeouts.call, |own| file.timeouts.call.min(Duration::from_millis(own)));
    Ok(Admitted { deadline: Instant::now() + patience, file, caller, workspace, place })
}
