//! The judge beside a Prometheus server and beside a cluster, as far as it talks to them.

use super::pod::{Behaviour, Pod, http};
use super::{QUICK, criterion};
use crate::process::{Dashly, Ended};
use dashly_canary::parse_exposition;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

/// A server that answers the one query as Prometheus does, from the metrics of two pods. Gives its address.
fn prometheus(stable: Pod, canary: Pod) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            assert!(line.starts_with("GET /api/v1/query?query=%7B__name__"), "{line}");
            let pod = if line.contains("version%3D%22canary%22") { &canary } else { &stable };
            let series: Vec<Value> = parse_exposition(&pod.page())
                .into_iter()
                .map(|sample| {
                    let mut labels: serde_json::Map<String, Value> =
                        sample.labels.into_iter().map(|(name, value)| (name, value.into())).collect();
                    labels.insert("__name__".to_owned(), sample.name.into());
                    labels.insert("pod".to_owned(), "one".into());
                    json!({ "metric": labels, "value": [1.7e9, sample.value.to_string()] })
                })
                .collect();
            let body = json!({ "status": "success", "data": { "resultType": "vector", "result": series } });
            stream.write_all(http(&body.to_string()).as_bytes()).unwrap();
        }
    });
    address
}

async fn through_prometheus(canary: Behaviour) -> Ended {
    let address = prometheus(Pod::start(Behaviour::GOOD, 3), Pod::start(canary, 4));
    let arguments = [&["canary", "judge", "--json", "--prometheus", &address][..], &QUICK].concat();
    Dashly::new(&arguments).run().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_tells_a_good_canary_from_a_bad_one() {
    let ended = through_prometheus(Behaviour::GOOD).await;
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let ended = through_prometheus(Behaviour { error_rate: 0.1, ..Behaviour::GOOD }).await;
    assert_eq!(ended.code(), Some(10), "{ended:?}");
}

/// A `kubectl` that knows one stable and one canary pod. The canary's status is in a file.
fn kubectl(folder: &std::path::Path, stable: &Pod, canary: &Pod) -> String {
    let path = folder.join("kubectl");
    let script = format!(
        r#"#!/usr/bin/env bash
set -euo pipefail
case "$*" in
  "get pods -n staging -l app=api,version=stable -o json")
    echo '{{"items":[{{"metadata":{{"name":"api-1"}},"status":{{"phase":"Running","containerStatuses":[{{"restartCount":0,"state":{{"running":{{}}}}}}]}}}},{{"metadata":{{"name":"api-0","deletionTimestamp":"2026-01-01T00:00:00Z"}},"status":{{"phase":"Running"}}}}]}}' ;;
  "get pods -n staging -l app=api,version=canary -o json")
    printf '{{"items":[{{"metadata":{{"name":"api-canary-1"}},"status":%s}}]}}' "$(<"{folder}/status")" ;;
  "get --raw /api/v1/namespaces/staging/pods/api-1:3000/proxy/metrics") port={stable} ;;
  "get --raw /api/v1/namespaces/staging/pods/api-canary-1:3000/proxy/metrics") port={canary} ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
if [[ -n "${{port:-}}" ]]; then
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /metrics HTTP/1.1\r\n\r\n' >&3
  while read -r line <&3 && [[ "$line" != $'\r' ]]; do :; done
  cat <&3
fi
"#,
        folder = folder.display(),
        stable = stable.port(),
        canary = canary.port()
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

const RUNNING: &str =
    r#"{"phase":"Running","containerStatuses":[{"restartCount":0,"state":{"running":{}}}]}"#;
const CRASHING: &str = r#"{"phase":"Running","containerStatuses":[{"restartCount":7,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}"#;

async fn in_the_cluster(status: &str, canary: Behaviour) -> (Ended, Value) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("status"), status).unwrap();
    let program = kubectl(folder.path(), &Pod::start(Behaviour::GOOD, 5), &Pod::start(canary, 6));
    let arguments =
        [&["canary", "judge", "--json", "--kubernetes", "--namespace", "staging"][..], &QUICK].concat();
    let ended = Dashly::new(&arguments).env("KUBECTL", program).run().await;
    let decision = ended.stdout.parse().unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended, decision)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_read_through_kubectl() {
    let (ended, decision) = in_the_cluster(RUNNING, Behaviour { requests: 200, ..Behaviour::GOOD }).await;
    assert_eq!(ended.code(), Some(0), "{decision}");
    let (ended, decision) = in_the_cluster(RUNNING, Behaviour { error_rate: 0.2, ..Behaviour::GOOD }).await;
    assert_eq!(
        (ended.code(), &criterion(&decision, "errors")["state"]),
        (Some(10), &"bad".into()),
        "{decision}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_loop_is_rolled_back_with_its_name() {
    let (ended, decision) = in_the_cluster(CRASHING, Behaviour::GOOD).await;
    assert_eq!(ended.code(), Some(10), "{decision}");
    assert!(decision["reason"].as_str().unwrap().contains("CrashLoopBackOff"), "{decision}");
}
