//! The body of an answer on its way to the caller: byte for byte, metered, and never complete when it was cut.

use crate::calls::{AnswerBody, Settlement};
use crate::metering::{Outcome, Tap};
use crate::upstream::{BrokenBody, ReplyBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::Instant;

/// The body.
pub(super) struct Relay {
    first: Option<Bytes>,
    body: Option<ReplyBody>,
    tap: Tap,
    settlement: Option<Settlement>,
    is_stream: bool,
    deadline: Instant,
    outcome: Outcome,
    /// Why the caller's connection is closed in the middle; told when the body is asked next.
    broken: Option<BrokenBody>,
}

impl Relay {
    pub(super) fn new(
        body: AnswerBody,
        tap: Tap,
        settlement: Settlement,
        outcome: Outcome,
        deadline: Instant,
    ) -> Self {
        let (first, body) = match body {
            AnswerBody::Coming(first, body) => (first, Some(body)),
            AnswerBody::Whole(bytes) => (Some(bytes), None),
        };
        let is_stream = matches!(tap, Tap::Stream(_));
        let body = body.map(|mut body| {
            body.wait_until(settlement.file.timeouts.begin_by(is_stream, deadline));
            body
        });
        Self { first, body, tap, settlement: Some(settlement), is_stream, deadline, outcome, broken: None }
    }

    fn take_in(&mut self, bytes: &Bytes) {
        self.tap.push(bytes);
        if let Some(settlement) = &mut self.settlement {
            settlement.guard.note_first_token();
        }
        if let (true, Some(body), Some(settlement)) = (self.is_stream, &mut self.body, &self.settlement) {
            body.wait_until(settlement.file.timeouts.go_on_by(self.deadline));
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        let Some(mut settlement) = self.settlement.take() else { return };
        let usage = match &self.tap {
            Tap::Json(tap) => tap.usage().map(|usage| (usage, true)),
            Tap::Stream(tap) => tap.usage(),
            Tap::None => None,
        };
        settlement.settle(outcome, usage);
    }

    /// A body whose length was announced is not asked for its end once that much has passed.
    fn settle_if_whole(&mut self) {
        let is_whole = self.body.as_ref().is_none_or(Body::is_end_stream);
        if is_whole && !self.is_stream {
            self.settle(self.outcome);
        }
    }

    /// The end of the provider's body.
    fn end(&mut self, context: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        if let Tap::Stream(tap) = &self.tap {
            if !tap.has_ended() {
                return self.break_off(BrokenBody::Cut, context);
            }
            if tap.error().is_some() {
                self.settle(Outcome::ProviderError);
                return Poll::Ready(None);
            }
        }
        self.settle(self.outcome);
        Poll::Ready(None)
    }

    /// A body's fault closes the caller's connection at once. What came before it is to go out first, and does so once there is
    /// nothing more for a moment.
    fn break_off(
        &mut self,
        cause: BrokenBody,
        context: &Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        self.body = None;
        self.settle(Outcome::Failed);
        self.broken = Some(cause);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = BrokenBody;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        let this = &mut *self;
        if let Some(cause) = this.broken.take() {
            return Poll::Ready(Some(Err(cause)));
        }
        if let Some(first) = this.first.take() {
            this.take_in(&first);
            this.settle_if_whole();
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(body) = &mut this.body else { return this.end(context) };
        match Pin::new(body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(bytes) = frame.data_ref() {
                    let bytes = bytes.clone();
                    this.take_in(&bytes);
                    this.settle_if_whole();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(cause))) => this.break_off(cause, context),
            Poll::Ready(None) => {
                this.body = None;
                this.end(context)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.first, &self.body) {
            (Some(first), None) => SizeHint::with_exact(u64::try_from(first.len()).unwrap_or(u64::MAX)),
            (None, Some(body)) => body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Whoever drops a body that has not ended is a caller who left.
        self.settle(Outcome::Left);
    }
}
