//! The way of a task, from the request to the reply.

use super::definition::{CompiledTask, Prepared};
use super::error::{TaskError, not_configured};
use super::model_call::{ModelQuestion, ask};
use super::reply::{Spent, reply_body};
use super::screening::{Refused, Screened, screen};
use super::second_opinion::{SECOND_OPINION, question_about};
use super::{BODY_LIMIT_BYTES, Prompt, input};
use crate::calls::{self, Admitted, Settlement, Unsettled};
use crate::config::GatewayFile;
use crate::gateway::Gateway;
use crate::metering::{CallGuard, CallSubject, Cost, Outcome, Unbounded, Usage};
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use dashly_kernel::Problem;
use dashly_web::{RequestId, parse_json, read_body};
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// Answers a request for `task`.
pub(super) async fn run(gateway: Gateway, request: Request, task: &CompiledTask) -> Response {
    let (mut head, body) = request.into_parts();
    let request_id =
        head.extensions.get::<RequestId>().map_or_else(|| Arc::from("-"), |id| Arc::clone(&id.0));
    let subject = CallSubject {
        task: task.definition.path,
        caller: Arc::from("-"),
        workspace: Arc::from("-"),
        model: Arc::from("-"),
        request_id: Arc::clone(&request_id),
    };
    let mut guard = CallGuard::open(&gateway.meter, subject);
    let admitted = match calls::admit(&gateway, &mut head, &mut guard).await {
        Ok(admitted) => admitted,
        Err(error) => return refuse(guard, error.into(), &request_id),
    };
    let prepared = match prepare(task, body).await {
        Ok(prepared) => prepared,
        Err(problem) => return refuse(guard, problem.into(), &request_id),
    };
    match answer(&gateway, task, &prepared, admitted, guard).await {
        Ok((answer, spent)) => {
            Json(reply_body(task.definition.envelope, answer, spent.as_ref())).into_response()
        }
        Err(error) => error.into_reply(&request_id),
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
    let screened = match screen(&gateway.guard, gateway.protection, prepared) {
        Ok(screened) => screened,
        Err(Refused { field, verdict }) => {
            let id = gateway.ids.uuid(gateway.clock.now()).to_string();
            guard.note(|end| end.guard = format!("refused {id}: {}", verdict.rules.join(" ")));
            return Err(refused(guard, TaskError::Attack(field, id)));
        }
    };
    guard.note(|end| end.guard = summary(&screened));
    let Admitted { file, caller, workspace, place, deadline } = admitted;
    let Some(prompt) = file.prompts.get(task.definition.name) else { return Err(Problem::internal().into()) };
    let question = ModelQuestion {
        task,
        prompt,
        question: &prepared.question,
        blocks: &screened.blocks,
        boundary: gateway.ids.token(),
        protection: gateway.protection,
    };
    let alias = Some(&*prompt.model);
    if !question.models(&file).iter().any(|model| caller.may_call(model, alias)) {
        let problem =
            Problem::forbidden("model-not-allowed", format!("this key may not call {}", prompt.model));
        return Err(refused(guard, problem.into()));
    }
    let prompt_estimate = estimate(&question, prompt);
    let expected = prompt_estimate.saturating_add(prompt.max_tokens);
    let worst = || worst_case(&file, gateway, &question, &screened);
    let held = match calls::hold(gateway, &file, &caller, workspace.as_ref(), expected, worst).await {
        Ok(held) => held,
        Err(error) => return Err(refused(guard, error.into())),
    };
    let mut unsettled = Unsettled::new(Settlement {
        gateway: gateway.clone(),
        file: Arc::clone(&file),
        guard,
        held,
        prompt_estimate,
        place: Some(place),
        used: 0,
        spent: Cost::default(),
    });
    let asked = match unsettled.get() {
        Some(settlement) => ask_safely(gateway, &file, &question, &screened, settlement, deadline).await,
        None => Err(Problem::internal().into()),
    };
    if let Some(settlement) = unsettled.take() {
        finish(settlement, &asked);
    }
    let (answer, mut spent) = asked?;
    spent.withheld = screened.withheld;
    Ok(((task.definition.finish)(answer, prepared), Some(spent)))
}

fn summary(screened: &Screened) -> String {
    match (screened.withheld.len(), screened.doubtful.len()) {
        (0, 0) => "passed".to_owned(),
        (0, doubtful) => format!("{doubtful} doubtful"),
        (withheld, doubtful) => format!("{withheld} withheld, {doubtful} doubtful"),
    }
}

/// Asks, after a second opinion where one is wanted. Without an answer to that, a task whose answer is acted on is refused,
/// and one whose answer is only shown goes on.
async fn ask_safely(
    gateway: &Gateway,
    file: &GatewayFile,
    question: &ModelQuestion<'_>,
    screened: &Screened,
    settlement: &mut Settlement,
    deadline: Instant,
) -> Result<(Value, Spent), TaskError> {
    if file.second_opinion && !screened.doubtful.is_empty() {
        let opinion = second_opinion(gateway, file, &screened.doubtful, settlement, deadline).await;
        if opinion.unwrap_or(question.task.definition.acts) {
            let id = gateway.ids.uuid(gateway.clock.now()).to_string();
            settlement.guard.note(|end| end.guard = format!("refused {id}: second opinion"));
            return Err(TaskError::Attack("text", id));
        }
    }
    ask(gateway, file, question, settlement, deadline).await
}

/// Whether a small model finds one of `texts` unsafe; none when it gave no answer.
async fn second_opinion(
    gateway: &Gateway,
    file: &GatewayFile,
    texts: &[String],
    settlement: &mut Settlement,
    deadline: Instant,
) -> Option<bool> {
    let prepared = question_about(texts);
    let question = opinion_question(gateway, file, &prepared)?;
    let (answer, _) = ask(gateway, file, &question, settlement, deadline).await.ok()?;
    answer["unsafe"].as_bool()
}

fn opinion_question<'a>(
    gateway: &Gateway,
    file: &'a GatewayFile,
    prepared: &'a Prepared,
) -> Option<ModelQuestion<'a>> {
    let task = SECOND_OPINION.as_ref()?;
    Some(ModelQuestion {
        task,
        prompt: file.prompts.get(task.definition.name)?,
        question: &prepared.question,
        blocks: &prepared.blocks,
        boundary: gateway.ids.token(),
        protection: gateway.protection,
    })
}

/// The most that an answer costs, with the second opinion before it.
fn worst_case(
    file: &GatewayFile,
    gateway: &Gateway,
    question: &ModelQuestion<'_>,
    screened: &Screened,
) -> Result<Cost, Unbounded> {
    let own = question.worst_case(file)?;
    if !file.second_opinion || screened.doubtful.is_empty() {
        return Ok(own);
    }
    let prepared = question_about(&screened.doubtful);
    match opinion_question(gateway, file, &prepared) {
        Some(opinion) => Ok(own + opinion.worst_case(file)?),
        None => Ok(own),
    }
}

fn refused(mut guard: CallGuard, error: TaskError) -> TaskError {
    guard.note(|end| (end.status, end.outcome) = (error.status(), Outcome::Refused));
    error
}

/// Every reply of the model was booked when it came.
fn finish(mut settlement: Settlement, asked: &Result<(Value, Spent), TaskError>) {
    let (status, outcome) = match asked {
        Ok(_) => (200, Outcome::Answered),
        Err(error) if error.is_refusal() => (error.status(), Outcome::Refused),
        Err(error @ TaskError::Provider(..)) => (error.status(), Outcome::ProviderError),
        Err(error) => (error.status(), Outcome::Failed),
    };
    settlement.guard.note(|end| end.status = status);
    let nothing_more = Some((Usage::default(), true));
    settlement.settle(outcome, nothing_more);
}

/// Tokens of the prompt: at least three bytes each.
fn estimate(question: &ModelQuestion<'_>, prompt: &Prompt) -> u64 {
    let bytes = question.message().len() + prompt.system.len() + question.task.definition.output.len();
    u64::try_from(bytes.div_ceil(3)).unwrap_or(u64::MAX)
}
