//! The web app: files compiled into the program, and the pages that the browser draws itself.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use dashly_web::{StaticFiles, route_not_found};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../../web/dist"]
#[allow_missing = true]
struct WebApp;

const FILES: StaticFiles = StaticFiles::new(WebApp::get);
const INDEX: &str = "index.html";

/// Pages with an address of their own. A test compares this list with the routes of the web app.
const PAGES: &[&str] = &[
    "/",
    "/admin",
    "/admin/login",
    "/admin/experiments",
    "/admin/kpis",
    "/admin/changes",
    "/admin/replays",
    "/admin/notices",
    "/admin/ai",
    "/experiment-demo",
    "/pricing",
];

/// The routes of the pages.
pub(crate) fn routes() -> Router {
    PAGES.iter().fold(Router::new(), |router, page| router.route(page, get(get_page)))
}

async fn get_page(headers: HeaderMap) -> Response {
    page(StatusCode::OK, &headers)
}

/// Everything that no route took: a file of the web app, its not-found page for browsers, a problem for programs.
pub(crate) async fn fallback(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads && let Some(response) = FILES.respond(&path, StatusCode::OK, request.headers()) {
        return response;
    }
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if reads && wants_page && !path.starts_with("api/") {
        return page(StatusCode::NOT_FOUND, request.headers());
    }
    let (method, uri) = (request.method().clone(), request.uri().clone());
    route_not_found(method, axum::extract::OriginalUri(uri)).await.into_response()
}

fn page(status: StatusCode, headers: &HeaderMap) -> Response {
    FILES.respond(INDEX, status, headers).unwrap_or_else(|| {
        // A build from source without the web app; `make run` builds both.
        let text =
            "This build has no web app. Run `make web-build` and build again; the API works without it.\n";
        let plain = [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
        (StatusCode::NOT_FOUND, plain, text).into_response()
    })
}
