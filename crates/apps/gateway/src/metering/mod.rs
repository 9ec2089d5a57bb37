//! What was used, what it costs, and who used it.

mod call;
mod cost;
mod meter;
mod otlp;
mod published;
mod scanner;
mod usage;
mod worst_case;

pub(crate) use call::{CallGuard, CallSubject, Outcome};
pub(crate) use cost::{Cost, price_of};
pub(crate) use meter::{DURATION_BOUNDS_MS, Meter, MeterReport, ReportRow};
pub(crate) use otlp::Exporter;
pub(crate) use published::BOUNDS;
pub(crate) use scanner::{JsonTap, StreamTap, Tap};
pub(crate) use usage::Usage;
pub(crate) use worst_case::{Bounds, Unbounded, worst_case};
