//! The largest head of a request that is taken, byte by byte.

use crate::installation::Installation;
use crate::process::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT_BYTES: usize = 64 * 1024;
const LIMIT_HEADERS: usize = 100;
const BEGINNING: &str = "GET /health/live HTTP/1.1\r\nhost: dashly\r\nconnection: close\r\n";

/// A head of exactly so many bytes.
fn head_of(bytes: usize) -> String {
    let filler = bytes - format!("{BEGINNING}x-filler: \r\n\r\n").len();
    format!("{BEGINNING}x-filler: {}\r\n\r\n", "x".repeat(filler))
}

/// A head with exactly so many headers.
fn head_with(headers: usize) -> String {
    format!("{BEGINNING}{}\r\n", "x-filler: x\r\n".repeat(headers - 2))
}

/// Sends the parts, each in a write of its own, and gives the status of the answer.
async fn status_for(server: &Server, parts: &[&str]) -> u16 {
    let connection = TcpStream::connect(server.address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    let (mut reading, mut writing) = connection.into_split();
    let mut answer = Vec::new();
    let ask = async {
        for part in parts {
            // A server that has refused already closes its side; the answer tells.
            if writing.write_all(part.as_bytes()).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    // Refusing with bytes unread resets the connection; what was answered before that has been read by then.
    let (_, ()) = tokio::join!(reading.read_to_end(&mut answer), ask);
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.unwrap_or_else(|| panic!("no answer but {answer:?}")).parse().unwrap()
}

#[tokio::test]
async fn a_head_of_64_kb_is_taken_and_one_byte_more_is_not() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    for (bytes, expected) in [(LIMIT_BYTES, 200), (LIMIT_BYTES + 1, 431), (100_000, 431)] {
        let head = head_of(bytes);
        assert_eq!(head.len(), bytes);
        let (first, second) = head.split_at(bytes / 2);
        assert_eq!(status_for(&server, &[&head]).await, expected, "{bytes} bytes at once");
        assert_eq!(status_for(&server, &[first, second]).await, expected, "{bytes} bytes in two parts");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_head_with_100_headers_is_taken_and_with_one_more_is_not() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    for (headers, expected) in [(LIMIT_HEADERS, 200), (LIMIT_HEADERS + 1, 431)] {
        let head = head_with(headers);
        assert_eq!(head.lines().count(), headers + 2);
        assert_eq!(status_for(&server, &[&head]).await, expected, "{headers} headers");
    }
    server.stop().await;
}
