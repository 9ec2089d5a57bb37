//! Durable bulk events against raw batched inserts of the same rows into the same table.

use crate::engine::{Database, Scratch};
use crate::http_client::{Connection, cookies_of, get_request, post_request};
use crate::server::Server;
use crate::table::Table;
use anyhow::bail;
use dashly_db::{Columns, Db, Sql, sql};
use dashly_kernel::Timestamp;
use std::fmt::Write;
use std::time::Instant;

/// Rows in one request and in one raw insert.
const BATCH: u32 = 10_000;
const BATCHES: u32 = 20;
const CLIENTS: u32 = 4;
const VISITOR: &str = "v_00000000000000000000000000000000";

const RAW_INSERT: Sql = sql! {
    postgres: "
        insert into experiment_events
          (user_or_session_id, event_name, test_id, variant, event_id, counted_as, recorded_at)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                             $7::timestamptz[])",
    sqlite: "
        insert into experiment_events
          (user_or_session_id, event_name, test_id, variant, event_id, counted_as, recorded_at)
        select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        from json_each($1)",
};

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    // In turns, half before and half after, so that whatever else the machine does hits both.
    let raw_database = scratch.database("raw").await?;
    let database = scratch.database("bulk").await?;
    let server = Server::start(&database)?;
    let mut raw_seconds = raw_inserts(&raw_database, 0).await?;
    let measured_seconds = post_batches(&server, BATCHES)?;
    raw_seconds += raw_inserts(&raw_database, BATCHES / 2).await?;
    let rows = f64::from(BATCH * BATCHES);
    let (measured, raw) = (rows / measured_seconds, rows / raw_seconds);
    table.add(
        format!("{}: durable bulk events over HTTP", scratch.engine),
        format!("{measured:.0} rows/s"),
        format!("raw inserts, {BATCH} a commit: {raw:.0} rows/s"),
        Some(measured / raw),
        "≥ 0.70",
    );
    Ok(())
}

/// Half of the batches, beginning at `first`; gives the seconds it took.
async fn raw_inserts(database: &Database, first: u32) -> anyhow::Result<f64> {
    let db = Db::connect(&database.url).await?;
    let batches: Vec<Vec<String>> = (first..first + BATCHES / 2)
        .map(|batch| (0..BATCH).map(|index| event_id(batch, index)).collect())
        .collect();
    let started = Instant::now();
    for ids in &batches {
        let now = Timestamp::from_unix_micros(1_800_000_000_000_000);
        let columns = Columns::new()
            .text(ids.iter().map(|_| VISITOR))
            .text(ids.iter().map(|_| "kpi_click"))
            .text(ids.iter().map(|_| "kpi_scorecard_layout"))
            .text(ids.iter().map(|_| "A"))
            .text(ids.iter().map(String::as_str))
            .text(ids.iter().map(|_| "repeat"))
            .time(ids.iter().map(|_| now));
        let mut tx = db.begin().await?;
        tx.execute(RAW_INSERT.batch(columns)).await?;
        tx.commit().await?;
    }
    let elapsed = started.elapsed().as_secs_f64();
    db.close().await;
    Ok(elapsed)
}

/// Posts `batches` bulk requests from a few clients at once; gives the seconds it took. Every row must be stored.
pub(crate) fn post_batches(server: &Server, batches: u32) -> anyhow::Result<f64> {
    let started = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let port = server.port;
            std::thread::spawn(move || -> anyhow::Result<f64> {
                let mut connection = Connection::open(port)?;
                let first = connection.send(get_request("/api/experiments/dashboard", "").as_bytes())?;
                let cookie = cookies_of(&first);
                // Writing the requests is the client's work: not measured.
                let mut preparing = 0.0;
                for batch in (client..batches).step_by(usize::try_from(CLIENTS)?) {
                    let prepare = Instant::now();
                    let request = post_request("/api/experiments/bulk-events", &cookie, &body(batch));
                    preparing += prepare.elapsed().as_secs_f64();
                    let reply = connection.send(request.as_bytes())?;
                    let text = String::from_utf8_lossy(&reply.body);
                    if reply.status != 200 || !text.contains(&format!("\"logged\":{BATCH},")) {
                        bail!("status {}: {text}", reply.status);
                    }
                }
                Ok(preparing)
            })
        })
        .collect();
    let mut preparing = 0.0;
    for client in clients {
        preparing += client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
    }
    Ok(started.elapsed().as_secs_f64() - preparing / f64::from(CLIENTS))
}

fn body(batch: u32) -> String {
    let mut body = String::from("{\"events\":[");
    for index in 0..BATCH {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            "{comma}{{\"event\":\"kpi_click\",\"testId\":\"kpi_scorecard_layout\",\"event_id\":\"{}\"}}",
            event_id(batch, index)
        );
    }
    body.push_str("]}");
    body
}

fn event_id(batch: u32, index: u32) -> String {
    format!("event-{batch:06}-{index:06}")
}
