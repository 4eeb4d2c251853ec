//! The push at the end of a program, however it ends.
//!
//! Invariant: dropping the guard never panics, and takes no longer than the gateway's time-out.

use std::{
    fmt,
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{Pushgateway, error::PushError, request::Verb};

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
