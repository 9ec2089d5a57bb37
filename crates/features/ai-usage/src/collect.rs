//! One look at the counters of every gateway process.

use dashly_llm::{Counters, LlmClient, LlmError};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(5);

/// The counters of every process behind the gateway's name, each of its addresses asked by itself.
///
/// # Errors
/// When none of them answers.
pub(crate) async fn counters_of_all(client: &LlmClient) -> Result<Vec<Counters>, LlmError> {
    let Some(gateway) = client.gateway() else { return Ok(Vec::new()) };
    let found = timeout(PATIENCE, lookup_host(gateway.authority())).await;
    let addresses: BTreeSet<IpAddr> = match found {
        Ok(Ok(found)) => found.map(|socket| socket.ip()).collect(),
        Ok(Err(_)) | Err(_) => return Err(LlmError::Unreachable),
    };
    let mut seen: Vec<Counters> = Vec::new();
    let mut last = LlmError::Unreachable;
    for address in addresses {
        match client.counters_of(&gateway.at(address), PATIENCE).await {
            // A name may lead to one process by several addresses.
            Ok(counters) if seen.iter().any(|other| other.instance == counters.instance) => {}
            Ok(counters) => seen.push(counters),
            Err(error) => last = error,
        }
    }
    if seen.is_empty() { Err(last) } else { Ok(seen) }
}
