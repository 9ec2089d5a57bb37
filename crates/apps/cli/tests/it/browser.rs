//! Requests as browsers send them.

use reqwest::{Client, Method, StatusCode, header};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) const DASHBOARD: &str = "/api/experiments/dashboard";
pub(crate) const PRICING: &str = "/api/experiments/pricing-view";
pub(crate) const EVENTS: &str = "/api/experiments/events";
pub(crate) const BULK_EVENTS: &str = "/api/experiments/bulk-events";
pub(crate) const READY: &str = "/health/ready";

/// Whoever waits longer is not served.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);

pub(crate) type Cookies = BTreeMap<String, String>;

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// Null when the body is not JSON.
    pub(crate) body: Value,
    pub(crate) set_cookies: Cookies,
    pub(crate) retry_after: Option<String>,
}

impl Reply {
    pub(crate) fn is_ok(&self) -> bool {
        self.status == StatusCode::OK
    }

    pub(crate) fn is_refusal(&self) -> bool {
        self.status.is_client_error()
    }

    /// The experiments whose exposure the reply acknowledges, with the variant shown.
    pub(crate) fn exposed(&self) -> Vec<(String, String)> {
        let tests = self.body["exposed"].as_array().map(Vec::as_slice).unwrap_or_default();
        let variant_of = |test: &str| self.body["variants"][test].as_str().unwrap().to_owned();
        tests
            .iter()
            .map(|test| test.as_str().unwrap())
            .map(|test| (test.to_owned(), variant_of(test)))
            .collect()
    }
}

/// Talks to one server.
#[derive(Clone)]
pub(crate) struct Site {
    client: Client,
    base: String,
}

impl Site {
    pub(crate) fn new(base: String) -> Self {
        let client = Client::builder().timeout(REQUEST_LIMIT).no_proxy().build().unwrap();
        Self { client, base }
    }

    /// The same client at a server's new address.
    pub(crate) fn at(&self, base: String) -> Self {
        Self { client: self.client.clone(), base }
    }

    pub(crate) async fn get(&self, path: &str, cookies: &Cookies) -> reqwest::Result<Reply> {
        self.ask(Method::GET, path, cookies, None).await
    }

    pub(crate) async fn post(&self, path: &str, cookies: &Cookies, body: &Value) -> reqwest::Result<Reply> {
        self.ask(Method::POST, path, cookies, Some(body)).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        cookies: &Cookies,
        body: Option<&Value>,
    ) -> reqwest::Result<Reply> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !cookies.is_empty() {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let set_cookies = response.headers().get_all(header::SET_COOKIE).iter().filter_map(|line| {
            let (name, value) = line.to_str().ok()?.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        let set_cookies = set_cookies.collect();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
        // Read whole: an answer that was cut off acknowledges nothing.
        let text = response.text().await?;
        Ok(Reply { status, body: text.parse().unwrap_or_default(), set_cookies, retry_after })
    }
}
