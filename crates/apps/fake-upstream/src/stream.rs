//! A stream of events, and how it is spoiled.

use crate::ledger::{Entry, Usage};
use crate::reply::Message;
use crate::scenario::{Fault, Scenario};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http_body::Frame;
use serde_json::json;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// One thing that a stream does.
#[derive(Clone, Debug)]
enum Step {
    /// Sends bytes.
    Send(Bytes),
    /// Says that this usage is now on the wire; final or not.
    Meter(Usage, bool),
    /// Never goes on.
    Stall,
    /// Closes the connection in the middle.
    Cut,
}

/// The body of the stream of `message` in `scenario`.
pub(crate) fn body(
    message: &Message,
    scenario: &Scenario,
    entry: Entry,
) -> impl Stream<Item = Result<Frame<Bytes>, io::Error>> + use<> {
    let steps = steps(message, scenario);
    let state = State { steps, pause: scenario.pause, entry };
    stream::unfold(state, State::next)
}

struct State {
    steps: VecDeque<Step>,
    pause: Duration,
    entry: Entry,
}

impl State {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, io::Error>, Self)> {
        loop {
            match self.steps.pop_front() {
                None => {
                    self.entry.finish();
                    return None;
                }
                Some(Step::Send(bytes)) => {
                    if !self.pause.is_zero() {
                        tokio::time::sleep(self.pause).await;
                    }
                    return Some((Ok(Frame::data(bytes)), self));
                }
                Some(Step::Meter(usage, is_final)) => self.entry.update(|call| {
                    call.usage = usage;
                    call.is_usage_final = is_final;
                }),
                Some(Step::Stall) => std::future::pending::<()>().await,
                Some(Step::Cut) => {
                    self.entry.finish();
                    // What was sent before must be on its way first.
                    tokio::task::yield_now().await;
                    let cut = io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the script");
                    return Some((Err(cut), self));
                }
            }
        }
    }
}

fn steps(message: &Message, scenario: &Scenario) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    let started = Usage { output_tokens: 1, ..message.usage };
    for (place, (name, data)) in message.events().into_iter().enumerate() {
        match &scenario.fault {
            Some(Fault::Cut(after)) if place == *after => {
                steps.push_back(Step::Cut);
                return steps;
            }
            Some(Fault::Stall(after)) if place == *after => {
                steps.push_back(Step::Stall);
                return steps;
            }
            Some(Fault::ErrorInStream(after)) if place == *after => {
                let error = json!({
                    "type": "error", "error": { "type": "overloaded_error", "message": "fake: overloaded" }
                });
                steps.push_back(Step::Send(frame("error", &error.to_string())));
                return steps;
            }
            Some(Fault::Malformed) if place == 4 => {
                steps.push_back(Step::Send(frame(
                    "content_block_delta",
                    "{\"type\": \"content_block_delta\", \"ind",
                )));
            }
            _ => {}
        }
        steps.push_back(Step::Send(frame(name, &data.to_string())));
        match name {
            "message_start" => steps.push_back(Step::Meter(started, false)),
            "message_delta" => steps.push_back(Step::Meter(message.usage, true)),
            _ => {}
        }
    }
    if scenario.fault == Some(Fault::Split) { split(steps) } else { steps }
}

fn frame(name: &str, data: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// The same bytes in pieces of seven; what is metered comes after the piece that completes it.
fn split(steps: VecDeque<Step>) -> VecDeque<Step> {
    let mut pieces = VecDeque::new();
    for step in steps {
        match step {
            Step::Send(bytes) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let piece = rest.split_to(rest.len().min(7));
                    pieces.push_back(Step::Send(piece));
                }
            }
            other => pieces.push_back(other),
        }
    }
    pieces
}
