//! The response future of the layer's service.
//!
//! What happens at the response's head is in `pending`.
//! Invariant: the service's own future decides when it is ready.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

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
    #[inline]
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
        let running = this.pending.as_mut().map(Pending::running);
        let polled = this.inner.poll(cx);
        mem::forget(running);

        // What was returned is looked at where it is, since moving it takes longer than that.
        let pending = this.pending;
        match &polled {
            Poll::Ready(Ok(response)) => {
                if !pending.as_mut().is_some_and(|pending| pending.answered(response)) {
                    *pending = None;
                }
            }
            Poll::Ready(Err(_)) => {
                if let Some(mut pending) = pending.take() {
                    pending.failed();
                }
            }
            Poll::Pending => return Poll::Pending,
        }
        polled.map_ok(|response| response.map(|body| ResponseBody::new(body, pending.take())))
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
