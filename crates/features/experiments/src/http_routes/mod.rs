//! The routes under `/api/experiments`: one file each. Those of `/ofrep` are in `ofrep`.

mod delete_settings;
mod event_input;
mod get_changes;
mod get_config;
mod get_dashboard;
mod get_experiment_results;
mod get_kpis;
mod get_notices;
mod get_pricing_view;
mod get_qa;
mod get_replay_looks;
mod get_replays;
mod get_results;
mod get_settings;
mod get_timeseries;
mod patch_holdout;
mod patch_settings;
mod post_bulk_events;
mod post_events;
mod post_exposures;
mod post_notices_read;
mod post_plan;
mod post_qa_link;
mod post_variants;
mod site_input;

use crate::Experiments;
use crate::life::Author;
use axum::extract::Request;
use axum::middleware;
use dashly_db::DbError;
use dashly_kernel::Problem;
use dashly_web::{BodyBudget, Caller, Failure, share_body_budget};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bulk bodies that may be in memory together: four of the largest, or thousands of small ones.
const BULK_BUDGET_KILOBYTES: u32 = 4 * post_bulk_events::BODY_LIMIT_KILOBYTES;

/// All routes of the feature, with their layers.
pub fn routes(experiments: &Experiments) -> OpenApiRouter {
    let dashboard = OpenApiRouter::new()
        .routes(routes!(get_dashboard::get_dashboard))
        .layer((experiments.assign_layer(), experiments.expose_layer("dashboard")));
    let pricing_view = OpenApiRouter::new()
        .routes(routes!(get_pricing_view::get_pricing_view))
        .layer((experiments.assign_layer(), experiments.expose_layer("pricing-view")));
    let events =
        OpenApiRouter::new().routes(routes!(post_events::post_events)).layer(experiments.assign_layer());
    let budget = BodyBudget::new(BULK_BUDGET_KILOBYTES, post_bulk_events::BODY_LIMIT_KILOBYTES);
    let bulk_events = OpenApiRouter::new()
        .routes(routes!(post_bulk_events::post_bulk_events))
        .layer(experiments.assign_layer())
        .layer(middleware::from_fn_with_state(budget, share_body_budget));
    let sites = OpenApiRouter::new()
        .routes(routes!(post_variants::post_variants))
        .routes(routes!(post_exposures::post_exposures));
    let reading = OpenApiRouter::new()
        .routes(routes!(get_config::get_config))
        .routes(routes!(get_results::get_results))
        .routes(routes!(get_experiment_results::get_experiment_results))
        .routes(routes!(get_timeseries::get_timeseries))
        .routes(routes!(post_plan::post_plan))
        .routes(routes!(get_kpis::get_kpis))
        .routes(routes!(get_replays::get_replays))
        .routes(routes!(get_replay_looks::get_replay_looks));
    let living = OpenApiRouter::new()
        .routes(routes!(get_settings::get_settings))
        .routes(routes!(patch_settings::patch_settings, delete_settings::delete_settings))
        .routes(routes!(patch_holdout::patch_holdout))
        .routes(routes!(get_changes::get_changes))
        .routes(routes!(get_notices::get_notices))
        .routes(routes!(post_notices_read::post_notices_read))
        .routes(routes!(post_qa_link::post_qa_link))
        .routes(routes!(get_qa::get_qa));
    dashboard
        .merge(pricing_view)
        .merge(events)
        .merge(bulk_events)
        .merge(sites)
        .merge(reading)
        .merge(living)
        .merge(crate::ofrep::routes())
        .with_state(experiments.clone())
}

/// Who is noted in the log of changes.
fn author(caller: &Caller) -> Author {
    Author { user: Some(caller.user), name: caller.username.to_string() }
}

/// Why notices could not be read or marked.
fn notices_problem(error: &DbError) -> Problem {
    tracing::warn!(reason = error.reason(), "notices could not be read or marked");
    if error.is_transient() {
        Problem::unavailable("database-unavailable", error.reason(), 2)
    } else {
        Problem::internal()
    }
}

/// What a layer left for the handler. Its absence is a fault in the assembly of the routes, not of the request.
fn from_layer<T: Clone + Send + Sync + 'static>(request: &Request) -> Result<T, Failure> {
    request.extensions().get::<T>().cloned().ok_or_else(|| {
        tracing::error!(
            missing = std::any::type_name::<T>(),
            "a route lacks the layer that its handler needs"
        );
        Problem::internal().into()
    })
}

type SharedAssignments = Arc<crate::Assignments>;
