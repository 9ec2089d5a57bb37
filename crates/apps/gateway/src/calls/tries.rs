//! How often the provider is asked.
//!
//! A call that names a model of the provider is passed once, since official clients try again themselves; only a
//! connection that could not be made is tried again. A call that names an alias is tried again, and then with the
//! alias's other models, as long as nothing was sent to its caller.

use super::error::CallError;
use crate::config::{BreakerRule, GatewayFile, Retries};
use crate::gateway::Gateway;
use crate::metering::{StreamTap, Tap};
use crate::upstream::{
    Breakers, ReplyBody, SendError, UpstreamReply, UpstreamRequest, is_about_the_key, retry_after,
};
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Tries of a connection.
const CONNECTS: u32 = 3;
/// Between two of them, at most.
const CONNECT_WAIT: Duration = Duration::from_millis(250);
/// An error's body is read up to here.
const MOST_ERROR_BYTES: usize = 256 * 1024;

/// Whom to ask, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    pub(crate) models: &'a [Arc<str>],
    /// Whether the answer is a stream, so that its beginning must come soon.
    pub(crate) is_stream: bool,
}

/// The provider's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    pub(crate) body: AnswerBody,
    pub(crate) model: Arc<str>,
}

/// Its body.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// Still coming, after what was already read of it.
    Coming(Option<Bytes>, ReplyBody),
    /// Read whole.
    Whole(Bytes),
}

impl Answer {
    fn new(reply: UpstreamReply, model: &Arc<str>) -> Self {
        let (head, body) = reply.into_parts();
        Self { head, body: AnswerBody::Coming(None, body), model: Arc::clone(model) }
    }

    /// Whether a stream of events follows.
    pub(crate) fn is_stream(&self) -> bool {
        self.head
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
    }
}

/// Passes `request` on once.
pub(crate) async fn once(
    gateway: &Gateway,
    request: &UpstreamRequest,
    model: &Arc<str>,
    deadline: Instant,
) -> Result<Answer, CallError> {
    let mut connects = 0;
    loop {
        connects += 1;
        match gateway.upstream.send(request, deadline).await {
            Ok(reply) => return Ok(Answer::new(reply, model)),
            Err(SendError::Connect) if connects < CONNECTS => sleep(gateway.jitter(CONNECT_WAIT)).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Asks the models of an alias, one after the other. `request_for` makes the request for a model.
pub(crate) async fn with_retries(
    gateway: &Gateway,
    file: &GatewayFile,
    candidates: &Candidates<'_>,
    request_for: impl Fn(&str) -> UpstreamRequest,
    deadline: Instant,
) -> Result<Answer, CallError> {
    let mut last = Err(CallError::AllFailing);
    for model in candidates.models {
        if !gateway.breakers.admit(model) {
            continue;
        }
        let request = request_for(model);
        let mut tried = 1;
        // What other keys have heard in the present try.
        let mut heard: Vec<Failure> = Vec::new();
        loop {
            let probe = Probe { breakers: &gateway.breakers, model, rule: file.breaker, is_told: false };
            let tried_once = try_model(gateway, file, candidates.is_stream, &request, model, deadline).await;
            probe.tell(&tried_once);
            let failure = match tried_once {
                Try::Good(answer) => return Ok(answer),
                Try::Failed(failure) => failure,
            };
            let is_last_key = heard.len() + 1 >= gateway.upstream.key_count();
            if failure.is_keys_fault && !is_last_key && gateway.upstream.has_working_key() {
                heard.push(failure);
                continue;
            }
            let failure = heard.drain(..).fold(failure, Failure::more_hopeful);
            let wait = failure.wait(gateway, file.retries, tried);
            let goes_on = tried < file.retries.tries && failure.is_worth_retrying;
            last = failure.result;
            match wait {
                Some(wait) if goes_on && Instant::now() + wait < deadline => sleep(wait).await,
                _ => break,
            }
            tried += 1;
        }
        let is_over =
            Instant::now() >= deadline || matches!(&last, Ok(answer) if !is_models_fault(answer.head.status));
        if is_over {
            break;
        }
    }
    last
}

/// One try.
enum Try {
    /// An answer to pass on: good, or a refusal that is the caller's own doing.
    Good(Answer),
    Failed(Failure),
}

/// A try that failed.
struct Failure {
    /// What the caller hears if nothing better comes.
    result: Result<Answer, CallError>,
    is_worth_retrying: bool,
    /// What the provider asks for.
    retry_after: Option<Duration>,
    /// Whether the model is to blame, and not a limit of the account.
    is_models_fault: bool,
    /// Whether the provider may answer to another key.
    is_keys_fault: bool,
}

impl Failure {
    fn of(error: CallError) -> Try {
        Try::Failed(Self {
            result: Err(error),
            is_worth_retrying: true,
            retry_after: None,
            is_models_fault: true,
            is_keys_fault: false,
        })
    }

    /// Of what two keys have heard, that after which another try makes sense, and the sooner.
    fn more_hopeful(self, other: Self) -> Self {
        let hope = |failure: &Self| (!failure.is_worth_retrying, failure.retry_after.unwrap_or_default());
        if hope(&other) < hope(&self) { other } else { self }
    }

    /// How long to wait before the try after the `tried`-th; none when the provider wants a longer pause than we wait.
    fn wait(&self, gateway: &Gateway, retries: Retries, tried: u32) -> Option<Duration> {
        if let Some(asked) = self.retry_after {
            return (asked <= retries.longest_wait).then_some(asked);
        }
        let doubled = retries.first_wait.saturating_mul(1 << tried.saturating_sub(1).min(16));
        Some(gateway.jitter(doubled.min(retries.longest_wait)))
    }
}

async fn try_model(
    gateway: &Gateway,
    file: &GatewayFile,
    is_stream: bool,
    request: &UpstreamRequest,
    model: &Arc<str>,
    deadline: Instant,
) -> Try {
    let head_deadline = file.timeouts.begin_by(is_stream, deadline);
    let reply = match gateway.upstream.send(request, head_deadline).await {
        Err(error @ SendError::NoKey) => {
            return Try::Failed(Failure {
                result: Err(error.into()),
                is_worth_retrying: false,
                retry_after: None,
                is_models_fault: false,
                is_keys_fault: false,
            });
        }
        Err(error) => return Failure::of(error.into()),
        Ok(reply) => Answer::new(reply, model),
    };
    if reply.head.status.is_success() {
        return if reply.is_stream() { first_event(reply).await } else { Try::Good(reply) };
    }
    let status = reply.head.status;
    if is_worth_retrying(status) || is_about_the_key(status) {
        refused(reply).await
    } else {
        Try::Good(reply)
    }
}

/// Whether the same call may succeed a little later.
fn is_worth_retrying(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 409 | 429 | 500 | 502 | 503 | 504 | 529)
}

fn is_models_fault(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// Reads a refusal whole: whether another try makes sense stands in its body.
async fn refused(answer: Answer) -> Try {
    let Answer { head, body, model } = answer;
    let AnswerBody::Coming(_, body) = body else { return Try::Good(Answer { head, body, model }) };
    let read = match Limited::new(body, MOST_ERROR_BYTES).collect().await {
        Ok(read) => read,
        Err(error) => return Failure::of(SendError::of_body(&*error).into()),
    };
    let body = read.to_bytes();
    let is_spend_cap = serde_json::from_slice::<Value>(&body).is_ok_and(|body| {
        body.pointer("/error/details/error_code").is_some_and(|code| code == "enforced_spend_limit_reached")
    });
    let status = head.status;
    let retry_after = retry_after(&head.headers);
    let answer = Answer { head, body: AnswerBody::Whole(body), model };
    if is_spend_cap {
        // It holds for every model of the account, and for longer than anybody waits.
        return Try::Good(answer);
    }
    Try::Failed(Failure {
        result: Ok(answer),
        is_worth_retrying: is_worth_retrying(status),
        retry_after,
        is_models_fault: status.is_server_error(),
        is_keys_fault: is_about_the_key(status),
    })
}

/// Waits for the beginning of a stream: a provider that is overloaded sometimes says so in its first event.
async fn first_event(answer: Answer) -> Try {
    let Answer { head, body, model } = answer;
    let AnswerBody::Coming(_, mut body) = body else { return Try::Good(Answer { head, body, model }) };
    let frame = match body.frame().await {
        Some(Ok(frame)) => frame,
        Some(Err(broken)) => return Failure::of(SendError::from(broken).into()),
        None => return Failure::of(SendError::Broken.into()),
    };
    let first = frame.into_data().unwrap_or_default();
    let mut tap = Tap::Stream(StreamTap::default());
    tap.push(&first);
    let Tap::Stream(tap) = tap else { return Failure::of(SendError::Broken.into()) };
    if tap.error().is_some() && tap.usage().is_none() {
        return Failure::of(CallError::Overloaded);
    }
    Try::Good(Answer { head, body: AnswerBody::Coming(Some(first), body), model })
}

/// Tells the breaker how a try ended, also when its caller left in between.
struct Probe<'a> {
    breakers: &'a Breakers,
    model: &'a Arc<str>,
    rule: BreakerRule,
    is_told: bool,
}

impl Probe<'_> {
    fn tell(mut self, tried: &Try) {
        self.is_told = true;
        match tried {
            Try::Failed(failure) if failure.is_models_fault => {
                self.breakers.note_failure(self.model, self.rule);
            }
            Try::Failed(_) => self.breakers.note_nothing(self.model),
            Try::Good(_) => self.breakers.note_success(self.model),
        }
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.breakers.note_nothing(self.model);
        }
    }
}
