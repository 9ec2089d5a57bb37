//! Results and history with the totals of a hundred million exposures.
//!
//! Totals are generated, not counted: a hundred million rows would take an hour to write, and results read none of them.

use crate::engine::Scratch;
use crate::http_client::{Connection, cookies_of, get_request, post_request};
use crate::server::{ADMIN_PASSWORD, Server};
use crate::table::Table;
use anyhow::{Context, bail};
use dashly_db::{Db, Sql, sql};
use std::time::{Duration, Instant};

const READS: u32 = 1_000;
/// By day, hour, variant, device and kind of visitor below, this many exposures each make a hundred million together.
const EXPOSURES_PER_CELL: i64 = 23_148;
/// The first reads open connections and read the definitions; that is not what is measured.
const WARM_UP_READS: u32 = 20;

/// Three experiments, two variants, 90 days, four devices, new and returning: 4,320 cells of 23,148 visitors, of whom 10 %
/// of A and 10.05 % of B convert.
const FILL_TOTALS: Sql = sql! {
    postgres: "
        insert into experiment_totals
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select test_id, variant, variant, 'e', timestamptz '2026-01-01 00:00:00Z' + day * interval '1 day', device, kind,
               $1, $1 / 5, case variant when 'A' then $1 / 10 else $1 * 1005 / 10000 end
        from unnest(array['kpi_scorecard_layout', 'guided_onboarding', 'pricing_cta_upgrade']) as test_id,
             unnest(array['A', 'B']) as variant, generate_series(0, 89) as day,
             unnest(array['desktop', 'mobile', 'tablet', 'unknown']) as device, unnest(array['new', 'returning']) as kind",
    sqlite: "
        with recursive days (day) as (select 0 union all select day + 1 from days where day < 89)
        insert into experiment_totals
          (test_id, variant, drawn_variant, epoch, day, device, visitor_kind, exposures, events, converters)
        select t.value, v.value, v.value, 'e', 1767225600000000 + day * 86400000000, d.value, k.value,
               $1, $1 / 5, case v.value when 'A' then $1 / 10 else $1 * 1005 / 10000 end
        from json_each('[\"kpi_scorecard_layout\", \"guided_onboarding\", \"pricing_cta_upgrade\"]') as t,
             json_each('[\"A\", \"B\"]') as v, days, json_each('[\"desktop\", \"mobile\", \"tablet\", \"unknown\"]') as d,
             json_each('[\"new\", \"returning\"]') as k",
};

/// The same visitors by hour: 12,960 cells.
const FILL_TIMELINE: Sql = sql! {
    postgres: "
        insert into experiment_timeline (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select test_id, variant, variant, 'e', day + hour * interval '1 hour', sum(exposures)::bigint / 24,
               sum(events)::bigint / 24, sum(converters)::bigint / 24
        from experiment_totals, generate_series(0, 23) as hour
        group by test_id, variant, day, hour",
    sqlite: "
        with recursive hours (hour) as (select 0 union all select hour + 1 from hours where hour < 23)
        insert into experiment_timeline (test_id, variant, drawn_variant, epoch, hour, exposures, events, converters)
        select test_id, variant, variant, 'e', day + hour * 3600000000, sum(exposures) / 24, sum(events) / 24,
               sum(converters) / 24
        from experiment_totals, hours
        group by test_id, variant, day, hour",
};

const FILL_DRAWS: Sql = sql!(
    "
    insert into experiment_draws (test_id, epoch, drawn_variant, exposures, converters)
    select test_id, epoch, drawn_variant, cast(sum(exposures) as bigint), cast(sum(converters) as bigint)
    from experiment_totals
    group by test_id, epoch, drawn_variant"
);

const FILL_EPOCHS: Sql = sql!(
    "
    insert into experiment_epochs (test_id, epoch, shares, opened_at)
    select test_id, 'e', '{\"A\": 0.5, \"B\": 0.5}', min(day)
    from experiment_totals
    group by test_id"
);

pub(crate) async fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let database = scratch.database("totals").await?;
    let db = Db::connect(&database.url).await?;
    db.execute(FILL_TOTALS.query().bind(EXPOSURES_PER_CELL)).await?;
    for fill in [FILL_TIMELINE, FILL_DRAWS, FILL_EPOCHS] {
        db.execute(fill.query()).await?;
    }
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
        .context("no token")?
        .to_owned();
    let mut visitor = Visitor::open(&server)?;
    for (name, path) in [
        ("results of three experiments", "/api/experiments/results"),
        ("history of one", "/api/experiments/kpi_scorecard_layout/timeseries"),
    ] {
        let request = get_request(path, &token);
        let [bare, _] = read_times(&mut connection, &get_request("/health/live", &token), || Ok(()))?;
        let [median, slowest] = read_times(&mut connection, &request, || Ok(()))?;
        let [changed_median, changed_slowest] = read_times(&mut connection, &request, || visitor.act())?;
        for (when, median, slowest) in
            [("nothing new", median, slowest), ("an event before each", changed_median, changed_slowest)]
        {
            table.add(
                format!("{}: {name}, totals of 100,000,000 exposures, {when}", scratch.engine),
                format!("p50 {median:.2} ms, p99 {slowest:.2} ms"),
                format!("bare route: p50 {bare:.2} ms"),
                None,
                "p99 ≤ 5 ms",
            );
        }
    }
    Ok(())
}

/// Somebody whose events make whatever was computed before out of date.
struct Visitor {
    connection: Connection,
    cookies: String,
    events: u32,
}

impl Visitor {
    fn open(server: &Server) -> anyhow::Result<Self> {
        let mut connection = Connection::open(server.port)?;
        let first = connection.send(get_request("/api/experiments/dashboard", "").as_bytes())?;
        Ok(Self { connection, cookies: cookies_of(&first), events: 0 })
    }

    fn act(&mut self) -> anyhow::Result<()> {
        self.events += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.events);
        let body = format!(
            "{{\"events\":[{{\"event\":\"kpi_click\",\"testId\":\"kpi_scorecard_layout\",\"event_id\":\"{id}\"}}]}}"
        );
        let request = post_request("/api/experiments/bulk-events", &self.cookies, &body);
        let reply = self.connection.send(request.as_bytes())?;
        if reply.status != 200 {
            bail!("status {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        }
        Ok(())
    }
}

/// Median and 99th percentile in milliseconds of reads, each after something else that is not timed.
fn read_times(
    connection: &mut Connection,
    request: &str,
    mut before: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<[f64; 2]> {
    let mut times: Vec<Duration> = Vec::new();
    for read in 0..WARM_UP_READS + READS {
        before()?;
        let started = Instant::now();
        let reply = connection.send(request.as_bytes())?;
        if reply.status != 200 {
            bail!("status {}", reply.status);
        }
        if read >= WARM_UP_READS {
            times.push(started.elapsed());
        }
    }
    times.sort();
    let at = |share: usize| {
        let time = times.get(times.len() * share / 100).copied().unwrap_or_default();
        time.as_secs_f64() * 1_000.0
    };
    Ok([at(50), at(99)])
}
