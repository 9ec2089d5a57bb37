//! The gateway against the least proxy that hyper makes, in front of the same provider that answers at once. All local
//! policies are on: a named key with limits and budgets, a workspace with its own, metering, the audit's lines.

mod program;
mod stream;

use crate::http_client::{Connection, throughput};
use crate::table::Table;
pub(crate) use program::Program;
use std::time::{Duration, Instant};

const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 5;
const LATENCY_CALLS: usize = 5_000;
const STARTS: usize = 11;
const OPEN_STREAMS: usize = 2_000;

/// What a caller shows is `test`.
const FILE: &str = "[[keys]]\nname = \"bench\"\n\
    hash = \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n\
    requests_per_minute = 4000000000\ntokens_per_minute = 4000000000\n\
    daily_budget_usd = 1000000\nmonthly_budget_usd = 10000000\n\
    [workspaces]\nrequests_per_minute = 4000000000\ntokens_per_minute = 4000000000\n\
    daily_budget_usd = 1000000\nmonthly_budget_usd = 10000000\n";

/// A question of usual size.
const QUESTION: &str = r#"{"model":"claude-sonnet-5-5","max_tokens":1024,"system":"You explain numbers to marketing managers, briefly.","messages":[{"role":"user","content":"How was July? Clicks by channel: search 9804 (June 8120), social 2406 (2411), mail 1200 (1180), direct 800 (975)."}]}"#;

pub(crate) async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let upstream = Program::peer(&["upstream"])?;
    let address = format!("127.0.0.1:{}", upstream.port);
    let proxy = Program::peer(&["proxy", &address])?;
    let gateway = Program::gateway(folder.path(), upstream.port, None)?;
    measure_starts(table, folder.path(), upstream.port)?;
    table.add("gateway: memory, idle", megabytes(&gateway)?, "–", None, "≤ 12 MB");
    measure_load(table, "gateway", &gateway, &proxy)?;
    measure_latency(table, "gateway", &request(QUESTION), &gateway, &proxy)?;
    stream::measure_first_token(table, &gateway, &proxy)?;
    let held = [stream::hold(&gateway, OPEN_STREAMS).await?, stream::hold(&proxy, OPEN_STREAMS).await?];
    let what = format!("gateway: memory with {OPEN_STREAMS} open streams");
    table.add(what, megabytes(&gateway)?, format!("proxy: {}", megabytes(&proxy)?), None, "≤ 64 MB");
    drop(held);
    if let Some(redis) = redis_url() {
        let shared = Program::gateway(&folder.path().join("shared"), upstream.port, Some(&redis))?;
        measure_load(table, "gateway with Redis", &shared, &proxy)?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "benchmarks get their services through the environment")]
fn redis_url() -> Option<String> {
    std::env::var("DASHLY_TEST_REDIS_URL").ok()
}

pub(crate) fn megabytes(program: &Program) -> anyhow::Result<String> {
    Ok(format!("{:.1} MB", program.resident_megabytes()?))
}

/// The text of a request as a client of the provider sends it.
pub(crate) fn request(body: &str) -> String {
    format!(
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer test\r\nX-Dashly-Workspace: shop\r\n\
         Anthropic-Version: 2023-06-01\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Throughput and CPU time per request, in turns, so that whatever else the machine does hits both.
fn measure_load(table: &mut Table, name: &str, gateway: &Program, proxy: &Program) -> anyhow::Result<()> {
    let request = request(QUESTION);
    for connections in [16, 64] {
        let (mut ours, mut theirs) = (Run::default(), Run::default());
        for _ in 0..ROUNDS {
            theirs.add(proxy, &request, connections)?;
            ours.add(gateway, &request, connections)?;
        }
        table.add(
            format!("{name}: throughput, {connections} at once"),
            format!("{:.0} requests/s", ours.rate()),
            format!("proxy: {:.0} requests/s", theirs.rate()),
            Some(ours.rate() / theirs.rate()),
            if name == "gateway" { "≥ 0.60" } else { "–" },
        );
        table.add(
            format!("{name}: CPU time per request, {connections} at once"),
            format!("{:.0} µs", ours.cpu_micros()),
            format!("proxy: {:.0} µs", theirs.cpu_micros()),
            Some(ours.cpu_micros() / theirs.cpu_micros()),
            if name == "gateway" { "≤ 1.60" } else { "–" },
        );
    }
    Ok(())
}

/// Requests, and the time that they took.
#[derive(Debug, Default)]
pub(crate) struct Run {
    requests: f64,
    seconds: f64,
    cpu: Duration,
}

impl Run {
    pub(crate) fn add(&mut self, program: &Program, request: &str, connections: u32) -> anyhow::Result<()> {
        let before = program.cpu()?;
        let started = Instant::now();
        let rate = throughput(program.port, request, connections, ROUND)?;
        let seconds = started.elapsed().as_secs_f64();
        self.cpu += program.cpu()?.saturating_sub(before);
        self.requests += rate * seconds;
        self.seconds += seconds;
        Ok(())
    }

    pub(crate) fn rate(&self) -> f64 {
        self.requests / self.seconds
    }

    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests
    }
}

/// One caller, one call after the other, in turns of both.
pub(crate) fn measure_latency(
    table: &mut Table,
    name: &str,
    request: &str,
    program: &Program,
    proxy: &Program,
) -> anyhow::Result<()> {
    let mut connections = [Connection::open(program.port)?, Connection::open(proxy.port)?];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..LATENCY_CALLS {
        for (connection, times) in connections.iter_mut().zip(&mut times) {
            let started = Instant::now();
            let reply = connection.send(request.as_bytes())?;
            times.push(started.elapsed());
            anyhow::ensure!(reply.status == 200, "status {}", reply.status);
        }
    }
    let [ours, theirs] = times.map(median_millis);
    table.add(
        format!("{name}: p50 of one caller"),
        format!("{ours:.3} ms"),
        format!("proxy: {theirs:.3} ms, difference {:.3} ms", ours - theirs),
        Some(ours / theirs),
        "≤ +0.1 ms",
    );
    Ok(())
}

fn measure_starts(table: &mut Table, folder: &std::path::Path, upstream: u16) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for number in 0..STARTS {
        let started = Instant::now();
        let _gateway = Program::gateway(&folder.join(format!("start-{number}")), upstream, None)?;
        times.push(started.elapsed());
    }
    let median = median_millis(times);
    table.add("gateway: from start to ready", format!("{median:.0} ms"), "–", None, "≤ 50 ms");
    Ok(())
}

pub(crate) fn median_millis(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, Duration::as_secs_f64) * 1_000.0
}
