//! The server under test: its routes, and one way to ask it something.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url, header, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use crate::failures::{Failure, FailureKind};
use crate::jar::CookieJar;
use crate::stopwatch::Stopwatch;

/// After how many seconds a request without a complete answer counts as failed.
pub const REQUEST_TIMEOUT_SECONDS: u64 = 10;

/// How many characters of an error answer a message repeats.
const MOST_DETAIL_CHARS: usize = 200;

/// Why no client could be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The base URL cannot be used.
    #[error("{url:?} is not a base URL: expected something like http://localhost:3000")]
    BaseUrl {
        /// What was given.
        url: String,
    },
    /// The HTTP client does not start, for instance without usable root certificates.
    #[error("the HTTP client does not start")]
    Client(#[source] reqwest::Error),
}

/// A route that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    Dashboard,
    PricingView,
    Events,
    BulkEvents,
    Config,
    Results,
    Login,
}

impl Route {
    fn method(self) -> Method {
        match self {
            Self::Dashboard | Self::PricingView | Self::Config | Self::Results => Method::GET,
            Self::Events | Self::BulkEvents | Self::Login => Method::POST,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Dashboard => "/api/experiments/dashboard",
            Self::PricingView => "/api/experiments/pricing-view",
            Self::Events => "/api/experiments/events",
            Self::BulkEvents => "/api/experiments/bulk-events",
            Self::Config => "/api/experiments/config",
            Self::Results => "/api/experiments/results",
            Self::Login => "/api/auth/login",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method(), self.path())
    }
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) route: Route,
    /// JSON body of a POST.
    pub(crate) body: Option<Value>,
    /// Bearer token.
    pub(crate) token: Option<&'a str>,
}

impl Request<'_> {
    pub(crate) fn get(route: Route) -> Self {
        Self { route, body: None, token: None }
    }

    pub(crate) fn post(route: Route, body: Value) -> Self {
        Self { route, body: Some(body), token: None }
    }
}

/// What came back, and after how long.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) elapsed: Duration,
    pub(crate) result: Result<T, Failure>,
}

/// The server under test with a pool of connections to it.
#[derive(Debug)]
pub(crate) struct Site {
    http: reqwest::Client,
    base_url: String,
}

impl Site {
    /// `connections`: how many idle connections are kept; as many as requests run at once, or none to open one for each.
    pub(crate) fn new(base_url: &str, connections: u32) -> Result<Self, SiteError> {
        let refused = || SiteError::BaseUrl { url: base_url.to_owned() };
        let url = Url::parse(base_url.trim()).map_err(|_| refused())?;
        let plain = url.query().is_none() && url.fragment().is_none();
        let (true, true, Some(host)) = (matches!(url.scheme(), "http" | "https"), plain, url.host_str())
        else {
            return Err(refused());
        };
        let mut builder = reqwest::Client::builder()
            .timeout(Duration::from_secs(REQUEST_TIMEOUT_SECONDS))
            .pool_max_idle_per_host(usize::try_from(connections).unwrap_or(usize::MAX))
            // A redirected POST would silently become a GET; a redirect is reported as what it is.
            .redirect(redirect::Policy::none());
        if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
            // A proxy from the environment cannot reach this machine's loopback and would be what is
            // measured.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(SiteError::Client)?;
        Ok(Self { http, base_url: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// The base URL without a slash at its end.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Asks with the cookies of `jar` and keeps the new ones in it. Only a 200 with the expected body is a
    /// success.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        jar: &mut CookieJar,
        request: Request<'_>,
    ) -> Answer<T> {
        let stopwatch = Stopwatch::start();
        let route = request.route;
        let received = self.exchange(jar, request).await;
        let elapsed = stopwatch.elapsed();
        let result = match received {
            Err(error) => Err(self.no_answer(route, &error)),
            Ok((StatusCode::OK, body)) => serde_json::from_slice(&body).map_err(|error| Failure {
                kind: FailureKind::ReplyNotUnderstood,
                message: format!("{route}: {error}"),
            }),
            Ok((status, body)) => Err(refused(route, status, &body)),
        };
        Answer { elapsed, result }
    }

    async fn exchange(
        &self,
        jar: &mut CookieJar,
        request: Request<'_>,
    ) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let url = format!("{}{}", self.base_url, request.route.path());
        let mut builder = self.http.request(request.route.method(), url);
        if let Some(cookies) = jar.header() {
            builder = builder.header(header::COOKIE, cookies);
        }
        if let Some(token) = request.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let response = builder.send().await?;
        keep_cookies(jar, &response);
        let status = response.status();
        Ok((status, response.bytes().await?.to_vec()))
    }

    fn no_answer(&self, route: Route, error: &reqwest::Error) -> Failure {
        let (kind, what) = if error.is_timeout() {
            (FailureKind::Timeout, format!("no answer within {REQUEST_TIMEOUT_SECONDS} s"))
        } else if error.is_connect() {
            let base_url = &self.base_url;
            let cause = root_cause(error);
            (
                FailureKind::CannotConnect,
                format!("cannot connect ({cause}): is the server running at {base_url}?"),
            )
        } else {
            (FailureKind::ConnectionBroke, root_cause(error))
        };
        Failure { kind, message: format!("{route}: {what}") }
    }
}

fn keep_cookies(jar: &mut CookieJar, response: &Response) {
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        if let Ok(cookie) = cookie.to_str() {
            jar.store(cookie);
        }
    }
}

/// A status other than 200, with the detail of the problem document if there is one.
fn refused(route: Route, status: StatusCode, body: &[u8]) -> Failure {
    let problem: Option<Value> = serde_json::from_slice(body).ok();
    let text = |key: &str| problem.as_ref()?.get(key)?.as_str().map(str::to_owned);
    let detail = text("detail").or_else(|| text("error")).or_else(|| text("message"));
    let detail = detail.map(|detail| detail.chars().take(MOST_DETAIL_CHARS).collect::<String>());
    let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
    Failure {
        kind: FailureKind::Status(status.as_u16()),
        message: format!("{route}: answered {}{detail}", status.as_u16()),
    }
}

/// The last cause: `Connection refused` says more than `error sending request`.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
