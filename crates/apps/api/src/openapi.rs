//! The description of every route, generated from the handlers' own types.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Dashly API",
        description = "Self-hosted marketing analytics with trustworthy A/B experiments."
    ),
    tags(
        (name = "experiments", description = "Assignment, exposures, events and results"),
        (name = "flags", description = "Experiments as feature flags, by the OpenFeature Remote Evaluation Protocol"),
        (name = "ai", description = "Whether AI can be asked, and what it uses and costs"),
        (name = "auth", description = "Sign-in"),
        (name = "health", description = "What an operator and an orchestrator ask")
    )
)]
struct Document;

/// The document without any route.
pub(crate) fn base_document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components
        .add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("token"))));
    let ofrep_bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("ofrep_bearer", SecurityScheme::Http(ofrep_bearer));
    let ofrep_key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
    components.add_security_scheme("ofrep_key", SecurityScheme::ApiKey(ofrep_key));
    document
}

/// The description as the text that is kept in `openapi/api.json`.
///
/// # Errors
/// When the document cannot be written as JSON: a fault of the program.
pub fn openapi_json(app: &crate::App) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(app.openapi())?;
    text.push('\n');
    Ok(text)
}
