//! The program as a deployment runs it.

use crate::fixture::{MODEL, PROVIDER_KEY, question, stream_question};
use dashly_fake_upstream::{FakeUpstream, Options};
use reqwest::Client;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(crate) const TOKEN: &str = "token-of-the-main-api-9f8e7d6c5b4a";
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The program, and a provider of its own.
pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
    client: Client,
    pub(crate) upstream: FakeUpstream,
    /// Everything it has written so far.
    log: tokio::task::JoinHandle<String>,
    _folder: TempDir,
}

impl Program {
    /// With these variables and this file; an empty one is left out, since none is needed.
    pub(crate) async fn start(variables: &[(&str, &str)], file: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = FakeUpstream::start(listener, Options::default()).unwrap();
        let folder = TempDir::new().unwrap();
        if !file.is_empty() {
            std::fs::write(folder.path().join("gateway.toml"), file).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_dashly-genai-gateway"))
            .current_dir(folder.path())
            .env_clear()
            .env("PORT", "0")
            .env("HOST", "127.0.0.1")
            .env("ANTHROPIC_API_KEY", PROVIDER_KEY)
            .env("ANTHROPIC_BASE_URL", upstream.url())
            .env("GATEWAY_TOKEN", TOKEN)
            .env("LOG_FORMAT", "json")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut written = String::new();
        let url = loop {
            let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().expect("it starts");
            written.push_str(&line);
            written.push('\n');
            let entry: Value = serde_json::from_str(&line).unwrap();
            if let Some(socket) = entry["fields"]["socket"].as_str().or(entry["socket"].as_str()) {
                break format!("http://{socket}");
            }
        };
        #[expect(clippy::disallowed_methods, reason = "ends with the program")]
        let log = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                written.push_str(&line);
                written.push('\n');
            }
            written
        });
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        Self { child, url, client, upstream, log, _folder: folder }
    }

    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client
            .post(format!("{}{path}", self.url))
            .bearer_auth(token)
            .header("anthropic-version", "2023-06-01")
            .json(body)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let reply = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    pub(crate) async fn task(&self, path: &str, body: &Value) -> (u16, Value) {
        let reply = self.post(&format!("/api/ai/{path}"), TOKEN, body).send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    pub(crate) async fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }

    /// Waits for its end; gives everything that it wrote.
    pub(crate) async fn ended(mut self) -> String {
        assert!(timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap().success());
        self.log.await.unwrap()
    }
}

/// The audit's lines of a log: the members that each of them has.
pub(crate) fn calls_in(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == "call").collect()
}

#[tokio::test]
async fn at_a_stop_ready_flips_and_streams_run_to_their_end() {
    let program = Program::start(&[("DRAIN_SECONDS", "1")], "").await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        // Three seconds and more: longer than the drain.
        let stream = program
            .post("/v1/messages", TOKEN, &stream_question(MODEL))
            .header("x-fake-scenario", "pause=300");
        streams.push(stream.send().await.unwrap());
    }
    assert_eq!(program.get("/health/ready").await.0, 200);
    program.terminate().await;
    let flipped = async {
        while program.get("/health/ready").await.0 != 503 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, flipped).await.unwrap();
    assert_eq!(program.get("/health/live").await.0, 200);
    let late = program.post("/v1/messages", TOKEN, &question(MODEL)).send().await.unwrap();
    assert_eq!(late.status(), 200, "while it drains, who still comes is served");
    for stream in streams {
        let text = stream.text().await.unwrap();
        assert!(text.trim_end().ends_with("data: {\"type\":\"message_stop\"}"), "{text}");
    }
    let log = program.ended().await;
    let calls = log.lines().filter(|line| line.contains("\"outcome\":\"answered\"")).count();
    assert_eq!(calls, 6, "{log}");
}

#[tokio::test]
async fn health_and_metrics_tell_the_version() {
    let program = Program::start(&[("APP_VERSION", "2.3.0-rc.1")], "").await;
    let health: Value = program.get("/api/health").await.1.parse().unwrap();
    assert_eq!(health["version"], "2.3.0-rc.1");
    let metrics = program.get("/metrics").await.1;
    let build: Vec<&str> = metrics.lines().filter(|line| line.starts_with("build_info{")).collect();
    assert!(
        matches!(build[..], [line] if line.starts_with(r#"build_info{version="2.3.0-rc.1",revision=""#) && line.ends_with(" 1")),
        "{build:?}"
    );
    program.terminate().await;
    program.ended().await;
}

#[tokio::test]
async fn no_secret_and_no_content_is_written_anywhere() {
    let file = "[[keys]]\nname = \"analytics\"\n\
        hash = \"sha256:f9c2efde578476d2d5f275adc0b1695f4041f022ff7875149b382414248bc5b2\"\n\
        requests_per_minute = 1000\n[retries]\nfirst_wait_ms = 1\n[breaker]\nfailures = 1000\n";
    let key = "key-of-analytics-5d41402abc4b";
    let word = "quarterly-figures-of-acme";
    let program = Program::start(
        &[("LOG_FILTER", "trace"), ("REDIS_URL", "redis://user:redis-password-31@127.0.0.1:9/")],
        file,
    )
    .await;
    let mut seen = Vec::new();
    let mut ask = question(MODEL);
    ask["messages"][0]["content"] = json!(word);
    for scenario in ["", "status=401", "status=500", "reset", "cut=3", "too-long"] {
        for (body, token) in [
            (&ask, TOKEN),
            (&stream_question("sonnet"), TOKEN),
            (&ask, key),
            (&ask, "wrong-token-of-a-stranger"),
        ] {
            let reply =
                program.post("/v1/messages", token, body).header("x-fake-scenario", scenario).send().await;
            let reply = reply.unwrap();
            seen.push(format!("{:?}", reply.headers()));
            seen.push(reply.text().await.unwrap_or_default());
        }
    }
    let task = json!({ "websiteUrl": "https://a.example", "technicalFindings": { "title": word } });
    let reply = program.post("/api/ai/website-audit/analyze", TOKEN, &task).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let reply: Value = reply.json().await.unwrap();
    let answer = reply["data"]["executiveSummary"].as_str().unwrap();
    assert!(answer.len() > 5, "{answer}");
    for path in ["/metrics", "/api/metrics", "/api/health", "/health/ready", "/nowhere"] {
        seen.push(program.get(path).await.1);
    }
    assert!(program.upstream.calls().len() > 10);
    program.terminate().await;
    let log = program.ended().await;
    assert!(log.lines().count() > 50, "it wrote much: {}", log.lines().count());
    for secret in [PROVIDER_KEY, TOKEN, key, "redis-password-31", "wrong-token-of-a-stranger"] {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!seen.iter().any(|text| text.contains(secret)), "{secret} is in an answer");
    }
    for word in [word, answer] {
        assert!(!log.contains(word), "{word} is in the log");
    }
}

/// Exit code, output and complaints of the program with one argument.
async fn run(argument: &str, port: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashly-genai-gateway"));
    let output = command.arg(argument).env_clear().env("PORT", port).output();
    let output = timeout(PATIENCE, output).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_health_check_tells_live_stopped_and_hanging_apart() {
    let program = Program::start(&[], "").await;
    let port = program.url.rsplit(':').next().unwrap().to_owned();
    assert_eq!(run("healthcheck", &port).await, (Some(0), String::new(), String::new()));
    program.terminate().await;
    program.ended().await;
    let (code, _, complaint) = run("healthcheck", &port).await;
    assert_eq!(code, Some(1));
    assert!(complaint.contains(&format!("nothing answers on 127.0.0.1 port {port}")), "{complaint}");
    // Connections are taken by the system and answered by nobody.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (code, _, complaint) = run("healthcheck", &hanging.local_addr().unwrap().port().to_string()).await;
    assert_eq!(code, Some(1));
    assert!(complaint.contains("within 2000 ms"), "{complaint}");
}

#[tokio::test]
async fn it_tells_its_version_its_help_and_what_it_does_not_know() {
    let (code, version, _) = run("--version", "").await;
    assert_eq!((code, version), (Some(0), format!("dashly-genai-gateway {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, help, _) = run("--help", "").await;
    assert_eq!(code, Some(0));
    assert!(help.contains("healthcheck") && help.contains("ANTHROPIC_API_KEY"), "{help}");
    assert_eq!(run("serve", "").await.0, Some(2));
}

#[tokio::test]
async fn a_file_that_is_named_must_be_there_and_of_use() {
    let folder = TempDir::new().unwrap();
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "[aliases.mine]\nmodle = \"claude\"\n").unwrap();
    for (file, fault) in [(folder.path().join("missing.toml"), "missing.toml"), (bad, "modle")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dashly-genai-gateway"));
        let output = command.env_clear().env("PORT", "0").env("GATEWAY_CONFIG", &file).output();
        let output = timeout(PATIENCE, output).await.unwrap().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains("GATEWAY_CONFIG") && complaint.contains(fault), "{complaint}");
    }
}
