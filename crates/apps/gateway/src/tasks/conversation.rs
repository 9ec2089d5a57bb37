//! A question to the model with everything that belongs to it: tokens and money held, a second opinion where one is
//! wanted, and the settlement.

use super::Prompt;
use super::definition::Prepared;
use super::error::TaskError;
use super::model_call::{ModelQuestion, ask};
use super::reply::Spent;
use super::screening::Screened;
use super::second_opinion::{SECOND_OPINION, question_about};
use crate::calls::{self, Admitted, Settlement, Unsettled};
use crate::config::GatewayFile;
use crate::gateway::Gateway;
use crate::metering::{CallGuard, Cost, Outcome, Unbounded, Usage};
use dashly_kernel::Problem;
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// Asks the model, and books the call.
pub(super) async fn converse(
    gateway: &Gateway,
    admitted: &Admitted,
    question: &ModelQuestion<'_>,
    screened: &Screened,
    mut guard: CallGuard,
) -> Result<(Value, Spent), TaskError> {
    let Admitted { file, caller, workspace, deadline, .. } = admitted;
    let prompt_estimate = estimate(question, question.prompt);
    let expected = prompt_estimate.saturating_add(question.prompt.max_tokens);
    let worst = || worst_case(file, gateway, question, screened);
    let held = match calls::hold(gateway, file, caller, workspace.as_ref(), expected, worst).await {
        Ok(held) => held,
        Err(error) => {
            let error = TaskError::from(error);
            guard.note(|end| (end.status, end.outcome) = (error.status(), error.outcome()));
            return Err(error);
        }
    };
    let mut unsettled = Unsettled::new(Settlement {
        gateway: gateway.clone(),
        file: Arc::clone(file),
        guard,
        held,
        prompt_estimate,
        // The place is held by the caller's request.
        place: None,
        used: 0,
        spent: Cost::default(),
    });
    let asked = match unsettled.get() {
        Some(settlement) => ask_safely(gateway, file, question, screened, settlement, *deadline).await,
        None => Err(Problem::internal().into()),
    };
    if let Some(settlement) = unsettled.take() {
        finish(settlement, &asked);
    }
    asked
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
        let said = opinion.map_or("none", |is_unsafe| if is_unsafe { "unsafe" } else { "safe" });
        settlement.guard.note(|end| end.guard = format!("{}, second opinion {said}", end.guard));
        match opinion {
            Some(true) => {
                let id = gateway.ids.uuid(gateway.clock.now()).to_string();
                settlement.guard.note(|end| end.guard = format!("refused {id}: {}", end.guard));
                return Err(TaskError::Attack(None, id));
            }
            None if question.task.definition.acts => return Err(TaskError::NoAnswer(no_opinion())),
            Some(false) | None => {}
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

/// A text is in doubt, and nobody says whether it is safe.
fn no_opinion() -> Problem {
    let detail = "a text of the request may be an instruction to the model, and the small model that is asked about such \
                  texts gave no answer; try again, or say it in other words";
    Problem::unavailable("no-second-opinion", detail, 1)
}

fn opinion_question<'a>(
    gateway: &Gateway,
    file: &'a GatewayFile,
    prepared: &'a Prepared,
) -> Option<ModelQuestion<'a>> {
    let task = &*SECOND_OPINION;
    let prompt = file.prompts.get(task.definition.name)?;
    Some(ModelQuestion {
        task,
        prompt,
        models: prompt.models(file),
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

/// Every reply of the model was booked when it came.
fn finish(mut settlement: Settlement, asked: &Result<(Value, Spent), TaskError>) {
    let (status, outcome) = match asked {
        Ok(_) => (200, Outcome::Answered),
        Err(error) => (error.status(), error.outcome()),
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
