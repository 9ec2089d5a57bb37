//! A server that publishes metrics as a pod of Dashly does, and serves made-up requests: some more with every look.

use fastrand::Rng;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const EDGES: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const MEBIBYTE: f64 = 1_048_576.0;

/// How a pod behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behaviour {
    /// Requests between two looks.
    pub(super) requests: u64,
    pub(super) error_rate: f64,
    pub(super) median_seconds: f64,
    pub(super) log_deviation: f64,
    /// The process is a new one at every look of this number.
    pub(super) restarts_every: Option<u64>,
    pub(super) mebibytes_a_look: f64,
    /// Whether it answers at all.
    pub(super) answers: bool,
}

impl Behaviour {
    pub(super) const GOOD: Self = Self {
        requests: 60,
        error_rate: 0.005,
        median_seconds: 0.02,
        log_deviation: 0.6,
        restarts_every: None,
        mebibytes_a_look: 0.0,
        answers: true,
    };
}

struct Counters {
    behaviour: Behaviour,
    rng: Rng,
    looks: u64,
    started_at: u64,
    classes: [[u64; 14]; 2],
}

/// The pod. Its thread ends with the tests' process.
#[derive(Clone)]
pub(super) struct Pod {
    address: SocketAddr,
    counters: Arc<Mutex<Counters>>,
}

impl Pod {
    /// One that has served for a while before anybody looks.
    pub(super) fn start(behaviour: Behaviour, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let counters = Counters {
            behaviour,
            rng: Rng::with_seed(seed),
            looks: 0,
            started_at: 1_700_000_000,
            classes: [[100; 14], [3; 14]],
        };
        let pod = Self { address, counters: Arc::new(Mutex::new(counters)) };
        let served = pod.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                served.answer(stream.unwrap());
            }
        });
        pod
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(super) fn looks(&self) -> u64 {
        self.counters.lock().unwrap().looks
    }

    /// What its counters say now; some requests later than before.
    pub(super) fn page(&self) -> String {
        self.counters.lock().unwrap().look()
    }

    fn answer(&self, mut stream: TcpStream) {
        if !self.counters.lock().unwrap().behaviour.answers {
            return;
        }
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            request.push(byte[0]);
        }
        // A judge that was just killed reads no answer.
        let _ = stream.write_all(http(&self.page()).as_bytes());
    }
}

/// An answer that closes its connection.
pub(super) fn http(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

impl Counters {
    fn look(&mut self) -> String {
        self.looks += 1;
        if self.behaviour.restarts_every.is_some_and(|every| self.looks.is_multiple_of(every)) {
            self.started_at += 1_000;
            self.classes = [[0; 14], [0; 14]];
        }
        for _ in 0..self.behaviour.requests {
            let outcome = usize::from(self.rng.f64() < self.behaviour.error_rate);
            let radius = (-2.0 * (1.0 - self.rng.f64()).ln()).sqrt();
            let deviate = radius * (std::f64::consts::TAU * self.rng.f64()).cos();
            let seconds = self.behaviour.median_seconds * (self.behaviour.log_deviation * deviate).exp();
            self.classes[outcome][EDGES.iter().take_while(|edge| seconds > **edge).count()] += 1;
        }
        self.render()
    }

    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a few looks")]
    fn render(&self) -> String {
        let memory = 40.0 * MEBIBYTE + self.behaviour.mebibytes_a_look * MEBIBYTE * self.looks as f64;
        let mut text = format!(
            "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {}\nprocess_resident_memory_bytes {memory}\n",
            self.started_at
        );
        let name = "dashly_http_request_duration_seconds";
        // What must not count: probes that fail, and refusals that are the client's fault.
        writeln!(
            text,
            "{name}_count{{method=\"GET\",route=\"/health/ready\",status=\"503\"}} {}",
            self.looks * 50
        )
        .unwrap();
        for (classes, status) in self.classes.iter().zip(["404", "500"]) {
            let labels = format!("method=\"GET\",route=\"/api/x\",status=\"{status}\"");
            let mut below = 0;
            for (edge, count) in EDGES.iter().zip(classes) {
                below += count;
                writeln!(text, "{name}_bucket{{{labels},le=\"{edge}\"}} {below}").unwrap();
            }
            below += classes[13];
            writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {below}").unwrap();
            writeln!(text, "{name}_count{{{labels}}} {below}").unwrap();
        }
        text
    }
}
