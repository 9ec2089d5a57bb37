//! The server under measurement: the release binary as a child process.

use crate::engine::Database;
use anyhow::{Context, bail};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(20);
const EXPERIMENTS: &str = include_str!("../../tests.json");
/// Only this machine can reach the server, and it lives for seconds.
pub(crate) const ADMIN_PASSWORD: &str = "seven wet umbrellas";

/// A running server; ends when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Port on 127.0.0.1.
    pub(crate) port: u16,
}

impl Server {
    /// Starts `dashly up` on `database`, with the three experiments of the repository.
    pub(crate) fn start(database: &Database) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("dashly");
        let tests_file = database.folder.join("tests.json");
        std::fs::write(&tests_file, EXPERIMENTS)?;
        let port = free_port()?;
        let child = Command::new(&program)
            .arg("up")
            .env("PORT", port.to_string())
            .env("HOST", "127.0.0.1")
            .env("DATABASE_URL", &database.url_text)
            .env("DATA_DIR", &database.folder)
            .env("TESTS_FILE", tests_file)
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("LOG_FILTER", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} is missing: run `make bench`", program.display()))?;
        let server = Self { child, port };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if crate::http_client::get_once(self.port, "/health/ready").is_ok_and(|status| status == 200) {
                return Ok(());
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        bail!("the server was not ready within {} s", START_LIMIT.as_secs())
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Memory that the process has in use, in MB (resident set).
    pub(crate) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is a benchmark's own server: nothing in it is to be kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
