//! Protobuf: the format in which Prometheus reads native histograms and start times.
//!
//! A page is a sequence of messages, each a `MetricFamily` after its length. Not here: varints and
//! lengths (`wire`), labels, histograms. Invariants: a message is complete when the buffer is given
//! away, so a family that goes on afterwards does so in a message with the same head; once the
//! buffers have grown, writing a sample allocates nothing.
//!
//! Source: <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>

mod fields;
mod histogram;
mod labels;
mod native;
mod wire;

use core::time::Duration;

use self::fields::{NUMBER, counter, exemplar, family, kind, summary};
use self::histogram::Histogram;
use self::labels::LabelPairs;
use self::wire::{
    DOUBLE, Length, double, double_field, message, message_key, number, text, varint,
};
use super::exemplars::{latest, unix_time};
use super::{Encode, Encoder, Spec, openmetrics};
use crate::desc::MetricType;
use crate::sample::{Exemplar, FamilyHead, Number, Sample, Sink, Value};

pub(super) const SPEC: Spec = Spec {
    name: "protobuf",
    content_type: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                   encoding=delimited",
    media_type: ("application", "vnd.google.protobuf"),
    parameters: &[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")],
    encoder: |_| Box::new(Protobuf::new()),
};

/// Bytes for the length of a family's message: those of a message of 16 KiB to 2 MiB.
const RESERVED: usize = 3;

/// The encoder.
struct Protobuf {
    out: Vec<u8>,
    /// The family's fields before its metrics.
    head: Vec<u8>,
    /// The message that is being written, if there is one.
    message: Option<Length>,
    labels: LabelPairs,
    /// How many bytes the length of the metric before has. The next one's mostly has as many.
    width: usize,
    metric_type: MetricType,
    start: Start,
    histogram: Histogram,
}

impl Protobuf {
    fn new() -> Self {
        Self {
            // Enough for a small page.
            out: Vec::with_capacity(4096),
            head: Vec::with_capacity(256),
            message: None,
            labels: LabelPairs::default(),
            width: 1,
            metric_type: MetricType::Unknown,
            start: Start::default(),
            histogram: Histogram::default(),
        }
    }

    /// Ends the message, if one has begun.
    fn end_message(&mut self) {
        if let Some(length) = self.message.take() {
            length.fill(&mut self.out);
        }
    }

    /// Begins a message, unless one has begun.
    #[inline]
    fn begin_message(&mut self) {
        if self.message.is_none() {
            self.message = Some(Length::reserve(&mut self.out, RESERVED));
            self.out.extend_from_slice(&self.head);
        }
    }

    /// Ends the message if it is long enough.
    #[inline]
    fn end_long_message(&mut self) {
        if self.message.is_some_and(|length| length.of(&self.out) >= Encoder::PIECE) {
            self.end_message();
        }
    }

    /// Writes a metric with the present labels and this value.
    fn metric(&mut self, write: impl FnOnce(&mut Vec<u8>, &mut Histogram)) {
        self.begin_message();
        self.out.push(message_key(family::METRIC) as u8);
        let length = Length::reserve(&mut self.out, self.width);
        self.out.extend_from_slice(self.labels.fields());
        let (field, _) = kind::of(self.metric_type);
        message(&mut self.out, field, |out| write(out, &mut self.histogram));
        self.width = length.fill(&mut self.out);
        self.end_long_message();
    }

    /// Writes a metric with the present labels and a number. Most metrics are such, so their lengths are
    /// computed before anything is written.
    #[inline]
    fn number(&mut self, number: Number, start: Option<Duration>) {
        self.begin_message();
        let start = self.start.field(start);
        let (field, _) = kind::of(self.metric_type);
        let (labels, value) = (self.labels.fields(), DOUBLE + start.len());
        self.out.push(message_key(family::METRIC) as u8);
        varint(&mut self.out, (labels.len() + 2 + value) as u64);
        self.out.extend_from_slice(labels);
        let mut bytes = [0; 2 + DOUBLE];
        bytes[..2].copy_from_slice(&[message_key(field) as u8, value as u8]);
        bytes[2..].copy_from_slice(&double_field(NUMBER, number.as_f64()));
        self.out.extend_from_slice(&bytes);
        self.out.extend_from_slice(start);
        self.end_long_message();
    }
}

impl Sink for Protobuf {
    fn family(&mut self, family: &FamilyHead<'_>) {
        self.end_message();
        self.metric_type = family.metric_type;
        self.labels.names_are(&[]);
        self.head.clear();
        text(&mut self.head, family::NAME, family.name);
        if !family.help.is_empty() {
            text(&mut self.head, family::HELP, family.help);
        }
        let (_, of_type) = kind::of(family.metric_type);
        number(&mut self.head, family::TYPE, of_type);
        if let Some(unit) = openmetrics::unit(family) {
            text(&mut self.head, family::UNIT, unit);
        }
        self.histogram.family(family);
    }

    fn labels(&mut self, names: &[&str]) {
        self.labels.names_are(names);
    }

    /// A value that its family's type cannot have is left out, as in the text format.
    fn sample(&mut self, sample: &Sample<'_>) {
        self.labels.values_are(sample.labels);
        let Sample { start, exemplars, .. } = *sample;
        match (self.metric_type, sample.value) {
            (MetricType::Histogram, Value::Histogram { buckets, sum, native }) => {
                self.metric(|out, histogram| {
                    histogram.write(out, buckets, sum, native, start, exemplars);
                });
            }
            (MetricType::Summary, Value::Summary { quantiles, sum, count }) => {
                self.metric(|out, _| summary(out, quantiles, sum, count, start));
            }
            (MetricType::Histogram | MetricType::Summary, _) => {}
            (MetricType::Counter, Value::Number(value)) => match latest(exemplars) {
                None => self.number(value, start),
                Some(shown) => self.metric(|out, _| {
                    double(out, NUMBER, value.as_f64());
                    exemplar(out, counter::EXEMPLAR, shown);
                    if let Some(start) = start {
                        time(out, counter::START, start);
                    }
                }),
            },
            (_, Value::Number(value)) => self.number(value, None),
            _ => {}
        }
    }
}

impl Encode for Protobuf {
    fn written(&self) -> usize {
        // The length may need less than what is reserved.
        self.out.len().saturating_sub(RESERVED)
    }

    fn buffer(&mut self) -> &mut Vec<u8> {
        self.end_message();
        &mut self.out
    }

    fn finish(&mut self) {}
}

/// The start of a counter as a field. Many counters have the same.
#[derive(Default)]
struct Start {
    known: Option<Duration>,
    field: Vec<u8>,
}

impl Start {
    #[inline]
    fn field(&mut self, start: Option<Duration>) -> &[u8] {
        if self.known != start {
            self.known = start;
            self.field.clear();
            if let Some(start) = start {
                time(&mut self.field, counter::START, start);
            }
        }
        &self.field
    }
}

fn summary(
    out: &mut Vec<u8>,
    quantiles: &[(f64, f64)],
    sum: f64,
    count: u64,
    start: Option<Duration>,
) {
    number(out, summary::COUNT, count);
    double(out, summary::SUM, sum);
    for (at, value) in quantiles {
        message(out, summary::QUANTILE, |out| {
            double(out, summary::AT, *at);
            double(out, summary::VALUE, *value);
        });
    }
    if let Some(start) = start {
        time(out, summary::START, start);
    }
}

#[cold]
#[inline(never)]
fn exemplar(out: &mut Vec<u8>, field: u8, shown: &Exemplar) {
    message(out, field, |out| {
        for (name, value) in &shown.labels {
            message(out, exemplar::LABEL, |out| {
                text(out, exemplar::LABEL_NAME, name);
                text(out, exemplar::LABEL_VALUE, value);
            });
        }
        double(out, exemplar::VALUE, shown.value);
        time(out, exemplar::TIME, unix_time(shown));
    });
}

/// Writes a `google.protobuf.Timestamp`.
#[inline]
fn time(out: &mut Vec<u8>, field: u8, time: Duration) {
    message(out, field, |out| {
        number(out, exemplar::SECONDS, time.as_secs());
        if time.subsec_nanos() > 0 {
            number(out, exemplar::NANOSECONDS, time.subsec_nanos().into());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Format, Options};
    use crate::sample::{Labels, Number::Unsigned};

    fn head(metric_type: MetricType, name: &str) -> FamilyHead<'_> {
        FamilyHead { name, help: "H", unit: None, metric_type, buckets: &[], native: None }
    }

    /// A sample whose labels have these values; the first ones are those of the sample before.
    fn number<'a>(values: &'a [&'a str], kept: usize) -> Sample<'a> {
        let labels = Labels { kept, ..Labels::new(values) };
        Sample::new(labels, Value::Number(Unsigned(1)))
    }

    const ONE: &[u8] = b"\x09\0\0\0\0\0\0\xf0\x3f";

    /// A message with a family `a` and these gauges, which are below 128 bytes.
    fn message_of(gauges: &[&[&str]]) -> Vec<u8> {
        let mut family = b"\x0a\x01a\x12\x01H\x18\x01".to_vec();
        for values in gauges {
            let mut metric = Vec::new();
            for (name, value) in ["l", "m"].into_iter().zip(*values) {
                let pair =
                    ["\x0a\x01", name, "\x12", &char::from(value.len() as u8).to_string(), value];
                let pair = pair.concat();
                metric.extend([0x0a, pair.len() as u8]);
                metric.extend(pair.into_bytes());
            }
            metric.extend([0x12, 9]);
            metric.extend(ONE);
            family.extend([0x22, metric.len() as u8]);
            family.extend(metric);
        }
        family.insert(0, family.len() as u8);
        family
    }

    #[test]
    fn a_message_is_whole_whenever_the_buffer_is_taken() {
        let mut encoder = Encoder::new(Format::Protobuf, Options::default());
        encoder.sink().family(&head(MetricType::Gauge, "silent"));
        encoder.sink().family(&head(MetricType::Gauge, "a"));
        encoder.sink().labels(&["l", "m"]);
        assert_eq!(*encoder.buffer(), b"");
        encoder.sink().sample(&number(&["x", "y"], 0));
        encoder.sink().sample(&number(&["x", "zz"], 1));
        assert_eq!(std::mem::take(encoder.buffer()), message_of(&[&["x", "y"], &["x", "zz"]]));
        // What is kept is kept across messages.
        encoder.sink().sample(&number(&["x", "zz"], 2));
        encoder.sink().labels(&[]);
        encoder.sink().sample(&number(&[], 0));
        encoder.finish();
        assert_eq!(*encoder.buffer(), message_of(&[&["x", "zz"], &[]]));
    }

    #[test]
    fn a_value_that_its_type_cannot_have_is_left_out() {
        let mut encoder = Encoder::new(Format::Protobuf, Options::default());
        let compound = [
            Value::Histogram { buckets: &[1], sum: 1.0, native: None },
            Value::Summary { quantiles: &[], sum: 1.0, count: 1 },
        ];
        for (metric_type, others) in [
            (MetricType::Counter, &compound[..]),
            (MetricType::Histogram, &[Value::Number(Unsigned(1)), compound[1]]),
            (MetricType::Summary, &[Value::Number(Unsigned(1)), compound[0]]),
        ] {
            encoder.sink().family(&head(metric_type, "x"));
            for value in others {
                encoder.sink().sample(&Sample::new(Labels::new(&[]), *value));
            }
            assert_eq!(*encoder.buffer(), b"", "{metric_type:?}");
        }
        encoder.sink().family(&head(MetricType::Gauge, "a"));
        encoder.sink().labels(&["l", "m"]);
        encoder.sink().sample(&Sample::new(Labels::new(&["x", "y"]), compound[0]));
        encoder.sink().sample(&number(&["x", "z"], 1));
        assert_eq!(*encoder.buffer(), message_of(&[&["x", "z"]]));
    }

    #[test]
    fn a_full_buffer_is_never_shorter_than_a_piece() {
        for more in 20..60 {
            let mut encoder = Encoder::new(Format::Protobuf, Options::default());
            let help = "h".repeat(Encoder::PIECE - more);
            encoder.sink().family(&FamilyHead { help: &help, ..head(MetricType::Gauge, "a") });
            encoder.sink().sample(&number(&[], 0));
            // The last message is short, so its length needs fewer bytes than are reserved.
            encoder.sink().family(&head(MetricType::Gauge, "b"));
            while !encoder.is_full() {
                encoder.sink().sample(&number(&[], 0));
            }
            assert!(encoder.buffer().len() >= Encoder::PIECE, "{more}");
        }
    }
}
