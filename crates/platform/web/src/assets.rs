//! Files that are part of the program.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::EmbeddedFile;

/// A folder of files compiled into the program.
#[derive(Clone, Copy, Debug)]
pub struct StaticFiles {
    find: fn(&str) -> Option<EmbeddedFile>,
}

impl StaticFiles {
    /// The folder that `find` looks into: `Assets::get` of a `RustEmbed` type.
    pub const fn new(find: fn(&str) -> Option<EmbeddedFile>) -> Self {
        Self { find }
    }

    /// The file at `path` (no leading slash) with `status`; 304 without a body when the caller already has it.
    ///
    /// Files under `assets/` carry a hash of their content in the name, so browsers may keep them for good.
    pub fn respond(self, path: &str, status: StatusCode, request: &HeaderMap) -> Option<Response> {
        let file = (self.find)(path)?;
        let etag = etag(&file);
        let unchanged = status == StatusCode::OK
            && request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
        let mut response = if unchanged {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = Response::new(Body::from(file.data));
            *response.status_mut() = status;
            response
        };
        let headers = response.headers_mut();
        let cache = if path.starts_with("assets/") {
            HeaderValue::from_static("public, max-age=31536000, immutable")
        } else {
            HeaderValue::from_static("no-cache")
        };
        headers.insert(header::CACHE_CONTROL, cache);
        let content_type = mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(etag) = HeaderValue::try_from(etag) {
            headers.insert(header::ETAG, etag);
        }
        Some(response)
    }
}

fn etag(file: &EmbeddedFile) -> String {
    use std::fmt::Write;
    let mut etag = String::from("\"");
    for byte in file.metadata.sha256_hash().iter().take(12) {
        let _ = write!(etag, "{byte:02x}");
    }
    etag.push('"');
    etag
}
