//! What was changed on the page: kept in the database, and stronger than the file until it is exported or reset.

use super::experiment::{Definitions, Experiment, Status, below_share};
use super::fields::fault;
use super::parse::DefinitionFault;
use dashly_kernel::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Fields of one experiment that were changed; absent ones are as the file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangedFields {
    /// Its status, by its word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its traffic, in millionths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_millionths: Option<u64>,
    /// The winner, whatever the file says.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_winner")]
    pub winner: Option<WinnerChoice>,
    /// Share of the visitors who take part in nothing, in millionths; of the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout_millionths: Option<u64>,
}

/// Who won: in JSON the key of a variant, or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WinnerChoice {
    /// Nobody.
    Nobody,
    /// The variant with this key.
    Variant(String),
}

impl Serialize for WinnerChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nobody => serializer.serialize_none(),
            Self::Variant(key) => serializer.serialize_some(key),
        }
    }
}

/// Tells a null from a missing field: for fields with a default.
pub(crate) fn present_winner<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<WinnerChoice>, D::Error> {
    let key = Option::<String>::deserialize(deserializer)?;
    Ok(Some(key.map_or(WinnerChoice::Nobody, WinnerChoice::Variant)))
}

/// What was changed of one experiment, when and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredChange {
    /// What.
    pub fields: ChangedFields,
    /// Counts the changes; whoever changes something says which one was seen.
    pub revision: i64,
    /// When the last of them was.
    pub changed_at: Timestamp,
    /// Who made it.
    pub changed_by: String,
    /// Since when it is archived, as far as retention has looked.
    pub archived_at: Option<Timestamp>,
    /// Since when the records of its visitors are removed, if they are: it stays archived, whatever anybody says.
    pub retired_at: Option<Timestamp>,
}

/// The key of what belongs to no experiment but to all.
pub(crate) const WHOLE_FILE: &str = "";

/// Everything that was changed, by experiment; the holdout is under [`WHOLE_FILE`].
pub(crate) type StoredChanges = HashMap<String, StoredChange>;

impl Definitions {
    /// These definitions with `changes` over them, and what could not be applied: then the file holds for that field.
    pub(crate) fn with_changes(&self, changes: &StoredChanges) -> (Self, Vec<DefinitionFault>) {
        let mut warnings = Vec::new();
        let holdout_millionths = changes
            .get(WHOLE_FILE)
            .and_then(|change| change.fields.holdout_millionths)
            .unwrap_or_else(|| self.holdout_millionths());
        let experiments = self
            .all()
            .iter()
            .enumerate()
            .map(|(index, experiment)| {
                let mut experiment = Experiment::clone(experiment);
                experiment.holdout_below = below_share(holdout_millionths);
                if let Some(change) = changes.get(&*experiment.test_id) {
                    for (field, detail) in experiment.apply(&change.fields) {
                        let pointer = format!("/experiments/{index}/{field}");
                        let name = &experiment.test_id;
                        warnings.push(fault(pointer, format!("experiment `{name}`: what was set on the page for `{field}` {detail}, so the file holds")));
                    }
                    if let Some(detail) = experiment.stay_retired(change) {
                        warnings.push(fault(format!("/experiments/{index}/status"), detail));
                    }
                }
                Arc::new(experiment)
            })
            .collect();
        (Self::new(experiments, holdout_millionths), warnings)
    }

    /// These definitions without some experiments.
    pub(crate) fn without(&self, test_ids: &HashSet<String>) -> Self {
        let others = self.all().iter().filter(|experiment| !test_ids.contains(&*experiment.test_id));
        Self::new(others.cloned().collect(), self.holdout_millionths())
    }
}

impl Experiment {
    /// Puts the changed fields over this experiment; gives those that do not fit it, with the reason.
    pub(crate) fn apply(&mut self, fields: &ChangedFields) -> Vec<(&'static str, String)> {
        let mut misfits = Vec::new();
        if let Some(word) = &fields.status {
            match Status::parse(word) {
                Some(status) => self.status = status,
                None => misfits.push(("status", format!("is `{word}`, which is no status"))),
            }
        }
        if let Some(millionths) = fields.traffic_millionths {
            if millionths <= self.most_traffic_millionths() {
                self.set_traffic(millionths);
            } else {
                misfits.push(("traffic", "is more than the slice of the layer".to_owned()));
            }
        }
        match &fields.winner {
            None => {}
            Some(WinnerChoice::Nobody) => self.winner = None,
            Some(WinnerChoice::Variant(key)) => match self.find_variant(key) {
                Some(position) => self.winner = Some(position),
                None => misfits.push(("winner", format!("names `{key}`, which is not a variant"))),
            },
        }
        misfits
    }

    /// Archives this experiment if it is retired; says so when anything else was asked for.
    pub(crate) fn stay_retired(&mut self, change: &StoredChange) -> Option<String> {
        let since = change.retired_at?.to_date_time().date();
        let asked_for = std::mem::replace(&mut self.status, Status::Archived);
        (asked_for != Status::Archived).then(|| {
            let name = &self.test_id;
            format!(
                "experiment `{name}`: the records of its visitors were removed on {since}, so it stays archived; give it \
                 another `test_id` to run it again"
            )
        })
    }
}
