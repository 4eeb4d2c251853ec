//! The response future of the layer's service.
//!
//! What happens at the response's head is in `pending`.
//! Invariant: the service's own future decides when it is ready.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use super::hooks::Hooks;
use super::pending::Pending;

pin_project! {
    /// The response future of [`Metrics`](super::Metrics).
    pub struct ResponseFuture<F, Template, H>
    where
        Template: AsRef<str>,
        H: Hooks,
    {
        #[pin]
        inner: F,
        pending: Option<Pending<Template, H>>,
    }
}

impl<F, Template, H> ResponseFuture<F, Template, H>
where
    Template: AsRef<str>,
    H: Hooks,
{
    pub(super) fn new(inner: F, pending: Pending<Template, H>) -> Self {
        Self { inner, pending: Some(pending) }
    }
}

impl<F, B, E, Template, H> Future for ResponseFuture<F, Template, H>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    Template: AsRef<str>,
    H: Hooks,
{
    type Output = Result<Response<ResponseBody<B, Template, H>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let result = match this.pending {
            Some(pending) => ready!(pending.guarded(|| inner.poll(cx))),
            None => ready!(inner.poll(cx)),
        };

        // The request moves on to the body in one step, since it is not small.
        let pending = this.pending;
        Poll::Ready(match result {
            Ok(response) => {
                if !pending.as_mut().is_some_and(|pending| pending.answered(&response)) {
                    *pending = None;
                }
                Ok(response.map(|body| ResponseBody::new(body, pending.take())))
            }
            Err(error) => {
                if let Some(mut pending) = pending.take() {
                    pending.failed();
                }
                Err(error)
            }
        })
    }
}

impl<F, Template, H> fmt::Debug for ResponseFuture<F, Template, H>
where
    Template: AsRef<str>,
    H: Hooks,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
