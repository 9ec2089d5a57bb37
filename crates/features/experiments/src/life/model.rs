//! What the routes say of the life of experiments.

use crate::InOrder;
use crate::definitions::{Experiment, MILLION, Phase, Status};
use dashly_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The settings of an experiment that can be changed while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentSettings)]
pub struct Settings {
    /// `draft`, `running`, `stopped` or `archived`.
    pub status: &'static str,
    /// Share of the visitors who take part, 0 to 1.
    pub traffic: f64,
    /// Key of the variant that everybody is shown; null: nobody won.
    pub winner: Option<String>,
}

impl Settings {
    /// Those of `experiment`.
    pub(super) fn of(experiment: &Experiment) -> Self {
        let status: Status = experiment.status;
        Self {
            status: status.as_str(),
            traffic: share_of(experiment.traffic_millionths),
            winner: experiment.winner.map(|position| experiment.variant(position).key.to_string()),
        }
    }
}

/// Millionths as a share.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "at most a million")]
pub(super) fn share_of(millionths: u64) -> f64 {
    millionths as f64 / MILLION as f64
}

/// The life of one experiment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExperimentLife {
    /// Its identifier.
    pub test_id: String,
    /// For people.
    pub description: String,
    /// Where it is in its life now.
    pub phase: Phase,
    /// What the file says.
    pub declared: Settings,
    /// What is in force.
    pub effective: Settings,
    /// Fields that were changed on the page and differ from the file.
    pub changed: Vec<&'static str>,
    /// Its layer, if it has one.
    pub layer: Option<String>,
    /// The slice of the layer that no other experiment gets, 0 to 1.
    pub layer_share: Option<f64>,
    /// The largest traffic that it can have.
    pub most_traffic: f64,
    /// Not shown before.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start: Option<Timestamp>,
    /// Not shown from here on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub end: Option<Timestamp>,
    /// Label of each variant.
    #[schema(value_type = BTreeMap<String, String>)]
    pub variants: InOrder<String>,
    /// Key of the control.
    pub control: String,
    /// Counts the changes; 0 when there was none. To be sent along with the next one.
    pub revision: i64,
    /// When the last change was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Timestamp>,
    /// Who made it.
    pub changed_by: Option<String>,
    /// Since when the records of its visitors are removed, so that it stays archived; null for any other experiment.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub retired_at: Option<Timestamp>,
}

/// Visitors who take part in nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Holdout {
    /// Their share, 0 to 1.
    pub share: f64,
    /// What the file says.
    pub declared_share: f64,
    /// Counts the changes.
    pub revision: i64,
}

/// The reply of `GET /api/experiments/settings`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentLivesReply)]
pub struct LivesReply {
    /// Always true.
    pub success: bool,
    /// The file's name.
    pub file: String,
    /// Visitors who take part in nothing.
    pub holdout: Holdout,
    /// In file order, archived ones included.
    pub experiments: Vec<ExperimentLife>,
}

/// The experiment after a change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentLifeReply)]
pub struct LifeReply {
    /// Always true.
    pub success: bool,
    /// As it is now.
    pub experiment: ExperimentLife,
}

/// The holdout after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldoutReply {
    /// Always true.
    pub success: bool,
    /// As it is now.
    pub holdout: Holdout,
}

/// What a change was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeAction {
    /// To running.
    Start,
    /// To stopped.
    Stop,
    /// To archived.
    Archive,
    /// From archived to anything else.
    Restore,
    /// Another traffic.
    Ramp,
    /// Everybody is shown one variant.
    SetWinner,
    /// Nobody won after all.
    ClearWinner,
    /// Another share of visitors who take part in nothing.
    Holdout,
    /// The file holds again.
    Reset,
    /// The changes were written into the file.
    Export,
    /// Everything was counted again and replaced.
    Recount,
    /// What was stored of a visitor is no longer of that visitor.
    EraseVisitor,
    /// Archived for good: the records of its visitors are too old.
    Retire,
    /// Records of visitors were removed since they were too old.
    RemoveRecords,
    /// Several of these at once, or back to a draft.
    Edit,
}

impl ChangeAction {
    /// The word stored in the log.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Ramp => "ramp",
            Self::SetWinner => "set_winner",
            Self::ClearWinner => "clear_winner",
            Self::Holdout => "holdout",
            Self::Reset => "reset",
            Self::Export => "export",
            Self::Recount => "recount",
            Self::EraseVisitor => "erase_visitor",
            Self::Retire => "retire",
            Self::RemoveRecords => "remove_records",
            Self::Edit => "edit",
        }
    }
}

/// The log of changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentChangesReply)]
pub struct Changes {
    /// Always true.
    pub success: bool,
    /// Newest first.
    pub changes: Vec<Change>,
    /// To be sent as `before` for older ones; null when there are none.
    pub next_before: Option<i64>,
}

/// One line of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentChange)]
pub struct Change {
    /// Grows with time.
    pub id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The experiment; null for what belongs to all.
    pub test_id: Option<String>,
    /// What, such as `stop`.
    #[schema(value_type = ChangeAction)]
    pub action: String,
    /// The changed fields as they were.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub before: serde_json::Value,
    /// The changed fields as they are since.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub after: serde_json::Value,
    /// Why, if that was said.
    pub reason: Option<String>,
}
