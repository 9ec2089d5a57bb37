//! `GET /api/ai/dashboard/options`: widgets and metrics. Needs no model and is never limited.

use super::catalogue;
use axum::Json;
use serde_json::{Value, json};

pub(crate) const PATH: &str = "/api/ai/dashboard/options";

pub(super) async fn get_options() -> Json<Value> {
    Json(json!({ "success": true, "data": catalogue::options(), "narrated": false }))
}
