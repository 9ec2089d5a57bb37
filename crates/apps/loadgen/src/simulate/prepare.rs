//! What must be right before the first visitor.

use std::collections::BTreeMap;

use serde_json::json;

use super::comparison::{self, Counts};
use super::{SignIn, SimulateError, SimulateOptions};
use crate::jar::CookieJar;
use crate::replies::{Config, Experiment, Login};
use crate::site::{Request, Route, Site};

/// Refuses numbers that make no sense.
pub(super) fn check(options: &SimulateOptions) -> Result<(), SimulateError> {
    for (option, value) in [("users", options.users), ("concurrency", options.concurrency)] {
        if value == 0 {
            return Err(SimulateError::Option {
                option: option.to_owned(),
                expected: "at least 1",
                found: value.to_string(),
            });
        }
    }
    for (variant, rate) in &options.rates {
        if !(0.0..=1.0).contains(rate) {
            return Err(SimulateError::Option {
                option: format!("the conversion rate of variant {variant}"),
                expected: "a probability from 0 to 1",
                found: rate.to_string(),
            });
        }
    }
    Ok(())
}

/// The running tests; every one of their variants has a rate.
pub(super) async fn running_experiments(
    site: &Site,
    rates: &BTreeMap<String, f64>,
) -> Result<Vec<Experiment>, SimulateError> {
    let config: Config = site
        .ask(&mut CookieJar::default(), Request::get(Route::Config))
        .await
        .result
        .map_err(|failure| SimulateError::Request { doing: "read the running experiments", failure })?;
    if config.experiments.is_empty() {
        return Err(SimulateError::NoExperiment { base_url: site.base_url().to_owned() });
    }
    for experiment in &config.experiments {
        if let Some(variant) = experiment.variants.keys().find(|variant| !rates.contains_key(*variant)) {
            return Err(SimulateError::NoRate {
                test_id: experiment.test_id.clone(),
                variant: variant.clone(),
                known: rates.keys().cloned().collect::<Vec<_>>().join(", "),
            });
        }
    }
    Ok(config.experiments)
}

/// Signs in.
pub(super) async fn token(site: &Site, sign_in: &SignIn) -> Result<String, SimulateError> {
    let key = if sign_in.login.contains('@') { "email" } else { "username" };
    let body = json!({ key: sign_in.login, "password": sign_in.password });
    let reply: Login = site
        .ask(&mut CookieJar::default(), Request::post(Route::Login, body))
        .await
        .result
        .map_err(|failure| SimulateError::Request { doing: "sign in to read the results", failure })?;
    Ok(reply.token)
}

/// The server's counts before the run.
pub(super) async fn counts_before(site: &Site, token: &str) -> Result<Counts, SimulateError> {
    comparison::fetch(site, token)
        .await
        .map_err(|failure| SimulateError::Request { doing: "read the results before the run", failure })
}
