//! `make bench`: what Dashly costs, as ratios to yardsticks measured in the same run.
//!
//! Runs the release binary of `dashly` that lies beside this program, on SQLite and on PostgreSQL (the server at
//! `DASHLY_TEST_POSTGRES_URL`), and prints one table in Markdown, to be kept in `docs/benchmarks.md`. Times depend on the
//! machine; ratios much less. Nothing here fails on a time.
#![expect(clippy::print_stdout, reason = "printing the table is what this program is for")]

mod assignment;
mod bulk_events;
mod engine;
mod fsync;
mod http_client;
mod load;
mod memory;
mod results;
mod returning_visitor;
mod server;
mod table;

use engine::Scratch;
use table::Table;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut table = Table::default();
    assignment::measure(&mut table);
    for scratch in Scratch::both()? {
        fsync::measure(&mut table, &scratch)?;
        load::measure(&mut table, &scratch).await?;
        returning_visitor::measure(&mut table, &scratch).await?;
        bulk_events::measure(&mut table, &scratch).await?;
        results::measure(&mut table, &scratch).await?;
        memory::measure(&mut table, &scratch).await?;
        scratch.remove().await?;
    }
    print!("{}", table.render());
    Ok(())
}
