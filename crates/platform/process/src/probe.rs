//! Asking a server on this machine whether it is live.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take to say that it is live.
pub const PROBE_PATIENCE: Duration = Duration::from_secs(2);

/// The beginning of an answer that says so. It is all that is read.
const LIVE: &[u8] = b"HTTP/1.1 200 ";

/// Why a server does not count as live.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Nothing can be asked there.
    #[error("nothing answers on 127.0.0.1 port {port}")]
    Unreachable {
        /// The port.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// It answered something else than 200, or stopped in the middle.
    #[error("the answer on 127.0.0.1 port {port} does not begin with `HTTP/1.1 200`")]
    NotLive {
        /// The port.
        port: u16,
    },
    /// It did not answer.
    #[error("no answer on 127.0.0.1 port {port} within {} ms", patience.as_millis())]
    Silent {
        /// The port.
        port: u16,
        /// How long was waited.
        patience: Duration,
    },
}

/// Asks `http://127.0.0.1:{port}/health/live` for 200, within `patience` in all. An image without a shell has no other
/// way to ask, and a client for HTTP would be more than one request needs.
///
/// # Errors
/// [`ProbeError`] when it is not live.
pub async fn probe_live(port: u16, patience: Duration) -> Result<(), ProbeError> {
    match timeout(patience, ask(port)).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(ProbeError::NotLive { port }),
        Ok(Err(source)) => Err(ProbeError::Unreachable { port, source }),
        Err(_) => Err(ProbeError::Silent { port, patience }),
    }
}

async fn ask(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(LIVE.len());
    stream.take(LIVE.len().try_into().unwrap_or(u64::MAX)).read_to_end(&mut answer).await?;
    Ok(answer == LIVE)
}

#[cfg(test)]
mod tests {
    use super::{ProbeError, probe_live};
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    /// What the probe says of a server that sends `answer`, byte by byte, and hangs up.
    async fn asked(answer: &str) -> Result<(), ProbeError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            for byte in answer.bytes() {
                stream.write_all(&[byte]).await.unwrap();
            }
        };
        tokio::join!(probe_live(port, Duration::from_secs(20)), server).0
    }

    #[tokio::test]
    async fn only_200_is_live() {
        asked("HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        for other in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 20", "SSH-2.0-OpenSSH\r\n", ""] {
            assert!(matches!(asked(other).await, Err(ProbeError::NotLive { .. })), "{other:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_and_a_silent_server_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // The system takes the connection, and nobody ever answers.
        let silent = probe_live(port, Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(silent.to_string(), format!("no answer on 127.0.0.1 port {port} within 50 ms"));
        drop(listener);
        let closed = probe_live(port, Duration::from_secs(20)).await;
        assert!(matches!(closed, Err(ProbeError::Unreachable { .. })), "{closed:?}");
    }
}
