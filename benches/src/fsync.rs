//! What the disk gives: the time to make 4 kB permanent. Every commit pays this at least once.

use crate::engine::Scratch;
use crate::table::Table;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

const WRITES: usize = 300;

pub(crate) fn measure(table: &mut Table, scratch: &Scratch) -> anyhow::Result<()> {
    let mut file = File::create(scratch.path().join("fsync"))?;
    let mut times: Vec<Duration> = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let started = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    let measured = format!("p50 {:.2} ms, p99 {:.2} ms", ms(at(50)), ms(at(99)));
    table.add(format!("{}: fdatasync of 4 kB", scratch.engine), measured, "–", None, "–");
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
