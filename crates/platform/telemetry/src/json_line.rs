//! A log line as one JSON object.

use serde::ser::{SerializeMap, Serializer};
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_serde::{AsSerde, SerdeMapVisitor};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
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
        let mut moment = String::new();
        SystemTime.format_time(&mut Writer::new(&mut moment))?;
        let line = line(&moment, event).map_err(|_| fmt::Error)?;
        writer.write_str(std::str::from_utf8(&line).map_err(|_| fmt::Error)?)?;
        writer.write_char('\n')
    }
}

fn line(moment: &str, event: &Event<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = Vec::with_capacity(USUAL_BYTES);
    let mut serializer = serde_json::Serializer::new(&mut line);
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("timestamp", moment)?;
    map.serialize_entry("level", &event.metadata().level().as_serde())?;
    let mut fields = SerdeMapVisitor::new(map);
    event.record(&mut fields);
    fields.finish()?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::JsonLine;
    use std::io;
    use std::sync::{Arc, Mutex};
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
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }
}
