//! The body of a measured response.
//!
//! What is counted is in `pending`.
//! Invariant: frames, hints and errors are those of the service's own body.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::end::BodyEnding;
use super::hooks::Hooks;
use super::pending::Pending;

pin_project! {
    /// The body of the responses of [`Metrics`](super::Metrics).
    pub struct ResponseBody<B, Template, H>
    where
        Template: AsRef<str>,
        H: Hooks,
    {
        #[pin]
        inner: B,
        pending: Option<Pending<Template, H>>,
    }
}

impl<B, Template, H> ResponseBody<B, Template, H>
where
    Template: AsRef<str>,
    H: Hooks,
{
    #[inline]
    pub(super) fn new(inner: B, pending: Option<Pending<Template, H>>) -> Self {
        Self { inner, pending }
    }
}

impl<B, Template, H> Body for ResponseBody<B, Template, H>
where
    B: Body,
    Template: AsRef<str>,
    H: Hooks,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let running = this.pending.as_mut().map(Pending::running);
        let polled = this.inner.as_mut().poll_frame(cx);
        mem::forget(running);
        let Some(pending) = this.pending else { return polled };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    pending.sent(data.remaining());
                    // Servers then drop the body without asking again.
                    if this.inner.is_end_stream() {
                        pending.body_ended(BodyEnding::Complete, None);
                    }
                } else if let Some(trailers) = frame.trailers_ref() {
                    pending.body_ended(BodyEnding::Complete, Some(trailers));
                }
            }
            Poll::Ready(Some(Err(_))) => pending.body_ended(BodyEnding::Failed, None),
            Poll::Ready(None) => pending.body_ended(BodyEnding::Complete, None),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body that nobody measures: what layers outside send instead of the service's.
impl<B, Template, H> Default for ResponseBody<B, Template, H>
where
    B: Default,
    Template: AsRef<str>,
    H: Hooks,
{
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B, Template, H> fmt::Debug for ResponseBody<B, Template, H>
where
    B: fmt::Debug,
    Template: AsRef<str>,
    H: Hooks,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("inner", &self.inner).finish_non_exhaustive()
    }
}
