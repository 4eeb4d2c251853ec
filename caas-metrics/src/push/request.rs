//! One request to a gateway, over HTTP.
//!
//! Not here: what is pushed. The one place that knows the HTTP client. Invariant: a request ends within its
//! time-out, goes to the gateway's own address and nowhere else, and never panics.

use std::{
    io::{self, Read as _},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use ureq::{
    Agent,
    http::{
        self, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE, LOCATION},
    },
};

use super::error::PushError;
use crate::encode::Format;

/// How much of an answer is read.
const MESSAGE_BYTES: u64 = 4096;

/// What a request does to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// `PUT`: the group has these metrics only.
    Replace,
    /// `POST`: of the metrics that the group has, only those of the same names go.
    Add,
    /// `DELETE`: the group goes.
    Delete,
}

/// A gateway's URL without a trailing slash, if there can be a gateway.
pub(super) fn base(url: &str) -> Result<String, PushError> {
    let bad = |reason: &str| {
        // What comes before an `@` may be a password.
        let shown = url.rsplit('@').next().unwrap_or_default();
        PushError::invalid(format!("{shown:?}"), reason)
    };
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(bad("it must begin with `http://` or `https://`"));
    }
    if rest.is_empty() || rest.starts_with(['/', ':']) {
        return Err(bad("it names no host"));
    }
    if url.contains(['?', '#']) {
        return Err(bad("it must be a URL without query or fragment"));
    }
    let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| bad(&error.to_string()))?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(bad("a password is for `Pushgateway::basic_auth`, not for the URL"));
    }
    let port = authority.strip_prefix(uri.host().unwrap_or_default()).unwrap_or_default();
    if !port.is_empty() && uri.port_u16().is_none() {
        return Err(bad("its port is not a number up to 65535"));
    }
    if scheme == "https" && !cfg!(feature = "push-tls") {
        return Err(PushError::NoTls);
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// A request that has not been sent.
pub(super) struct Request<'a> {
    pub(super) verb: Verb,
    pub(super) url: &'a str,
    pub(super) authorization: Option<&'a str>,
    pub(super) format: Format,
    pub(super) page: &'a [u8],
}

impl Request<'_> {
    /// Sends it; `left` of the time-out is left.
    pub(super) fn send(&self, left: Duration, timeout: Duration) -> Result<(), PushError> {
        // The client starts a thread to resolve a name, and panics if the system has none.
        let sent = catch_unwind(AssertUnwindSafe(|| self.try_send(left)));
        let failed = |source| PushError::Failed { url: self.url.to_owned(), source };
        let answer = sent
            .unwrap_or_else(|_| Err(ureq::Error::Io(io::Error::other("the HTTP client panicked"))))
            .map_err(|error| match error {
                ureq::Error::Timeout(_) => PushError::TimedOut { after: timeout },
                ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                    PushError::TimedOut { after: timeout }
                }
                ureq::Error::Io(error) => failed(error),
                error => failed(io::Error::other(error)),
            })?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(refused(answer))
    }

    fn try_send(&self, left: Duration) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let agent = agent(left);
        let mut request = http::Request::builder().uri(self.url);
        if let Some(authorization) = self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let method = match self.verb {
            Verb::Replace => "PUT",
            Verb::Add => "POST",
            Verb::Delete => return agent.run(request.method("DELETE").body(())?),
        };
        let request = request.method(method).header(CONTENT_TYPE, self.format.content_type());
        agent.run(request.body(self.page)?)
    }
}

fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        // A password is for this gateway, not for where it points to.
        .max_redirects(0)
        // The gateway is a neighbour; a proxy is for the world outside.
        .proxy(None)
        .user_agent(concat!("caas-metrics/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "push-tls")]
    let config = {
        use ureq::tls::{RootCerts, TlsConfig};
        let roots = RootCerts::PlatformVerifier;
        config.tls_config(TlsConfig::builder().root_certs(roots).build())
    };
    config.build().new_agent()
}

fn refused(answer: http::Response<ureq::Body>) -> PushError {
    let status = answer.status().as_u16();
    let location = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection());
    let location = location.map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
    let mut message = Vec::new();
    // Half a message is better than none.
    let _ = answer.into_body().into_reader().take(MESSAGE_BYTES).read_to_end(&mut message);
    let mut message = String::from_utf8_lossy(&message).trim().to_owned();
    if let Some(location) = location {
        message = format!("redirected to {location}, which is not followed; use that URL");
    }
    PushError::Refused { status, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_path() {
        for (url, expected) in [
            ("http://gateway:9091", "http://gateway:9091"),
            ("http://gateway:9091/", "http://gateway:9091"),
            ("HTTP://[::1]:9091/push/gateway//", "HTTP://[::1]:9091/push/gateway"),
        ] {
            assert_eq!(base(url).unwrap(), expected);
        }
    }

    #[test]
    fn bad_urls_are_errors_without_passwords() {
        for (url, word) in [
            ("gateway:9091", "begin"),
            ("", "begin"),
            ("ftp://gateway", "begin"),
            ("http://", "host"),
            ("http:///metrics", "host"),
            ("http://:9091", "host"),
            ("http://gateway:x", "port"),
            ("http://gateway:", "port"),
            ("http://gateway:99999", "port"),
            ("http://a b", "invalid"),
            ("http://gateway/?x=1", "query"),
            ("http://gateway/#x", "query"),
            ("http://user:secret@gateway", "basic_auth"),
            ("user:secret@gateway", "begin"),
        ] {
            let error = base(url).unwrap_err().to_string();
            assert!(error.contains(word), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[cfg(not(feature = "push-tls"))]
    #[test]
    fn tls_is_a_feature() {
        assert!(matches!(base("https://gateway"), Err(PushError::NoTls)));
    }
}
