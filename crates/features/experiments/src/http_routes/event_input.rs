//! One event as a client sends it: read without trusting any type, so that errors can name the field.

use crate::NewEvent;
use crate::assignment::VisitorId;
use dashly_kernel::{FieldError, Problem, check_text};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

const MAX_NAME_CHARACTERS: usize = 200;
/// Revenue in any currency stays below; larger numbers are mistakes.
const MAX_VALUE: f64 = 1e12;

/// What was found where a value was expected.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Field<'a> {
    /// Nothing, or null.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(f64),
    /// Something of another kind, named for the error message.
    Other(&'static str),
}

/// One element of a request: an event, or something that is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum EventInput<'a> {
    Event(EventFields<'a>),
    NotAnObject(&'static str),
}

/// The fields that are read; others are ignored.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EventFields<'a> {
    pub event: Field<'a>,
    pub test_id: Field<'a>,
    pub variant: Field<'a>,
    pub event_id: Field<'a>,
    pub value: Field<'a>,
    pub visitor_id: Field<'a>,
}

impl<'a> EventFields<'a> {
    /// From the pairs of a form, where everything is text.
    pub(super) fn from_form(pairs: Vec<(String, String)>) -> EventFields<'static> {
        let mut fields = EventFields::default();
        for (key, value) in pairs {
            let field = if key == "value" {
                value.parse().map_or(Field::Other("text"), Field::Number)
            } else {
                Field::Text(Cow::Owned(value))
            };
            if let Some(slot) = fields.slot(&key) {
                *slot = field;
            }
        }
        fields
    }

    /// The visitor that the body names in place of the cookie, as pages of other sites do.
    ///
    /// # Errors
    /// 422 when it has not the form of an id.
    pub(super) fn take_visitor(&mut self) -> Result<Option<VisitorId>, Problem> {
        let Some(text) = optional_text("/visitor_id", std::mem::take(&mut self.visitor_id))? else {
            return Ok(None);
        };
        VisitorId::parse(&text).map(Some).ok_or_else(invalid_visitor)
    }

    fn slot(&mut self, key: &str) -> Option<&mut Field<'a>> {
        match key {
            "event" => Some(&mut self.event),
            "testId" => Some(&mut self.test_id),
            "variant" => Some(&mut self.variant),
            "event_id" | "eventId" => Some(&mut self.event_id),
            "value" => Some(&mut self.value),
            "visitor_id" => Some(&mut self.visitor_id),
            _ => None,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// 400 when `event` is missing or a field has the wrong type, 422 when a value is not acceptable; both name the
    /// field.
    pub(super) fn check(self) -> Result<NewEvent, Problem> {
        let event = match self.event {
            Field::Text(text) if !text.is_empty() => checked_text("/event", text)?,
            _ => {
                let detail = "`event` is required: the name of what happened, such as kpi_click";
                return Err(Problem::bad_request("event-required", detail).with_error(FieldError::new(
                    "/event",
                    "required",
                    "text that is not empty",
                )));
            }
        };
        Ok(NewEvent {
            event,
            test_id: optional_text("/testId", self.test_id)?,
            variant: optional_text("/variant", self.variant)?,
            event_id: optional_text("/event_id", self.event_id)?,
            value: optional_number("/value", &self.value)?,
        })
    }
}

/// 422: a visitor's id of another form.
pub(super) fn invalid_visitor() -> Problem {
    let detail = "must be 1 to 64 letters, digits, `_`, `.` or `-`";
    Problem::unprocessable("invalid-visitor", format!("`visitor_id` {detail}")).with_error(FieldError::new(
        "/visitor_id",
        "invalid",
        detail,
    ))
}

/// Absent, null and empty text all mean that there is none.
fn optional_text(pointer: &'static str, field: Field<'_>) -> Result<Option<String>, Problem> {
    match field {
        Field::Absent => Ok(None),
        Field::Text(text) if text.is_empty() => Ok(None),
        Field::Text(text) => checked_text(pointer, text).map(Some),
        Field::Number(_) => Err(wrong_type(pointer, "text", "a number")),
        Field::Other(found) => Err(wrong_type(pointer, "text", found)),
    }
}

fn optional_number(pointer: &'static str, field: &Field<'_>) -> Result<Option<f64>, Problem> {
    match field {
        Field::Absent => Ok(None),
        Field::Number(number) if number.abs() <= MAX_VALUE => Ok(Some(*number)),
        Field::Number(_) => {
            let detail = format!("`{pointer}` must be between -10^12 and 10^12");
            Err(Problem::unprocessable("value-out-of-range", detail.clone()).with_error(FieldError::new(
                pointer,
                "out-of-range",
                detail,
            )))
        }
        Field::Text(_) => Err(wrong_type(pointer, "a number", "text")),
        Field::Other(found) => Err(wrong_type(pointer, "a number", found)),
    }
}

fn checked_text(pointer: &'static str, text: Cow<'_, str>) -> Result<String, Problem> {
    match check_text(&text, MAX_NAME_CHARACTERS) {
        Ok(()) => Ok(text.into_owned()),
        Err(fault) => Err(Problem::unprocessable("text-not-acceptable", format!("`{pointer}` {fault}"))
            .with_error(FieldError::new(pointer, "not-acceptable", fault.to_string()))),
    }
}

fn wrong_type(pointer: &'static str, expected: &'static str, found: &str) -> Problem {
    let detail = format!("`{pointer}` must be {expected}, found {found}");
    Problem::bad_request("wrong-type", detail.clone()).with_error(FieldError::new(
        pointer,
        "wrong-type",
        detail,
    ))
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Field<'de>, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Field<'de>, E> {
        Ok(Field::Other("true or false"))
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "a rounded number is out of range anyway"
    )]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Field<'de>, E> {
        Ok(Field::Number(value as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "a rounded number is out of range anyway"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Field<'de>, E> {
        Ok(Field::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Field<'de>, E> {
        Ok(Field::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Field<'de>, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other("an object"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for EventInput<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventInputVisitor)
    }
}

struct EventInputVisitor;

impl<'de> Visitor<'de> for EventInputVisitor {
    type Value = EventInput<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventInput<'de>, A::Error> {
        let mut fields = EventFields::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match fields.slot(&key) {
                Some(slot) if *slot != Field::Absent => {
                    return Err(A::Error::custom(format!("the key `{key}` comes twice in one event")));
                }
                Some(slot) => *slot = map.next_value()?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(EventInput::Event(fields))
    }

    fn visit_unit<E: Error>(self) -> Result<EventInput<'de>, E> {
        Ok(EventInput::NotAnObject("null"))
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<EventInput<'de>, E> {
        Ok(EventInput::NotAnObject("true or false"))
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<EventInput<'de>, E> {
        Ok(EventInput::NotAnObject("a number"))
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<EventInput<'de>, E> {
        Ok(EventInput::NotAnObject("a number"))
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<EventInput<'de>, E> {
        Ok(EventInput::NotAnObject("a number"))
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<EventInput<'de>, E> {
        Ok(EventInput::NotAnObject("text"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<EventInput<'de>, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(EventInput::NotAnObject("a list"))
    }
}
