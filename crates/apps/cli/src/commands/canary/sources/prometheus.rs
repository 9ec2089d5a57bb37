//! A Prometheus server that scrapes both versions.

use super::{Arm, pages};
use crate::commands::canary::options::SourceOptions;
use anyhow::{Context, bail};
use dashly_canary::{ArmReading, PodReading, PodState, Sample};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The series that are read.
const SERIES: &str = "dashly_http_request_duration_seconds_(bucket|count)|\
                      gen_ai_client_operation_duration_seconds_(bucket|count)|\
                      process_(start_time_seconds|resident_memory_bytes)|\
                      build_info|dashly_experiment_(visitors|converters)_total";

/// The server, and the labels by which it knows the versions.
#[derive(Debug)]
pub(in super::super) struct Prometheus {
    client: reqwest::Client,
    address: String,
    stable: String,
    canary: String,
}

#[derive(Deserialize)]
struct Reply {
    status: String,
    #[serde(default)]
    error: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

impl Prometheus {
    pub(super) fn new(client: reqwest::Client, address: &str, options: &SourceOptions) -> Self {
        let selector = |given: &Option<String>, arm: Arm| {
            let default = || format!("app=\"{}\",version=\"{}\"", options.service.app(), arm.label());
            given.clone().unwrap_or_else(default)
        };
        Self {
            client,
            address: address.trim_end_matches('/').to_owned(),
            stable: selector(&options.stable_selector, Arm::Stable),
            canary: selector(&options.canary_selector, Arm::Canary),
        }
    }

    /// The newest samples of a version, by pod, or by instance where no pod is named.
    pub(super) async fn look(&self, arm: Arm) -> anyhow::Result<ArmReading> {
        let labels = match arm {
            Arm::Stable => &self.stable,
            Arm::Canary => &self.canary,
        };
        let query = format!("{{__name__=~\"{SERIES}\",{labels}}}");
        let url =
            reqwest::Url::parse_with_params(&format!("{}/api/v1/query", self.address), [("query", &query)])
                .with_context(|| format!("--prometheus {} is no address", self.address))?;
        let response = self
            .client
            .get(url)
            .send()
            .await
            .with_context(|| format!("Prometheus at {} does not answer", self.address))?;
        let status = response.status();
        let text = pages::text(response).await?;
        let reply: Reply = serde_json::from_str(&text)
            .with_context(|| format!("{} answers {status}, and not as Prometheus does", self.address))?;
        let Some(data) = reply.data.filter(|_| reply.status == "success") else {
            bail!("Prometheus refuses the query {query}: {}", reply.error);
        };
        let mut pods: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
        for series in data.result {
            let label = |name: &str| series.metric.get(name).cloned();
            let pod = label("pod").or_else(|| label("instance")).unwrap_or_else(|| "all".to_owned());
            let name = label("__name__").unwrap_or_default();
            // What is no number is not counted, as elsewhere.
            let value = series.value.1.parse().unwrap_or(f64::NAN);
            pods.entry(pod).or_default().push(Sample {
                name,
                labels: series.metric.into_iter().collect(),
                value,
            });
        }
        let pods = pods.into_iter().map(|(pod, samples)| {
            let state = match PodReading::from_samples(&samples) {
                Ok(reading) => PodState::Read(reading),
                Err(error) => PodState::Unreachable { reason: error.to_string(), restarts: None },
            };
            (pod, state)
        });
        Ok(ArmReading { pods: pods.collect() })
    }
}
