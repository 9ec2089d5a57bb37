//! The experiments of one process: everything the routes and layers share.

use crate::assignment::{Assignments, QaKey, VisitorId};
use crate::definitions::{DefinitionsFile, Experiment, Phase};
use crate::ingest::{
    EventOutcome, EventRecord, ExposureRecord, KnownExposures, Outcome, Record, WriteError, Writer,
};
use crate::life;
use crate::mirror::{Mirror, MirrorPlace};
use crate::notices::{self, NoticeSender};
use crate::ofrep::{Door, FirstExposures, OfrepTokens};
use crate::results::{
    DefinitionsHealth, DefinitionsProblem, ResultsCache, ResultsHealth, WriterHealth, WriterStatus,
};
use crate::retention::{self, RetentionDays};
use crate::segments::{Device, VisitorKind};
use dashly_db::{Db, DbError};
use dashly_kernel::{AppVersion, Clock, Ids, Secret, Timestamp};
use dashly_telemetry::{Health, Tasks};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A view waits this long for its exposure to be committed, then answers without.
const VIEW_PATIENCE: Duration = Duration::from_secs(1);
/// An event waits this long, then its sender is told to try again.
const EVENT_PATIENCE: Duration = Duration::from_secs(5);

/// What [`Experiments::start`] needs to know.
#[derive(Clone)]
pub struct ExperimentsConfig {
    /// The file of experiments. Set by `TESTS_FILE`.
    pub tests_file: PathBuf,
    /// The file of key figures. Set by `TEAM_KPIS_FILE`.
    pub kpis_file: PathBuf,
    /// Where the JSON mirror is kept; none switches it off. Set by `EXPERIMENT_LOG_DIR`.
    pub log_folder: Option<PathBuf>,
    /// What is older is not in the mirror. Set by `LOG_RETENTION_DAYS`.
    pub log_retention: Option<RetentionDays>,
    /// Records that nothing needs any more are removed when they are older; none keeps all. Set by
    /// `EVENT_RETENTION_DAYS`.
    pub event_retention: Option<RetentionDays>,
    /// Whether cookies are for TLS only.
    pub secure_cookies: bool,
    /// Who may evaluate flags over OFREP. Set by `OFREP_TOKENS`.
    pub ofrep_tokens: OfrepTokens,
    /// Evaluations of one address per second where no token is needed; any number without a limit. Set by
    /// `OFREP_REQUESTS_PER_SECOND`.
    pub ofrep_requests_per_second: Option<NonZeroU32>,
    /// The installation's secret, the same on all replicas: signs links for trying variants out.
    pub secret: Secret<String>,
    /// Where visitors reach this server. Set by `PUBLIC_URL`.
    pub public_url: Option<String>,
    /// The version of the build that runs: recorded with every exposure. Set by `APP_VERSION`.
    pub app_version: AppVersion,
    /// The way to the webhook for notices; none without one. Set by `NOTICE_WEBHOOK_URL`.
    pub notice_sender: Option<Arc<dyn NoticeSender>>,
}

impl std::fmt::Debug for ExperimentsConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ExperimentsConfig")
            .field("tests_file", &self.tests_file)
            .finish_non_exhaustive()
    }
}

/// The experiments of one process. Cheap to clone; all clones share the writer, the file and the mirror.
#[derive(Clone)]
pub struct Experiments {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    definitions: Arc<DefinitionsFile>,
    known: Arc<KnownExposures>,
    writer: Writer,
    mirror: Mirror,
    secure_cookies: bool,
    kpis_file: PathBuf,
    first_exposures: FirstExposures,
    flag_door: Door,
    qa_key: QaKey,
    public_url: Option<String>,
    app_version: AppVersion,
    notice_sender: Option<Arc<dyn NoticeSender>>,
    results_cache: ResultsCache,
}

impl std::fmt::Debug for Experiments {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Experiments")
    }
}

/// An event as a handler reports it with [`Experiments::log_event`].
#[derive(Clone, Debug, Default)]
pub struct NewEvent {
    /// What happened.
    pub event: String,
    /// The experiment it is for.
    pub test_id: Option<String>,
    /// The variant that the client claims.
    pub variant: Option<String>,
    /// Makes a repeated delivery harmless.
    pub event_id: Option<String>,
    /// A number for revenue metrics.
    pub value: Option<f64>,
}

/// Why an event was not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogEventError {
    /// The experiment does not exist or is still a draft.
    #[error("there is no running or stopped experiment `{test_id}`")]
    UnknownTest {
        /// As the client spelled it.
        test_id: String,
    },
    /// It could not be stored; the text says why.
    #[error(transparent)]
    NotStored(NotStored),
}

/// Why nothing was stored. Turned into the right status by `Problem::from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct NotStored(WriteError);

impl From<NotStored> for dashly_kernel::Problem {
    fn from(error: NotStored) -> Self {
        error.0.into()
    }
}

/// What became of a view's exposures.
#[derive(Clone, Debug, Default)]
pub struct Exposed {
    /// Whether every exposure due is stored; also true when none was due.
    pub logged: bool,
    /// The experiments that the visitor is known to be exposed to by this view.
    pub test_ids: Vec<Arc<str>>,
}

impl Experiments {
    /// Reads the file, starts the writer and the mirror, and follows the file until `tasks` shut down.
    ///
    /// `db` must be migrated.
    ///
    /// # Errors
    /// When what was changed on the page cannot be read: visitors would be shown what somebody stopped.
    pub async fn start(
        config: &ExperimentsConfig,
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        health: &Health,
        tasks: &Tasks,
    ) -> Result<Self, DbError> {
        let definitions = Arc::new(DefinitionsFile::open(&config.tests_file, &*clock, health));
        let known = Arc::new(KnownExposures::new(&*ids));
        life::follow(Arc::clone(&definitions), Arc::clone(&known), db.clone(), tasks).await?;
        Arc::clone(&definitions).follow(tasks, Arc::clone(&clock), health.clone());
        let writer = Writer::start(db.clone(), Arc::clone(&known), Arc::clone(&clock), health.clone(), tasks);
        let place =
            config.log_folder.clone().map(|folder| MirrorPlace { folder, days: config.log_retention });
        let mirror =
            Mirror::start(place, db.clone(), writer.commits(), Arc::clone(&clock), health.clone(), tasks);
        let shared = Shared {
            first_exposures: FirstExposures::of(db.clone()),
            flag_door: Door::new(
                config.ofrep_tokens.clone(),
                config.ofrep_requests_per_second,
                Arc::clone(&clock),
            ),
            qa_key: QaKey::derived_from(&config.secret),
            public_url: config.public_url.clone(),
            app_version: config.app_version.clone(),
            notice_sender: config.notice_sender.clone(),
            results_cache: ResultsCache::default(),
            secure_cookies: config.secure_cookies,
            kpis_file: config.kpis_file.clone(),
            db,
            clock,
            ids,
            definitions,
            known,
            writer,
            mirror,
        };
        let experiments = Self { shared: Arc::new(shared) };
        notices::watch(experiments.clone(), tasks);
        if let Some(days) = config.event_retention {
            retention::follow(experiments.clone(), days, tasks);
        }
        Ok(experiments)
    }

    /// The file of experiments.
    pub fn definitions(&self) -> &DefinitionsFile {
        &self.shared.definitions
    }

    pub(crate) fn db(&self) -> &Db {
        &self.shared.db
    }

    /// Changes after each commit of this process.
    pub(crate) fn commits(&self) -> tokio::sync::watch::Receiver<u64> {
        self.shared.writer.commits()
    }

    pub(crate) fn notice_sender(&self) -> Option<&dyn NoticeSender> {
        self.shared.notice_sender.as_deref()
    }

    pub(crate) fn results_cache(&self) -> &ResultsCache {
        &self.shared.results_cache
    }

    pub(crate) fn qa_key(&self) -> &QaKey {
        &self.shared.qa_key
    }

    pub(crate) fn public_url(&self) -> Option<&str> {
        self.shared.public_url.as_deref()
    }

    pub(crate) fn kpis_file(&self) -> &Path {
        &self.shared.kpis_file
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn new_visitor(&self) -> VisitorId {
        VisitorId::new(&*self.shared.ids)
    }

    pub(crate) fn secure_cookies(&self) -> bool {
        self.shared.secure_cookies
    }

    /// Assigns the visitor of a request.
    pub(crate) fn assign(&self, headers: &http::HeaderMap) -> Assignments {
        let definitions = self.shared.definitions.current();
        Assignments::for_request(headers, definitions, self.now(), &*self.shared.ids, &self.shared.qa_key)
    }

    /// Assigns a visitor who is named without cookies.
    pub(crate) fn assign_visitor(&self, visitor: VisitorId) -> Assignments {
        Assignments::for_visitor(visitor, self.shared.definitions.current(), self.now())
    }

    /// Records that `view` shows the visitor the experiments it is listed for.
    pub(crate) async fn expose(
        &self,
        assignments: &Assignments,
        view: &str,
        headers: &http::HeaderMap,
    ) -> Exposed {
        let shown: Vec<_> = assignments
            .assigned
            .iter()
            .filter(|one| one.enrolled && one.experiment.is_shown_in(view))
            .map(|one| (Arc::clone(&one.experiment), one.served))
            .collect();
        let visitor_kind = if assignments.is_returning { VisitorKind::Returning } else { VisitorKind::New };
        let test_ids = shown.iter().map(|(experiment, _)| Arc::clone(&experiment.test_id)).collect();
        if self.log_exposures(&assignments.visitor, shown, visitor_kind, headers).await {
            Exposed { logged: true, test_ids }
        } else {
            Exposed { logged: false, test_ids: Vec::new() }
        }
    }

    /// Records that the visitor was shown these variants, given by position; gives whether all of that is stored now.
    pub(crate) async fn log_exposures(
        &self,
        visitor: &VisitorId,
        shown: Vec<(Arc<Experiment>, usize)>,
        visitor_kind: VisitorKind,
        headers: &http::HeaderMap,
    ) -> bool {
        let known = &self.shared.known;
        let is_new = |(experiment, served): &(Arc<Experiment>, usize)| {
            !known.contains(visitor.as_str(), &experiment.test_id, &experiment.variant(*served).key)
        };
        let (device, recorded_at) = (Device::of(headers), self.now());
        let records: Vec<_> = shown
            .into_iter()
            .filter(is_new)
            .map(|(experiment, served)| {
                let (visitor, app_version) = (visitor.shared(), self.shared.app_version.shared());
                Record::Exposure(ExposureRecord {
                    visitor,
                    experiment,
                    served,
                    device,
                    visitor_kind,
                    app_version,
                    recorded_at,
                })
            })
            .collect();
        if records.is_empty() {
            return true;
        }
        let keys: Vec<_> = records.iter().filter_map(exposure_key).collect();
        // When it fails, the writer has logged why. The answer must go on; the next one logs the exposure.
        let is_stored = self.shared.writer.store(records, VIEW_PATIENCE).await.is_ok();
        if is_stored {
            // Also those that were stored before this process started: the next view need not ask again.
            for (visitor, test_id, variant) in &keys {
                known.remember(visitor, test_id, variant);
            }
        }
        is_stored
    }

    /// What visitors were shown first.
    pub(crate) fn first_exposures(&self) -> &FirstExposures {
        &self.shared.first_exposures
    }

    /// Who may evaluate flags.
    pub(crate) fn flag_door(&self) -> &Door {
        &self.shared.flag_door
    }

    /// Stores one event of the request's visitor; on return it is committed.
    ///
    /// # Errors
    /// [`LogEventError`].
    pub async fn log_event(
        &self,
        assignments: &Assignments,
        event: NewEvent,
    ) -> Result<EventOutcome, LogEventError> {
        let record = self.event_record(assignments, event)?;
        let outcomes = self.store_events(vec![record]).await.map_err(LogEventError::NotStored)?;
        outcomes.into_iter().next().ok_or(LogEventError::NotStored(NotStored(WriteError::Refused)))
    }

    /// Checks an event against the definitions and gives it the visitor's assignment.
    pub(crate) fn event_record(
        &self,
        assignments: &Assignments,
        event: NewEvent,
    ) -> Result<EventRecord, LogEventError> {
        let now = self.now();
        let subject = match event.test_id {
            None => None,
            Some(test_id) => {
                let known = assignments.definitions.find(&test_id).map(|found| (found, found.phase(now)));
                let assigned = assignments.find(&test_id);
                let is_qa = assigned.is_some_and(|one| one.is_qa);
                let (experiment, phase) = match known {
                    // A draft has no visitors but those of a signed link.
                    Some((experiment, phase)) if phase != Phase::Draft || is_qa => (experiment, phase),
                    _ => return Err(LogEventError::UnknownTest { test_id }),
                };
                let assigned = assigned.map(|one| Arc::clone(&one.variant().key));
                Some(crate::ingest::EventSubject {
                    experiment: Arc::clone(experiment),
                    is_running: phase == Phase::Running,
                    is_qa,
                    assigned,
                })
            }
        };
        Ok(EventRecord {
            visitor: assignments.visitor.shared(),
            event_name: event.event,
            subject,
            reported_variant: event.variant,
            event_id: event.event_id,
            value: event.value,
            recorded_at: now,
        })
    }

    /// Stores events in one commit; gives what became of each, in order.
    pub(crate) async fn store_events(
        &self,
        events: Vec<EventRecord>,
    ) -> Result<Vec<EventOutcome>, NotStored> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let records = events.into_iter().map(Record::Event).collect();
        let outcomes = self.shared.writer.store(records, EVENT_PATIENCE).await.map_err(NotStored)?;
        Ok(outcomes
            .into_iter()
            .filter_map(|outcome| match outcome {
                Outcome::Event(event) => Some(event),
                Outcome::Exposure(_) => None,
            })
            .collect())
    }

    /// How the file, the writer and the mirror are doing.
    pub fn health(&self) -> ResultsHealth {
        let writer = self.shared.writer.report();
        ResultsHealth {
            definitions: self.definitions_health(),
            writer: WriterHealth {
                status: if writer.last_error.is_some() { WriterStatus::Degraded } else { WriterStatus::Ok },
                queued: writer.queued,
                queue_capacity: writer.queue_capacity,
                committed_records: writer.committed_records,
                last_commit_at: writer.last_commit_at,
                last_error: writer.last_error,
            },
            mirror: self.shared.mirror.report(),
        }
    }

    /// How the file is doing.
    pub fn definitions_health(&self) -> DefinitionsHealth {
        let status = self.shared.definitions.status();
        let problem =
            status.problem().map(|detail| DefinitionsProblem { detail, errors: status.faults.clone() });
        DefinitionsHealth {
            status: if problem.is_some() { "error" } else { "ok" },
            file: self.shared.definitions.file_name(),
            loaded_at: status.loaded_at,
            experiments: self.shared.definitions.current().all().len(),
            problem,
            warnings: status.warnings,
        }
    }
}

fn exposure_key(record: &Record) -> Option<(Arc<str>, Arc<str>, Arc<str>)> {
    match record {
        Record::Exposure(exposure) => Some((
            Arc::clone(&exposure.visitor),
            Arc::clone(&exposure.experiment.test_id),
            Arc::clone(&exposure.experiment.variant(exposure.served).key),
        )),
        Record::Event(_) => None,
    }
}
