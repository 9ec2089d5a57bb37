//! The body of a reply, with the connection that it comes over.

use super::connection::Connection;
use super::error::BrokenBody;
use super::origin::Idle;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::Instant;

/// A body that is still coming. When it is whole its connection is kept for the next request; dropped before, it closes it.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    body: Incoming,
    /// None once the body is whole.
    connection: Option<Box<Connection>>,
    idle: Arc<Idle>,
}

impl ReplyBody {
    pub(super) fn new(body: Incoming, connection: Box<Connection>, idle: Arc<Idle>) -> Self {
        let mut reply = Self { body, connection: Some(connection), idle };
        if reply.body.is_end_stream() {
            reply.keep();
        }
        reply
    }

    /// The moment by which all further pieces must have come, until it is moved.
    pub(crate) fn wait_until(&mut self, until: Instant) {
        if let Some(connection) = &mut self.connection {
            connection.wait_until(until);
        }
    }

    /// The body is whole.
    fn keep(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.put(connection);
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BrokenBody;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        let this = &mut *self;
        let polled = match &mut this.connection {
            Some(connection) => connection.poll_body(&mut this.body, context),
            None => Pin::new(&mut this.body).poll_frame(context).map_err(|_| BrokenBody::Cut),
        };
        match &polled {
            Poll::Ready(Some(Ok(_))) if this.body.is_end_stream() => this.keep(),
            Poll::Ready(None) => this.keep(),
            // After a fault the connection is of no use.
            Poll::Ready(Some(Err(_))) => this.connection = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
