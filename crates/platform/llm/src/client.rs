//! The client.

use crate::context::CallContext;
use crate::counters::Counters;
use crate::error::LlmError;
use crate::task::{Answer, AnswerUsage, Task};
use dashly_kernel::Secret;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// The gateway is beside us: who does not connect in this time is not there.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);
/// Between the end of the gateway's patience and the end of ours, so that its words reach us.
const MARGIN: Duration = Duration::from_millis(500);
const NOT_CONFIGURED: &str = "set GENAI_GATEWAY_URL to the address of the gateway";

/// Where the gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayUrl(Url);

/// The text is no address of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as http://127.0.0.1:4000, without a path")]
pub struct InvalidGatewayUrl;

impl FromStr for GatewayUrl {
    type Err = InvalidGatewayUrl;

    fn from_str(text: &str) -> Result<Self, InvalidGatewayUrl> {
        let url: Url = text.parse().map_err(|_| InvalidGatewayUrl)?;
        let is_usable = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty();
        if is_usable { Ok(Self(url)) } else { Err(InvalidGatewayUrl) }
    }
}

impl GatewayUrl {
    /// Host and port, for messages and lookups.
    pub fn authority(&self) -> String {
        let port = self.0.port_or_known_default().unwrap_or(80);
        format!("{}:{port}", self.0.host_str().unwrap_or_default())
    }

    /// The same gateway at one of its addresses. Of several replicas behind one name each is asked by itself.
    ///
    /// A gateway behind TLS is named by its certificate and stays as it is.
    #[must_use]
    pub fn at(&self, address: IpAddr) -> Self {
        let mut url = self.0.clone();
        if url.scheme() == "http" && url.set_ip_host(address).is_err() {
            return self.clone();
        }
        Self(url)
    }
}

/// Asks one gateway. Cheap to clone; all clones share their connections.
///
/// Without an address every question is answered with [`LlmError::NotConfigured`].
#[derive(Clone)]
pub struct LlmClient {
    client: Client,
    gateway: Option<GatewayUrl>,
    token: Option<Secret<String>>,
}

impl std::fmt::Debug for LlmClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LlmClient").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// What every reply of a task has.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    narrated: bool,
    #[serde(default)]
    usage: AnswerUsage,
    #[serde(default, rename = "fakeUpstream")]
    is_fake: bool,
}

/// What a refusal says.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    detail: String,
    #[serde(default, rename = "retryAfterMs")]
    retry_after_ms: Option<u64>,
}

impl LlmClient {
    /// A client of the gateway at `gateway`, to which it shows `token`.
    ///
    /// # Errors
    /// When the certificates of this machine cannot be read.
    pub fn new(gateway: Option<GatewayUrl>, token: Option<Secret<String>>) -> Result<Self, reqwest::Error> {
        let builder = Client::builder()
            .connect_timeout(CONNECT_PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("dashly/", env!("CARGO_PKG_VERSION")));
        // Reading this machine's certificates takes a third of a server's start.
        let has_tls = gateway.as_ref().is_some_and(|gateway| gateway.0.scheme() == "https");
        let client = if has_tls { builder } else { builder.tls_certs_only([]) }.build()?;
        Ok(Self { client, gateway, token })
    }

    /// The gateway, if one is known.
    pub const fn gateway(&self) -> Option<&GatewayUrl> {
        self.gateway.as_ref()
    }

    /// Asks `T`. The call is not repeated: the gateway repeats what can be repeated. Dropping the future ends the call
    /// at the model, too.
    ///
    /// # Errors
    /// [`LlmError`].
    pub async fn ask<T: Task>(
        &self,
        input: &T::Input,
        context: &CallContext<'_>,
    ) -> Result<Answer<T::Output>, LlmError> {
        let gateway = self.known_gateway()?;
        let milliseconds = u64::try_from(context.patience.as_millis()).unwrap_or(u64::MAX);
        let mut request = self
            .client
            .post(address(gateway, T::PATH)?)
            .timeout(context.patience.saturating_add(MARGIN))
            .header("x-dashly-deadline-ms", milliseconds)
            .json(input);
        for (name, value) in [("x-dashly-workspace", context.workspace), ("x-request-id", context.request_id)]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let mut document: Value = self.send(request).await?;
        let unexpected = |error: serde_json::Error| LlmError::Unexpected(error.to_string());
        let reply = Reply::deserialize(&document).map_err(unexpected)?;
        let document = document.get_mut(T::MEMBER).map(Value::take).unwrap_or_default();
        let narrated =
            if reply.narrated { Some(T::Output::deserialize(&document).map_err(unexpected)?) } else { None };
        Ok(Answer { narrated, document, usage: reply.usage, is_fake: reply.is_fake })
    }

    /// The gateway's counters since its start, and how its limits stand.
    ///
    /// # Errors
    /// [`LlmError`].
    pub async fn counters(&self, patience: Duration) -> Result<Counters, LlmError> {
        self.counters_of(self.known_gateway()?, patience).await
    }

    /// The same of one replica, see [`GatewayUrl::at`].
    ///
    /// # Errors
    /// [`LlmError`].
    pub async fn counters_of(&self, gateway: &GatewayUrl, patience: Duration) -> Result<Counters, LlmError> {
        #[derive(Deserialize)]
        struct CountersReply {
            data: Counters,
        }
        let request = self.client.get(address(gateway, "/api/metrics")?).timeout(patience);
        Ok(self.send::<CountersReply>(request).await?.data)
    }

    fn known_gateway(&self) -> Result<&GatewayUrl, LlmError> {
        self.gateway.as_ref().ok_or_else(|| LlmError::NotConfigured(NOT_CONFIGURED.to_owned()))
    }

    async fn send<Body: for<'a> Deserialize<'a>>(&self, request: RequestBuilder) -> Result<Body, LlmError> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let reply = request.send().await.map_err(|error| unanswered(&error))?;
        if !reply.status().is_success() {
            return Err(refusal(reply).await);
        }
        reply.json().await.map_err(|error| {
            if error.is_timeout() { LlmError::TooLate } else { LlmError::Unexpected("no JSON".to_owned()) }
        })
    }
}

fn address(gateway: &GatewayUrl, path: &str) -> Result<Url, LlmError> {
    gateway.0.join(path).map_err(|error| LlmError::Unexpected(error.to_string()))
}

fn unanswered(error: &reqwest::Error) -> LlmError {
    if error.is_timeout() && !error.is_connect() { LlmError::TooLate } else { LlmError::Unreachable }
}

async fn refusal(reply: Response) -> LlmError {
    let status = reply.status();
    let told = reply
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let Refusal { kind, detail, retry_after_ms } = reply.json().await.unwrap_or_default();
    let code = kind.rsplit('/').next().unwrap_or_default();
    let detail = if detail.is_empty() { format!("status {}", status.as_u16()) } else { detail };
    match (status, code) {
        (_, "ai-not-configured") => {
            LlmError::NotConfigured("set ANTHROPIC_API_KEY for the gateway".to_owned())
        }
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => LlmError::Refused(detail),
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            let retry_after_seconds = told.or(retry_after_ms.map(|wait| wait.div_ceil(1_000))).unwrap_or(1);
            LlmError::Limited { detail, retry_after_seconds }
        }
        (StatusCode::GATEWAY_TIMEOUT, _) => LlmError::TooLate,
        (status, _) if status.is_client_error() => LlmError::Malformed(detail),
        _ => LlmError::Failed(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::GatewayUrl;

    #[test]
    fn an_address_is_an_origin() {
        for good in ["http://127.0.0.1:4000", "http://gateway:4000/", "https://ai.example.com"] {
            assert!(good.parse::<GatewayUrl>().is_ok(), "{good}");
        }
        for bad in ["", "gateway:4000", "http://", "http://a/api", "ftp://a", "http://user@a", "http://a/?b"]
        {
            assert!(bad.parse::<GatewayUrl>().is_err(), "{bad}");
        }
        let named: GatewayUrl = "http://gateway:4000".parse().unwrap();
        assert_eq!(named.at("10.0.0.7".parse().unwrap()).authority(), "10.0.0.7:4000");
        let tls: GatewayUrl = "https://ai.example.com".parse().unwrap();
        assert_eq!(tls.at("10.0.0.7".parse().unwrap()).authority(), "ai.example.com:443");
    }
}
