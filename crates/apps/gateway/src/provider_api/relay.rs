//! The body of an answer on its way to the caller: byte for byte, metered, and never complete when it was cut.

use crate::calls::{AnswerBody, Settlement};
use crate::config::Timeouts;
use crate::metering::{Outcome, Tap};
use crate::upstream::ReplyBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep, sleep_until};

/// Why an answer broke off; the caller's connection is then closed in the middle.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum BrokenOff {
    #[error("the model provider broke off")]
    ByProvider,
    #[error("the model provider fell silent")]
    Silent,
}

/// The body.
pub(super) struct Relay {
    first: Option<Bytes>,
    body: Option<ReplyBody>,
    tap: Tap,
    settlement: Option<Settlement>,
    timeouts: Timeouts,
    is_stream: bool,
    deadline: Instant,
    timer: Pin<Box<Sleep>>,
    /// Something came since the timer was set.
    has_moved: bool,
    outcome: Outcome,
    /// Told when the body is asked next.
    broken_off: Option<BrokenOff>,
}

impl Relay {
    pub(super) fn new(
        body: AnswerBody,
        tap: Tap,
        settlement: Settlement,
        outcome: Outcome,
        deadline: Instant,
    ) -> Self {
        let timeouts = settlement.file.timeouts;
        let is_stream = matches!(tap, Tap::Stream(_));
        let (first, body) = match body {
            AnswerBody::Coming(first, body) => (first, Some(body)),
            AnswerBody::Whole(bytes) => (Some(bytes), None),
        };
        let first_by = if is_stream { deadline.min(Instant::now() + timeouts.first_token) } else { deadline };
        Self {
            first,
            body,
            tap,
            settlement: Some(settlement),
            timeouts,
            is_stream,
            deadline,
            timer: Box::pin(sleep_until(first_by)),
            has_moved: false,
            outcome,
            broken_off: None,
        }
    }

    fn take_in(&mut self, bytes: &Bytes) {
        self.tap.push(bytes);
        self.has_moved = true;
        if let Some(settlement) = &mut self.settlement {
            settlement.guard.note_first_token();
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
    fn end(&mut self, context: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Tap::Stream(tap) = &self.tap {
            if !tap.has_ended() {
                return self.break_off(BrokenOff::ByProvider, context);
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
        cause: BrokenOff,
        context: &Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.body = None;
        self.settle(Outcome::Failed);
        self.broken_off = Some(cause);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        if let Some(cause) = this.broken_off.take() {
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
            Poll::Ready(Some(Err(_))) => this.break_off(BrokenOff::ByProvider, context),
            Poll::Ready(None) => {
                this.body = None;
                this.end(context)
            }
            Poll::Pending => {
                if std::mem::take(&mut this.has_moved) && this.is_stream {
                    let next = this.deadline.min(Instant::now() + this.timeouts.next_token);
                    this.timer.as_mut().reset(next);
                }
                match this.timer.as_mut().poll(context) {
                    Poll::Ready(()) => this.break_off(BrokenOff::Silent, context),
                    Poll::Pending => Poll::Pending,
                }
            }
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
