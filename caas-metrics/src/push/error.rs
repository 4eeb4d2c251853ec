//! Why a push did not happen.
//!
//! Invariant: no error has a password or a token in it.

use std::{error, fmt, io, time::Duration};

/// Why a push did not happen, or why there can't be one.
///
/// The message says all that is known; the variants are for programs. No variant has a password or a token
/// in it.
///
/// ```
/// use caas_metrics::push::{PushError, Pushgateway};
///
/// let error = Pushgateway::new("pushgateway:9091", "backup").unwrap_err();
/// assert!(matches!(error, PushError::Invalid { .. }));
/// assert!(error.to_string().contains("it must begin with `http://`"), "{error}");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum PushError {
    /// A gateway can't have such a URL, or a group such labels.
    #[non_exhaustive]
    Invalid {
        /// What it is, such as ``grouping label `a-b` ``.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The URL begins with `https://`, and the feature `push-tls` is not there.
    NoTls,
    /// A family has a grouping label itself, with another value. The gateway would overwrite it without a
    /// word, so nothing was sent.
    #[non_exhaustive]
    Label {
        /// The family.
        family: String,
        /// The label that both have.
        label: String,
        /// Its value in a sample of the family.
        value: String,
    },
    /// The gateway, or a proxy before it, answered with another status than 2xx.
    #[non_exhaustive]
    Refused {
        /// The status, such as 400 for metrics that contradict others in the gateway.
        status: u16,
        /// What it said, as a single text of at most 4 KiB.
        message: String,
    },
    /// The push was not complete after this time. The gateway may have taken it all the same.
    #[non_exhaustive]
    TimedOut {
        /// The time-out.
        after: Duration,
    },
    /// The gateway can't be reached, or does not speak HTTP.
    #[non_exhaustive]
    Failed {
        /// Where the gateway should be.
        url: String,
        /// What happened.
        source: io::Error,
    },
}

impl PushError {
    pub(super) fn invalid(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), reason: reason.into() }
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { what, reason } => write!(f, "can't push to {what}: {reason}"),
            Self::NoTls => f.write_str(
                "can't push to a URL with `https://` without the feature `push-tls` of caas-metrics",
            ),
            Self::Label { family, label, value } => write!(
                f,
                "nothing was pushed: `{family}` has the label `{label}=\"{value}\"`, which the \
                 gateway would overwrite with that of the group; rename one of them",
            ),
            Self::Refused { status, message } if message.is_empty() => {
                write!(f, "the gateway answered {status}")
            }
            Self::Refused { status, message } => {
                write!(f, "the gateway answered {status}: {message}")
            }
            Self::TimedOut { after } => {
                write!(f, "the push was not complete after {} s", after.as_secs_f64())
            }
            Self::Failed { url, source } => write!(f, "can't reach {url}: {source}"),
        }
    }
}

impl error::Error for PushError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed { source, .. } => Some(source),
            _ => None,
        }
    }
}
