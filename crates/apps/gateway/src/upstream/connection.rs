//! One connection, driven by whoever waits for what comes over it.

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Bytes to a server and back. Boxed where they are used: the state of TLS is as large as all else of a connection.
pub(super) trait Stream: Read + Write + Unpin + Send + Debug {}

impl<T: Read + Write + Unpin + Send + Debug> Stream for T {}

/// An open connection. It goes on only while it is polled, and closes when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    driver: http1::Connection<Box<dyn Stream>, Full<Bytes>>,
    is_over: bool,
}

impl Connection {
    pub(super) async fn open(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let (requests, driver) = http1::handshake(stream).await?;
        Ok(Self { requests, driver, is_over: false })
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
    /// When the connection breaks; the error holds the request if nothing of it was sent.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        let mut reply = pin!(self.requests.try_send_request(request));
        poll_fn(|context| {
            self.drive(context);
            reply.as_mut().poll(context)
        })
        .await
    }

    /// Whether another request could be sent now: the last reply is whole, and nobody has closed the connection. Nobody is
    /// woken by it any more.
    pub(super) fn is_free(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.is_over && self.requests.is_ready()
    }

    /// The next of `body`, which comes over this connection.
    pub(super) fn poll_body(
        &mut self,
        body: &mut Incoming,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // Asked first, so that the connection knows that more is wanted.
        match Pin::new(&mut *body).poll_frame(context) {
            Poll::Pending => {
                self.drive(context);
                Pin::new(body).poll_frame(context)
            }
            ready @ Poll::Ready(_) => ready,
        }
    }
}
