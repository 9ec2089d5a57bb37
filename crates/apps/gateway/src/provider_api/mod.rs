//! The provider's own API, so that its official clients work by changing their base URL.
//!
//! What passes is not touched: unknown fields and headers, replies, errors, and every byte of a stream. [`answer`] knows the
//! routes; [`forward`](forward::forward) is the way that all of them take.

mod bounds;
mod error;
mod forward;
mod headers;
mod members;
mod relay;
mod request;

use crate::gateway::Gateway;
use axum::response::Response;
use error::ProviderError;
use http::{HeaderValue, Method, Request, header};
use hyper::body::Incoming;
use std::net::IpAddr;

/// A request's body may have this many bytes, as at the provider.
pub(crate) const BODY_LIMIT_BYTES: usize = 32 * 1024 * 1024;

/// A route of the provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderRoute {
    /// Its template.
    template: &'static str,
    /// Whether it is asked with POST, and not with GET.
    is_post: bool,
    /// Whether its body names a model.
    names_model: bool,
    /// Whether the provider charges for it.
    is_charged: bool,
}

impl ProviderRoute {
    /// The route at `path`; none when it is not of the provider's API.
    ///
    /// Found here and not by the router of all other routes: a call would pay for what these few do not need.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/v1/")?;
        let post = |template, is_charged| Self { template, is_post: true, names_model: true, is_charged };
        match rest {
            "messages" => Some(post("/v1/messages", true)),
            "messages/count_tokens" => Some(post("/v1/messages/count_tokens", false)),
            _ => {
                let model = rest.strip_prefix("models")?;
                let names_one =
                    model.strip_prefix('/').is_some_and(|name| !name.is_empty() && !name.contains('/'));
                (model.is_empty() || names_one).then_some(Self {
                    template: "/v1/models",
                    is_post: false,
                    names_model: false,
                    is_charged: false,
                })
            }
        }
    }

    fn takes(self, method: &Method) -> bool {
        if self.is_post { method == Method::POST } else { [Method::GET, Method::HEAD].contains(method) }
    }

    /// What it takes, as the `allow` header has it (RFC 9110, section 15.5.6).
    const fn allowed(self) -> HeaderValue {
        HeaderValue::from_static(if self.is_post { "POST" } else { "GET,HEAD" })
    }
}

/// The answer to a request of `peer` for `route`.
pub(crate) async fn answer(
    gateway: Gateway,
    request: Request<Incoming>,
    peer: IpAddr,
    route: ProviderRoute,
) -> Response {
    if !route.takes(request.method()) {
        let error = ProviderError::method_not_allowed(request.method(), request.uri().path());
        let mut reply = error.into_reply("");
        reply.headers_mut().insert(header::ALLOW, route.allowed());
        return reply;
    }
    forward::forward(gateway, request, peer, route).await
}
