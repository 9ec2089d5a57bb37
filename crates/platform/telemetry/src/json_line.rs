//! A log line as one JSON object.

use serde::Serialize;
use std::error::Error;
use std::fmt;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Bytes of a usual line.
const USUAL_BYTES: usize = 512;

/// Moment, level, and the event's fields beside them. Spans are not in use here and not told.
///
/// As tracing-subscriber's own lines, but made as a whole before they are handed on: its way through a formatter, a hundred
/// pieces for a call of the gateway, is most of what a line costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonLine;

#[expect(clippy::disallowed_methods, reason = "a line tells when it is written")]
impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line::begin(OffsetDateTime::now_utc(), event.metadata().level().as_str());
        event.record(&mut line);
        writer.write_str(std::str::from_utf8(&line.end()).map_err(|_| fmt::Error)?)
    }
}

/// A line that is being made.
#[derive(Debug)]
struct Line(Vec<u8>);

impl Line {
    fn begin(moment: OffsetDateTime, level: &str) -> Self {
        let mut line = Self(Vec::with_capacity(USUAL_BYTES));
        line.0.extend_from_slice(b"{\"timestamp\":\"");
        line.push_moment(moment);
        line.0.extend_from_slice(b"\"");
        line.push("level", level);
        line
    }

    /// RFC 3339 with microseconds.
    fn push_moment(&mut self, moment: OffsetDateTime) {
        self.push_digits(moment.year().unsigned_abs(), 1_000, b'-');
        self.push_digits(u8::from(moment.month()).into(), 10, b'-');
        self.push_digits(moment.day().into(), 10, b'T');
        self.push_digits(moment.hour().into(), 10, b':');
        self.push_digits(moment.minute().into(), 10, b':');
        self.push_digits(moment.second().into(), 10, b'.');
        self.push_digits(moment.microsecond(), 100_000, b'Z');
    }

    /// As many digits as `place`, that of the first, has; and `then`.
    fn push_digits(&mut self, number: u32, mut place: u32, then: u8) {
        while place > 0 {
            // A digit is below ten.
            self.0.push(b'0' + u8::try_from(number / place % 10).unwrap_or_default());
            place /= 10;
        }
        self.0.push(then);
    }

    fn push<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.0.push(b',');
        self.push_value(name);
        self.0.push(b':');
        self.push_value(value);
    }

    /// Numbers and texts always have a form in JSON, and memory takes every byte.
    fn push_value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"}\n");
        self.0
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field.name(), &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field.name(), &value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.push(field.name(), &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field.name(), &format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonLine, Line};
    use std::io;
    use std::sync::{Arc, Mutex};
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    use time::macros::datetime;
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::JsonFields;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'writer> MakeWriter<'writer> for Written {
        type Writer = Self;

        fn make_writer(&'writer self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_line_is_one_object_with_all_fields_and_nothing_breaks_out_of_it() {
        let written = Written::default();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(written.clone())
            .event_format(JsonLine)
            .fmt_fields(JsonFields::new());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let nothing: Option<u64> = None;
            let error = io::Error::other("a \"quoted\"\nerror \u{1b}[31m");
            tracing::warn!(number = 7_u64, share = 0.5, is_on = true, nothing, %error, text = "Zażółć\n", "what was");
        });
        let bytes = written.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(text.ends_with('\n') && !text.contains('\u{1b}'), "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["message"], "what was");
        assert_eq!(line["error"], "a \"quoted\"\nerror \u{1b}[31m");
        assert_eq!(line["text"], "Zażółć\n");
        assert_eq!((&line["number"], &line["share"], &line["is_on"]), (&7.into(), &0.5.into(), &true.into()));
        assert!(line.get("nothing").is_none());
        let moment = line["timestamp"].as_str().unwrap();
        assert!(OffsetDateTime::parse(moment, &Rfc3339).is_ok(), "{moment}");
    }

    #[test]
    fn moments_have_all_their_digits() {
        let line = Line::begin(datetime!(2026-01-02 03:04:05.000607 UTC), "INFO").end();
        let expected = "{\"timestamp\":\"2026-01-02T03:04:05.000607Z\",\"level\":\"INFO\"}\n";
        assert_eq!(std::str::from_utf8(&line), Ok(expected));
    }
}
