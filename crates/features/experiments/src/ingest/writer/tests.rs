use super::{QUEUE_CAPACITY, Shared, State, WriteError, Writer, take_batch};
use crate::ingest::{EventRecord, Record};
use dashly_kernel::Problem;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};

const PATIENCE: Duration = Duration::from_millis(20);

/// The way to a writer, and what arrives there: nobody stores anything.
fn stuck_writer() -> (Writer, mpsc::UnboundedReceiver<super::Job>) {
    let (jobs, arriving) = mpsc::unbounded_channel();
    let shared = Shared {
        committed_records: AtomicU64::new(0),
        state: Mutex::new(State::default()),
        commits: watch::Sender::new(0),
    };
    let permits = Arc::new(Semaphore::new(usize::try_from(QUEUE_CAPACITY).unwrap()));
    (Writer { jobs, permits, shared: Arc::new(shared) }, arriving)
}

fn events(count: u32) -> Vec<Record> {
    let event = EventRecord {
        visitor: Arc::from("v_1"),
        event_name: "x".to_owned(),
        subject: None,
        reported_variant: None,
        event_id: None,
        value: None,
        recorded_at: dashly_kernel::Timestamp::default(),
    };
    (0..count).map(|_| Record::Event(event.clone())).collect()
}

#[tokio::test]
async fn a_full_queue_is_said_at_the_door() {
    let (writer, mut arriving) = stuck_writer();
    let waiting = writer.store(events(QUEUE_CAPACITY), PATIENCE).await;
    assert_eq!(waiting, Err(WriteError::TimedOut));
    assert_eq!(writer.report().queued, QUEUE_CAPACITY);

    let refused = writer.store(events(1), PATIENCE).await;

    assert_eq!(refused, Err(WriteError::QueueFull));
    let problem = Problem::from(WriteError::QueueFull);
    assert_eq!((problem.status, problem.code), (503, "queue-full"));
    assert!(problem.retry_after_seconds.is_some_and(|seconds| seconds > 0));
    // Only what was let in has arrived; as it is let go, there is room again.
    drop(arriving.try_recv().unwrap());
    assert!(arriving.try_recv().is_err());
    assert_eq!(writer.report().queued, 0);
}

#[tokio::test]
async fn whoever_has_left_is_not_stored() {
    let (writer, mut arriving) = stuck_writer();
    // The first stops waiting, the second does not.
    assert_eq!(writer.store(events(3), PATIENCE).await, Err(WriteError::TimedOut));
    let patient = writer.store(events(2), Duration::from_mins(1));
    tokio::pin!(patient);
    assert!(tokio::time::timeout(PATIENCE, &mut patient).await.is_err());

    let first = arriving.try_recv().unwrap();
    let batch = take_batch(first, &mut arriving);

    assert_eq!(batch.iter().map(|job| job.records.len()).collect::<Vec<_>>(), [2]);
    // The writer is gone before it answers.
    drop(batch);
    assert_eq!(patient.await, Err(WriteError::Stopping));
}
