//! The push at the end of a program, however it ends.
//!
//! Invariant: dropping the guard never panics, and takes no longer than the gateway's time-out.

use std::{
    fmt,
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{error::PushError, gateway::Pushgateway, request::Verb};

impl Pushgateway {
    /// A guard that [pushes](Self::push) when it is dropped: at the end of `main`, when an error leaves it
    /// early, and when it panics.
    ///
    /// Declare it first, so that it is dropped last, after all that still counts. Dropping blocks for the
    /// [time-out](Self::timeout) at most, also within an async runtime; there await
    /// [`push_async`](Self::push_async) if other tasks have to go on meanwhile. An error becomes a line on
    /// stderr, or goes to [`on_error`](PushOnExit::on_error).
    ///
    /// Nothing is pushed where nothing is dropped: by [`std::process::exit`], by a signal that ends the
    /// process, and by a panic with `panic = "abort"`. A `main` that returns an
    /// [`ExitCode`](std::process::ExitCode) instead of calling `exit` drops its guard.
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    /// use caas_metrics::push::Pushgateway;
    ///
    /// fn main() -> ExitCode {
    ///     let gateway = Pushgateway::new("http://pushgateway:9091", "nightly_backup");
    ///     let _push = gateway.expect("the URL is right").push_on_exit();
    ///     if back_up() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    /// }
    /// # fn back_up() -> bool { true }
    /// ```
    pub fn push_on_exit(&self) -> PushOnExit {
        PushOnExit::new(self.clone(), Verb::Replace)
    }

    /// [`push_on_exit`](Self::push_on_exit), but it [adds](Self::add): families that this run does not have
    /// stay as the run before left them.
    ///
    /// ```no_run
    /// use caas_metrics::push::Pushgateway;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let _push = Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.add_on_exit();
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_on_exit(&self) -> PushOnExit {
        PushOnExit::new(self.clone(), Verb::Add)
    }
}

type OnError = Box<dyn FnOnce(&PushError) + Send>;

/// Pushes when it is dropped; see [`Pushgateway::push_on_exit`] and [`Pushgateway::add_on_exit`].
#[must_use = "it pushes when it is dropped; keep it in a variable, such as `_push`"]
pub struct PushOnExit {
    /// None once it has pushed.
    gateway: Option<Pushgateway>,
    verb: Verb,
    on_error: OnError,
}

impl PushOnExit {
    pub(super) fn new(gateway: Pushgateway, verb: Verb) -> Self {
        // Not by `eprintln!`, which panics where nobody reads.
        let on_error = |error: &PushError| drop(writeln!(io::stderr(), "caas-metrics: {error}"));
        Self { gateway: Some(gateway), verb, on_error: Box::new(on_error) }
    }

    /// What to do with an error, instead of writing a line to stderr. A panic of it is ignored.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let gateway = Pushgateway::new("http://pushgateway:9091", "nightly_backup")?;
    /// let _push = gateway.push_on_exit().on_error(|error| eprintln!("backup: {error}"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_error(mut self, on_error: impl FnOnce(&PushError) + Send + 'static) -> Self {
        self.on_error = Box::new(on_error);
        self
    }

    /// Pushes now instead, and returns the error.
    ///
    /// # Errors
    ///
    /// As [`Pushgateway::push`].
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let push = Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.push_on_exit();
    /// // … the backup; if it fails, the guard pushes …
    /// push.finish()?; // a backup that cannot say that it was made has failed, too
    /// # Ok(())
    /// # }
    /// ```
    pub fn finish(mut self) -> Result<(), PushError> {
        self.gateway.take().map_or(Ok(()), |gateway| gateway.send(self.verb))
    }
}

impl Drop for PushOnExit {
    fn drop(&mut self) {
        let Some(gateway) = self.gateway.take() else { return };
        if let Err(error) = gateway.send(self.verb) {
            let on_error = std::mem::replace(&mut self.on_error, Box::new(|_| {}));
            // A second panic while one unwinds would abort the program.
            let _ = catch_unwind(AssertUnwindSafe(|| on_error(&error)));
        }
    }
}

impl fmt::Debug for PushOnExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushOnExit")
            .field("gateway", &self.gateway)
            .field("verb", &self.verb)
            .finish_non_exhaustive()
    }
}
