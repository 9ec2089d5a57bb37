//! Pods of a cluster, through `kubectl`: it knows how to reach and to trust the cluster, whichever that is.

use super::{Arm, PATIENCE, pod_of_text};
use crate::commands::canary::options::{Service, SourceOptions};
use anyhow::{Context, bail};
use dashly_canary::{ArmReading, PodState};
use futures_util::future::join_all;
use serde::Deserialize;
use std::process::Stdio;
use tokio::process::Command;

/// The cluster as kubectl sees it.
#[derive(Debug)]
pub(in super::super) struct Kubernetes {
    program: String,
    namespace: String,
    service: Service,
}

#[derive(Deserialize)]
struct Pods {
    items: Vec<Pod>,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    phase: String,
    #[serde(default)]
    container_statuses: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    restart_count: u64,
    #[serde(default)]
    state: ContainerState,
}

#[derive(Default, Deserialize)]
struct ContainerState {
    waiting: Option<Waiting>,
}

#[derive(Deserialize)]
struct Waiting {
    #[serde(default)]
    reason: String,
}

impl Kubernetes {
    pub(super) fn new(program: String, options: &SourceOptions) -> Self {
        Self { program, namespace: options.namespace.clone(), service: options.service }
    }

    /// The pods of a version that are not being taken away, and what they publish.
    pub(super) async fn look(&self, arm: Arm) -> anyhow::Result<ArmReading> {
        let labels = format!("app={},version={}", self.service.app(), arm.label());
        let list = self.kubectl(&["get", "pods", "-n", &self.namespace, "-l", &labels, "-o", "json"]).await?;
        let pods: Pods = serde_json::from_str(&list)
            .with_context(|| format!("{} get pods did not print a list of pods", self.program))?;
        let present = pods.items.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
        let pods = join_all(present.map(async |pod| {
            let state = self.pod(&pod).await;
            (pod.metadata.name, state)
        }))
        .await;
        Ok(ArmReading { pods: pods.into_iter().collect() })
    }

    async fn pod(&self, pod: &Pod) -> PodState {
        let containers = &pod.status.container_statuses;
        let restarts = Some(containers.iter().map(|container| container.restart_count).sum());
        let waiting = containers.iter().find_map(|container| container.state.waiting.as_ref());
        if let Some(waiting) = waiting {
            return PodState::Unreachable { reason: waiting.reason.clone(), restarts };
        }
        if pod.status.phase != "Running" {
            return PodState::Unreachable { reason: format!("the pod is {}", pod.status.phase), restarts };
        }
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}:{}/proxy/metrics",
            self.namespace,
            pod.metadata.name,
            self.service.port()
        );
        match self.kubectl(&["get", "--raw", &path]).await {
            Ok(text) => pod_of_text(&text, restarts),
            Err(error) => PodState::Unreachable { reason: format!("{error:#}"), restarts },
        }
    }

    async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let what = || format!("{} {}", self.program, arguments.join(" "));
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(2 * PATIENCE, command.output())
            .await
            .with_context(|| format!("`{}` takes too long", what()))?
            .with_context(|| format!("cannot run `{}`; KUBECTL may name another one", what()))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` failed: {}", what(), message.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
