//! One connection, driven by whoever waits for what comes over it.

use super::error::{BrokenBody, SendError};
use super::patience::Patience;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::time::Instant;

/// Bytes to a server and back. Boxed where they are used: the state of TLS is as large as all else of a connection.
pub(super) trait Stream: Read + Write + Unpin + Send + Debug {}

impl<T: Read + Write + Unpin + Send + Debug> Stream for T {}

/// An open connection. It goes on only while it is polled, and closes when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    driver: http1::Connection<Box<dyn Stream>, Full<Bytes>>,
    is_over: bool,
    /// With a server that is silent.
    patience: Patience,
}

/// Why a request has no reply.
#[derive(Debug)]
pub(super) enum NoReply {
    /// The connection was closed before anything of the request went out.
    Unsent(Box<Request<Full<Bytes>>>),
    Failed(SendError),
}

impl Connection {
    pub(super) async fn open(stream: Box<dyn Stream>, until: Instant) -> hyper::Result<Self> {
        let (requests, driver) = http1::handshake(stream).await?;
        Ok(Self { requests, driver, is_over: false, patience: Patience::new(until) })
    }

    /// The moment by which whatever comes next must have come.
    pub(super) fn wait_until(&mut self, until: Instant) {
        self.patience.wait_until(until);
    }

    /// Lets it send and receive what it can.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        if !self.is_over {
            // Whatever went wrong, the reply or its body tells.
            self.is_over = Pin::new(&mut self.driver).poll(context).is_ready();
        }
    }

    /// Sends `request` and waits for the head of the reply.
    ///
    /// # Errors
    /// [`NoReply`].
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, NoReply> {
        let mut reply = pin!(self.requests.try_send_request(request));
        poll_fn(|context| {
            self.drive(context);
            match reply.as_mut().poll(context) {
                Poll::Ready(replied) => Poll::Ready(replied.map_err(|mut broken| {
                    let unsent = broken.take_message().map(Box::new);
                    unsent.map_or(NoReply::Failed(SendError::Broken), NoReply::Unsent)
                })),
                Poll::Pending => {
                    self.patience.poll_over(context).map(|()| Err(NoReply::Failed(SendError::TooSlow)))
                }
            }
        })
        .await
    }

    /// Whether another request could be sent now: the last reply is whole, and nobody has closed the connection. Nobody is
    /// woken by it any more.
    pub(super) fn is_free(&mut self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        self.drive(&mut nobody);
        // Only to forget whom it would wake.
        let _ = self.patience.poll_over(&mut nobody);
        !self.is_over && self.requests.is_ready()
    }

    /// The next of `body`, which comes over this connection.
    pub(super) fn poll_body(
        &mut self,
        body: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenBody>>> {
        // Asked first, so that the connection knows that more is wanted.
        let mut polled = Pin::new(&mut *body).poll_frame(context);
        if polled.is_pending() {
            self.drive(context);
            polled = Pin::new(body).poll_frame(context);
        }
        match polled {
            Poll::Ready(frame) => Poll::Ready(frame.map(|frame| frame.map_err(|_| BrokenBody::Cut))),
            Poll::Pending => self.patience.poll_over(context).map(|()| Some(Err(BrokenBody::Silent))),
        }
    }
}
