//! Pushes as futures: a thread does the work, and wakes who waits.
//!
//! Not here: what the work is (`gateway`). Invariant: needs no async runtime, and blocks no worker of one.

use std::{
    future::Future,
    io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
};

use super::{error::PushError, gateway::Pushgateway, request::Verb};

impl Pushgateway {
    /// [`push`](Self::push) for async programs: a thread of its own does it, under any runtime.
    ///
    /// It begins when the future is first polled. It goes on if the future is dropped after that.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// ```no_run
    /// # async fn push() -> Result<(), caas_metrics::push::PushError> {
    /// use caas_metrics::push::Pushgateway;
    ///
    /// Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.push_async().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn push_async(
        &self,
    ) -> impl Future<Output = Result<(), PushError>> + Send + 'static + use<> {
        self.send_async(Verb::Replace)
    }

    /// [`add`](Self::add) for async programs, as [`push_async`](Self::push_async).
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// ```no_run
    /// # async fn push() -> Result<(), caas_metrics::push::PushError> {
    /// use caas_metrics::push::Pushgateway;
    ///
    /// Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.add_async().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_async(
        &self,
    ) -> impl Future<Output = Result<(), PushError>> + Send + 'static + use<> {
        self.send_async(Verb::Add)
    }

    /// [`delete`](Self::delete) for async programs, as [`push_async`](Self::push_async).
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// ```no_run
    /// # async fn push() -> Result<(), caas_metrics::push::PushError> {
    /// use caas_metrics::push::Pushgateway;
    ///
    /// Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.delete_async().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_async(
        &self,
    ) -> impl Future<Output = Result<(), PushError>> + Send + 'static + use<> {
        self.send_async(Verb::Delete)
    }

    fn send_async(
        &self,
        verb: Verb,
    ) -> impl Future<Output = Result<(), PushError>> + Send + 'static + use<> {
        let (gateway, url) = (self.clone(), self.base.clone());
        let sent = OnThread::new(move || gateway.send(verb));
        async move { sent.await.unwrap_or_else(|source| Err(PushError::Failed { url, source })) }
    }
}

/// Work that begins when it is first polled, on a thread of its own. If the future is dropped after that,
/// the work goes on.
struct OnThread<F, T> {
    work: Option<F>,
    state: Arc<Mutex<State<T>>>,
}

enum State<T> {
    Running(Option<Waker>),
    Done(io::Result<T>),
}

impl<F, T> OnThread<F, T> {
    fn new(work: F) -> Self {
        Self { work: Some(work), state: Arc::new(Mutex::new(State::Running(None))) }
    }
}

impl<F, T> Future for OnThread<F, T>
where
    F: FnOnce() -> T + Send + Unpin + 'static,
    T: Send + 'static,
{
    /// An error if the system gives no thread for it.
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = context.waker().clone();
        let old = match &mut *lock(&self.state) {
            State::Running(known) => known.replace(waker),
            done @ State::Done(_) => match mem::replace(done, State::Running(None)) {
                State::Done(result) => return Poll::Ready(result),
                State::Running(_) => return Poll::Pending,
            },
        };
        // Code of an executor, for which the lock is not held.
        drop(old);
        let Some(work) = self.work.take() else { return Poll::Pending };
        let state = Arc::clone(&self.state);
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(work));
            let result = result.map_err(|_| io::Error::other("the push panicked"));
            let before = mem::replace(&mut *lock(&state), State::Done(result));
            if let State::Running(Some(waker)) = before {
                waker.wake();
            }
        };
        match thread::Builder::new().name("caas-push".to_owned()).spawn(run) {
            Ok(_) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    // Consistent after every statement.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
