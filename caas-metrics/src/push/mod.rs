//! A Pushgateway, for jobs that end before Prometheus scrapes them.
//!
//! Not here: what is on the page of a job (`exposition/job.rs`). In `group`: which group of the gateway is
//! meant; in `request`: the HTTP client; in `on_exit`: the guard. Invariant: no push takes longer than its
//! time-out, and none panics.
//!
//! ```no_run
//! use std::time::Duration;
//! use caas_metrics::{metrics, push::Pushgateway};
//!
//! metrics! {
//!     /// When the backup last succeeded, in Unix time.
//!     #[lazy]
//!     gauge BackupLastSuccessTimestampSeconds;
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let gateway = Pushgateway::new("http://pushgateway:9091", "nightly_backup")?
//!         .grouping("instance", "db-1")?
//!         .timeout(Duration::from_secs(5));
//!     // Pushes at the end of `main`, after a `?`, and when this thread panics.
//!     let _push = gateway.add_on_exit();
//!     back_up()?;
//!     BackupLastSuccessTimestampSeconds.set_to_current_time();
//!     Ok(())
//! }
//! # fn back_up() -> std::io::Result<()> { Ok(()) }
//! ```
//!
//! # When a job last succeeded
//!
//! The alert `time() - backup_last_success_timestamp_seconds > 1.5 * 86400` fires however a nightly job fails,
//! also if it is never started. For that the time must outlast a run that fails, as it does above: the
//! gauge is `#[lazy]`, so it is not there before it is set, and [`add`](Pushgateway::add) leaves alone what
//! is not there. With [`push`](Pushgateway::push), and without `#[lazy]`, a run that fails sets it to 0, and
//! the alert fires at once.
//!
//! # The gateway
//!
//! The gateway keeps what was pushed for ever, in groups: one for each job and each set of
//! [grouping labels](Pushgateway::grouping). Prometheus scrapes it with `honor_labels: true`, so that `job` and
//! `instance` are those of the group. The gateway adds `push_time_seconds` and `push_failure_time_seconds`
//! to each group: an alert on the age of the first one also sees a job whose pushes never arrive. So failed
//! pushes are not counted by us.
//!
//! Services are for scraping: what a gateway has does not go away with the process. It is for jobs of
//! which there is one at a time. Those of one machine rather write a [`Textfile`](crate::Textfile).
//!
//! # What is pushed
//!
//! All families of the registry, but for what is only true while the program runs: `process_…`, of which the
//! gateway has its own, and what `caas_metrics_…` says of pages. What `caas_metrics_…` says of lost numbers is
//! pushed, since nobody could ask for it later.
//!
//! The page is protobuf, so that native histograms and exemplars arrive. It has no timestamps, which a gateway
//! refuses. Other receivers of pushes only read text: [`Pushgateway::text`] is for them.
//!
//! # Connections
//!
//! Each push has a connection of its own. Proxies that the environment names (`HTTP_PROXY`) are not used: they
//! are for the world outside. Redirects are not followed, since the password would go with them; the error
//! names the new URL. `https://` needs the feature `push-tls`, which trusts the certificates that the system
//! trusts.

mod error;
mod group;
mod on_exit;
mod on_thread;
mod request;

use std::{
    borrow::Borrow,
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

pub use self::{error::PushError, on_exit::PushOnExit};
use self::{
    group::{Group, STANDARD, base64},
    on_thread::OnThread,
    request::{Request, Verb},
};
use crate::{
    encode::Format,
    exposition::{Clash, JobPage},
    registry::Registry,
};

/// A group of metrics at a Pushgateway; the [module](self) says what it is for.
///
/// Clones share nothing that changes.
#[derive(Clone)]
pub struct Pushgateway {
    base: String,
    group: Group,
    /// The value of the header.
    authorization: Option<String>,
    timeout: Duration,
    format: Format,
    registry: Arc<dyn Borrow<Registry> + Send + Sync>,
}

impl Pushgateway {
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// The longest time that can be added to any moment: far more than a program runs.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// The group of a job at the gateway with this URL, with the metrics of the process's registry.
    ///
    /// A URL with a path is kept: requests go to `{url}/metrics/job/{job}`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If it is not a URL of HTTP, if it has a password or a query, or if the job has no name.
    ///
    /// ```
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let gateway = Pushgateway::new("http://tools.example/pushgateway", "nightly_backup")?;
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn new(url: impl AsRef<str>, job: impl Into<String>) -> Result<Self, PushError> {
        Ok(Self {
            base: request::base(url.as_ref())?,
            group: Group::new(job.into())?,
            authorization: None,
            timeout: Self::TIMEOUT,
            format: Format::Protobuf,
            registry: Arc::new(crate::registry()),
        })
    }

    /// Adds a label to the group, such as the machine that the job is for. Each set of labels is a group of
    /// its own, and the gateway sets the labels on all metrics of the group.
    ///
    /// The value can be any text, also with `/` or empty.
    ///
    /// # Errors
    ///
    /// If the name is not one that a label can have, is `job`, or is there twice.
    ///
    /// ```
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let gateway = Pushgateway::new("http://pushgateway:9091", "cleaner")?
    ///     .grouping("instance", "web-1")?
    ///     .grouping("directory", "/var/tmp")?;
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn grouping(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, PushError> {
        self.group.add(name.into(), value.into())?;
        Ok(self)
    }

    /// Pushes a registry of your own: a `&'static`, an `Arc` or the registry itself. Default: the
    /// process's.
    ///
    /// ```
    /// use caas_metrics::{Registry, push::Pushgateway};
    ///
    /// let gateway = Pushgateway::new("http://pushgateway:9091", "job")?.registry(Registry::new());
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    #[must_use]
    pub fn registry(self, registry: impl Borrow<Registry> + Send + Sync + 'static) -> Self {
        Self { registry: Arc::new(registry), ..self }
    }

    /// Sends a user and a password with each request.
    ///
    /// # Errors
    ///
    /// If the user has a colon, which would begin the password.
    ///
    /// ```
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let gateway = Pushgateway::new("http://pushgateway:9091", "job")?
    ///     .basic_auth("backup", "secret")?;
    /// assert!(!format!("{gateway:?}").contains("secret"));
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn basic_auth(
        self,
        user: impl AsRef<str>,
        password: impl AsRef<str>,
    ) -> Result<Self, PushError> {
        let user = user.as_ref();
        if user.contains(':') {
            return Err(PushError::invalid(
                "a gateway with such a user",
                "a colon would begin the password",
            ));
        }
        let pair = format!("{user}:{}", password.as_ref());
        let header = format!("Basic {}", base64(pair.as_bytes(), &STANDARD));
        Ok(Self { authorization: Some(header), ..self })
    }

    /// Sends a token with each request, after `Bearer`.
    ///
    /// # Errors
    ///
    /// If the token has a character that no token has, such as the line break at the end of a file.
    ///
    /// ```
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let token = "s3cret\n";
    /// let gateway = Pushgateway::new("http://pushgateway:9091", "job")?;
    /// assert!(gateway.clone().bearer_token(token).is_err());
    /// let gateway = gateway.bearer_token(token.trim_end())?;
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn bearer_token(self, token: impl AsRef<str>) -> Result<Self, PushError> {
        let token = token.as_ref();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PushError::invalid(
                "a gateway with such a token",
                "it is empty, or has a character that is not printable ASCII",
            ));
        }
        Ok(Self { authorization: Some(format!("Bearer {token}")), ..self })
    }

    /// How long a push may take, with everything: collectors, the name of the gateway, its answer.
    /// Default: 10 seconds.
    ///
    /// Collectors have at most half of it; then their last values are pushed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let gateway = Pushgateway::new("http://pushgateway:9091", "job")?
    ///     .timeout(Duration::from_secs(3));
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(Self::LONGEST), ..self }
    }

    /// Pushes text, version 0.0.4, instead of protobuf: for receivers that speak the gateway's protocol but
    /// read no protobuf, such as `VictoriaMetrics` (`/api/v1/import/prometheus`).
    ///
    /// It has no native histograms and no exemplars.
    ///
    /// ```
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let url = "http://victoria:8428/api/v1/import/prometheus";
    /// let gateway = Pushgateway::new(url, "nightly_backup")?.text();
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    #[must_use]
    pub fn text(self) -> Self {
        Self { format: Format::Text, ..self }
    }

    /// Makes the metrics of the group those of the registry; others in the group are removed (`PUT`).
    ///
    /// Blocks until the gateway has answered, at most for the [time-out](Self::timeout).
    ///
    /// # Errors
    ///
    /// As [`PushError`] says. If the gateway refused the metrics, nothing of them is there, and the message
    /// says why.
    ///
    /// ```no_run
    /// caas_metrics::push::Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.push()?;
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn push(&self) -> Result<(), PushError> {
        self.send(Verb::Replace)
    }

    /// Replaces the metrics of the same names in the group; others stay (`POST`).
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// ```no_run
    /// caas_metrics::push::Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.add()?;
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn add(&self) -> Result<(), PushError> {
        self.send(Verb::Add)
    }

    /// Removes the group, a moment after the gateway has answered. Without such a group nothing happens.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// ```no_run
    /// caas_metrics::push::Pushgateway::new("http://pushgateway:9091", "nightly_backup")?.delete()?;
    /// # Ok::<(), caas_metrics::push::PushError>(())
    /// ```
    pub fn delete(&self) -> Result<(), PushError> {
        self.send(Verb::Delete)
    }

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

    fn send(&self, verb: Verb) -> Result<(), PushError> {
        let begun = Instant::now();
        let page = if verb == Verb::Delete { Vec::new() } else { self.page()? };
        let left = self.timeout.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(PushError::TimedOut { after: self.timeout });
        }
        let url = format!("{}{}", self.base, self.group.path());
        let authorization = self.authorization.as_deref();
        let format = self.format;
        Request { verb, url: &url, authorization, format, page: &page }.send(left, self.timeout)
    }

    fn page(&self) -> Result<Vec<u8>, PushError> {
        let page = JobPage {
            format: self.format,
            patience: self.timeout / 2,
            label: None,
            grouping: self.group.labels(),
            compares_help: false,
        };
        let mut bytes = Vec::new();
        match page.write((*self.registry).borrow(), &mut bytes) {
            Ok(None) => Ok(bytes),
            Ok(Some(Clash { family, label, value })) => {
                Err(PushError::Label { family, label, value })
            }
            // A vector takes all.
            Err(source) => Err(PushError::Failed { url: self.base.clone(), source }),
        }
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

/// Without the password or token.
impl fmt::Debug for Pushgateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushgateway")
            .field("url", &self.base)
            .field("group", &self.group.labels())
            .field("has_authorization", &self.authorization.is_some())
            .field("timeout", &self.timeout)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
