//! `POST /ofrep/v1/evaluate/flags`: all flags, for browsers and apps.

use super::context::{Context, EvaluationRequest};
use super::entity_tag::EntityTag;
use super::evaluate::{Asking, Flag, Wanted};
use super::refusal::{OfrepError, Refusal};
use crate::Experiments;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// All flags of one visitor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Flags {
    /// In file order.
    flags: Vec<Flag>,
}

/// Evaluates all flags.
///
/// Holds every running and stopped experiment. With `track` in an experiment, the answer is an exposure to it. The
/// answer names itself by `ETag`; send that as `If-None-Match` with the same context, and 304 says that nothing changed.
#[utoipa::path(
    post,
    path = "/ofrep/v1/evaluate/flags",
    tag = "flags",
    request_body = EvaluationRequest,
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer")),
    responses(
        (status = 200, description = "All flags", body = Flags, headers(("ETag" = String, description = "Names this answer"))),
        (status = 304, description = "The answer is the one that `If-None-Match` names; no body"),
        (status = 400, description = "The body or its context cannot be used", body = OfrepError),
        (status = 401, description = "`OFREP_TOKENS` is set and none of them was sent; no body"),
        (status = 408, description = "The body did not arrive in time", body = OfrepError),
        (status = 413, description = "The body is larger than 64 KiB", body = OfrepError),
        (status = 429, description = "More than `OFREP_REQUESTS_PER_SECOND` of one address, where no token is needed; see `Retry-After`; no body")
    ),
    security((), ("ofrep_bearer" = []), ("ofrep_key" = []))
)]
pub(super) async fn post_flags(State(experiments): State<Experiments>, request: Request) -> Response {
    evaluate(&experiments, request).await.unwrap_or_else(|refusal| refusal.into_response(None))
}

async fn evaluate(experiments: &Experiments, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    experiments.flag_door().admit(&mut parts).await?;
    let context = Context::read(body).await?;
    let flags = experiments.evaluate(Wanted::All, Asking::as_client(&context.visitor, &parts.headers)).await;
    // Text, finite numbers and truth values always serialise.
    let answer = serde_json::to_vec(&Flags { flags }).unwrap_or_default();
    let tag = EntityTag::of(&context.canonical, &answer);
    let mut response = if tag.is_known_by(&parts.headers) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer).into_response()
    };
    if let Some(value) = tag.header_value() {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}
