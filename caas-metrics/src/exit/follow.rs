//! Futures that are measured to their end: an `async` body, or a future that a function returns.
//!
//! A guard that is dropped must know whether its future is being polled. If it is, the call panicked;
//! otherwise it was cancelled. Invariant: nothing is boxed, and what a function returns keeps its type
//! unless that is `impl Future`.

use core::{
    future::Future,
    marker::PhantomData,
    ops::Deref,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use super::phase::{Guard, Phase};

/// Polls a future, keeps a guard informed, and returns the guard with the future's value.
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Follow<'f, F, G> {
    future: Pin<&'f mut F>,
    guard: Option<G>,
}

/// The future, with a guard that learns when it is polled and when it is not.
#[inline]
pub fn follow<F: Future, G: Guard>(guard: G, future: Pin<&mut F>) -> Follow<'_, F, G> {
    Follow { future, guard: Some(guard) }
}

impl<F: Future, G: Guard + Unpin> Future for Follow<'_, F, G> {
    type Output = (G, F::Output);

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some(guard) = &mut this.guard {
            guard.enter(Phase::Runs);
        }
        match this.future.as_mut().poll(context) {
            Poll::Ready(value) => match this.guard.take() {
                Some(guard) => Poll::Ready((guard, value)),
                // It was polled again after it was ready, and the future did not panic.
                None => Poll::Pending,
            },
            Poll::Pending => {
                if let Some(guard) = &mut this.guard {
                    guard.enter(Phase::Rests);
                }
                Poll::Pending
            }
        }
    }
}

/// Decides by type whether a function that returns `R` returns a future. Its own methods, for futures,
/// are found before those of [`ReturnsValue`], to which it dereferences.
#[doc(hidden)]
#[derive(Debug)]
pub struct Returns<R>(ReturnsValue<R>);

/// A return type that is not known to be a future.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReturnsValue<R>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    #[must_use]
    pub const fn new() -> Self {
        Self(ReturnsValue(PhantomData))
    }
}

impl<R> Default for Returns<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Deref for Returns<R> {
    type Target = ReturnsValue<R>;

    #[inline]
    fn deref(&self) -> &ReturnsValue<R> {
        &self.0
    }
}

impl<R: Future> Returns<R> {
    /// The future's value. It is never called: it gives the compiler the type.
    #[must_use]
    pub fn __caas_never(&self) -> R::Output {
        super::enclose::never()
    }

    /// The phase of a call that has not reached its last expression.
    #[inline]
    #[must_use]
    pub fn __caas_unseen(&self) -> Phase {
        Phase::unseen()
    }

    /// The future that is returned instead of `future`, measured to its end.
    #[inline]
    pub fn __caas_follow<F, G, E>(
        &self,
        future: F,
        mut guard: G,
        end: E,
    ) -> impl Future<Output = R::Output> + use<R, F, G, E>
    where
        F: Future<Output = R::Output>,
        G: Guard + Unpin,
        E: FnOnce(G, &R::Output),
    {
        guard.enter(Phase::Rests);
        async move {
            let (guard, value) = follow(guard, pin!(future)).await;
            end(guard, &value);
            value
        }
    }
}

#[allow(clippy::unused_self, reason = "the same calls must fit the methods of `Returns`")]
impl<R> ReturnsValue<R> {
    /// As for futures; here it can be any type.
    #[must_use]
    pub fn __caas_never<T>(&self) -> T {
        super::enclose::never()
    }

    /// The phase of a call that has not reached its last expression.
    #[inline]
    #[must_use]
    pub fn __caas_unseen(&self) -> Phase {
        Phase::unseen_ok()
    }

    /// The value as it is: the call ends here.
    #[inline]
    pub fn __caas_follow<T, G>(&self, value: T, guard: G, end: impl FnOnce(G, &())) -> T {
        end(guard, &());
        value
    }
}
