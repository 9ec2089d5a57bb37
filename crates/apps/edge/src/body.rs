//! Bodies on their way through: requests that may have to be sent again, and replies as they come.

use crate::backends::Place;
use crate::choice::Version;
use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// The body of a request on its way to a backend.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Read whole; can be sent again and again.
    Whole(Option<Bytes>),
    /// Passed through as it comes; can be sent again only while nobody has asked for any of it.
    Streamed(Arc<Streamed>),
}

/// A body that passes through.
#[derive(Debug)]
pub(crate) struct Streamed {
    body: Mutex<Body>,
    is_begun: AtomicBool,
    is_broken: AtomicBool,
}

impl Outgoing {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes))
    }

    pub(crate) fn streamed(body: Body) -> Self {
        let (is_begun, is_broken) = (AtomicBool::new(false), AtomicBool::new(false));
        Self::Streamed(Arc::new(Streamed { body: Mutex::new(body), is_begun, is_broken }))
    }

    /// Another one of the same body, for one more try.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Whole(bytes) => Self::Whole(bytes.clone()),
            Self::Streamed(streamed) => Self::Streamed(Arc::clone(streamed)),
        }
    }

    /// Whether all of it can still be sent.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Streamed(streamed) => !streamed.is_begun.load(Ordering::Acquire),
        }
    }

    /// Whether the caller stopped in the middle of it.
    pub(crate) fn is_broken(&self) -> bool {
        match self {
            Self::Whole(_) => false,
            Self::Streamed(streamed) => streamed.is_broken.load(Ordering::Acquire),
        }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::Streamed(streamed) => {
                streamed.is_begun.store(true, Ordering::Release);
                let mut body = streamed.body.lock().unwrap_or_else(PoisonError::into_inner);
                let frame = ready!(Pin::new(&mut *body).poll_frame(context));
                if matches!(frame, Some(Err(_))) {
                    streamed.is_broken.store(true, Ordering::Release);
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Streamed(streamed) => {
                streamed.body.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Streamed(streamed) => {
                streamed.body.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
            }
        }
    }
}

/// The body of a reply: passed on as it comes. An error in it breaks the caller's connection off, so that a cut reply
/// never looks complete. Dropping it, because the caller left, closes the connection to the backend.
#[derive(Debug)]
pub(crate) struct Relayed {
    body: Incoming,
    version: Version,
    /// The backend is busy until the end.
    place: Place,
}

impl Relayed {
    pub(crate) fn new(body: Incoming, version: Version, place: Place) -> Self {
        Self { body, version, place }
    }
}

impl HttpBody for Relayed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Err(error)) = &frame {
            metrics::counter!("dashly_edge_cut_replies_total", "version" => self.version.name()).increment(1);
            let backend = self.place.backend().address;
            tracing::warn!(version = %self.version, %backend, %error, "a reply was cut, and the caller's connection with it");
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
