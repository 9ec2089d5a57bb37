//! Structured logs.

use crate::json_line::JsonLine;
use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::str::FromStr;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines look. Set by `LOG_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// One JSON object a line, for collectors; control characters are escaped.
    Json,
}

/// The text is not the name of a log format.
#[derive(Debug, thiserror::Error)]
#[error("expected text or json")]
pub struct InvalidLogFormat;

impl FromStr for LogFormat {
    type Err = InvalidLogFormat;

    fn from_str(text: &str) -> Result<Self, InvalidLogFormat> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(InvalidLogFormat),
        }
    }
}

/// Which log lines are written: a list of directives such as `info,dashly_experiments=debug`. Set by `LOG_FILTER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// Only what somebody should look at.
    pub fn warn() -> Self {
        Self("warn".to_owned())
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

/// The text is not a list of directives.
#[derive(Debug, thiserror::Error)]
#[error("expected directives such as info,dashly_experiments=debug")]
pub struct InvalidLogFilter;

impl FromStr for LogFilter {
    type Err = InvalidLogFilter;

    fn from_str(text: &str) -> Result<Self, InvalidLogFilter> {
        EnvFilter::try_new(text).map_or(Err(InvalidLogFilter), |_| Ok(Self(text.to_owned())))
    }
}

/// Sends all log lines of the process to standard error, so that standard output stays for results. They are coloured
/// only at a terminal. A second call changes nothing.
pub fn start_logs(format: LogFormat, filter: &LogFilter) {
    let registry = tracing_subscriber::registry().with(EnvFilter::new(&filter.0));
    let mut lines = tracing_subscriber::fmt::layer().with_writer(standard_error()).with_target(false);
    if !std::io::stderr().is_terminal() {
        lines.set_ansi(false);
    }
    // Fails only when logs are already started, which is what we want then.
    let _ = match format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => {
            let lines = lines.event_format(JsonLine).fmt_fields(JsonFields::new());
            registry.with(lines).try_init()
        }
    };
}

/// Standard error without the lock of [`std::io::stderr`]: threads of a busy process would wait there for each other, and
/// that costs more than the line. Each line is one call of the system, which does not mix lines of up to 4,096 bytes in a
/// pipe (`PIPE_BUF`, pipe(7)), nor any in a file.
fn standard_error() -> BoxMakeWriter {
    match std::io::stderr().as_fd().try_clone_to_owned() {
        Ok(descriptor) => BoxMakeWriter::new(Arc::new(File::from(descriptor))),
        // It is closed: nobody reads, and nothing is written.
        Err(_) => BoxMakeWriter::new(std::io::stderr),
    }
}
