//! The least HTTP client that works: so that what is measured is the server.

use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A connection that is kept open.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A reply: its status, head and body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends the bytes of one request and reads the reply, which must have a content length.
    pub(crate) fn send(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut chunk = [0_u8; 16 * 1024];
        loop {
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                bail!("the server closed the connection");
            }
            self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
            if let Some(reply) = parse(&self.buffer)? {
                return Ok(reply);
            }
        }
    }
}

/// The reply in `bytes`, once it is whole.
fn parse(bytes: &[u8]) -> anyhow::Result<Option<Reply>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .context("a reply without content-length")?
        .parse()?;
    let body = bytes.get(end + 4..).unwrap_or_default();
    if body.len() < length {
        return Ok(None);
    }
    let status = head.split_whitespace().nth(1).context("no status")?.parse()?;
    Ok(Some(Reply { status, head: head.to_owned(), body: body.to_vec() }))
}

/// One GET on a connection of its own; gives the status.
pub(crate) fn get_once(port: u16, path: &str) -> anyhow::Result<u16> {
    Ok(Connection::open(port)?.send(get_request(path, "").as_bytes())?.status)
}

/// The text of a GET request with a `Cookie` header, if one is given.
pub(crate) fn get_request(path: &str, cookie: &str) -> String {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n")
}

/// The text of a POST request with a JSON body.
pub(crate) fn post_request(path: &str, cookie: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The cookies that a reply sets, as a browser would send them back.
pub(crate) fn cookies_of(reply: &Reply) -> String {
    let pairs: Vec<&str> = reply
        .head
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "))
        .filter_map(|cookie| cookie.split(';').next())
        .collect();
    pairs.join("; ")
}

/// Requests per second that `connections` at once get through in `time`; every reply must be 200.
pub(crate) fn throughput(port: u16, request: &str, connections: u32, time: Duration) -> anyhow::Result<f64> {
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (stop, done, request) = (Arc::clone(&stop), Arc::clone(&done), request.as_bytes().to_vec());
            std::thread::spawn(move || -> anyhow::Result<()> {
                let mut connection = Connection::open(port)?;
                while !stop.load(Ordering::Relaxed) {
                    let reply = connection.send(&request)?;
                    if reply.status != 200 {
                        bail!("status {}", reply.status);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    std::thread::park_timeout(time);
    let elapsed = started.elapsed();
    let count = done.load(Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
    }
    Ok(f64::from(u32::try_from(count)?) / elapsed.as_secs_f64())
}
