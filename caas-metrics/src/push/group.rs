//! Which group of a gateway is meant, and how the path of a request names it.
//!
//! The rules are those of [Pushgateway's README](https://github.com/prometheus/pushgateway#url).
//! Invariant: every text can be a value; no two groups have one path.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD, Engine as _};
use caas_metrics_model::{is_label_name, reserved_for};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::PushError;

/// The labels of a group: `job` first, then others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group(Vec<(String, String)>);

impl Group {
    pub(super) fn new(job: String) -> Result<Self, PushError> {
        if job.is_empty() {
            return Err(PushError::invalid("a job without a name", "the gateway needs one"));
        }
        Ok(Self(vec![("job".to_owned(), job)]))
    }

    pub(super) fn add(&mut self, name: String, value: String) -> Result<(), PushError> {
        let bad =
            |reason| Err(PushError::invalid(format!("a group with the label `{name}`"), reason));
        if !is_label_name(&name) {
            return bad("it is not a label name");
        }
        if let Some(reason) = reserved_for(&name) {
            return bad(reason);
        }
        if name == "job" {
            return bad("it is the job's name, which `Pushgateway::new` takes");
        }
        if self.0.iter().any(|(known, _)| *known == name) {
            return bad("it is there twice");
        }
        self.0.push((name, value));
        Ok(())
    }

    pub(super) fn labels(&self) -> &[(String, String)] {
        &self.0
    }

    /// The path: `/metrics/job/backup/instance/db-1`.
    pub(super) fn path(&self) -> String {
        let mut path = "/metrics".to_owned();
        for (name, value) in &self.0 {
            path.push('/');
            path.push_str(name);
            // A value with `/` would be several segments, an empty one none, and servers resolve dots.
            if value.contains('/') || matches!(&**value, "" | "." | "..") {
                path.push_str("@base64/");
                // Without any byte, padding is what makes it a segment.
                let encoded = URL_SAFE_NO_PAD.encode(value);
                path.push_str(if encoded.is_empty() { "=" } else { &encoded });
            } else {
                path.push('/');
                path.extend(utf8_percent_encode(value, RESERVED));
            }
        }
        path
    }
}

/// All but what RFC 3986 (2.3) calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_gateways_readme() {
        let path = |job: &str, labels: &[(&str, &str)]| {
            let mut group = Group::new(job.to_owned()).unwrap();
            for (name, value) in labels {
                group.add((*name).to_owned(), (*value).to_owned()).unwrap();
            }
            group.path()
        };
        let db = [("instance", "db-1")];
        assert_eq!(path("some_job", &db), "/metrics/job/some_job/instance/db-1");
        let directory = [("path", "/var/tmp")];
        assert_eq!(
            path("directory_cleaner", &directory),
            "/metrics/job/directory_cleaner/path@base64/L3Zhci90bXA"
        );
        let empty = [("first_label", ""), ("second_label", "foobar")];
        assert_eq!(
            path("example", &empty),
            "/metrics/job/example/first_label@base64/=/second_label/foobar"
        );
        let titan = [("name", "Προμηθεύς")];
        assert_eq!(
            path("titan", &titan),
            "/metrics/job/titan/name/%CE%A0%CF%81%CE%BF%CE%BC%CE%B7%CE%B8%CE%B5%CF%8D%CF%82"
        );
        assert_eq!(
            path("..", &[("a", "b c?#%+@")]),
            "/metrics/job@base64/Li4/a/b%20c%3F%23%25%2B%40"
        );
    }

    #[test]
    fn labels_that_a_group_cannot_have_are_errors() {
        let error = |name: &str| {
            let mut group = Group::new("j".to_owned()).unwrap();
            group.add("shard".to_owned(), "1".to_owned()).unwrap();
            group.add(name.to_owned(), String::new()).unwrap_err().to_string()
        };
        for (name, word) in [
            ("job", "`Pushgateway::new`"),
            ("shard", "twice"),
            ("a-b", "not a label name"),
            ("", "not a label name"),
            ("x@base64", "not a label name"),
            ("__name__", "Prometheus' own"),
            ("le", "buckets"),
        ] {
            let error = error(name);
            assert!(error.starts_with(&format!("can't push to a group with the label `{name}`: ")));
            assert!(error.contains(word), "{error}");
        }
        assert!(Group::new(String::new()).unwrap_err().to_string().contains("without a name"));
    }
}
