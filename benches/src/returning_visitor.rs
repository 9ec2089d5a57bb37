//! A returning visitor's dashboard against a route of the same server that does nothing.

use crate::engine::Scratch;
use crate::http_client::{Connection, cookies_of, get_request, throughput};
use crate::server::Server;
use crate::table::Table;
use std::time::Duration;

const CONNECTIONS: u32 = 16;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 3;

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let server = Server::start(&scratch.database("returning").await?)?;
    let view = "/api/experiments/dashboard";
    let first = Connection::open(server.port)?.send(get_request(view, "").as_bytes())?;
    let dashboard = get_request(view, &cookies_of(&first));
    let bare = get_request("/health/live", "");
    // Taken in turns, so that whatever else the machine does hits both.
    let (mut measured, mut yardstick) = (0.0, 0.0);
    for _ in 0..ROUNDS {
        yardstick += throughput(server.port, &bare, CONNECTIONS, ROUND)? / f64::from(ROUNDS);
        measured += throughput(server.port, &dashboard, CONNECTIONS, ROUND)? / f64::from(ROUNDS);
    }
    table.add(
        format!("{}: returning visitor's dashboard", scratch.engine),
        format!("{measured:.0} requests/s"),
        format!("bare route: {yardstick:.0} requests/s"),
        Some(measured / yardstick),
        "≥ 0.50",
    );
    Ok(())
}
