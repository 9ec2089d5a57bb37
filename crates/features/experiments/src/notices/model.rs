//! What a notice is.

use dashly_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A test reached a decision.
    Decided,
    /// Visitors did not come to the variants in the designed shares.
    SampleRatioMismatch,
    /// A guardrail got worse.
    GuardrailHarmed,
}

impl NoticeKind {
    /// The word stored in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::SampleRatioMismatch => "sample_ratio_mismatch",
            Self::GuardrailHarmed => "guardrail_harmed",
        }
    }
}

/// A notice to be stored, unless it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewNotice {
    pub test_id: String,
    pub kind: NoticeKind,
    /// The variant or the guardrail; empty for neither.
    pub subject: String,
    /// The decision's word.
    pub decision: &'static str,
    pub sentence: String,
}

/// One notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExperimentNotice)]
pub struct Notice {
    /// Grows with time.
    pub id: i64,
    /// The experiment.
    pub test_id: String,
    /// What was found.
    #[schema(value_type = NoticeKind)]
    pub kind: String,
    /// The variant or the guardrail that it is about; null for neither.
    pub subject: Option<String>,
    /// The decision, such as `better`.
    pub decision: String,
    /// For people.
    pub sentence: String,
    /// When it was found.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When somebody marked it as read.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
}

/// The reply of `GET /api/notices`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NoticesReply)]
pub struct Notices {
    /// Always true.
    pub success: bool,
    /// How many nobody has read yet.
    pub unread: i64,
    /// Newest first.
    pub notices: Vec<Notice>,
}

/// The reply of `POST /api/notices/read`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NoticesReadReply)]
pub struct NoticesRead {
    /// Always true.
    pub success: bool,
    /// How many nobody has read yet.
    pub unread: i64,
}
