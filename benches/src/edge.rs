//! The edge against the least proxy that hyper makes, in front of the same server that answers at once; and what a killed
//! backend costs, with the edge and without it.

use crate::gateway::{Program, Run, measure_latency, megabytes, request};
use crate::http_client::Connection;
use crate::table::Table;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const ROUNDS: u32 = 5;
const KILL_CLIENTS: usize = 16;
const KILLS: usize = 10;
/// Requests before and after each kill.
const BETWEEN_KILLS: u64 = 2_000;

pub(crate) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let stable = Program::peer(&["upstream"])?;
    let canary = Program::peer(&["upstream"])?;
    let address = format!("127.0.0.1:{}", stable.port);
    let proxy = Program::peer(&["proxy", &address])?;
    let edge = Program::edge(&[stable.port], &[canary.port])?;
    table.add("edge: memory, idle", megabytes(&edge)?, "–", None, "–");
    // A visitor who is known, so that no reply sets a cookie.
    let request = request("{}").replace("\r\n\r\n", "\r\nCookie: ab_visitor_id=v_1\r\n\r\n");
    for connections in [16, 64] {
        let (mut ours, mut theirs) = (Run::default(), Run::default());
        for _ in 0..ROUNDS {
            theirs.add(&proxy, &request, connections)?;
            ours.add(&edge, &request, connections)?;
        }
        table.add(
            format!("edge: throughput, {connections} at once"),
            format!("{:.0} requests/s", ours.rate()),
            format!("proxy: {:.0} requests/s", theirs.rate()),
            Some(ours.rate() / theirs.rate()),
            "≥ 0.60",
        );
        table.add(
            format!("edge: CPU time per request, {connections} at once"),
            format!("{:.0} µs", ours.cpu_micros()),
            format!("proxy: {:.0} µs", theirs.cpu_micros()),
            Some(ours.cpu_micros() / theirs.cpu_micros()),
            "–",
        );
    }
    measure_latency(table, "edge", &request, &edge, &proxy)?;
    table.add("edge: memory after that", megabytes(&edge)?, "–", None, "–");
    drop(edge);
    measure_kills(table)
}

/// Kills one of three backends again and again under load, and starts another in its place.
fn measure_kills(table: &mut Table) -> anyhow::Result<()> {
    let mut backends =
        [Program::peer(&["upstream"])?, Program::peer(&["upstream"])?, Program::peer(&["upstream"])?];
    let ports: Vec<u16> = backends.iter().map(|backend| backend.port).collect();
    let edge = Program::edge(&ports, &[])?;
    let (done, failed) = under_kills(&mut backends, &[edge.port])?;
    let measured = format!("{failed} of {done} failed");
    // The same with nothing in front: clients spread over the backends, as a Service of Kubernetes spreads connections.
    let (done, failed) = under_kills(&mut backends, &ports)?;
    let without = format!("without an edge: {failed} of {done} failed");
    table.add(
        format!("edge: GET requests under {KILLS} kills of one of 3 backends"),
        measured,
        without,
        None,
        "0",
    );
    Ok(())
}

/// Requests sent and failed, by clients that each take the next of `ports` for every connection.
fn under_kills(backends: &mut [Program; 3], ports: &[u16]) -> anyhow::Result<(u64, u64)> {
    let stop = Arc::new(AtomicBool::new(false));
    let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let clients: Vec<_> = (0..KILL_CLIENTS)
        .map(|number| {
            let (stop, counts, ports) = (Arc::clone(&stop), Arc::clone(&counts), ports.to_vec());
            std::thread::spawn(move || send_until(&stop, &counts, &ports, number))
        })
        .collect();
    for kill in 0..KILLS {
        wait_for_more(&counts.0);
        if let Some(victim) = backends.get_mut(kill % 3) {
            victim.end();
            wait_for_more(&counts.0);
            let port = victim.port.to_string();
            *victim = Program::peer(&["upstream", &port])?;
        }
        // Longer than the first pause of an ejected backend, so that the next kill meets all three at work.
        std::thread::park_timeout(Duration::from_millis(1_500));
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
    }
    Ok((counts.0.load(Ordering::Relaxed), counts.1.load(Ordering::Relaxed)))
}

fn wait_for_more(done: &AtomicU64) {
    let goal = done.load(Ordering::Relaxed) + BETWEEN_KILLS;
    while done.load(Ordering::Relaxed) < goal {
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

fn send_until(stop: &AtomicBool, counts: &(AtomicU64, AtomicU64), ports: &[u16], number: usize) {
    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ab_visitor_id=v_1\r\n\r\n";
    let mut connection = None;
    let mut turn = number;
    while !stop.load(Ordering::Relaxed) {
        if connection.is_none() {
            let port = ports.iter().cycle().nth(turn % ports.len()).copied().unwrap_or_default();
            turn += 1;
            connection = Connection::open(port).ok();
        }
        let answered = connection.as_mut().and_then(|connection| connection.send(GET).ok());
        counts.0.fetch_add(1, Ordering::Relaxed);
        if answered.is_none_or(|reply| reply.status != 200) {
            counts.1.fetch_add(1, Ordering::Relaxed);
            connection = None;
        }
        // A paced load, some hundred requests per second for each client, as people make it.
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
