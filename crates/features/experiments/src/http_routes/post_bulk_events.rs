//! `POST /api/experiments/bulk-events`: many events of one visitor in one commit.

use super::event_input::EventInput;
use super::post_events::{EventBody, idempotency_key};
use super::{SharedAssignments, from_layer};
use crate::ingest::EventRecord;
use crate::{Assignments, Experiments};
use axum::Json;
use axum::extract::{Request, State};
use dashly_kernel::{FieldError, Problem};
use dashly_web::{Failure, JSON, ProblemDocument, content_type_is, parse_json, read_body};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use utoipa::ToSchema;

pub(super) const BODY_LIMIT_KILOBYTES: u32 = 10 * 1024;
const BODY_LIMIT_BYTES: usize = 10 * 1024 * 1024;
const MAX_ITEMS: usize = 10_000;

/// Many events.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body; the body is read item by item, so that one bad item hurts no other"
)]
pub(super) struct BulkBody {
    /// 1 to 10,000 events.
    #[schema(min_items = 1, max_items = 10_000)]
    events: Vec<EventBody>,
}

/// What became of the events.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulkReply {
    /// Always true: whatever could be stored is stored.
    success: bool,
    /// Events stored now.
    logged: usize,
    /// For people.
    message: String,
    /// Events whose id was stored before.
    deduplicated: usize,
    /// Events that were not stored, and why.
    rejected: Vec<RejectedEvent>,
}

/// An event that was not stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RejectedEvent {
    /// Its position in the request, from 0.
    index: usize,
    /// Why.
    error: String,
}

/// Records many events of this visitor.
///
/// Stores all valid ones in one commit and answers when it is on disk.
#[utoipa::path(
    post,
    path = "/api/experiments/bulk-events",
    tag = "experiments",
    request_body = BulkBody,
    responses(
        (status = 200, description = "What became of the events", body = BulkReply),
        (status = 400, description = "`events` is not a list with at least one item", body = ProblemDocument),
        (status = 413, description = "Over 10,000 items or 10 MB; nothing is stored", body = ProblemDocument),
        (status = 415, description = "Not JSON", body = ProblemDocument),
        (status = 503, description = "Cannot be stored right now; try again", body = ProblemDocument)
    )
)]
pub(super) async fn post_bulk_events(
    State(experiments): State<Experiments>,
    request: Request,
) -> Result<Json<BulkReply>, Failure> {
    let assignments: SharedAssignments = from_layer(&request)?;
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, BODY_LIMIT_BYTES).await.map_err(Problem::from)?;
    if !content_type_is(&parts.headers, JSON) {
        return Err(Problem::unsupported_media_type("send JSON, with content-type: application/json").into());
    }
    let key = idempotency_key(&parts.headers)?;
    let (records, rejected) = read_items(&experiments, &assignments, &bytes, key.as_deref())?;
    let outcomes = experiments.store_events(records).await.map_err(Problem::from)?;
    let deduplicated = outcomes.iter().filter(|outcome| outcome.deduplicated).count();
    let logged = outcomes.len() - deduplicated;
    let message = format!("{logged} stored, {deduplicated} known before, {} rejected.", rejected.len());
    Ok(Json(BulkReply { success: true, logged, message, deduplicated, rejected }))
}

fn read_items(
    experiments: &Experiments,
    assignments: &Assignments,
    bytes: &[u8],
    key: Option<&str>,
) -> Result<(Vec<EventRecord>, Vec<RejectedEvent>), Problem> {
    let EventList { items, total } = parse_json::<BulkInput>(bytes)?.list().ok_or_else(|| {
        let detail = "`events` must be a list with at least one event";
        Problem::bad_request("events-required", detail).with_error(FieldError::new(
            "/events",
            "required",
            "a list with 1 to 10,000 events",
        ))
    })?;
    if total > MAX_ITEMS {
        let detail = format!("`events` has {total} items; send at most {MAX_ITEMS} at once");
        return Err(Problem::too_large(detail));
    }
    let mut records = Vec::with_capacity(items.len());
    let mut rejected = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        match read_item(experiments, assignments, item, key.map(|key| format!("{key}:{index}"))) {
            Ok(record) => records.push(record),
            Err(error) => rejected.push(RejectedEvent { index, error }),
        }
    }
    Ok((records, rejected))
}

fn read_item(
    experiments: &Experiments,
    assignments: &Assignments,
    item: EventInput<'_>,
    fallback_id: Option<String>,
) -> Result<EventRecord, String> {
    let fields = match item {
        EventInput::Event(fields) => fields,
        EventInput::NotAnObject(found) => return Err(format!("an event must be an object, found {found}")),
    };
    let mut event = fields.check().map_err(|problem| problem.detail)?;
    event.event_id = event.event_id.or(fallback_id);
    experiments.event_record(assignments, event).map_err(|error| error.to_string())
}

/// The first items of a list and how many there were: those past the limit are counted and not kept.
struct EventList<'a> {
    items: Vec<EventInput<'a>>,
    total: usize,
}

#[derive(Deserialize)]
struct BulkInput<'a> {
    #[serde(borrow, default)]
    events: Events<'a>,
}

#[derive(Default)]
enum Events<'a> {
    #[default]
    NotAList,
    List(EventList<'a>),
}

impl<'a> BulkInput<'a> {
    fn list(self) -> Option<EventList<'a>> {
        match self.events {
            Events::List(list) if list.total > 0 => Some(list),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Events<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventsVisitor)
    }
}

struct EventsVisitor;

impl<'de> Visitor<'de> for EventsVisitor {
    type Value = Events<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Events<'de>, A::Error> {
        let mut items = Vec::new();
        while items.len() < MAX_ITEMS {
            match sequence.next_element()? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        let mut total = items.len();
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            total += 1;
        }
        Ok(Events::List(EventList { items, total }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Events<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Events::NotAList)
    }

    fn visit_unit<E: Error>(self) -> Result<Events<'de>, E> {
        Ok(Events::NotAList)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Events<'de>, E> {
        Ok(Events::NotAList)
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Events<'de>, E> {
        Ok(Events::NotAList)
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<Events<'de>, E> {
        Ok(Events::NotAList)
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Events<'de>, E> {
        Ok(Events::NotAList)
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<Events<'de>, E> {
        Ok(Events::NotAList)
    }
}
