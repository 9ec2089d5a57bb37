//! The batching writer: many requests, one commit.

use super::decide::{Plan, decide};
use super::evidence::{RaisedPeaks, raised_peaks};
use super::evidence_store;
use super::known::KnownExposures;
use super::metric_store::{self, CountedFrom};
use super::metrics::{MetricKey, MetricLedger};
use super::published::publish;
use super::record::{Outcome, Record};
use super::store;
use crate::definitions::Experiment;
use dashly_db::{Db, DbError, DbErrorKind, Query, Tx};
use dashly_kernel::{Clock, Problem, Timestamp};
use dashly_telemetry::{Health, ShutdownSignal, Tasks};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;

/// Records that may wait at once: a few bulk requests of the largest size. Each is about 300 bytes.
const QUEUE_CAPACITY: u32 = 50_000;
/// Records in one commit. More would make single requests wait long behind bulk ones.
const BATCH_RECORDS: usize = 10_000;
/// A commit that takes longer is given up; the database is then counted as away.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// While the database is away, one request in this time is let through to see whether it is back.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// Collided transactions are run again this often.
const COLLISION_RETRIES: usize = 3;
const SECONDS_PER_DAY: i64 = 86_400;
const COMPONENT: &str = "experiment_writer";

/// Why a record was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteError {
    /// More is waiting than can be stored soon.
    #[error("the experiment writer has as much waiting as it can take")]
    QueueFull,
    /// The database is away, locked or full.
    #[error("experiment data cannot be stored right now: {0}")]
    Unavailable(&'static str),
    /// The answer did not come in time; the record may or may not be stored.
    #[error("the database took too long; whether the data was stored is not known")]
    TimedOut,
    /// The process is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// The database refused the rows: a fault of ours.
    #[error("experiment data was refused by the database")]
    Refused,
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::QueueFull => Self::unavailable("queue-full", error.to_string(), 1),
            WriteError::Unavailable(_) => Self::unavailable("database-unavailable", error.to_string(), 2),
            WriteError::TimedOut => Self::unavailable("database-slow", error.to_string(), 2),
            WriteError::Stopping => Self::unavailable("stopping", error.to_string(), 1),
            WriteError::Refused => Self::internal(),
        }
    }
}

/// How the writer is doing.
#[derive(Clone, Debug)]
pub(crate) struct WriterReport {
    /// Records waiting for their commit.
    pub queued: u32,
    /// The most that may wait.
    pub queue_capacity: u32,
    /// Rows committed since the process started.
    pub committed_records: u64,
    /// When the last commit was.
    pub last_commit_at: Option<Timestamp>,
    /// Why it cannot store right now, if so.
    pub last_error: Option<&'static str>,
}

type Reply = oneshot::Sender<Result<Vec<Outcome>, WriteError>>;

struct Job {
    records: Vec<Record>,
    reply: Reply,
    /// Held until the answer is given.
    permit: OwnedSemaphorePermit,
}

/// The way to the writer. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
    permits: Arc<Semaphore>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    committed_records: AtomicU64,
    state: Mutex<State>,
    commits: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    last_commit_at: Option<Timestamp>,
    /// Why the database is away, and when the next request may try it.
    away: Option<(&'static str, Instant)>,
}

impl Writer {
    /// Starts the writer of this process; it stops after `tasks` shut down and everything taken in has been answered.
    pub(crate) fn start(
        db: Db,
        known: Arc<KnownExposures>,
        clock: Arc<dyn Clock>,
        health: Health,
        tasks: &Tasks,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            committed_records: AtomicU64::new(0),
            state: Mutex::default(),
            commits: watch::Sender::new(0),
        });
        health.set_ok(COMPONENT);
        let worker = Worker {
            db,
            known,
            clock,
            health,
            shared: Arc::clone(&shared),
            opened_epochs: HashSet::new(),
            metrics: Arc::default(),
        };
        tasks.spawn("experiment writer", worker.run(receiver, tasks.shutdown_signal()));
        let capacity = usize::try_from(QUEUE_CAPACITY).unwrap_or(usize::MAX);
        Self { jobs: sender, permits: Arc::new(Semaphore::new(capacity)), shared }
    }

    /// Stores `records` in one commit and gives what became of each, in order, once that commit is on disk.
    ///
    /// Waits at most `patience`. All are stored or none.
    ///
    /// # Errors
    /// [`WriteError`]; after `TimedOut` it is not known whether they were stored.
    pub(crate) async fn store(
        &self,
        records: Vec<Record>,
        patience: Duration,
    ) -> Result<Vec<Outcome>, WriteError> {
        let deadline = Instant::now() + patience;
        if let Some(reason) = self.shared.refusal() {
            return Err(WriteError::Unavailable(reason));
        }
        let weight = u32::try_from(records.len()).unwrap_or(QUEUE_CAPACITY).clamp(1, QUEUE_CAPACITY);
        let permit = tokio::time::timeout_at(deadline, Arc::clone(&self.permits).acquire_many_owned(weight))
            .await
            .map_err(|_| WriteError::QueueFull)?
            .map_err(|_| WriteError::Stopping)?;
        let (reply, answer) = oneshot::channel();
        let job = Job { records, reply, permit };
        self.jobs.send(job).map_err(|_| WriteError::Stopping)?;
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(WriteError::Stopping),
            Err(_) => Err(WriteError::TimedOut),
        }
    }

    /// Changes after each commit; the mirror follows it.
    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.shared.commits.subscribe()
    }

    /// How the writer is doing.
    pub(crate) fn report(&self) -> WriterReport {
        let available = u32::try_from(self.permits.available_permits()).unwrap_or(QUEUE_CAPACITY);
        let state = self.shared.lock();
        WriterReport {
            queued: QUEUE_CAPACITY.saturating_sub(available),
            queue_capacity: QUEUE_CAPACITY,
            committed_records: self.shared.committed_records.load(Ordering::Relaxed),
            last_commit_at: state.last_commit_at,
            last_error: state.away.map(|(reason, _)| reason),
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing can be stored now; lets one caller through in each probe interval.
    fn refusal(&self) -> Option<&'static str> {
        let mut state = self.lock();
        let (reason, next_probe) = state.away.as_mut()?;
        if Instant::now() >= *next_probe {
            *next_probe = Instant::now() + PROBE_INTERVAL;
            None
        } else {
            Some(reason)
        }
    }
}

/// Whether the event ids of a batch are looked up before it is stored.
///
/// Nearly all are new, and the unique index finds the others anyway. So a batch is stored without looking first; when
/// the index objects, the transaction is undone and run again with a look. That saves a third of the time of a bulk
/// request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EventIds {
    AssumeNew,
    LookUp,
}

struct Worker {
    db: Db,
    known: Arc<KnownExposures>,
    clock: Arc<dyn Clock>,
    health: Health,
    shared: Arc<Shared>,
    /// Epochs that are in the database for certain, with their experiment.
    opened_epochs: HashSet<(Arc<str>, Arc<str>)>,
    /// Since when the metrics that this process has seen stored count.
    metrics: Arc<CountedFrom>,
}

impl Worker {
    async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>, shutdown: ShutdownSignal) {
        if let Err(error) = self.rehearse().await {
            // The first request finds out what is wrong, and says so.
            tracing::debug!(error = %ErrorChain(&error), "the writer could not rehearse a commit");
        }
        while let Some(first) = self.next_job(&mut jobs, &shutdown).await {
            let batch = take_batch(first, &mut jobs);
            self.store_batch(batch).await;
        }
    }

    async fn rehearse(&self) -> Result<(), DbError> {
        let mut tx = self.db.begin().await?;
        store::rehearse(&mut tx).await?;
        metric_store::rehearse(&mut tx).await?;
        evidence_store::rehearse(&mut tx).await?;
        tx.execute_all(all_changes(&Plan::default(), &MetricLedger::default(), &RaisedPeaks::new())).await
    }

    /// The next job; none when the process stops and nothing is waiting.
    async fn next_job(
        &self,
        jobs: &mut mpsc::UnboundedReceiver<Job>,
        shutdown: &ShutdownSignal,
    ) -> Option<Job> {
        loop {
            tokio::select! {
                biased;
                job = jobs.recv() => return job,
                () = shutdown.wait() => {
                    jobs.close();
                    return jobs.recv().await;
                }
                () = tokio::time::sleep(PROBE_INTERVAL), if self.is_away() => self.probe().await,
            }
        }
    }

    fn is_away(&self) -> bool {
        self.shared.lock().away.is_some()
    }

    /// Finds out without any request whether the database is back. A bad disk shows only when something is written,
    /// so then the next request finds out.
    async fn probe(&self) {
        let reason = self.shared.lock().away.map(|(reason, _)| reason);
        if reason.is_some_and(|reason| DISK_REASONS.contains(&reason)) {
            return;
        }
        if tokio::time::timeout(COMMIT_TIMEOUT, self.db.ping()).await.is_ok_and(|ping| ping.is_ok()) {
            self.set_present();
        }
    }

    fn set_present(&self) {
        self.shared.lock().away = None;
        self.health.set_ok(COMPONENT);
    }

    fn set_away(&self, reason: &'static str) {
        self.shared.lock().away = Some((reason, Instant::now() + PROBE_INTERVAL));
        self.health.set_degraded(COMPONENT, reason);
    }

    async fn store_batch(&mut self, batch: Vec<Job>) {
        let (records, replies): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|job| (job.records, (job.reply, job.permit))).unzip();
        let sizes: Vec<usize> = records.iter().map(Vec::len).collect();
        let records: Vec<Record> = records.into_iter().flatten().collect();
        if records.is_empty() {
            return;
        }
        match self.commit(&records).await {
            Ok(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                for (size, (reply, _permit)) in sizes.into_iter().zip(replies) {
                    // A caller who has left does not need the answer.
                    let _ = reply.send(Ok(outcomes.by_ref().take(size).collect()));
                }
            }
            Err(error) => {
                for (reply, _permit) in replies {
                    let _ = reply.send(Err(error));
                }
            }
        }
    }

    /// Commits all records or none; transactions that collide are run again.
    async fn commit(&mut self, records: &[Record]) -> Result<Vec<Outcome>, WriteError> {
        let mut collisions = 0;
        let mut event_ids = EventIds::AssumeNew;
        loop {
            let attempt = self.try_commit(records, event_ids);
            let error = match tokio::time::timeout(COMMIT_TIMEOUT, attempt).await {
                Ok(Ok(outcomes)) => {
                    if self.is_away() {
                        self.set_present();
                    }
                    return Ok(outcomes);
                }
                Ok(Err(error)) => error,
                Err(_) => {
                    self.set_away("the database took too long");
                    return Err(WriteError::TimedOut);
                }
            };
            if error.kind() == DbErrorKind::Unique && event_ids == EventIds::AssumeNew {
                event_ids = EventIds::LookUp;
                continue;
            }
            if error.kind() == DbErrorKind::Serialization && collisions < COLLISION_RETRIES {
                collisions += 1;
                continue;
            }
            tracing::error!(error = %ErrorChain(&error), records = records.len(), "experiment data was not stored");
            metrics::counter!("dashly_experiment_commit_failures_total").increment(1);
            if error.is_transient() {
                self.set_away(error.reason());
                return Err(WriteError::Unavailable(error.reason()));
            }
            return Err(WriteError::Refused);
        }
    }

    async fn try_commit(&mut self, records: &[Record], event_ids: EventIds) -> Result<Vec<Outcome>, DbError> {
        let mut tx = self.db.begin().await?;
        store::take_ingest_lock(&mut tx).await?;
        let new_epochs = self.new_epochs(records);
        if !new_epochs.is_empty() {
            store::open_epochs(&mut tx, &new_epochs, self.clock.now()).await?;
        }
        let mut known = store::find_known(&mut tx, records).await?;
        if event_ids == EventIds::LookUp {
            known.event_ids = store::find_event_ids(&mut tx, records).await?;
        }
        let metrics = self.metrics_for(&mut tx, records).await?;
        known.metrics = Arc::clone(&metrics);
        let plan = decide(records, known);
        let mut ledger = MetricLedger::default();
        if !plan.metric_events.is_empty() {
            ledger = metric_store::find_ledger(&mut tx, &plan.metric_events).await?;
            plan.metric_events.iter().for_each(|event| ledger.take(event));
        }
        let mut peaks = RaisedPeaks::new();
        if !plan.steps.is_empty() {
            let before = evidence_store::read_evidence_in(&mut tx, &plan.steps).await?;
            peaks = raised_peaks(&plan.steps, before);
        }
        tx.execute_all(all_changes(&plan, &ledger, &peaks)).await?;
        tx.commit().await?;
        self.metrics = metrics;
        self.opened_epochs.extend(new_epochs.iter().map(|experiment| epoch_key(experiment)));
        self.note_commit(&plan);
        Ok(plan.outcomes)
    }

    fn note_commit(&self, plan: &Plan<'_>) {
        for row in &plan.exposures {
            self.known.remember(&row.record.visitor, &row.record.experiment.test_id, &row.variant);
        }
        let rows = u64::try_from(plan.exposures.len() + plan.events.len()).unwrap_or(u64::MAX);
        self.shared.committed_records.fetch_add(rows, Ordering::Relaxed);
        self.shared.lock().last_commit_at = Some(self.clock.now());
        if rows > 0 {
            self.shared.commits.send_modify(|commits| *commits = commits.wrapping_add(1));
        }
        publish(plan);
        metrics::counter!("dashly_experiment_rows_committed_total").increment(rows);
        metrics::counter!("dashly_experiment_commits_total").increment(1);
    }

    /// Since when the metrics of the experiments of `records` count; notes those that are new.
    async fn metrics_for(&self, tx: &mut Tx, records: &[Record]) -> Result<Arc<CountedFrom>, DbError> {
        let new_metrics = self.new_metrics(records);
        if new_metrics.is_empty() {
            return Ok(Arc::clone(&self.metrics));
        }
        let next_day = self.clock.now().start_of_day().plus_seconds(SECONDS_PER_DAY);
        metric_store::open_metrics(tx, &new_metrics, next_day).await?;
        metric_store::list_metrics(tx).await.map(Arc::new)
    }

    /// Metrics of the experiments of `records` that this process has not seen stored yet.
    fn new_metrics(&self, records: &[Record]) -> Vec<MetricKey> {
        let experiments = records.iter().filter_map(|record| match record {
            Record::Exposure(exposure) => Some(&exposure.experiment),
            Record::Event(event) => event.subject.as_ref().map(|subject| &subject.experiment),
        });
        let keys: HashSet<MetricKey> = experiments
            .flat_map(|experiment| experiment.metrics.iter().map(move |metric| (experiment, metric)))
            .map(|(experiment, metric)| (Arc::clone(&experiment.test_id), Arc::clone(&metric.key)))
            .filter(|key| !self.metrics.contains_key(key))
            .collect();
        keys.into_iter().collect()
    }

    fn new_epochs(&self, records: &[Record]) -> Vec<Arc<Experiment>> {
        let mut fresh: Vec<Arc<Experiment>> = Vec::new();
        for record in records {
            if let Record::Exposure(exposure) = record
                && !self.opened_epochs.contains(&epoch_key(&exposure.experiment))
                && !fresh.iter().any(|known| epoch_key(known) == epoch_key(&exposure.experiment))
            {
                fresh.push(Arc::clone(&exposure.experiment));
            }
        }
        fresh
    }
}

/// What one commit changes. Always the same statements, whatever there is to change.
fn all_changes<'a>(plan: &'a Plan<'_>, ledger: &'a MetricLedger, peaks: &'a RaisedPeaks) -> Vec<Query<'a>> {
    let mut changes = store::changes(plan);
    changes.extend(metric_store::changes(ledger));
    changes.push(evidence_store::changes(peaks));
    changes
}

fn epoch_key(experiment: &Experiment) -> (Arc<str>, Arc<str>) {
    (Arc::clone(&experiment.test_id), Arc::clone(&experiment.epoch))
}

/// Must be the texts that [`DbError::reason`] gives for a full and for a failing disk.
const DISK_REASONS: [&str; 2] =
    ["the disk of the database is full", "the disk of the database reports errors"];

/// Takes what is waiting, up to a full batch. Whoever has stopped waiting is left out: nobody would hear the answer,
/// and a retry would then store it twice.
fn take_batch(first: Job, jobs: &mut mpsc::UnboundedReceiver<Job>) -> Vec<Job> {
    let mut records = 0;
    let mut batch = Vec::new();
    let mut next = Some(first);
    while let Some(job) = next {
        if !job.reply.is_closed() {
            records += job.records.len();
            batch.push(job);
        }
        next = if records < BATCH_RECORDS { jobs.try_recv().ok() } else { None };
    }
    batch
}

/// An error with its causes on one line, for the log.
struct ErrorChain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for ErrorChain<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
