//! From the start of the server to its first ready answer, on a database that is there already.

use crate::engine::Scratch;
use crate::gateway::median_millis;
use crate::server::Server;
use crate::table::Table;
use std::time::Instant;

const STARTS: usize = 11;

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let engine = scratch.engine;
    let database = scratch.database("start").await?;
    // The first start makes the tables.
    drop(Server::start(&database)?);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let _server = Server::start(&database)?;
        times.push(started.elapsed());
    }
    let median = median_millis(times);
    table.add(format!("{engine}: from start to ready"), format!("{median:.0} ms"), "–", None, "≤ 50 ms");
    Ok(())
}
