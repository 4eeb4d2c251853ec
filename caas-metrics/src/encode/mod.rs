//! Exposition formats: which there are, which one a client gets, and what writes it.
//!
//! An encoder is a [`Sink`] that turns samples into bytes. Not here: values, the registry, HTTP. To add
//! a format: a file with a `SPEC`, a variant, and its lines in `Format::spec` and `ALL`.
//! Invariant: an encoder owns one buffer, and between two samples it can be emptied at any time.

mod negotiate;
mod openmetrics;
mod protobuf;
mod text;

mod escape;
mod exemplars;
mod integer;
mod lines;
mod number;
mod series;

use crate::sample::Sink;

#[cfg(feature = "http")]
pub(crate) use self::negotiate::weighted;

/// An exposition format: what the bytes of a scrape look like.
///
/// ```
/// use caas_metrics::Format;
///
/// let format = Format::negotiate(["application/openmetrics-text;version=1.0.0, */*;q=0.1"]);
/// assert_eq!(format, Format::OpenMetrics);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format, version 0.0.4; every server and every tool reads it.
    #[default]
    Text,
    /// OpenMetrics, version 1.0.0: text with units and an explicit end.
    OpenMetrics,
    /// Protobuf: delimited messages `io.prometheus.client.MetricFamily`. The only format with native
    /// histograms, and with start times by default.
    Protobuf,
}

impl Format {
    /// Every format, the preferred one first. If a client likes two equally, this order decides.
    const ALL: &'static [Self] = &[Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The format's `SPEC`. A new format gets a line here.
    const fn spec(self) -> &'static Spec {
        match self {
            Self::Text => &text::SPEC,
            Self::OpenMetrics => &openmetrics::SPEC,
            Self::Protobuf => &protobuf::SPEC,
        }
    }

    /// What each format is called in our own metrics, in the order of `ALL`.
    pub(crate) const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = Self::ALL[place].spec().name;
            place += 1;
        }
        names
    };

    /// The place of its name in `NAMES`.
    pub(crate) fn place(self) -> usize {
        Self::ALL.iter().position(|format| *format == self).unwrap_or_default()
    }

    /// The value of the `Content-Type` header that goes with the format.
    ///
    /// Prometheus 3 refuses a scrape without it.
    ///
    /// ```
    /// use caas_metrics::Format;
    ///
    /// assert_eq!(Format::Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        self.spec().content_type
    }

    /// The format for a client that sent these `Accept` header lines: the one with the highest
    /// weight, and [`Format::Text`] when nothing was sent or nothing fits.
    ///
    /// For each format the most specific range counts ([RFC 9110, 12.5.1]); between equal weights
    /// the range that stands first wins. Ranges with a malformed or out-of-range weight are
    /// ignored: Prometheus 2.49.0 sends `*/*;q=2`.
    ///
    /// ```
    /// use caas_metrics::Format;
    ///
    /// assert_eq!(Format::negotiate(None::<&str>), Format::Text);
    /// assert_eq!(Format::negotiate(["application/openmetrics-text"]), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate(["application/openmetrics-text;q=0, */*"]), Format::Text);
    /// ```
    ///
    /// [RFC 9110, 12.5.1]: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
    #[must_use]
    pub fn negotiate<A>(accept: A) -> Self
    where
        A: IntoIterator,
        A::Item: AsRef<[u8]>,
    {
        negotiate::best(accept)
    }
}

/// All that the rest of the crate knows of a format.
struct Spec {
    /// What our own metrics call it.
    name: &'static str,
    /// The `Content-Type` to send.
    content_type: &'static str,
    /// Type and subtype, lower case, as `Accept` names them.
    media_type: (&'static str, &'static str),
    /// Parameters that must have this value if `Accept` names them.
    parameters: &'static [(&'static str, &'static str)],
    /// Makes a writer of the format.
    encoder: fn(Options) -> Box<dyn Encode>,
}

/// What a registry wants of a page beside the format.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    /// Whether OpenMetrics has a line `…_created` with each start.
    pub(crate) created_lines: bool,
}

/// Writes one format.
trait Encode: Sink + Send {
    /// How many bytes the buffer has at least, if it is asked for now.
    fn written(&self) -> usize;
    /// The bytes written since the buffer was last emptied. Without them nothing is incomplete.
    fn buffer(&mut self) -> &mut Vec<u8>;
    /// Writes what follows the last sample.
    fn finish(&mut self);
}

/// Writes a format into a buffer of its own.
///
/// The caller empties the buffer between samples, so that it never grows far above the size of a
/// piece, and calls [`finish`](Encoder::finish) once at the end.
pub(crate) struct Encoder(Box<dyn Encode>);

impl Encoder {
    /// At this size a caller should empty the buffer.
    pub(crate) const PIECE: usize = 64 * 1024;

    /// An encoder at the start of a page.
    pub(crate) fn new(format: Format, options: Options) -> Self {
        Self((format.spec().encoder)(options))
    }

    /// The sink for the samples.
    pub(crate) fn sink(&mut self) -> &mut dyn Sink {
        &mut *self.0
    }

    /// The bytes that were written. The caller may read, take or clear them.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.0.buffer()
    }

    /// Whether the buffer has reached the size of a piece.
    pub(crate) fn is_full(&self) -> bool {
        self.0.written() >= Self::PIECE
    }

    /// Writes what follows the last sample. Nothing may be written afterwards.
    pub(crate) fn finish(&mut self) {
        self.0.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an encoder writes.
    pub(super) fn page(format: Format, fill: impl FnOnce(&mut dyn Sink)) -> String {
        page_with(format, Options::default(), fill)
    }

    /// The same with options.
    pub(super) fn page_with(
        format: Format,
        options: Options,
        fill: impl FnOnce(&mut dyn Sink),
    ) -> String {
        let mut encoder = Encoder::new(format, options);
        fill(encoder.sink());
        encoder.finish();
        String::from_utf8(std::mem::take(encoder.buffer())).expect("a page is UTF-8")
    }
}
