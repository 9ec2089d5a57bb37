//! Experiments: `tests.json`, assignment, exposures, events and results.
//!
//! The way of a request: [`Assign`] gives the visitor a variant of every running experiment (a pure function of salt
//! and visitor, carried by a cookie), [`Expose`] records that a view showed them, a handler answers, and
//! [`Experiments::log_event`] records what the visitor did. Both records go to one batching writer and are answered
//! when their commit is on disk. Results are read from totals that the writer keeps in the same transaction.
//!
//! Where to start: `ingest/decide.rs` says what counts; `assignment/draw.rs` says who gets what.
//!
//! This feature knows nothing of how people sign in; its one protected route asks `dashly_web::Administrator`.

mod assignment;
mod definitions;
mod erasure;
mod http_routes;
mod in_order;
mod ingest;
mod joins;
mod kpis;
mod layers;
mod life;
mod mirror;
mod notices;
mod ofrep;
mod recount;
mod replays;
mod results;
mod retention;
mod row_tables;
mod segments;
mod service;
mod shared_texts;

pub use assignment::{Assigned, Assignments, VISITOR_COOKIE, VisitorId};
pub use definitions::{
    DefinitionFault, Definitions, DefinitionsFile, DefinitionsStatus, DocumentFault, Experiment, Metric,
    MetricDirection, MetricKind, MetricRole, Parsed, Phase, Status, Variant, VariantValue,
    check_definitions_file, parse_definitions,
};
pub use erasure::{FoundVisitor, VisitorRecords, erase_visitor, find_visitor};
pub use http_routes::routes;
pub use in_order::InOrder;
pub use ingest::{CountedAs, EventOutcome};
pub use kpis::{Kpi, KpiExperiment, Kpis};
pub use layers::{Assign, AssignService, Expose, ExposeService};
pub use life::{
    Change, ChangeAction, ChangeError, Changes, ExperimentLife, ExportError, ExportReport, Holdout,
    HoldoutReply, LifeReply, LivesReply, Settings, export,
};
pub use mirror::{MirrorReport, MirrorSettled, MirrorStatus, SettleMirrorError, settle_mirror};
pub use notices::{Notice, NoticeFuture, NoticeKind, NoticeMessage, NoticeSender, Notices, NoticesRead};
pub use ofrep::{InvalidOfrepTokens, OfrepTokens};
pub use recount::{OnProgress, RecountMode, RecountReport, RecountedTable, recount};
pub use replays::{
    ImportedLooks, Look, LookRow, ReplayError, ReplayLooks, ReplaySeries, ReplaySource, Replays, SeriesName,
    import_looks, read_replays,
};
pub use results::*;
pub use retention::{ExpiredRecords, RetentionDays, find_expired, remove_expired};
pub use service::{Experiments, ExperimentsConfig, Exposed, LogEventError, NewEvent, NotStored};
