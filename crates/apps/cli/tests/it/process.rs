//! Runs of the program: always ended and reaped, however a test ends.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A machine busy with other builds may need this long for what usually takes a fraction of a second.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Looks until `look` gives something, and panics when it has not by then.
pub(crate) async fn eventually<T>(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A call of `dashly` that inherits nothing from the environment of the tests.
pub(crate) struct Dashly {
    command: Command,
    stdin: Option<&'static str>,
}

impl Dashly {
    /// `dashly` with these arguments, working in an empty environment.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dashly"));
        command.args(arguments);
        Self::of(command)
    }

    /// The same through a shell that changes limits or mounts first; `script` ends with `exec "$@"`.
    pub(crate) fn through_shell(wrapper: &[&str], script: &str, arguments: &[&str]) -> Self {
        let words: Vec<&str> =
            [wrapper, &["bash", "-c", script, "bash", env!("CARGO_BIN_EXE_dashly")], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        command.env_clear();
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        Self { command, stdin: None }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn envs<'a>(mut self, variables: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        self.command.envs(variables);
        self
    }

    pub(crate) fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = Some(text);
        self
    }

    /// Starts it and leaves it running.
    pub(crate) fn spawn(mut self) -> Running {
        let output = tempfile::tempdir().unwrap();
        let (stdout, stderr) = (output.path().join("stdout"), output.path().join("stderr"));
        self.command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let stdin = self.stdin.map_or_else(Stdio::null, |text| {
            let path = output.path().join("stdin");
            fs::write(&path, text).unwrap();
            File::open(path).unwrap().into()
        });
        self.command.stdin(stdin);
        let child = self.command.spawn().unwrap();
        Running { child, stdout, stderr, _output: output }
    }

    /// Runs it to its end.
    pub(crate) async fn run(self) -> Ended {
        let mut running = self.spawn();
        let status = running.end_within(PATIENCE).await;
        Ended { status, stdout: running.stdout(), stderr: running.stderr() }
    }

    /// Starts it and waits until it serves.
    pub(crate) async fn serve(self) -> Server {
        let mut running = self.spawn();
        let port = eventually("the server says where it listens", PATIENCE, async || {
            assert!(!running.has_ended(), "the server ended at its start:\n{}", running.stderr());
            announced_port(&running.stdout()).or_else(|| announced_port(&running.stderr()))
        })
        .await;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Server { running, address }
    }
}

/// In `up at http://localhost:PORT` of `dashly up` and `socket=127.0.0.1:PORT` of the log.
fn announced_port(text: &str) -> Option<u16> {
    let rest = ["up at http://localhost:", "\"socket\":\"127.0.0.1:"]
        .iter()
        .find_map(|before| text.split_once(before))?
        .1;
    let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    // The line is complete only once something follows.
    (digits.len() < rest.len()).then(|| digits.parse().unwrap())
}

/// What a finished run left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Its output, after checking that it succeeded.
    pub(crate) fn succeeded(self) -> String {
        assert!(self.status.success(), "{:?}\n{}\n{}", self.status, self.stdout, self.stderr);
        self.stdout
    }

    /// The one line in which it said why it failed.
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.code(), Some(1), "{self:?}");
        let lines: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("dashly: ")).collect();
        assert_eq!(lines.len(), 1, "one line says what is wrong: {self:?}");
        assert_eq!(self.stdout, "");
        lines[0]
    }
}

/// A process of ours.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    _output: TempDir,
}

impl Running {
    pub(crate) fn stdout(&self) -> String {
        read(&self.stdout)
    }

    pub(crate) fn stderr(&self) -> String {
        read(&self.stderr)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) async fn end_within(&mut self, patience: Duration) -> ExitStatus {
        eventually("the process ends", patience, async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Either fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// A server of ours that serves.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As the power switch of the machine does it to a process.
    pub(crate) fn kill(mut self) {
        self.running.child.kill().unwrap();
        self.running.child.wait().unwrap();
    }

    /// As an operator does it; it must end well.
    pub(crate) async fn stop(mut self) {
        self.running.signal(Signal::TERM);
        let status = self.running.end_within(PATIENCE).await;
        assert!(status.success(), "{status:?}\n{}", self.running.stderr());
    }
}
