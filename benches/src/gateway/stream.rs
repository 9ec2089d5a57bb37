//! Streams: when the first token comes, and many open at once.

use super::program::Program;
use super::{QUESTION, median_millis, request};
use crate::table::Table;
use anyhow::bail;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const STREAMS: usize = 2_000;
const END: &[u8] = b"0\r\n\r\n";

/// One caller, one stream after the other, in turns of both.
pub(crate) fn measure_first_token(
    table: &mut Table,
    gateway: &Program,
    proxy: &Program,
) -> anyhow::Result<()> {
    let request = request(&stream_question("How was July?"));
    let mut connections = [connect(gateway.port)?, connect(proxy.port)?];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STREAMS {
        for (connection, times) in connections.iter_mut().zip(&mut times) {
            times.push(first_token(connection, request.as_bytes())?);
        }
    }
    let [ours, theirs] = times.map(median_millis);
    table.add(
        "gateway: first token, p50 of one caller",
        format!("{ours:.3} ms"),
        format!("proxy: {theirs:.3} ms, difference {:.3} ms", ours - theirs),
        Some(ours / theirs),
        "≤ +0.3 ms",
    );
    Ok(())
}

/// Opens `number` streams that have begun and do not end.
pub(crate) async fn hold(gateway: &Program, number: usize) -> anyhow::Result<Vec<tokio::net::TcpStream>> {
    let request = request(&stream_question("hold the line"));
    let mut streams = Vec::with_capacity(number);
    for _ in 0..number {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", gateway.port)).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::new();
        while !contains(&read, b"message_start") {
            if stream.read_buf(&mut read).await? == 0 {
                bail!("a stream ended: {}", String::from_utf8_lossy(&read));
            }
        }
        streams.push(stream);
    }
    Ok(streams)
}

fn stream_question(text: &str) -> String {
    QUESTION.replace("How was July?", text).replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"")
}

fn connect(port: u16) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

/// The time until the first event; reads the stream to its end.
fn first_token(stream: &mut TcpStream, request: &[u8]) -> anyhow::Result<Duration> {
    let started = Instant::now();
    stream.write_all(request)?;
    let (mut read, mut first) = (Vec::new(), None);
    let mut chunk = [0_u8; 16 * 1024];
    while !read.ends_with(END) {
        let length = stream.read(&mut chunk)?;
        if length == 0 {
            bail!("the stream was cut: {}", String::from_utf8_lossy(&read));
        }
        read.extend_from_slice(chunk.get(..length).unwrap_or_default());
        if first.is_none() && contains(&read, b"message_start") {
            first = Some(started.elapsed());
        }
    }
    first.ok_or_else(|| anyhow::anyhow!("no first event: {}", String::from_utf8_lossy(&read)))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
