//! The counters for a scraper, under the names that OpenTelemetry gives them (gen_ai conventions, in development).

use super::Usage;
use super::call::{CallEnd, Outcome};
use metrics::{Counter, Histogram, counter, histogram};

const DURATION: &str = "gen_ai_client_operation_duration_seconds";
const FIRST_CHUNK: &str = "gen_ai_client_operation_time_to_first_chunk_duration_seconds";
const TOKENS: &str = "gen_ai_client_token_usage";

/// Upper edges of the buckets, as the conventions advise.
pub(crate) const BOUNDS: [(&str, &[f64]); 3] = [
    (DURATION, &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]),
    (
        FIRST_CHUNK,
        &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
    ),
    (
        TOKENS,
        &[
            1.0,
            4.0,
            16.0,
            64.0,
            256.0,
            1_024.0,
            4_096.0,
            16_384.0,
            65_536.0,
            262_144.0,
            1_048_576.0,
            4_194_304.0,
            16_777_216.0,
            67_108_864.0,
        ],
    ),
];

/// The series of calls of one kind, looked up once. The workspace is left out: there may be too many for a scraper.
pub(super) struct Published {
    model: String,
    duration: Histogram,
    first_chunk: Option<Histogram>,
    cost: Option<Counter>,
    /// As reported, and as estimated.
    tokens: [[Option<TokenSeries>; 4]; 2],
    labels: [(&'static str, String); 3],
}

struct TokenSeries {
    sum: Counter,
    per_call: Histogram,
}

impl std::fmt::Debug for Published {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Published").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Published {
    pub(super) fn new(task: &str, model: &str, outcome: Outcome) -> Self {
        let labels = [
            ("gen_ai_operation_name", task.to_owned()),
            ("gen_ai_request_model", model.to_owned()),
            ("outcome", outcome.name().to_owned()),
        ];
        Self {
            model: model.to_owned(),
            duration: histogram!(DURATION, &labels),
            first_chunk: None,
            cost: None,
            tokens: Default::default(),
            labels,
        }
    }

    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a histogram's sum is a float")]
    pub(super) fn add(&mut self, end: &CallEnd) {
        self.duration.record(end.duration.as_secs_f64());
        if let Some(first) = end.first_token {
            let labels = &self.labels;
            self.first_chunk
                .get_or_insert_with(|| histogram!(FIRST_CHUNK, labels))
                .record(first.as_secs_f64());
        }
        if let Some(cost) = end.cost {
            let model = &self.model;
            self.cost
                .get_or_insert_with(|| counter!("dashly_gateway_cost_micros_total", "model" => model.clone()))
                .increment(cost.micros());
        }
        let usages = [(end.usage, "false"), (end.estimated_usage, "true")];
        for ((usage, estimated), series) in usages.into_iter().zip(&mut self.tokens) {
            for ((kind, tokens), series) in kinds(usage).into_iter().zip(series) {
                if tokens > 0 {
                    let series = series.get_or_insert_with(|| TokenSeries::new(kind, &self.model, estimated));
                    series.sum.increment(tokens);
                    series.per_call.record(tokens as f64);
                }
            }
        }
    }
}

impl TokenSeries {
    fn new(kind: &'static str, model: &str, estimated: &'static str) -> Self {
        let labels = [
            ("gen_ai_token_type", kind.to_owned()),
            ("gen_ai_request_model", model.to_owned()),
            ("estimated", estimated.to_owned()),
        ];
        Self {
            sum: counter!("gen_ai_client_inference_usage_tokens_total", &labels),
            per_call: histogram!(TOKENS, &labels),
        }
    }
}

/// Tokens by their kind.
pub(super) const fn kinds(usage: Usage) -> [(&'static str, u64); 4] {
    [
        ("input", usage.input_tokens),
        ("output", usage.output_tokens),
        ("cache_read", usage.cache_read_tokens),
        ("cache_write", usage.cache_write_5m_tokens + usage.cache_write_1h_tokens),
    ]
}
