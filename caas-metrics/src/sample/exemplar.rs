//! Exemplars: single observations that are shown beside the numbers, with a trace id for instance.
//!
//! Not here: where they are kept, and which families have them.
//! Invariant: an exemplar has a time, since a server that has none takes the time of the scrape.

use std::time::SystemTime;

/// One observation or increment, with labels of its own that lead to more about it.
///
/// ```
/// use std::time::SystemTime;
/// use caas_metrics::sample::Exemplar;
///
/// let slow = Exemplar::new(&[("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")], 2.5, SystemTime::now());
/// assert_eq!(slow.value, 2.5);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Exemplar {
    /// Label names and values. All together have at most [`MOST_CHARACTERS`](Self::MOST_CHARACTERS).
    pub labels: Vec<(String, String)>,
    /// The observed value, or the amount of the increment.
    pub value: f64,
    /// When it was observed.
    pub timestamp: SystemTime,
}

impl Exemplar {
    /// The most characters of all label names and values together, as OpenMetrics has it.
    pub const MOST_CHARACTERS: usize = 128;

    /// An exemplar with these labels, value and time.
    #[must_use]
    pub fn new(labels: &[(&str, &str)], value: f64, timestamp: SystemTime) -> Self {
        let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Self { labels, value, timestamp }
    }
}
