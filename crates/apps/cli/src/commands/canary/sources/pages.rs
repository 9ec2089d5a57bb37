//! Servers whose addresses are known.

use super::{Arm, pod_of_text};
use crate::commands::canary::options::SourceOptions;
use anyhow::{Context, bail};
use dashly_canary::{ArmReading, PodState};
use futures_util::future::join_all;

/// A page of metrics is some ten kilobytes; what is longer than this is something else.
const LONGEST_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// The addresses of both versions.
#[derive(Debug)]
pub(in super::super) struct Pages {
    client: reqwest::Client,
    stable: Vec<String>,
    canary: Vec<String>,
}

impl Pages {
    pub(super) fn new(client: reqwest::Client, options: &SourceOptions) -> Self {
        Self { client, stable: options.stable.clone(), canary: options.canary.clone() }
    }

    /// Asks all servers of a version at once. One that does not answer is a finding, no failure.
    pub(super) async fn look(&self, arm: Arm) -> ArmReading {
        let addresses = match arm {
            Arm::Stable => &self.stable,
            Arm::Canary => &self.canary,
        };
        let pods = join_all(addresses.iter().map(async |address| {
            let pod = match page(&self.client, address).await {
                Ok(text) => pod_of_text(&text, None),
                Err(error) => PodState::Unreachable { reason: format!("{error:#}"), restarts: None },
            };
            (address.clone(), pod)
        }))
        .await;
        ArmReading { pods: pods.into_iter().collect() }
    }
}

async fn page(client: &reqwest::Client, address: &str) -> anyhow::Result<String> {
    let base = address.trim_end_matches('/');
    let url = if base.ends_with("/metrics") { base.to_owned() } else { format!("{base}/metrics") };
    let response = client.get(&url).send().await.with_context(|| format!("{url} does not answer"))?;
    if !response.status().is_success() {
        bail!("{url} answers {}", response.status());
    }
    text(response).await.with_context(|| format!("{url} broke off"))
}

/// The body, as long as it is not too long.
pub(super) async fn text(mut response: reqwest::Response) -> anyhow::Result<String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LONGEST_PAGE_BYTES {
            bail!("it is longer than {LONGEST_PAGE_BYTES} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}
