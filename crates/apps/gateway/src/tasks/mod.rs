//! The twelve tasks: questions with a fixed form of answer.
//!
//! A task is declared: its prompt in `prompts/`, the schemas of its input and output in `schemas/`, and a file here that
//! says what is computed before, what the model is given, and what is put right afterwards. [`run`] is the way all take.
#![expect(
    clippy::indexing_slicing,
    reason = "reading a JSON value never panics: what is missing is null; what is written to was checked to be an object"
)]

mod custom_data_analyze_quality;
mod custom_data_detect_schema;
mod custom_data_generate_query;
mod custom_data_suggest_visualizations;
mod dashboard_generate;
mod dashboard_improvements;
mod dashboard_options;
mod dashboard_recommendations;
mod website_audit_analyze;
mod widget_analyze;
mod widget_compare;
mod widget_trend;

mod answers;
mod catalogue;
mod conversation;
mod definition;
mod error;
#[cfg(test)]
mod injections;
mod input;
mod model_call;
mod prompt;
mod protection;
mod repair;
mod reply;
mod run;
mod schema;
mod screening;
mod second_opinion;

use crate::gateway::Gateway;
use crate::openapi::DescribedTask;
pub(crate) use answers::{Answers, MOST_BYTES};
use axum::extract::{Request, State};
use axum::routing::{get, post};
use axum::{Extension, Router};
pub(crate) use dashboard_options::PATH as OPTIONS_PATH;
use dashly_web::Recorded;
use definition::{CompiledTask, TaskDefinition};
pub(crate) use prompt::{Prompt, Prompts};
pub(crate) use protection::Protection;
use std::sync::Arc;

/// A request's body may have this many bytes.
const BODY_LIMIT_BYTES: usize = 10 * 1024 * 1024;

/// All tasks that may ask a model.
const TASKS: [&TaskDefinition; 11] = [
    &dashboard_generate::TASK,
    &dashboard_recommendations::TASK,
    &dashboard_improvements::TASK,
    &widget_analyze::TASK,
    &widget_compare::TASK,
    &widget_trend::TASK,
    &website_audit_analyze::TASK,
    &custom_data_detect_schema::TASK,
    &custom_data_suggest_visualizations::TASK,
    &custom_data_analyze_quality::TASK,
    &custom_data_generate_query::TASK,
];

/// The tasks as the description of the routes tells them.
pub(crate) fn described_tasks() -> impl Iterator<Item = DescribedTask> {
    TASKS.iter().map(|definition| {
        let task = CompiledTask::new(definition);
        DescribedTask {
            path: definition.path,
            summary: definition.summary,
            input: task.input().document.clone(),
            output: task.output().document.clone(),
            member: definition.envelope.member,
        }
    })
}

/// The routes.
pub(crate) fn routes() -> Router<Gateway> {
    let mut router = Router::new().route(dashboard_options::PATH, get(dashboard_options::get_options));
    for definition in TASKS {
        let task = Arc::new(CompiledTask::new(definition));
        let handler = move |State(gateway): State<Gateway>, request: Request| {
            let task = Arc::clone(&task);
            async move { (Extension(Recorded), run::run(gateway, request, &task).await) }
        };
        router = router.route(definition.path, post(handler));
    }
    router
}
