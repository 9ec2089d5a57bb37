//! What pages of other sites send: who the visitor is, and which experiments they ask for.

use super::event_input::invalid_visitor;
use crate::assignment::VisitorId;
use crate::ofrep::{Asking, Tracking, Wanted};
use crate::segments::VisitorKind;
use crate::{Experiments, InOrder, Phase, VariantValue};
use axum::extract::Request;
use dashly_kernel::{FieldError, Problem, check_text};
use dashly_web::{FORM, JSON, content_type_is, parse_form, parse_json, read_body};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 16 * 1024;
const MOST_TESTS: usize = 100;
const MAX_ID_CHARACTERS: usize = 64;

/// A visitor of another site. Also taken as a form, where `testId` may come several times: a form needs no question
/// beforehand (CORS preflight).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteRequest {
    /// The visitor's id, which that page keeps: 1 to 64 letters, digits, `_`, `.` or `-`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.-]+$")]
    visitor_id: String,
    /// The experiments; all when there is none.
    #[serde(default, rename = "testId")]
    test_ids: Vec<String>,
    /// Whether the page knew the visitor before; `returning` by default.
    #[serde(default)]
    visitor_kind: Option<VisitorKind>,
}

/// What the visitor gets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteReply {
    /// Always true.
    success: bool,
    /// By experiment, in file order. One that is neither running nor stopped is absent.
    #[schema(value_type = BTreeMap<String, SiteVariant>)]
    variants: InOrder<SiteVariant>,
}

/// What the visitor gets of one experiment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteVariant {
    /// Key of the variant.
    variant: String,
    /// Its label, or the value of a typed one.
    value: VariantValue,
    /// Whether the visitor takes part; if not, the control or the winner is given and nothing is recorded.
    enrolled: bool,
    /// Whether the visitor's exposure to it is stored.
    exposure_logged: bool,
}

/// A checked request.
pub(super) struct SiteVisit {
    visitor: VisitorId,
    visitor_kind: VisitorKind,
    pub(super) test_ids: Vec<String>,
    headers: HeaderMap,
}

impl SiteVisit {
    /// Reads JSON or a form.
    ///
    /// # Errors
    /// 400, 413 or 415 for a body that is neither; 422 for an id of another form.
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body, BODY_LIMIT_BYTES).await.map_err(Problem::from)?;
        let request: SiteRequest = if content_type_is(&parts.headers, FORM) {
            from_form(parse_form(&bytes)?)?
        } else if content_type_is(&parts.headers, JSON) {
            parse_json(&bytes)?
        } else {
            let detail = "send JSON (content-type: application/json) or an HTML form";
            return Err(Problem::unsupported_media_type(detail));
        };
        if request.test_ids.len() > MOST_TESTS {
            return Err(refuse(&format!("at most {MOST_TESTS} experiments at once")));
        }
        for test_id in &request.test_ids {
            check_text(test_id, MAX_ID_CHARACTERS).map_err(|fault| refuse(&fault.to_string()))?;
        }
        Ok(Self {
            visitor: VisitorId::parse(&request.visitor_id).ok_or_else(invalid_visitor)?,
            visitor_kind: request.visitor_kind.unwrap_or(VisitorKind::Returning),
            test_ids: request.test_ids,
            headers: parts.headers,
        })
    }

    /// The first named experiment that no visitor can be given: unknown, a draft, or archived.
    pub(super) fn find_unknown(&self, experiments: &Experiments) -> Option<&str> {
        let (definitions, now) = (experiments.definitions().current(), experiments.now());
        let is_known = |test_id: &&String| {
            let phase = definitions.find(test_id).map(|experiment| experiment.phase(now));
            matches!(phase, Some(Phase::Running | Phase::Stopped))
        };
        self.test_ids.iter().find(|test_id| !is_known(test_id)).map(String::as_str)
    }

    /// What the visitor gets, in the words of the reply.
    pub(super) async fn answer(&self, experiments: &Experiments, tracking: Tracking) -> SiteReply {
        let wanted = if self.test_ids.is_empty() { Wanted::All } else { Wanted::These(&self.test_ids) };
        let asking = Asking {
            visitor: &self.visitor,
            visitor_kind: self.visitor_kind,
            headers: &self.headers,
            tracking,
        };
        let flags = experiments.evaluate(wanted, asking).await;
        let variants = flags.into_iter().map(|flag| {
            let variant = SiteVariant {
                variant: flag.variant,
                value: flag.value,
                enrolled: flag.metadata.enrolled,
                exposure_logged: flag.metadata.exposure_logged,
            };
            (flag.key, variant)
        });
        SiteReply { success: true, variants: variants.collect() }
    }
}

fn from_form(pairs: Vec<(String, String)>) -> Result<SiteRequest, Problem> {
    let mut request = SiteRequest::default();
    for (key, value) in pairs {
        match key.as_str() {
            "visitor_id" => request.visitor_id = value,
            "testId" => request.test_ids.push(value),
            "visitor_kind" => {
                request.visitor_kind = match value.as_str() {
                    "new" => Some(VisitorKind::New),
                    "returning" => Some(VisitorKind::Returning),
                    _ => {
                        let detail = "`visitor_kind` must be new or returning";
                        return Err(Problem::bad_request("wrong-type", detail));
                    }
                };
            }
            _ => {
                return Err(Problem::bad_request(
                    "unknown-field",
                    format!("nothing reads the field `{key}`"),
                ));
            }
        }
    }
    Ok(request)
}

fn refuse(detail: &str) -> Problem {
    Problem::unprocessable("invalid-tests", format!("`testId`: {detail}"))
        .with_error(FieldError::new("/testId", "invalid", detail))
}
