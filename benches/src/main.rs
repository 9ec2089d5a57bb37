//! `make bench`: what Dashly costs, as ratios to yardsticks measured in the same run.
//!
//! Runs the release binary of `dashly` that lies beside this program, on SQLite and on PostgreSQL (the server at
//! `DASHLY_TEST_POSTGRES_URL`), and prints one table in Markdown, to be kept in `docs/benchmarks.md`. Times depend on the
//! machine; ratios much less. Nothing here fails on a time. `make bench ONLY=totals` measures one part.
#![expect(clippy::print_stdout, reason = "printing the table is what this program is for")]

mod assignment;
mod bulk_events;
mod edge;
mod engine;
mod fsync;
mod gateway;
mod http_client;
mod load;
mod memory;
mod results;
mod returning_visitor;
mod server;
mod start;
mod table;
mod totals;

use anyhow::bail;
use engine::Scratch;
use table::Table;

const PARTS: [&str; 11] = [
    "assignment",
    "gateway",
    "edge",
    "start",
    "fsync",
    "load",
    "returning_visitor",
    "bulk_events",
    "results",
    "totals",
    "memory",
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let only = std::env::args().nth(1);
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if let Some(unknown) = only.as_deref().filter(|part| !PARTS.contains(part)) {
        bail!("no part {unknown:?}; there are {}", PARTS.join(", "));
    }
    let mut table = Table::default();
    if is_wanted("assignment") {
        assignment::measure(&mut table);
    }
    if is_wanted("gateway") {
        gateway::measure(&mut table).await?;
    }
    if is_wanted("edge") {
        edge::measure(&mut table)?;
    }
    for scratch in Scratch::both()? {
        for part in PARTS.iter().filter(|part| is_wanted(part)) {
            match *part {
                "start" => start::measure(&mut table, &scratch).await?,
                "fsync" => fsync::measure(&mut table, &scratch)?,
                "load" => load::measure(&mut table, &scratch).await?,
                "returning_visitor" => returning_visitor::measure(&mut table, &scratch).await?,
                "bulk_events" => bulk_events::measure(&mut table, &scratch).await?,
                "results" => results::measure(&mut table, &scratch).await?,
                "totals" => totals::measure(&mut table, &scratch).await?,
                "memory" => memory::measure(&mut table, &scratch).await?,
                _ => {}
            }
        }
        scratch.remove().await?;
    }
    print!("{}", table.render());
    Ok(())
}
