//! Remembers what was read and computed last, as long as it is still true.
//!
//! Results are a function of what is stored, of the definitions in force, and of the day. Everything that changes what is
//! stored also changes a count of rows or adds a line to the log of changes, in the same transaction, so a look at those
//! few rows tells whether anything is new, whichever process wrote it. They are read before the totals: what is remembered
//! is never older than its version says. When something is new, only the days that it changed are read again, and only
//! the experiments that it belongs to are computed again.

use super::read::StoredResults;
use super::totals::Totals;
use super::totals_store::refresh_totals;
use super::{ExperimentResults, History, experiment_results, history};
use crate::definitions::{Definitions, Experiment, Phase};
use crate::ingest::{EvidenceOfTests, read_evidence};
use dashly_db::{Db, DbError, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use tokio::sync::{Mutex, MutexGuard};

const LIST_SIGNALS: Sql =
    sql!("select test_id, signal, count from experiment_signals order by test_id, signal");

const COUNT_CHANGES: Sql = sql!(
    "
    select cast(coalesce((select max(id) from experiment_changes), 0) as bigint),
           (select count(*) from experiment_metrics)"
);

/// Signals by experiment and name.
pub(crate) type Signals = HashMap<String, HashMap<String, i64>>;

/// What is stored, as far as it can be told from a few rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) signals: Signals,
    changes: i64,
    metrics: i64,
}

/// Reads the present version.
pub(crate) async fn read_version(db: &Db) -> Result<Version, DbError> {
    let mut signals = Signals::new();
    for row in db.fetch_all(LIST_SIGNALS.query()).await? {
        signals.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
    }
    let row = db.fetch_one(COUNT_CHANGES.query()).await?;
    Ok(Version { signals, changes: row.get(0)?, metrics: row.get(1)? })
}

/// What else results depend on.
#[derive(Clone, Debug)]
struct Circumstances {
    definitions: Arc<Definitions>,
    /// Windows are whole hours and begin with a day; traffic is averaged by the day.
    hour: Timestamp,
    phases: Vec<Phase>,
    changes: i64,
    metrics: i64,
}

impl Circumstances {
    fn new(version: &Version, definitions: &Arc<Definitions>, now: Timestamp) -> Self {
        let phases = definitions.all().iter().map(|experiment| experiment.phase(now)).collect();
        let Version { changes, metrics, .. } = *version;
        Self { definitions: Arc::clone(definitions), hour: now.start_of_hour(), phases, changes, metrics }
    }

    fn are_those_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.definitions, &other.definitions)
            && self.hour == other.hour
            && self.phases == other.phases
            && self.changes == other.changes
            && self.metrics == other.metrics
    }
}

/// What the results of one experiment were made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TestVersion {
    totals: (u64, i64),
    signals: Option<HashMap<String, i64>>,
}

/// What was read and computed last.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    circumstances: Option<Circumstances>,
    version: Option<Version>,
    totals: Totals,
    evidence: EvidenceOfTests,
    results: Computed<ExperimentResults>,
    histories: Computed<History>,
}

impl Remembered {
    /// Reads what is new since the last look.
    ///
    /// When it fails or is given up, the next look reads again.
    async fn refresh(
        &mut self,
        db: &Db,
        definitions: &Arc<Definitions>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let version = read_version(db).await?;
        let circumstances = Circumstances::new(&version, definitions, now);
        let known = self.circumstances.as_ref();
        if known.is_none_or(|known| known.changes != version.changes) {
            // A recount says so in the log of changes, and it marks no day.
            self.totals = Totals::default();
            self.version = None;
        }
        if !known.is_some_and(|known| known.are_those_of(&circumstances)) {
            self.results = Computed::default();
            self.histories = Computed::default();
        }
        if self.version.as_ref() != Some(&version) {
            self.version = None;
            refresh_totals(db, &mut self.totals).await?;
            self.evidence = read_evidence(db).await?;
        }
        self.circumstances = Some(circumstances);
        self.version = Some(version);
        Ok(())
    }

    fn version_of(&self, test_id: &str) -> TestVersion {
        let signals = self.version.as_ref().and_then(|version| version.signals.get(test_id)).cloned();
        TestVersion { totals: self.totals.version_of(test_id), signals }
    }

    /// What results are made of.
    pub(crate) fn stored(&self) -> StoredResults<'_> {
        static NO_SIGNALS: LazyLock<Signals> = LazyLock::new(Signals::new);
        let signals = self.version.as_ref().map_or(&*NO_SIGNALS, |version| &version.signals);
        StoredResults { totals: &self.totals, evidence: &self.evidence, signals }
    }

    /// The results of `experiment`; computed unless nothing of it is new.
    pub(crate) fn results(&mut self, experiment: &Experiment, now: Timestamp) -> Arc<ExperimentResults> {
        let version = self.version_of(&experiment.test_id);
        if let Some(known) = self.results.of(experiment, &version) {
            return known;
        }
        let results = experiment_results(experiment, &self.stored(), now);
        self.results.keep(experiment, version, results)
    }

    /// The history of `experiment`; computed unless nothing of it is new.
    pub(crate) fn history(&mut self, experiment: &Experiment, now: Timestamp) -> Arc<History> {
        let version = self.version_of(&experiment.test_id);
        if let Some(known) = self.histories.of(experiment, &version) {
            return known;
        }
        let history = history(experiment, &self.stored(), now);
        self.histories.keep(experiment, version, history)
    }
}

/// What was computed of each experiment, and what from.
#[derive(Debug)]
struct Computed<T>(HashMap<Arc<str>, (TestVersion, Arc<T>)>);

impl<T> Default for Computed<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Computed<T> {
    /// None when something is new.
    fn of(&self, experiment: &Experiment, version: &TestVersion) -> Option<Arc<T>> {
        let (of, known) = self.0.get(&experiment.test_id)?;
        (of == version).then(|| Arc::clone(known))
    }

    fn keep(&mut self, experiment: &Experiment, version: TestVersion, computed: T) -> Arc<T> {
        let computed = Arc::new(computed);
        self.0.insert(Arc::clone(&experiment.test_id), (version, Arc::clone(&computed)));
        computed
    }
}

/// The last results and histories of this process. One look at a time: the others then find what it has read.
#[derive(Debug, Default)]
pub(crate) struct ResultsCache(Mutex<Remembered>);

impl ResultsCache {
    /// What is remembered, made true for this moment.
    pub(crate) async fn look(
        &self,
        db: &Db,
        definitions: &Arc<Definitions>,
        now: Timestamp,
    ) -> Result<MutexGuard<'_, Remembered>, DbError> {
        let mut remembered = self.0.lock().await;
        remembered.refresh(db, definitions, now).await?;
        Ok(remembered)
    }
}
