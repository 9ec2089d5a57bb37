//! A Redis of a test's own, which it may take away.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Ends with the test.
pub(crate) struct OwnRedis {
    child: Child,
    folder: TempDir,
}

impl OwnRedis {
    /// Starts it with the arguments that `arguments` makes for its folder.
    pub(crate) fn start(arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let child = Command::new("redis-server")
            .args(arguments(folder.path()))
            .args(["--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server: run scripts/install-test-tools");
        Self { child, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nobody listens on at present.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
