//! A future that stays in an isolation, whoever polls it.
//!
//! Invariant: it is also dropped there, so what its guards record then counts there.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::current::Isolation;

pin_project! {
    /// A future in an isolation: see [`Isolation::attach`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Attached<F> {
        isolation: Isolation,
        // Absent only while it is dropped.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Attached<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _inside = this.isolation.enter();
            this.future.set(None);
        }
    }
}

impl<F> Attached<F> {
    pub(super) fn new(isolation: Isolation, future: F) -> Self {
        Self { isolation, future: Some(future) }
    }
}

impl<F> std::fmt::Debug for Attached<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Attached").field(&self.isolation).finish()
    }
}

impl<F: Future> Future for Attached<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = this.isolation.enter();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        }
    }
}
