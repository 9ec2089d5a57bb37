//! `POST /api/ai/check`: asks the model a small question, for administrators.

use crate::AiUsage;
use axum::extract::State;
use axum::{Extension, Json};
use dashly_kernel::Problem;
use dashly_web::{Administrator, Failure, ProblemDocument, RequestId};
use serde::Serialize;
use std::time::Instant;
use utoipa::ToSchema;

/// What came of the question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AiCheckReply {
    /// The model that answered.
    model: Option<String>,
    /// What it says of the example's numbers.
    answer: String,
    /// The scripted provider of demonstrations wrote it, and no model.
    is_fake: bool,
    /// Tokens read and written.
    tokens: u64,
    /// Millionths of a US dollar; null when the model's price is not known.
    cost_micros: Option<u64>,
    /// From the question to the answer.
    duration_ms: u64,
}

/// Asks the model about an example, to see that it can be asked. Costs a fraction of a cent.
#[utoipa::path(
    post,
    path = "/api/ai/check",
    tag = "ai",
    responses(
        (status = 200, description = "The model answered", body = AiCheckReply),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 429, description = "A limit or a budget is reached", body = ProblemDocument),
        (status = 502, description = "The model or the gateway failed", body = ProblemDocument),
        (status = 503, description = "AI is not configured, or the gateway is away", body = ProblemDocument),
        (status = 504, description = "The model took too long", body = ProblemDocument)
    )
)]
pub(super) async fn post_check(
    _: Administrator,
    State(usage): State<AiUsage>,
    Extension(RequestId(request_id)): Extension<RequestId>,
) -> Result<Json<AiCheckReply>, Failure> {
    let started = Instant::now();
    let answer = usage.check(&request_id).await.map_err(Problem::from)?;
    let analysis = answer.narrated.ok_or_else(|| {
        let detail = "AI is not configured: set ANTHROPIC_API_KEY for the gateway";
        Problem::new(503, "ai-not-configured", "AI is not configured", detail)
    })?;
    Ok(Json(AiCheckReply {
        model: answer.usage.model,
        answer: analysis.status_description,
        is_fake: answer.is_fake,
        tokens: answer.usage.input_tokens + answer.usage.output_tokens,
        cost_micros: answer.usage.cost_micros,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}
