//! Two processes on one PostgreSQL and one mirror folder.

use crate::browser::Site;
use crate::installation::{Installation, JWT_SECRET, PASSWORD};
use crate::ledger::SharedLedger;
use crate::load::Load;
use crate::mirror::{self, Reader};
use crate::process::{PATIENCE, eventually};
use crate::reconcile::reconcile;
use crate::stored::Stored;
use std::time::{Duration, Instant};

/// From the death of the mirror's owner until the other one has caught up.
const TAKEOVER_LIMIT: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_replica_dies_and_the_other_takes_over_what_it_owned() {
    let installation = Installation::on_postgres().await;
    installation.command(&["migrate"]).run().await.succeeded();
    let replica = || {
        let variables = [("JWT_SECRET", JWT_SECRET), ("ADMIN_PASSWORD", PASSWORD), ("LOG_FORMAT", "json")];
        installation.command(&["api"]).envs(variables.map(|(name, value)| (name, value.to_owned()))).serve()
    };
    // The first owns the mirror.
    let first = replica().await;
    let reader = Reader::start(installation.mirror_folder());
    eventually("the first makes the mirror", PATIENCE, async || {
        installation.mirror_folder().join("events.json").exists().then_some(())
    })
    .await;
    let second = replica().await;
    let ledger = SharedLedger::default();
    let on_first = Load::start(&Site::new(first.url()), &ledger, 8, "first");
    let on_second = Load::start(&Site::new(second.url()), &ledger, 9, "second");
    eventually("both serve", PATIENCE, async || (ledger.lock().acknowledged() > 300).then_some(())).await;

    let in_flight = on_first.begin_stop();
    first.kill();
    on_first.end().await;
    let died = Instant::now();
    let before = ledger.lock().acknowledged();
    eventually("the second goes on", PATIENCE, async || {
        (ledger.lock().acknowledged() > before + 100).then_some(())
    })
    .await;
    on_second.end().await;

    let stored = Stored::read(&installation.database()).await;
    reconcile(&ledger.lock(), &stored).assert_none("after one of two replicas died");
    let remaining = TAKEOVER_LIMIT.saturating_sub(died.elapsed());
    mirror::wait_until_equal(&installation.mirror_folder(), &stored, remaining).await;
    println!("{in_flight} requests in flight, mirror taken over after {:?}", died.elapsed());
    reader.stop().assert_all_good();
    second.stop().await;
    installation.remove().await;
}
