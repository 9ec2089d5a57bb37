//! Remembers what was read and computed last, as long as it is still true.
//!
//! Results are a function of what is stored, of the definitions in force, and of the day. Everything that changes what is
//! stored also changes a count of rows or adds a line to the log of changes, in the same transaction, so a look at those
//! few rows tells whether anything is new, whichever process wrote it. They are read before the totals: what is remembered
//! is never older than its version says.

use super::{ExperimentResults, History};
use crate::definitions::{Definitions, Phase};
use dashly_db::{Db, DbError, Sql, sql};
use dashly_kernel::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Histories remembered at once.
const MOST_HISTORIES: usize = 100;

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
pub(crate) struct Circumstances {
    version: Version,
    definitions: Arc<Definitions>,
    /// Windows are whole hours and begin with a day; traffic is averaged by the day.
    hour: Timestamp,
    phases: Vec<Phase>,
}

impl Circumstances {
    pub(crate) fn new(version: Version, definitions: &Arc<Definitions>, now: Timestamp) -> Self {
        let phases = definitions.all().iter().map(|experiment| experiment.phase(now)).collect();
        Self { version, definitions: Arc::clone(definitions), hour: now.start_of_hour(), phases }
    }

    pub(crate) fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    fn are_those_of(&self, other: &Self) -> bool {
        self.version == other.version
            && Arc::ptr_eq(&self.definitions, &other.definitions)
            && self.hour == other.hour
            && self.phases == other.phases
    }
}

/// The totals over all experiments, and the results of all of them, archived ones included.
#[derive(Debug)]
pub(crate) struct AllResults {
    pub(crate) total_exposures: i64,
    pub(crate) total_events: i64,
    pub(crate) experiments: Vec<ExperimentResults>,
}

#[derive(Debug, Default)]
struct Remembered {
    circumstances: Option<Circumstances>,
    results: Option<Arc<AllResults>>,
    histories: HashMap<String, Arc<History>>,
}

/// The last results and histories of this process.
#[derive(Debug, Default)]
pub(crate) struct ResultsCache(Mutex<Remembered>);

impl ResultsCache {
    fn with<T>(&self, circumstances: &Circumstances, take: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !remembered.circumstances.as_ref().is_some_and(|known| known.are_those_of(circumstances)) {
            *remembered = Remembered { circumstances: Some(circumstances.clone()), ..Remembered::default() };
        }
        take(&mut remembered)
    }

    pub(crate) fn results(&self, circumstances: &Circumstances) -> Option<Arc<AllResults>> {
        self.with(circumstances, |remembered| remembered.results.clone())
    }

    pub(crate) fn keep_results(&self, circumstances: &Circumstances, results: &Arc<AllResults>) {
        self.with(circumstances, |remembered| remembered.results = Some(Arc::clone(results)));
    }

    pub(crate) fn history(&self, circumstances: &Circumstances, test_id: &str) -> Option<Arc<History>> {
        self.with(circumstances, |remembered| remembered.histories.get(test_id).cloned())
    }

    pub(crate) fn keep_history(&self, circumstances: &Circumstances, history: &Arc<History>) {
        self.with(circumstances, |remembered| {
            if remembered.histories.len() >= MOST_HISTORIES {
                remembered.histories.clear();
            }
            remembered.histories.insert(history.test_id.clone(), Arc::clone(history));
        });
    }
}
