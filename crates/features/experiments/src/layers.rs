//! The two layers that make any route part of an experiment.
//!
//! ```text
//! get(handler).layer((experiments.assign_layer(), experiments.expose_layer("pricing-view")))
//! ```
//!
//! The first gives the handler [`crate::Assignments`] and sets the cookies; the second, inside it, records the
//! exposures of the named view and gives the handler [`crate::Exposed`].

use crate::{Assignments, Experiments};
use axum::extract::Request;
use axum::response::Response;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

impl Experiments {
    /// The layer that assigns: works on every method, also when the handler then refuses the request.
    pub fn assign_layer(&self) -> Assign {
        Assign { experiments: self.clone() }
    }

    /// The layer that records that `view` was shown, on GET only. Goes inside [`Experiments::assign_layer`].
    pub fn expose_layer(&self, view: &'static str) -> Expose {
        Expose { experiments: self.clone(), view }
    }
}

type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Gives requests [`Assignments`]. Made by [`Experiments::assign_layer`].
#[derive(Clone, Debug)]
pub struct Assign {
    experiments: Experiments,
}

impl<S> Layer<S> for Assign {
    type Service = AssignService<S>;

    fn layer(&self, inner: S) -> AssignService<S> {
        AssignService { experiments: self.experiments.clone(), inner }
    }
}

/// The service of [`Assign`].
#[derive(Clone, Debug)]
pub struct AssignService<S> {
    experiments: Experiments,
    inner: S,
}

impl<S> Service<Request> for AssignService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> ResponseFuture {
        let assignments = Arc::new(self.experiments.assign(request.headers()));
        request.extensions_mut().insert(Arc::clone(&assignments));
        let secure = self.experiments.secure_cookies();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            assignments.append_cookies(response.headers_mut(), secure);
            Ok(response)
        })
    }
}

/// Records exposures. Made by [`Experiments::expose_layer`].
#[derive(Clone, Debug)]
pub struct Expose {
    experiments: Experiments,
    view: &'static str,
}

impl<S> Layer<S> for Expose {
    type Service = ExposeService<S>;

    fn layer(&self, inner: S) -> ExposeService<S> {
        ExposeService { experiments: self.experiments.clone(), view: self.view, inner }
    }
}

/// The service of [`Expose`].
#[derive(Clone, Debug)]
pub struct ExposeService<S> {
    experiments: Experiments,
    view: &'static str,
    inner: S,
}

impl<S> Service<Request> for ExposeService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> ResponseFuture {
        // The service that was polled ready is the one to call; its clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let experiments = self.experiments.clone();
        let view = self.view;
        Box::pin(async move {
            let assignments = request.extensions().get::<Arc<Assignments>>().cloned();
            if let (Some(assignments), true) = (assignments, request.method() == http::Method::GET) {
                let exposed = experiments.expose(&assignments, view, request.headers()).await;
                request.extensions_mut().insert(exposed);
            }
            inner.call(request).await
        })
    }
}
