//! Who may call now.

use super::error::AdmissionError;
use crate::callers::{Caller, workspace_of};
use crate::config::GatewayFile;
use crate::gateway::{Gateway, Place};
use crate::metering::CallGuard;
use http::{HeaderMap, HeaderName};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::{Duration, Instant};

/// Callers may set an end of their own, in milliseconds from now.
const DEADLINE: HeaderName = HeaderName::from_static("x-dashly-deadline-ms");

/// The id of the request that caused a call, if its caller says one; empty otherwise.
const CALLERS_REQUEST: HeaderName = HeaderName::from_static("x-request-id");
const MOST_ID_BYTES: usize = 64;

/// A caller who may go on.
pub(crate) struct Admitted {
    pub(crate) file: Arc<GatewayFile>,
    pub(crate) caller: Caller,
    pub(crate) workspace: Option<Arc<str>>,
    pub(crate) place: Place,
    pub(crate) deadline: Instant,
}

/// Lets a call of `peer` in, or says why not; what is learned on the way goes into `guard`.
pub(crate) async fn admit(
    gateway: &Gateway,
    headers: &HeaderMap,
    peer: IpAddr,
    guard: &mut CallGuard,
) -> Result<Admitted, AdmissionError> {
    let file = gateway.current();
    let address = gateway.trusted_proxies.client_of(peer, headers);
    let caller = gateway.callers.authenticate(&file, headers, address)?;
    guard.note(|end| end.subject.caller = caller.name());
    let workspace = workspace_of(headers)?;
    if let Some(workspace) = &workspace {
        guard.note(|end| end.subject.workspace = Arc::clone(workspace));
    }
    guard.note(|end| end.caller_request_id = caller_request_id(headers));
    gateway.limiter.admit_request(&file, &caller, workspace.as_ref()).await?;
    let place = gateway.take_place(&file).ok_or(AdmissionError::Full)?;
    let own = headers.get(DEADLINE).and_then(|value| value.to_str().ok()?.parse().ok());
    let patience = own.map_or(file.timeouts.call, |own| file.timeouts.call.min(Duration::from_millis(own)));
    Ok(Admitted { deadline: Instant::now() + patience, file, caller, workspace, place })
}

/// Only what can do no harm in a log.
fn caller_request_id(headers: &HeaderMap) -> String {
    let is_plain = |text: &&str| {
        text.len() <= MOST_ID_BYTES
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let told = headers.get(CALLERS_REQUEST).and_then(|value| value.to_str().ok());
    told.filter(is_plain).unwrap_or_default().to_owned()
}
