//! The judge of canary releases: from readings of two versions to a verdict with its numbers and reasons.
//!
//! Pure: no clock, no network, no files. The caller brings what pods publish on `/metrics` ([`parse_exposition`],
//! [`PodReading`]), the [`History`] turns cumulative counters into looks, and the [`Judge`] decides. A history can be
//! stored and judged again from its beginning with the same result, which is how a killed judge continues.
//!
//! Knows no Kubernetes and no Prometheus server. Start reading at [`Judge`].

mod exposition;
mod history;
mod judge;
mod limits;
mod reading;
mod report;
mod visitors;

pub use exposition::{Sample, parse_exposition};
pub use history::{ArmLook, ArmReading, Durations, History, LookRecord, Observation, PodState};
pub use judge::{Criterion, CriterionState, Decision, Figure, Guardrail, Judge, JudgeError, Verdict};
pub use limits::{ERROR_ALPHA, GUARDRAIL_ALPHA, LATENCY_ALPHA, Limits, RESTART_ALPHA};
pub use reading::{Histogram, NotDashly, PodReading};
pub use report::{render_html, render_text};
pub use visitors::{GuardrailWindow, VisitorCounts, Visitors};
