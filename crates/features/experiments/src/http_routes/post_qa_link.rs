//! `POST /api/experiments/{test_id}/qa-links`: a signed link that shows one variant; for administrators.

use crate::Experiments;
use crate::assignment::QaOverride;
use axum::Json;
use axum::extract::{Path, State};
use dashly_kernel::{FieldError, Problem, Timestamp};
use dashly_web::{Administrator, Body, Failure, ProblemDocument};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 16 * 1024;
const DEFAULT_HOURS: u32 = 24;
/// A week: links get forwarded and forgotten.
const MOST_HOURS: u32 = 168;
const SECONDS_PER_HOUR: i64 = 3_600;

/// What is to be shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QaLinkRequest {
    /// Key of the variant.
    variant: String,
    /// How long the link works, from 1 to 168 hours; default 24.
    hours: Option<u32>,
    /// The page that it leads to, such as `/pricing`; default `/`.
    path: Option<String>,
}

/// A link for trying a variant out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QaLinkReply {
    /// Always true.
    success: bool,
    /// To be opened in the browser that is to see the variant; absolute when `PUBLIC_URL` is set.
    url: String,
    /// Key of the variant.
    variant: String,
    /// From when on the link shows nothing any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Makes a link that shows one variant to whoever opens it.
///
/// Also of drafts and stopped experiments. What is done with it is stored and counts nowhere.
#[utoipa::path(
    post,
    path = "/api/experiments/{test_id}/qa-links",
    tag = "experiments",
    params(("test_id" = String, Path, description = "The experiment")),
    request_body = QaLinkRequest,
    responses(
        (status = 200, description = "The link", body = QaLinkReply),
        (status = 400, description = "The body is not understood", body = ProblemDocument),
        (status = 401, description = "Not signed in", body = ProblemDocument),
        (status = 403, description = "Not an administrator", body = ProblemDocument),
        (status = 404, description = "No such experiment", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "The body is not JSON", body = ProblemDocument),
        (status = 422, description = "No such variant, or a value that cannot be used", body = ProblemDocument)
    )
)]
pub(super) async fn post_qa_link(
    _: Administrator,
    State(experiments): State<Experiments>,
    Path(test_id): Path<String>,
    Body(request): Body<QaLinkRequest, BODY_LIMIT_BYTES>,
) -> Result<Json<QaLinkReply>, Failure> {
    let definitions = experiments.definitions().current();
    let experiment = definitions
        .find(&test_id)
        .ok_or_else(|| Problem::not_found(format!("there is no experiment `{test_id}`")))?;
    if experiment.find_variant(&request.variant).is_none() {
        let keys: Vec<&str> = experiment.variants.iter().map(|variant| &*variant.key).collect();
        return Err(refuse("/variant", &format!("must be one of {}", keys.join(", "))).into());
    }
    let hours = request.hours.unwrap_or(DEFAULT_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(refuse("/hours", &format!("must be from 1 to {MOST_HOURS}")).into());
    }
    let path = request.path.unwrap_or_else(|| "/".to_owned());
    if !is_local(&path) {
        return Err(refuse("/path", "must be a path of this site, such as /pricing").into());
    }
    let expires_at = experiments.now().plus_seconds(i64::from(hours) * SECONDS_PER_HOUR);
    let link = QaOverride { test_id, variant: request.variant.clone(), expires_at };
    let token = experiments.qa_key().token(&link);
    let target = serde_urlencoded::to_string([("to", path.as_str())]).unwrap_or_default();
    let site = experiments.public_url().unwrap_or_default().trim_end_matches('/');
    let url = format!("{site}/qa/{token}?{target}");
    Ok(Json(QaLinkReply { success: true, url, variant: request.variant, expires_at }))
}

/// A path that no browser takes for another site: neither `//host` nor `/\host`.
pub(super) fn is_local(path: &str) -> bool {
    let mut characters = path.chars();
    path.len() <= 500
        && characters.next() == Some('/')
        && !matches!(characters.next(), Some('/' | '\\'))
        && path.chars().all(|character| character.is_ascii_graphic())
}

fn refuse(pointer: &'static str, detail: &str) -> Problem {
    let field = pointer.trim_start_matches('/');
    Problem::unprocessable("invalid-link", format!("`{field}` {detail}"))
        .with_error(FieldError::new(pointer, "invalid", detail))
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_paths_of_this_site_are_local() {
        for path in ["/", "/pricing", "/a/b?c=d#e"] {
            assert!(is_local(path), "{path}");
        }
        for path in
            ["", "pricing", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ä"]
        {
            assert!(!is_local(path), "{path}");
        }
    }
}
