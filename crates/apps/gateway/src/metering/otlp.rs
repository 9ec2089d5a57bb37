//! The same counters for an OpenTelemetry collector (OTLP over HTTP), under the names of the gen_ai conventions.

use super::call::CallEnd;
use super::published::{BOUNDS, kinds};
use crate::upstream::Origin;
use async_trait::async_trait;
use bytes::Bytes;
use dashly_telemetry::{ShutdownSignal, Tasks};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, MeterProvider};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{MetricExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;

const MOST_REPLY_BYTES: usize = 64 * 1024;
const LONGEST_EXPORT: Duration = Duration::from_secs(10);

/// Sends what is recorded to a collector, again and again.
#[derive(Debug)]
pub(crate) struct Exporter {
    duration: Histogram<f64>,
    first_chunk: Histogram<f64>,
    tokens: Histogram<u64>,
    cost: Counter<u64>,
}

impl Exporter {
    /// Sends to the collector at `endpoint` once in `interval`, and once more when the process stops.
    ///
    /// # Errors
    /// When the exporter cannot be made.
    pub(crate) fn start(
        endpoint: &Uri,
        interval: Duration,
        collector: Origin,
        tasks: &Tasks,
    ) -> anyhow::Result<Self> {
        let address = format!("{}/v1/metrics", endpoint.to_string().trim_end_matches('/'));
        let exporter = MetricExporter::builder()
            .with_http()
            .with_http_client(OnRuntime { collector: Arc::new(collector), runtime: Handle::current() })
            .with_endpoint(address)
            .with_timeout(LONGEST_EXPORT)
            .build()?;
        let reader = PeriodicReader::builder(exporter).with_interval(interval).build();
        let resource = Resource::builder().with_service_name("dashly-genai-gateway").build();
        let provider = SdkMeterProvider::builder().with_reader(reader).with_resource(resource).build();
        let exporter = Self::new(&provider);
        tasks.spawn("otlp", finish(provider, tasks.shutdown_signal()));
        Ok(exporter)
    }

    fn new(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter("dashly-gateway");
        let [(_, duration), (_, first_chunk), (_, tokens)] = BOUNDS;
        Self {
            duration: meter
                .f64_histogram("gen_ai.client.operation.duration")
                .with_unit("s")
                .with_boundaries(duration.to_vec())
                .build(),
            first_chunk: meter
                .f64_histogram("gen_ai.client.operation.time_to_first_chunk")
                .with_unit("s")
                .with_boundaries(first_chunk.to_vec())
                .build(),
            tokens: meter
                .u64_histogram("gen_ai.client.token.usage")
                .with_unit("{token}")
                .with_boundaries(tokens.to_vec())
                .build(),
            cost: meter.u64_counter("dashly.gateway.cost").with_unit("{microdollar}").build(),
        }
    }

    pub(super) fn add(&self, end: &CallEnd) {
        let model = KeyValue::new("gen_ai.request.model", end.subject.model.to_string());
        let call = [
            KeyValue::new("gen_ai.operation.name", end.subject.task),
            KeyValue::new("gen_ai.provider.name", "anthropic"),
            KeyValue::new("outcome", end.outcome.name()),
            model.clone(),
        ];
        self.duration.record(end.duration.as_secs_f64(), &call);
        if let Some(first) = end.first_token {
            self.first_chunk.record(first.as_secs_f64(), &call);
        }
        if let Some(cost) = end.cost {
            self.cost.add(cost.micros(), std::slice::from_ref(&model));
        }
        for (usage, estimated) in [(end.usage, false), (end.estimated_usage, true)] {
            for (kind, tokens) in kinds(usage) {
                if tokens > 0 {
                    let labels = [
                        KeyValue::new("gen_ai.token.type", kind),
                        KeyValue::new("estimated", estimated),
                        model.clone(),
                    ];
                    self.tokens.record(tokens, &labels);
                }
            }
        }
    }
}

/// What was recorded last is sent, too. The library waits for its own thread, so that this is not done on ours.
async fn finish(provider: SdkMeterProvider, stop: ShutdownSignal) {
    stop.wait().await;
    match tokio::task::spawn_blocking(move || provider.shutdown()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last metrics could not be sent to the collector"),
        Err(error) => tracing::warn!(%error, "the last metrics were not sent to the collector"),
    }
}

/// The library exports from a thread of its own; connections live on the runtime.
#[derive(Debug)]
struct OnRuntime {
    collector: Arc<Origin>,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let collector = Arc::clone(&self.collector);
        self.runtime.spawn(async move { exchange(&collector, request).await }).await?
    }
}

async fn exchange(collector: &Origin, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (mut head, body) = request.into_parts();
    head.uri = head.uri.path_and_query().cloned().map_or_else(|| Uri::from_static("/"), Uri::from);
    let request = Request::from_parts(head, Full::new(body));
    let (head, body) = collector.send(request, Instant::now() + LONGEST_EXPORT).await?.into_parts();
    let body = Limited::new(body, MOST_REPLY_BYTES).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}
