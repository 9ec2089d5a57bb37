//! `GET /qa/{token}`: follows a signed link; `GET /qa/off` forgets all of them.
#![expect(unused_qualifications, reason = "what the macro of the description makes of the query's name")]

use super::post_qa_link::is_local;
use crate::Experiments;
use crate::assignment::QA_COOKIE;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use dashly_kernel::Problem;
use dashly_web::{Failure, ProblemDocument, SetCookie};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

/// As long as the longest link works.
const MAX_AGE_SECONDS: u64 = 168 * 3_600;
const OFF: &str = "off";

/// Where to go.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Target {
    /// A path of this site; default `/`
    to: Option<String>,
}

/// Shows this browser the variant that the link names, from now on until the link expires.
///
/// `off` in place of the token forgets all links.
#[utoipa::path(
    get,
    path = "/qa/{token}",
    tag = "experiments",
    params(("token" = String, Path, description = "Of the link, or `off`"), Target),
    responses(
        (status = 303, description = "To the page that the link names; sets the cookie `ab_qa`"),
        (status = 400, description = "The link is not whole, or not of this installation", body = ProblemDocument),
        (status = 410, description = "The link has expired", body = ProblemDocument)
    )
)]
pub(super) async fn get_qa(
    State(experiments): State<Experiments>,
    Path(token): Path<String>,
    Query(target): Query<Target>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let to = target.to.filter(|path| is_local(path)).unwrap_or_else(|| "/".to_owned());
    let mut response = Redirect::to(&to).into_response();
    let secure = experiments.secure_cookies();
    if token == OFF {
        SetCookie { name: QA_COOKIE, value: "", max_age_seconds: 0, secure }
            .append_to(response.headers_mut());
        return Ok(response);
    }
    let now = experiments.now();
    let link = experiments.qa_key().read(&token).ok_or_else(|| {
        Problem::bad_request("invalid-link", "this link is not whole; ask whoever sent it for a new one")
    })?;
    if now >= link.expires_at {
        let detail = "this link has expired; ask whoever sent it for a new one";
        return Err(Problem::new(410, "link-expired", "Gone", detail).into());
    }
    let value = experiments.qa_key().cookie_with(&headers, link, now);
    SetCookie { name: QA_COOKIE, value: &value, max_age_seconds: MAX_AGE_SECONDS, secure }
        .append_to(response.headers_mut());
    Ok(response)
}
