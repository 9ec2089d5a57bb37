//! `POST /ofrep/v1/evaluate/flags/{key}`: one flag, for servers.

use super::context::{Context, EvaluationRequest};
use super::evaluate::{Asking, Flag, Wanted};
use super::refusal::{OfrepError, Refusal};
use crate::Experiments;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};

/// Evaluates one flag.
///
/// An experiment is a flag: its key is `test_id`, its value the value or label of the visitor's variant. With `track`
/// in the experiment, the answer is an exposure, and a visitor keeps the variant of the first one.
#[utoipa::path(
    post,
    path = "/ofrep/v1/evaluate/flags/{key}",
    tag = "flags",
    params(("key" = String, Path, description = "The experiment's `test_id`")),
    request_body = EvaluationRequest,
    responses(
        (status = 200, description = "The flag", body = Flag),
        (status = 400, description = "The body or its context cannot be used", body = OfrepError),
        (status = 401, description = "`OFREP_TOKENS` is set and none of them was sent; no body"),
        (status = 404, description = "There is no such experiment, or it is a draft", body = OfrepError),
        (status = 408, description = "The body did not arrive in time", body = OfrepError),
        (status = 413, description = "The body is larger than 64 KiB", body = OfrepError),
        (status = 429, description = "More than `OFREP_REQUESTS_PER_SECOND` of one address, where no token is needed; see `Retry-After`; no body")
    ),
    security((), ("ofrep_bearer" = []), ("ofrep_key" = []))
)]
pub(super) async fn post_flag(
    State(experiments): State<Experiments>,
    key: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A key that is not text is one that no experiment has.
    let key = key.map_or_else(|_| "\u{fffd}".to_owned(), |Path(key)| key);
    match evaluate(&experiments, &key, request).await {
        Ok(flag) => Json(flag).into_response(),
        Err(refusal) => refusal.into_response(Some(key)),
    }
}

async fn evaluate(experiments: &Experiments, key: &str, request: Request) -> Result<Flag, Refusal> {
    let (mut parts, body) = request.into_parts();
    experiments.flag_door().admit(&mut parts).await?;
    let context = Context::read(body).await?;
    let flags =
        experiments.evaluate(Wanted::One(key), Asking::as_client(&context.visitor, &parts.headers)).await;
    flags.into_iter().next().ok_or_else(|| Refusal::FlagNotFound { key: key.to_owned() })
}
