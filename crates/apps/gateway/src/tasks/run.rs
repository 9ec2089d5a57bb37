//! The way of a task, from the request to the reply.

use super::answers::{ModelAnswer, Part};
use super::conversation::converse;
use super::definition::{CompiledTask, Prepared};
use super::error::{TaskError, not_configured};
use super::model_call::ModelQuestion;
use super::reply::{Source, Spent, reply_body};
use super::screening::{Refused, Screened, screen};
use super::second_opinion::MOST_TEXTS;
use super::{BODY_LIMIT_BYTES, input};
use crate::calls::{self, Admitted, CallError, MODEL_RETIRES, count_retiring, retirement_notice};
use crate::config::GatewayFile;
use crate::gateway::Gateway;
use crate::metering::{CallGuard, CallSubject, Outcome};
use crate::upstream::{SendError, label_fake};
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Problem;
use dashly_web::{PeerAddress, RequestId, parse_json, read_body};
use http::HeaderMap;
use serde_json::Value;
use std::sync::Arc;
use tokio::time::timeout_at;

/// Answers a request for `task`.
pub(super) async fn run(gateway: Gateway, request: Request, task: &CompiledTask) -> Response {
    let (head, body) = request.into_parts();
    let request_id =
        head.extensions.get::<RequestId>().map_or_else(|| Arc::from("-"), |id| Arc::clone(&id.0));
    let subject = CallSubject::new(task.definition.path, &request_id);
    let mut guard = CallGuard::open(&gateway.meter, subject);
    let admitted =
        match calls::admit(&gateway, &head.headers, PeerAddress::of(&head.extensions), &mut guard).await {
            Ok(admitted) => admitted,
            Err(error) => return refuse(guard, error.into(), &request_id),
        };
    let prepared = match prepare(task, body).await {
        Ok(prepared) => prepared,
        Err(problem) => return refuse(guard, problem.into(), &request_id),
    };
    let file = Arc::clone(&admitted.file);
    match answer(&gateway, task, &prepared, admitted, guard).await {
        Ok((answer, spent)) => {
            let body = reply_body(task.definition.envelope, answer, spent.as_ref());
            let mut reply = Json(body).into_response();
            if let Some(spent) = spent {
                mark(&gateway, &file, &spent, reply.headers_mut());
            }
            reply
        }
        Err(error) => {
            let is_fake = error.is_of_provider() && gateway.upstream.is_fake();
            let mut reply = error.into_reply(&request_id);
            if is_fake {
                label_fake(reply.headers_mut());
            }
            reply
        }
    }
}

/// Says in the headers what callers should know of the model that answered.
fn mark(gateway: &Gateway, file: &GatewayFile, spent: &Spent, headers: &mut HeaderMap) {
    if spent.is_fake {
        label_fake(headers);
    }
    if let Some(day) = retirement_notice(gateway, file, &spent.model) {
        headers.insert(MODEL_RETIRES, day);
        if spent.source == Source::Model {
            count_retiring(&spent.model);
        }
    }
}

fn refuse(mut guard: CallGuard, error: TaskError, request_id: &str) -> Response {
    guard.note(|end| {
        end.status = error.status();
        end.outcome = Outcome::Refused;
    });
    error.into_reply(request_id)
}

async fn prepare(task: &CompiledTask, body: Body) -> Result<Prepared, Problem> {
    let body = read_body(body, BODY_LIMIT_BYTES).await?;
    let body: Value = parse_json(&body)?;
    let input = input::read(task, body)?;
    Ok((task.definition.prepare)(&input))
}

/// The answer, with what a model wrote for it, if one did.
async fn answer(
    gateway: &Gateway,
    task: &CompiledTask,
    prepared: &Prepared,
    admitted: Admitted,
    mut guard: CallGuard,
) -> Result<(Value, Option<Spent>), TaskError> {
    if !gateway.upstream.is_configured() {
        let computed = prepared.computed.clone().ok_or_else(not_configured);
        guard.note(|end| {
            (end.status, end.outcome) =
                if computed.is_ok() { (200, Outcome::Answered) } else { (503, Outcome::Refused) };
        });
        return Ok((computed?, None));
    }
    let most_doubtful = if admitted.file.second_opinion { MOST_TEXTS } else { usize::MAX };
    let screened = match screen(&gateway.guard, gateway.protection, prepared, most_doubtful) {
        Ok(screened) => screened,
        Err(Refused { field, verdict }) => {
            let id = gateway.ids.uuid(gateway.clock.now()).to_string();
            guard.note(|end| end.guard = format!("refused {id}: {}", verdict.rules.join(" ")));
            return Err(ended(guard, TaskError::Attack(Some(field), id)));
        }
    };
    guard.note(|end| end.guard = summary(&screened));
    let Some(prompt) = admitted.file.prompts.get(task.definition.name) else {
        return Err(Problem::internal().into());
    };
    let alias = Some(&*prompt.model);
    let mut models = prompt.models(&admitted.file);
    models.retain(|model| admitted.caller.may_call(model, alias));
    if models.is_empty() {
        let problem =
            Problem::forbidden("model-not-allowed", format!("this key may not call {}", prompt.model));
        return Err(ended(guard, problem.into()));
    }
    let question = ModelQuestion {
        task,
        prompt,
        models,
        question: &prepared.question,
        blocks: &screened.blocks,
        boundary: gateway.ids.token(),
        protection: gateway.protection,
    };
    let (answer, mut spent) = shared_answer(gateway, &admitted, &question, &screened, guard).await?;
    spent.withheld = screened.withheld;
    Ok(((task.definition.finish)(answer, prepared), Some(spent)))
}

/// The model's answer: remembered, or heard from an identical call in progress, or asked for.
async fn shared_answer(
    gateway: &Gateway,
    admitted: &Admitted,
    question: &ModelQuestion<'_>,
    screened: &Screened,
    mut guard: CallGuard,
) -> Result<(Value, Spent), TaskError> {
    let Admitted { file, caller, workspace, deadline, .. } = admitted;
    let identity = question.identity(file, &caller.name(), workspace.as_deref());
    let part = gateway.answers.part(&identity, file.remember_answers.is_some());
    let (outcome, source) = match timeout_at(*deadline, part).await {
        Err(_) => return Err(ended(guard, CallError::Send(SendError::TooSlow).into())),
        Ok(Part::Remembers(answer)) => (Ok(answer), Source::Memory),
        Ok(Part::Hears(outcome)) => (outcome, Source::IdenticalCall),
        Ok(Part::Asks(asking)) => {
            let asked = converse(gateway, admitted, question, screened, guard).await;
            let outcome = asked.as_ref().map_err(Clone::clone).map(|(answer, spent)| ModelAnswer {
                answer: answer.clone(),
                model: spent.model.clone(),
                is_fake: spent.is_fake,
            });
            asking.tell(&outcome, file.remember_answers).await;
            return asked;
        }
    };
    let ModelAnswer { answer, model, is_fake } = match outcome {
        Ok(answer) => answer,
        Err(error) => return Err(ended(guard, error)),
    };
    guard.note(|end| {
        (end.status, end.outcome) = (200, Outcome::Answered);
        end.subject.model = Arc::from(model.as_str());
        end.source = source.name();
    });
    Ok((answer, Spent { model, is_fake, source, ..Spent::default() }))
}

fn summary(screened: &Screened) -> String {
    match (screened.withheld.len(), screened.doubtful.len()) {
        (0, 0) => "passed".to_owned(),
        (0, doubtful) => format!("{doubtful} doubtful"),
        (withheld, doubtful) => format!("{withheld} withheld, {doubtful} doubtful"),
    }
}

/// Books a call that ends with `error` before the model was asked.
fn ended(mut guard: CallGuard, error: TaskError) -> TaskError {
    guard.note(|end| (end.status, end.outcome) = (error.status(), error.outcome()));
    error
}
