//! One change: checked against the experiment as it would be, stored with its line in the log, and put in force.

use super::ChangeError;
use super::model::{
    ChangeAction, ExperimentLife, Holdout, HoldoutReply, LifeReply, LivesReply, Settings, share_of,
};
use super::store::{Author, NewChange, insert_change};
use crate::Experiments;
use crate::definitions::{
    ChangedFields, Definitions, Experiment, MILLION, Status, StoredChange, StoredChanges, WHOLE_FILE,
    WinnerChoice,
};
use dashly_kernel::check_text;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const MAX_REASON_CHARACTERS: usize = 500;

/// What is to be changed of one experiment; absent fields stay.
#[derive(Debug, Default)]
pub(crate) struct SettingsChange {
    /// The revision that the caller saw.
    pub revision: i64,
    /// Another status, by its word.
    pub status: Option<String>,
    /// Another share of the visitors, 0 to 1.
    pub traffic: Option<f64>,
    /// Another winner, or none.
    pub winner: Option<WinnerChoice>,
    /// Why.
    pub reason: Option<String>,
}

/// Everything changed of one experiment is forgotten.
#[derive(Debug)]
pub(crate) struct SettingsReset {
    /// The revision that the caller saw.
    pub revision: i64,
    /// Why.
    pub reason: Option<String>,
}

/// Another holdout.
#[derive(Debug)]
pub(crate) struct HoldoutChange {
    /// The revision that the caller saw.
    pub revision: i64,
    /// Share of the visitors, 0 to 1; none: what the file says.
    pub share: Option<f64>,
    /// Why.
    pub reason: Option<String>,
}

impl Experiments {
    /// The life of every experiment, as it is in this process.
    pub(crate) fn lives(&self) -> LivesReply {
        let sources = LifeSources::of(self);
        let experiments = sources.declared.all().iter().map(|experiment| sources.life(experiment)).collect();
        let file = self.definitions().file_name();
        LivesReply { success: true, file, holdout: sources.holdout(), experiments }
    }

    /// Changes settings of one experiment; on return they are in force here.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub(crate) async fn change_settings(
        &self,
        author: &Author,
        test_id: &str,
        change: SettingsChange,
    ) -> Result<LifeReply, ChangeError> {
        self.look_at_changes().await?;
        let sources = LifeSources::of(self);
        let declared = sources.find(test_id)?;
        let before = sources.effective(declared);
        let mut fields = sources.changes.get(test_id).map(|stored| stored.fields.clone()).unwrap_or_default();
        let status_was_archived = before.status == Status::Archived;
        sources.refuse_retired(test_id)?;
        set_fields(&mut fields, &change)?;
        let mut after = Experiment::clone(declared);
        if let Some((field, detail)) = after.apply(&fields).into_iter().next() {
            return Err(ChangeError::Invalid { field, detail });
        }
        let fields = without_declared(fields, declared, &after);
        let differences = differences(&Settings::of(&before), &Settings::of(&after));
        let action = action_of(&differences, status_was_archived, &after);
        let subject = Subject { test_id, revision: change.revision, reason: change.reason };
        self.store(author, subject, action, &fields, differences).await?;
        self.life_reply(test_id)
    }

    /// Lets the file hold again for one experiment.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub(crate) async fn reset_settings(
        &self,
        author: &Author,
        test_id: &str,
        reset: SettingsReset,
    ) -> Result<LifeReply, ChangeError> {
        self.look_at_changes().await?;
        let sources = LifeSources::of(self);
        let declared = sources.find(test_id)?;
        sources.refuse_retired(test_id)?;
        let differences = differences(&Settings::of(&sources.effective(declared)), &Settings::of(declared));
        let subject = Subject { test_id, revision: reset.revision, reason: reset.reason };
        self.store(author, subject, ChangeAction::Reset, &ChangedFields::default(), differences).await?;
        self.life_reply(test_id)
    }

    /// Changes the share of visitors who take part in nothing.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub(crate) async fn change_holdout(
        &self,
        author: &Author,
        change: HoldoutChange,
    ) -> Result<HoldoutReply, ChangeError> {
        self.look_at_changes().await?;
        let before = LifeSources::of(self).holdout();
        let holdout_millionths = change.share.map(|share| millionths("share", share)).transpose()?;
        let fields = ChangedFields { holdout_millionths, ..ChangedFields::default() };
        let after = holdout_millionths.map_or(before.declared_share, share_of);
        let differences = Differences {
            before: Map::from_iter([("share".to_owned(), json!(before.share))]),
            after: Map::from_iter([("share".to_owned(), json!(after))]),
        };
        let subject = Subject { test_id: WHOLE_FILE, revision: change.revision, reason: change.reason };
        self.store(author, subject, ChangeAction::Holdout, &fields, differences).await?;
        Ok(HoldoutReply { success: true, holdout: LifeSources::of(self).holdout() })
    }

    async fn store(
        &self,
        author: &Author,
        subject: Subject<'_>,
        action: ChangeAction,
        fields: &ChangedFields,
        differences: Differences,
    ) -> Result<(), ChangeError> {
        let Subject { test_id, revision, reason } = subject;
        let reason = reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        if let Some(reason) = reason {
            check_text(reason, MAX_REASON_CHARACTERS)
                .map_err(|error| ChangeError::Invalid { field: "reason", detail: error.to_string() })?;
        }
        let (before, after) = (Value::Object(differences.before), Value::Object(differences.after));
        let change = NewChange { test_id, fields, revision, action, before, after, reason };
        let mut tx = self.db().begin().await?;
        if !insert_change(&mut tx, &change, author, self.now()).await? {
            return Err(ChangeError::Changed);
        }
        tx.commit().await?;
        tracing::info!(test_id, action = action.as_str(), "experiment changed");
        self.look_at_changes().await?;
        Ok(())
    }

    fn life_reply(&self, test_id: &str) -> Result<LifeReply, ChangeError> {
        let sources = LifeSources::of(self);
        let experiment = sources.life(sources.find(test_id)?);
        Ok(LifeReply {
            success: true,
            experiment: ExperimentLife { phase: self.phase_of(test_id), ..experiment },
        })
    }

    fn phase_of(&self, test_id: &str) -> crate::Phase {
        let current = self.definitions().current();
        current.find(test_id).map_or(crate::Phase::Draft, |experiment| experiment.phase(self.now()))
    }
}

/// What a change is about.
struct Subject<'a> {
    test_id: &'a str,
    /// The revision that the caller saw.
    revision: i64,
    reason: Option<String>,
}

/// What lives are told from: the file and what was changed, as they are at one moment.
struct LifeSources {
    declared: Arc<Definitions>,
    changes: StoredChanges,
    now: dashly_kernel::Timestamp,
}

impl LifeSources {
    fn of(experiments: &Experiments) -> Self {
        let definitions = experiments.definitions();
        Self { declared: definitions.declared(), changes: definitions.changes(), now: experiments.now() }
    }

    fn find(&self, test_id: &str) -> Result<&Arc<Experiment>, ChangeError> {
        let found = self.declared.find(test_id);
        found.ok_or_else(|| ChangeError::UnknownTest { test_id: test_id.to_owned() })
    }

    /// With what was changed, as far as it fits.
    fn effective(&self, declared: &Experiment) -> Experiment {
        let mut experiment = declared.clone();
        if let Some(change) = self.changes.get(&*declared.test_id) {
            experiment.apply(&change.fields);
            // Whoever looks after the file is told by the warnings of the definitions.
            let _ = experiment.stay_retired(change);
        }
        experiment
    }

    /// Nothing of it would have an effect.
    fn refuse_retired(&self, test_id: &str) -> Result<(), ChangeError> {
        self.retired_at(test_id).map_or(Ok(()), |at| Err(ChangeError::Retired { at }))
    }

    fn retired_at(&self, test_id: &str) -> Option<dashly_kernel::Timestamp> {
        self.changes.get(test_id)?.retired_at
    }

    fn life(&self, declared: &Experiment) -> ExperimentLife {
        let effective = self.effective(declared);
        let stored: Option<&StoredChange> = self.changes.get(&*declared.test_id);
        let (file, now) = (Settings::of(declared), Settings::of(&effective));
        let changed = [
            // What is retired cannot be reset.
            ("status", file.status != now.status && self.retired_at(&declared.test_id).is_none()),
            ("traffic", declared.traffic_millionths != effective.traffic_millionths),
            ("winner", file.winner != now.winner),
        ];
        ExperimentLife {
            test_id: declared.test_id.to_string(),
            description: declared.description.clone(),
            phase: effective.phase(self.now),
            declared: file,
            effective: now,
            changed: changed.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect(),
            layer: declared.layer.as_ref().map(|layer| layer.name.clone()),
            layer_share: declared.layer.as_ref().map(|layer| share_of(layer.share_millionths)),
            most_traffic: share_of(declared.most_traffic_millionths()),
            start: declared.start,
            end: declared.end,
            variants: declared.variants.iter().map(|one| (&one.key, one.label.clone())).collect(),
            control: declared.control_variant().key.to_string(),
            revision: stored.map_or(0, |stored| stored.revision),
            changed_at: stored.map(|stored| stored.changed_at),
            changed_by: stored.map(|stored| stored.changed_by.clone()),
            retired_at: self.retired_at(&declared.test_id),
        }
    }

    fn holdout(&self) -> Holdout {
        let stored = self.changes.get(WHOLE_FILE);
        let declared_share = share_of(self.declared.holdout_millionths());
        Holdout {
            share: stored
                .and_then(|stored| stored.fields.holdout_millionths)
                .map_or(declared_share, share_of),
            declared_share,
            revision: stored.map_or(0, |stored| stored.revision),
        }
    }
}

fn set_fields(fields: &mut ChangedFields, change: &SettingsChange) -> Result<(), ChangeError> {
    if let Some(word) = &change.status {
        if Status::parse(word).is_none() {
            let detail = "must be draft, running, stopped or archived".to_owned();
            return Err(ChangeError::Invalid { field: "status", detail });
        }
        fields.status = Some(word.clone());
    }
    if let Some(traffic) = change.traffic {
        fields.traffic_millionths = Some(millionths("traffic", traffic)?);
    }
    if let Some(winner) = &change.winner {
        fields.winner = Some(winner.clone());
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a share from 0 to 1 after the check"
)]
fn millionths(field: &'static str, share: f64) -> Result<u64, ChangeError> {
    if (0.0..=1.0).contains(&share) {
        Ok((share * MILLION as f64).round() as u64)
    } else {
        Err(ChangeError::Invalid { field, detail: "must be a share of the visitors from 0 to 1".to_owned() })
    }
}

/// What is as the file has it needs no entry of its own: it then follows the file.
fn without_declared(mut fields: ChangedFields, declared: &Experiment, after: &Experiment) -> ChangedFields {
    if after.status == declared.status {
        fields.status = None;
    }
    if after.traffic_millionths == declared.traffic_millionths {
        fields.traffic_millionths = None;
    }
    if after.winner == declared.winner {
        fields.winner = None;
    }
    fields
}

/// The fields that differ, as they were and as they are.
struct Differences {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

fn differences(before: &Settings, after: &Settings) -> Differences {
    let fields = |settings: &Settings| {
        [
            ("status", json!(settings.status)),
            ("traffic", json!(settings.traffic)),
            ("winner", json!(settings.winner)),
        ]
    };
    let mut found = Differences { before: Map::new(), after: Map::new() };
    for ((field, old), (_, new)) in fields(before).into_iter().zip(fields(after)) {
        if old != new {
            found.before.insert(field.to_owned(), old);
            found.after.insert(field.to_owned(), new);
        }
    }
    found
}

fn action_of(differences: &Differences, was_archived: bool, after: &Experiment) -> ChangeAction {
    let mut fields = differences.after.keys();
    match (fields.next().map(String::as_str), fields.next()) {
        (Some("traffic"), None) => ChangeAction::Ramp,
        (Some("winner"), None) if after.winner.is_some() => ChangeAction::SetWinner,
        (Some("winner"), None) => ChangeAction::ClearWinner,
        (Some("status"), None) => match after.status {
            Status::Archived => ChangeAction::Archive,
            _ if was_archived => ChangeAction::Restore,
            Status::Running => ChangeAction::Start,
            Status::Stopped => ChangeAction::Stop,
            Status::Draft => ChangeAction::Edit,
        },
        _ => ChangeAction::Edit,
    }
}
