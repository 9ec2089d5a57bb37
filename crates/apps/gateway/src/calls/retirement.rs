//! Models that their provider will soon retire.

use crate::config::GatewayFile;
use crate::gateway::Gateway;
use http::{HeaderName, HeaderValue};

/// The day on which the provider retires the model that answered, from 90 days before on.
pub(crate) const MODEL_RETIRES: HeaderName = HeaderName::from_static("x-dashly-model-retires");
const NOTICE_SECONDS: i64 = 90 * 24 * 3_600;

/// The day on which `model` goes, if that is soon.
pub(crate) fn retirement_notice(gateway: &Gateway, file: &GatewayFile, model: &str) -> Option<HeaderValue> {
    let retires_at = file.models.get(model)?.retires_at?;
    if gateway.clock.now().plus_seconds(NOTICE_SECONDS) < retires_at {
        return None;
    }
    let moment = retires_at.to_rfc3339_millis();
    HeaderValue::try_from(moment.get(..10)?).ok()
}

/// Counts a call that such a model answered.
pub(crate) fn count_retiring(model: &str) {
    metrics::counter!("dashly_gateway_retiring_model_calls_total", "model" => model.to_owned()).increment(1);
}
