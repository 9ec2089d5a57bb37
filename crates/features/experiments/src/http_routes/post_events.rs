//! `POST /api/experiments/events`: a visitor did something.

use super::event_input::{EventFields, EventInput};
use super::{SharedAssignments, from_layer};
use crate::{EventOutcome, Experiments, LogEventError, NewEvent};
use axum::Json;
use axum::extract::{Request, State};
use dashly_kernel::{FieldError, Problem, check_text};
use dashly_web::{FORM, Failure, JSON, ProblemDocument, content_type_is, parse_form, parse_json, read_body};
use http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

const BODY_LIMIT_BYTES: usize = 100 * 1024;
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MAX_KEY_CHARACTERS: usize = 200;

/// One event.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; the body is read field by field, for better errors")]
pub(super) struct EventBody {
    /// What happened, such as `kpi_click`.
    #[schema(max_length = 200)]
    event: String,
    /// The experiment it is for.
    #[serde(rename = "testId")]
    test_id: Option<String>,
    /// The variant that the page showed, as a check: the server's own knowledge decides.
    variant: Option<String>,
    /// Makes a repeated delivery harmless: the visitor's second event of this id is not stored. The header
    /// `Idempotency-Key` does the same.
    event_id: Option<String>,
    /// A number for revenue metrics.
    value: Option<f64>,
    /// The visitor in place of the cookie, for pages of other sites.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.-]+$")]
    visitor_id: Option<String>,
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventReply {
    /// Always true: the event is stored.
    success: bool,
    /// For people.
    message: &'static str,
    /// The event as sent.
    event: String,
    /// The experiment as sent.
    #[serde(rename = "testId")]
    test_id: Option<String>,
    /// The visitor's true variant.
    variant: Option<String>,
    /// Whether an event of this id was stored before; then nothing was stored now.
    deduplicated: bool,
    /// Whether it enters a number of the experiment: its rates, or one of its metrics.
    counted: bool,
    /// What the sender may want to look into.
    warnings: Vec<EventWarning>,
}

/// Something the sender may want to look into.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventWarning {
    /// Stable word.
    code: &'static str,
    /// What it means.
    detail: &'static str,
}

/// Records one event of this visitor.
///
/// Answered when the event is committed. Also takes an HTML form with the same fields.
#[utoipa::path(
    post,
    path = "/api/experiments/events",
    tag = "experiments",
    request_body = EventBody,
    responses(
        (status = 200, description = "The event is stored", body = EventReply),
        (status = 400, description = "`event` is missing, or a field has the wrong type", body = ProblemDocument),
        (status = 413, description = "The body is too large", body = ProblemDocument),
        (status = 415, description = "Neither JSON nor a form", body = ProblemDocument),
        (status = 422, description = "The experiment is unknown, or a text is not acceptable", body = ProblemDocument),
        (status = 503, description = "Cannot be stored right now; try again", body = ProblemDocument)
    )
)]
pub(super) async fn post_events(
    State(experiments): State<Experiments>,
    request: Request,
) -> Result<Json<EventReply>, Failure> {
    let assignments: SharedAssignments = from_layer(&request)?;
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, BODY_LIMIT_BYTES).await.map_err(Problem::from)?;
    let mut fields = read_event(&parts.headers, &bytes)?;
    let assignments = match fields.take_visitor()? {
        Some(visitor) => Arc::new(experiments.assign_visitor(visitor)),
        None => assignments,
    };
    let mut event = fields.check()?;
    if event.event_id.is_none() {
        event.event_id = idempotency_key(&parts.headers)?;
    }
    let (name, test_id) = (event.event.clone(), event.test_id.clone());
    let outcome = experiments.log_event(&assignments, event).await.map_err(Problem::from)?;
    Ok(Json(reply(name, test_id, outcome)))
}

fn read_event<'a>(headers: &HeaderMap, bytes: &'a [u8]) -> Result<EventFields<'a>, Problem> {
    if bytes.is_empty() {
        return Ok(EventFields::default());
    }
    if content_type_is(headers, FORM) {
        return Ok(EventFields::from_form(parse_form(bytes)?));
    }
    if !content_type_is(headers, JSON) {
        return Err(Problem::unsupported_media_type(
            "send JSON (content-type: application/json) or an HTML form",
        ));
    }
    match parse_json(bytes)? {
        EventInput::Event(fields) => Ok(fields),
        EventInput::NotAnObject(found) => {
            Err(Problem::bad_request("wrong-type", format!("the body must be an object, found {found}")))
        }
    }
}

/// The `Idempotency-Key` header, if there is one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if check_text(key, MAX_KEY_CHARACTERS).is_ok() => Ok(Some(key.to_owned())),
        _ => {
            let detail = format!("must be 1 to {MAX_KEY_CHARACTERS} visible characters");
            Err(Problem::bad_request("idempotency-key", format!("`Idempotency-Key` {detail}"))
                .with_error(FieldError::new("Idempotency-Key", "not-acceptable", detail)))
        }
    }
}

impl From<LogEventError> for Problem {
    fn from(error: LogEventError) -> Self {
        match &error {
            LogEventError::UnknownTest { .. } => Self::unprocessable("unknown-test", error.to_string())
                .with_error(FieldError::new(
                    "/testId",
                    "unknown",
                    "an experiment of GET /api/experiments/config",
                )),
            LogEventError::NotStored(not_stored) => (*not_stored).into(),
        }
    }
}

fn reply(event: String, test_id: Option<String>, outcome: EventOutcome) -> EventReply {
    let mut warnings = Vec::new();
    if outcome.variant_mismatch {
        warnings.push(EventWarning {
            code: "variant-mismatch",
            detail: "the visitor has another variant than the one sent; the event belongs to the true one",
        });
    }
    if outcome.counted_as == crate::CountedAs::Early {
        warnings.push(EventWarning {
            code: "not-exposed",
            detail: "the visitor was not exposed to this experiment before, so the event is stored and not counted",
        });
    }
    if outcome.counted_as == crate::CountedAs::Qa {
        warnings.push(EventWarning {
            code: "qa",
            detail: "a signed link decides what this browser is shown, so the event is stored and not counted",
        });
    }
    if outcome.counted_as == crate::CountedAs::Stopped {
        warnings.push(EventWarning {
            code: "stopped",
            detail: "the experiment is stopped, so the event is stored and not counted",
        });
    }
    EventReply {
        success: true,
        message: if outcome.deduplicated { "The event was stored before." } else { "The event is stored." },
        event,
        test_id,
        variant: outcome.variant.map(|variant| variant.to_string()),
        deduplicated: outcome.deduplicated,
        counted: outcome.counted_as.enters_results(),
        warnings,
    }
}

/// For `event` handlers elsewhere in the program that log through [`Experiments::log_event`].
impl NewEvent {
    /// An event that belongs to an experiment.
    pub fn of(test_id: impl Into<String>, event: impl Into<String>) -> Self {
        Self { event: event.into(), test_id: Some(test_id.into()), ..Self::default() }
    }
}
