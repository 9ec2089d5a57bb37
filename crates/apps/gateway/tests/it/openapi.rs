//! The description of the routes.

use crate::fixture::TestGateway;
use serde_json::Value;

#[test]
fn the_checked_in_description_is_the_present_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../openapi/gateway.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == dashly_gateway::describe_gateway(),
        "openapi/gateway.json is not what the code says: run `make openapi`"
    );
}

#[tokio::test]
async fn every_described_operation_is_served() {
    let document: Value = serde_json::from_str(&dashly_gateway::describe_gateway()).unwrap();
    let gateway = TestGateway::start().await;
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let url = format!("{}{}", gateway.url, path.replace("{model}", "claude-sonnet-5-5"));
            let request =
                if method == "post" { gateway.client.post(url).body("{}") } else { gateway.client.get(url) };
            let status = request.header("content-type", "application/json").send().await.unwrap().status();
            assert!(status != 404 && status != 405, "{method} {path}: {status}");
            operations += 1;
        }
    }
    assert_eq!(operations, 21);
}
