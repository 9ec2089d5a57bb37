//! The processes under measurement.

use crate::http_client::get_once;
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(10);
/// Of `/proc/PID/stat`, on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running program; ends when dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// Port on 127.0.0.1.
    pub(crate) port: u16,
}

impl Program {
    /// One of the benchmark's own: it prints its port.
    pub(crate) fn peer(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = command("dashly-bench-peer")?
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .context("the peer")?;
        let output = child.stdout.take().context("its output")?;
        let line = BufReader::new(output).lines().next().context("a port")??;
        Ok(Self { child, port: line.parse()? })
    }

    /// The gateway, ready, with a folder of its own.
    pub(crate) fn gateway(folder: &Path, upstream: u16, redis: Option<&str>) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join("gateway.toml");
        std::fs::write(&file, super::FILE)?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = command("dashly-genai-gateway")?;
        command
            .env("PORT", port.to_string())
            .env("HOST", "127.0.0.1")
            .env("ANTHROPIC_API_KEY", "bench")
            .env("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{upstream}"))
            .env("GATEWAY_CONFIG", file)
            .env("GATEWAY_BUDGETS", folder.join("budgets.json"))
            .env("LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(redis) = redis {
            command.env("REDIS_URL", redis);
        }
        let program = Self { child: command.spawn().context("the gateway")?, port };
        wait_until_ready(port)?;
        Ok(program)
    }

    /// The edge, ready, in front of these ports, with everything on the stable version.
    pub(crate) fn edge(stable: &[u16], canary: &[u16]) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let admin = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let urls = |ports: &[u16]| {
            ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
        };
        let child = command("dashly")?
            .arg("edge")
            .env("PORT", port.to_string())
            .env("HOST", "127.0.0.1")
            .env("EDGE_ADMIN", format!("127.0.0.1:{admin}"))
            .env("EDGE_STABLE", urls(stable))
            .env("EDGE_CANARY", urls(canary))
            .env("LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("the edge")?;
        let program = Self { child, port };
        wait_until_ready(admin)?;
        Ok(program)
    }

    /// Ends it at once (SIGKILL), and waits until its port is free.
    pub(crate) fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Memory in use, in MB (resident set).
    pub(crate) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// CPU time since its start, of all threads, in the program and for it in the kernel.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in parentheses, may hold anything; the fields follow it.
        let (_, fields) = stat.rsplit_once(") ").context("no fields")?;
        let mut times = fields.split(' ').skip(11);
        let user: f64 = times.next().context("no user time")?.parse()?;
        let system: f64 = times.next().context("no system time")?.parse()?;
        Ok(Duration::from_secs_f64((user + system) / TICKS_PER_SECOND))
    }
}

fn wait_until_ready(port: u16) -> anyhow::Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        if get_once(port, "/health/ready").is_ok_and(|status| status == 200) {
            return Ok(());
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    bail!("not ready within {} s", START_LIMIT.as_secs())
}

/// A program beside this one.
fn command(name: &str) -> anyhow::Result<Command> {
    let program = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(program.exists(), "{} is missing: run `make bench`", program.display());
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    Ok(command)
}

impl Drop for Program {
    fn drop(&mut self) {
        // It is a benchmark's own: nothing in it is to be kept.
        self.end();
    }
}
