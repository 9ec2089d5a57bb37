//! The default load test, with the rows compared.

use crate::engine::Scratch;
use crate::server::Server;
use crate::table::Table;
use anyhow::bail;
use dashly_db::Db;
use dashly_experiments::count_stored_rows;
use dashly_loadgen::{CountFuture, LoadTestOptions, Progress, RowCounts, StoredRows};

struct DatabaseRows(Db);

impl StoredRows for DatabaseRows {
    fn count(&self) -> CountFuture<'_> {
        Box::pin(async {
            let rows = count_stored_rows(&self.0).await?;
            Ok(RowCounts { exposures: rows.exposures, events: rows.events })
        })
    }
}

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let database = scratch.database("load").await?;
    let server = Server::start(&database)?;
    let rows = DatabaseRows(Db::connect_read_only(&database.url).await?);
    let mut options = LoadTestOptions::new(server.url());
    options.seed = Some(1);
    let report = dashly_loadgen::load_test(options, Some(&rows), &Progress::hidden()).await?;
    if report.exit_code() != 0 {
        bail!("the load test failed:\n{}", report.render());
    }
    let latency = report.total.latency;
    let measured = format!(
        "p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms; no row lost",
        ms(latency.p50_us),
        ms(latency.p95_us),
        ms(latency.p99_us)
    );
    let what = format!("{}: load test, 30 visitors × 20 rounds", scratch.engine);
    table.add(what, measured, "–", None, "p99 ≤ 20 ms, none lost");
    Ok(())
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "latencies are far below 2^53 µs")]
fn ms(microseconds: u64) -> f64 {
    microseconds as f64 / 1_000.0
}
