//! The results at a million exposures against the same at ten thousand.

use crate::engine::Scratch;
use crate::http_client::{Connection, get_request, post_request};
use crate::server::{ADMIN_PASSWORD, Server};
use crate::table::Table;
use anyhow::{Context, bail};
use dashly_db::{Db, Sql, sql};
use std::time::{Duration, Instant};

const FEW: i64 = 10_000;
const MANY: i64 = 1_000_000;
const READS: u32 = 200;

/// Visitors of one experiment over 30 days, half in each variant, every tenth converted.
const FILL_EXPOSURES: Sql = sql! {
    postgres: "
        insert into experiment_exposures
          (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, converted_at,
           recorded_at)
        select 'v_' || n, 'kpi_scorecard_layout', case n % 2 when 0 then 'A' else 'B' end,
               case n % 2 when 0 then 'A' else 'B' end, '0000000000000000', 'desktop', 'new', true,
               case n % 10 when 0 then moment end, moment
        from (select n, timestamptz '2026-01-01 00:00:00Z' + (n % 720) * interval '1 hour' as moment
              from generate_series(1, $1) as n) as visitors",
    sqlite: "
        with recursive visitors (n) as (select 1 union all select n + 1 from visitors where n < $1)
        insert into experiment_exposures
          (user_or_session_id, test_id, variant, drawn_variant, epoch, device, visitor_kind, is_first, converted_at,
           recorded_at)
        select 'v_' || n, 'kpi_scorecard_layout', case n % 2 when 0 then 'A' else 'B' end,
               case n % 2 when 0 then 'A' else 'B' end, '0000000000000000', 'desktop', 'new', 1,
               case n % 10 when 0 then 1767225600000000 + (n % 720) * 3600000000 end,
               1767225600000000 + (n % 720) * 3600000000
        from visitors",
};

const FILL_TOTALS: Sql = sql! {
    postgres: "
        insert into experiment_totals
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select test_id, variant, drawn_variant, epoch, date_trunc('day', recorded_at, 'UTC'), device, visitor_kind,
               count(*), count(converted_at), count(converted_at)
        from experiment_exposures
        group by 1, 2, 3, 4, 5, 6, 7",
    sqlite: "
        insert into experiment_totals
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select test_id, variant, drawn_variant, epoch, recorded_at - recorded_at % 86400000000, device, visitor_kind,
               count(*), count(converted_at), count(converted_at)
        from experiment_exposures
        group by 1, 2, 3, 4, 5, 6, 7",
};

const FILL_TIMELINE: Sql = sql! {
    postgres: "
        insert into experiment_timeline
          (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select test_id, variant, drawn_variant, epoch, date_trunc('hour', recorded_at), count(*), count(converted_at), count(converted_at)
        from experiment_exposures
        group by 1, 2, 3, 4, 5",
    sqlite: "
        insert into experiment_timeline
          (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select test_id, variant, drawn_variant, epoch, recorded_at - recorded_at % 3600000000, count(*), count(converted_at),
               count(converted_at)
        from experiment_exposures
        group by 1, 2, 3, 4, 5",
};

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let few = read_time(scratch, "few", FEW).await?;
    let many = read_time(scratch, "many", MANY).await?;
    table.add(
        format!("{}: results at 1,000,000 exposures", scratch.engine),
        format!("{many:.2} ms"),
        format!("at 10,000: {few:.2} ms"),
        Some(many / few),
        "≤ 2.00",
    );
    Ok(())
}

/// Median milliseconds of `GET /results` with this many exposures.
async fn read_time(scratch: &Scratch, name: &str, exposures: i64) -> anyhow::Result<f64> {
    let database = scratch.database(name).await?;
    let db = Db::connect(&database.url).await?;
    db.execute(FILL_EXPOSURES.query().bind(exposures)).await?;
    db.execute(FILL_TOTALS.query()).await?;
    db.execute(FILL_TIMELINE.query()).await?;
    db.close().await;

    let server = Server::start(&database)?;
    let mut connection = Connection::open(server.port)?;
    let sign_in = format!("{{\"username\":\"admin\",\"password\":\"{ADMIN_PASSWORD}\"}}");
    let reply = connection.send(post_request("/api/auth/login", "theme=light", &sign_in).as_bytes())?;
    let token = reply
        .head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .and_then(|cookie| cookie.split(';').next())
        .context("no token")?;
    let request = get_request("/api/experiments/results", token);
    // The mirror of a new server first catches up with all rows, which is work of its own.
    loop {
        let reply = connection.send(request.as_bytes())?;
        if String::from_utf8_lossy(&reply.body).contains("\"mirror\":{\"status\":\"ok\"") {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    let mut times = Vec::new();
    for _ in 0..READS {
        let started = Instant::now();
        let reply = connection.send(request.as_bytes())?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        if reply.status != 200 {
            bail!("status {}", reply.status);
        }
    }
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("nothing measured")
}
