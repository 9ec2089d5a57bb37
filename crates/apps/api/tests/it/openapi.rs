//! The description of the API says what the server does.

use dashly_testkit::{TestApp, both_databases};
use http::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize().unwrap()
}

/// The text of every source file of the server, without tests.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn server_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    sources(&root().join("crates/features"), &mut found);
    sources(&root().join("crates/apps/api/src"), &mut found);
    assert!(found.len() > 30);
    found
}

#[tokio::test]
async fn the_checked_in_description_is_the_present_one() {
    let scratch = tempfile::tempdir().unwrap();
    let present = dashly_api::describe_api(scratch.path()).await.unwrap();
    let kept = std::fs::read_to_string(root().join("openapi/api.json")).unwrap_or_default();
    assert!(kept == present, "openapi/api.json is not what the code says: run `make openapi`");
}

#[test]
fn every_route_of_the_source_is_described() {
    let kept = std::fs::read_to_string(root().join("openapi/api.json")).unwrap();
    let document: Value = serde_json::from_str(&kept).unwrap();
    let described: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut in_source = BTreeSet::new();
    let sources = server_sources();
    for (path, text) in &sources {
        // The one place for routes without a description: pages of the web app.
        let is_pages = path.ends_with("crates/apps/api/src/pages.rs");
        assert!(
            is_pages || !text.contains(".route("),
            "{} has a route without a description",
            path.display()
        );
        for operation in text.split("#[utoipa::path(").skip(1) {
            let after = operation.split_once("path = \"").unwrap().1;
            in_source.insert(after.split_once('"').unwrap().0);
        }
    }
    assert!(in_source.len() >= 12, "{in_source:?}");
    assert_eq!(in_source, described);
}

both_databases! {
    async fn every_described_operation_is_served(app: TestApp) {
        let visitor = app.visitor();
        let document = visitor.get("/api/docs/openapi.json").await.expect(200).json();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
                let reply = visitor.call(method.clone(), path).send().await;
                let status = reply.status.as_u16();
                assert!(![404, 405].contains(&status), "{method} {path} answers {status}");
                let documented = operation["responses"].as_object().unwrap();
                assert!(
                    documented.contains_key(&status.to_string()),
                    "{method} {path} answers {status}, which is not described"
                );
            }
        }
    }

    async fn the_documentation_is_a_page_of_ours(app: TestApp) {
        let visitor = app.visitor();
        let page = visitor.get("/api/docs/").await.expect(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        assert!(!page.text().contains("http://") && !page.text().contains("https://"), "{}", page.text());
    }
}
