//! A group at a gateway: its settings, and what can be done to it.
//!
//! Not here: pushes as futures (`on_thread`), and at the end of a program (`on_exit`). Invariant: bad
//! settings are errors where they are given, before any work of the job is done.

use std::{
    borrow::Borrow,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{
    error::PushError,
    group::Group,
    request::{self, Request, Verb},
};
use crate::{
    encode::Format,
    exposition::{Clash, JobPage},
    registry::Registry,
};

/// A group of metrics at a Pushgateway; the [module](super) says what it is for.
///
/// Clones share nothing that changes.
#[derive(Clone)]
pub struct Pushgateway {
    pub(super) base: String,
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
        let header = format!("Basic {}", BASE64_STANDARD.encode(pair));
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
    /// read no protobuf.
    ///
    /// Histograms have their classic buckets only.
    ///
    /// ```
    /// use caas_metrics::push::Pushgateway;
    ///
    /// let url = "http://receiver:8080/import";
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

    pub(super) fn send(&self, verb: Verb) -> Result<(), PushError> {
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
