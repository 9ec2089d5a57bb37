//! Memory of the server: idle, and after a million events.

use crate::bulk_events::post_batches;
use crate::engine::Scratch;
use crate::server::Server;
use crate::table::Table;
use std::time::Duration;

const MILLION_IN_BATCHES: u32 = 100;

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let server = Server::start(&scratch.database("memory").await?)?;
    // What the start needed is given back by then.
    std::thread::park_timeout(Duration::from_secs(2));
    let idle = server.resident_megabytes()?;
    table.add(format!("{}: memory, idle", scratch.engine), format!("{idle:.0} MB"), "–", None, "< 40 MB");
    post_batches(&server, MILLION_IN_BATCHES)?;
    let used = server.resident_megabytes()?;
    let what = format!("{}: memory after 1,000,000 events", scratch.engine);
    table.add(what, format!("{used:.0} MB"), "–", None, "< 150 MB");
    Ok(())
}
