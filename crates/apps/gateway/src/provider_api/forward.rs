//! The way of a call to the provider and back.

use super::ProviderRoute;
use super::error::ProviderError;
use super::headers::{for_caller, for_provider};
use super::relay::Relay;
use super::request::{Asked, Read};
use crate::calls::{
    self, Admitted, Answer, AnswerBody, CallError, Candidates, Held, MODEL_RETIRES, Settlement, Unsettled,
    count_retiring, retirement_notice,
};
use crate::config::GatewayFile;
use crate::gateway::Gateway;
use crate::metering::{CallGuard, CallSubject, Cost, JsonTap, Outcome, StreamTap, Tap, worst_case};
use crate::upstream::{SendError, UpstreamRequest, label_fake};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use dashly_web::read_body;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::Instant;

/// As in the audit; the provider's own id is in `request-id`.
const OUR_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Passes a call of `peer` on and its answer back.
pub(super) async fn forward(
    gateway: Gateway,
    request: Request<Incoming>,
    peer: IpAddr,
    route: ProviderRoute,
) -> Response {
    let (head, body) = request.into_parts();
    let request_id: Arc<str> = gateway.ids.token().into();
    let subject = CallSubject::new(route.template, &request_id);
    let mut guard = CallGuard::open(&gateway.meter, subject);
    let admitted = match calls::admit(&gateway, &head.headers, peer, &mut guard).await {
        Ok(admitted) => admitted,
        Err(error) => return refuse(guard, error.into(), &request_id),
    };
    let question = match ask(&gateway, &admitted, &mut guard, body, route).await {
        Ok(question) => question,
        Err(error) => return refuse(guard, error, &request_id),
    };
    pass(&gateway, head, admitted, question, guard, route, &request_id).await
}

fn refuse(mut guard: CallGuard, error: ProviderError, request_id: &str) -> Response {
    guard.note(|end| {
        end.status = error.status.as_u16();
        end.outcome = Outcome::Refused;
    });
    error.into_reply(request_id)
}

/// What a caller asks for.
struct Question {
    body: Bytes,
    asked: Option<Asked>,
    held: Held,
}

async fn ask(
    gateway: &Gateway,
    admitted: &Admitted,
    guard: &mut CallGuard,
    body: Incoming,
    route: ProviderRoute,
) -> Result<Question, ProviderError> {
    let body = read_body(body, super::BODY_LIMIT_BYTES).await?;
    if !route.names_model {
        return Ok(Question { body, asked: None, held: Held::default() });
    }
    let file = &admitted.file;
    let Read { mut asked, bounds } = Asked::read(&body, file, route.is_charged)?;
    let alias = asked.is_alias.then_some(&*asked.name);
    asked.models.retain(|model| admitted.caller.may_call(model, alias));
    let Some(first) = asked.models.first() else {
        return Err(ProviderError::model_not_allowed(&asked.name));
    };
    if file.models.contains_key(first) {
        // A name that nobody knows is counted once the provider answers to it: callers could make up any number.
        guard.note(|end| end.subject.model = Arc::clone(first));
    }
    let held = if route.is_charged {
        let Admitted { caller, workspace, .. } = admitted;
        let worst = || worst_case(file, &asked.models, bounds?);
        let expected = asked.expected_tokens(&body);
        calls::hold(gateway, file, caller, workspace.as_ref(), expected, worst).await?
    } else {
        Held::default()
    };
    Ok(Question { body, asked: Some(asked), held })
}

/// Sends the question, and makes the reply of the answer.
async fn pass(
    gateway: &Gateway,
    head: Parts,
    admitted: Admitted,
    question: Question,
    guard: CallGuard,
    route: ProviderRoute,
    request_id: &str,
) -> Response {
    let Admitted { file, place, deadline, .. } = admitted;
    let Question { body, asked, held } = question;
    let prompt_estimate = if route.is_charged { u64::try_from(body.len() / 4).unwrap_or(0) } else { 0 };
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
    let request = UpstreamRequest {
        method: head.method,
        path: head.uri.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/")),
        headers: for_provider(head.headers),
        body,
    };
    let answered = match &asked {
        Some(asked) if asked.is_alias => {
            let candidates = Candidates { models: &asked.models, is_stream: asked.is_stream };
            let request_for = |model: &str| {
                let body = asked.body_for(&request.body, model);
                UpstreamRequest { body, ..request.clone() }
            };
            Box::pin(calls::with_retries(gateway, &file, &candidates, request_for, deadline)).await
        }
        _ => {
            let model = asked.as_ref().and_then(|asked| asked.models.first()).cloned();
            let is_stream = asked.as_ref().is_some_and(|asked| asked.is_stream);
            let head_by = file.timeouts.begin_by(is_stream, deadline);
            calls::once(gateway, &request, &model.unwrap_or_else(|| Arc::from("-")), head_by).await
        }
    };
    let Some(settlement) = unsettled.take() else {
        return ProviderError::from(CallError::Send(SendError::TooSlow)).into_reply(request_id);
    };
    match answered {
        Ok(answer) => {
            let mut reply = reply(gateway, answer, settlement, deadline, route, &file);
            if let Ok(id) = HeaderValue::try_from(request_id) {
                reply.headers_mut().insert(OUR_REQUEST_ID, id);
            }
            reply
        }
        Err(error) => fail(gateway, settlement, error, request_id),
    }
}

fn fail(gateway: &Gateway, mut settlement: Settlement, error: CallError, request_id: &str) -> Response {
    settlement.fail(error);
    let mut reply = ProviderError::from(error).into_reply(request_id);
    if gateway.upstream.is_fake() {
        label_fake(reply.headers_mut());
    }
    reply
}

fn reply(
    gateway: &Gateway,
    answer: Answer,
    mut settlement: Settlement,
    deadline: Instant,
    route: ProviderRoute,
    file: &GatewayFile,
) -> Response {
    let status = answer.head.status;
    settlement.guard.note(|end| {
        end.status = status.as_u16();
        if status.is_success() || file.models.contains_key(&answer.model) {
            end.subject.model = Arc::clone(&answer.model);
        }
    });
    let is_good = status.is_success();
    let tap = match (is_good && route.is_charged, answer.is_stream()) {
        (false, _) => Tap::None,
        (true, true) => Tap::Stream(StreamTap::default()),
        (true, false) => Tap::Json(JsonTap::default()),
    };
    let retires = retirement_notice(gateway, file, &answer.model);
    let Answer { mut head, body, model } = answer;
    for_caller(&mut head.headers);
    if let Some(day) = retires {
        count_retiring(&model);
        head.headers.insert(MODEL_RETIRES, day);
    }
    if matches!(body, AnswerBody::Whole(_)) {
        head.headers.remove(http::header::CONTENT_LENGTH);
    }
    let outcome = if is_good { Outcome::Answered } else { Outcome::ProviderError };
    Response::from_parts(head, Body::new(Relay::new(body, tap, settlement, outcome, deadline)))
}
