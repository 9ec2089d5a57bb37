//! A browser, or any other caller.

use crate::Reply;
use axum::Router;
use bytes::Bytes;
use dashly_web::PeerAddress;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tower::ServiceExt;

/// A caller who keeps cookies. Calls may run at once: what a browser with several open requests does.
#[derive(Debug)]
pub struct Visitor {
    router: Router,
    jar: Mutex<Vec<(String, String)>>,
}

/// A request being put together. Made by [`Visitor::call`].
#[derive(Debug)]
#[must_use]
pub struct Call<'a> {
    visitor: &'a Visitor,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Visitor {
    /// Somebody whom `router` has never seen.
    pub fn new(router: Router) -> Self {
        Self { router, jar: Mutex::default() }
    }

    /// Begins a request that [`Call::send`] sends.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call { visitor: self, method, path: path.to_owned(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).send().await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::POST, path).json(body).send().await
    }

    /// Posts any bytes as `content_type`.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<Bytes>) -> Reply {
        self.call(Method::POST, path).header("content-type", content_type).body(body).send().await
    }

    /// Posts the fields of an HTML form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.post_raw(path, "application/x-www-form-urlencoded", body).await
    }

    /// Looks at the dashboard.
    pub async fn dashboard(&self) -> Reply {
        self.get("/api/experiments/dashboard").await.expect(200)
    }

    /// Looks at the pricing page.
    pub async fn pricing_view(&self) -> Reply {
        self.get("/api/experiments/pricing-view").await.expect(200)
    }

    /// Sends one event, whatever comes of it.
    pub async fn event(&self, body: &Value) -> Reply {
        self.post("/api/experiments/events", body).await
    }

    /// Sends many events, whatever comes of it.
    pub async fn bulk(&self, events: &[Value]) -> Reply {
        self.post("/api/experiments/bulk-events", &serde_json::json!({ "events": events })).await
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// The visitor's id.
    ///
    /// # Panics
    /// Before the first visit.
    pub fn id(&self) -> String {
        self.cookie("ab_visitor_id").expect("a visitor who has been here before")
    }

    /// Puts a cookie into the jar, as a visitor with developer tools can.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut jar = self.jar();
        match jar.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => jar.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Takes a cookie out of the jar.
    pub fn forget_cookie(&self, name: &str) {
        self.jar().retain(|(known, _)| known != name);
    }

    fn jar(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cookie_header(&self) -> Option<HeaderValue> {
        let pairs: Vec<String> = self.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| HeaderValue::try_from(pairs.join("; ")).unwrap())
    }

    fn keep_cookies(&self, reply: &Reply) {
        for line in reply.set_cookies() {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name and a value");
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.forget_cookie(name);
            } else {
                self.set_cookie(name, value);
            }
        }
    }
}

impl Call<'_> {
    /// Adds a header; its value may be any bytes that HTTP can carry. An own `Cookie` header replaces the jar's.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// Sends JSON.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Sends any bytes.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request and reads the whole answer.
    pub async fn send(self) -> Reply {
        let mut request = Request::new(axum::body::Body::from(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        if let (false, Some(cookies)) =
            (request.headers().contains_key(header::COOKIE), self.visitor.cookie_header())
        {
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        request.extensions_mut().insert(PeerAddress(SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000))));
        let Ok(response) = self.visitor.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let reply = Reply { status: parts.status, headers: parts.headers, body };
        self.visitor.keep_cookies(&reply);
        reply
    }
}
