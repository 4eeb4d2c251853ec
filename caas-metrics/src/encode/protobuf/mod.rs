//! Protobuf: the format in which Prometheus reads native histograms and start times.
//!
//! A page is a sequence of messages, each a `MetricFamily` after its length. Not here: varints and
//! lengths (`wire`), labels, native buckets. Invariants: a message is complete when the buffer is given
//! away, so a family that goes on afterwards does so in a message with the same head; once the
//! buffers have grown, writing a sample allocates nothing.
//!
//! Source: <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>

mod labels;
mod native;
mod wire;

use core::time::Duration;

use self::labels::LabelPairs;
use self::native::native;
use self::wire::{
    DOUBLE, Length, double, double_field, message, message_key, number, text, varint, width,
};
use super::exemplars::{ByBucket, latest, unix_time};
use super::{Encode, Encoder, Spec, openmetrics};
use crate::desc::{MetricType, Native};
use crate::sample::{Counts, Exemplar, FamilyHead, Number, Sample, Sink, Value};

pub(super) const SPEC: Spec = Spec {
    name: "protobuf",
    content_type: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                   encoding=delimited",
    media_type: ("application", "vnd.google.protobuf"),
    parameters: &[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")],
    encoder: |_| Box::new(Protobuf::new()),
};

/// Fields of a family.
mod family {
    pub(super) const NAME: u8 = 1;
    pub(super) const HELP: u8 = 2;
    pub(super) const TYPE: u8 = 3;
    pub(super) const METRIC: u8 = 4;
    pub(super) const UNIT: u8 = 5;
}

/// The fields of a metric that have its value, and the numbers of the types.
mod kind {
    use super::MetricType;

    pub(super) const COUNTER: (u8, u64) = (3, 0);
    pub(super) const GAUGE: (u8, u64) = (2, 1);
    pub(super) const SUMMARY: (u8, u64) = (4, 2);
    pub(super) const UNTYPED: (u8, u64) = (5, 3);
    pub(super) const HISTOGRAM: (u8, u64) = (7, 4);

    pub(super) const fn of(metric_type: MetricType) -> (u8, u64) {
        match metric_type {
            MetricType::Counter => COUNTER,
            // As in the text format.
            MetricType::Gauge | MetricType::Info => GAUGE,
            MetricType::Histogram => HISTOGRAM,
            MetricType::Summary => SUMMARY,
            _ => UNTYPED,
        }
    }
}

/// The field of a number's value in a counter, a gauge and an untyped metric.
const NUMBER: u8 = 1;

/// Other fields of a counter.
mod counter {
    pub(super) const EXEMPLAR: u8 = 2;
    pub(super) const START: u8 = 3;
}

/// Fields of a summary and of its quantiles.
mod summary {
    pub(super) const COUNT: u8 = 1;
    pub(super) const SUM: u8 = 2;
    pub(super) const QUANTILE: u8 = 3;
    pub(super) const START: u8 = 4;
    pub(super) const AT: u8 = 1;
    pub(super) const VALUE: u8 = 2;
}

/// Fields of a histogram and of its classic buckets; `native` has the others.
mod histogram {
    pub(super) const COUNT: u8 = 1;
    pub(super) const SUM: u8 = 2;
    pub(super) const BUCKET: u8 = 3;
    pub(super) const START: u8 = 15;
    pub(super) const EXEMPLAR: u8 = 16;
    pub(super) const CUMULATIVE: u8 = 1;
    pub(super) const UPPER_BOUND: u8 = 2;
    pub(super) const BUCKET_EXEMPLAR: u8 = 3;
}

/// Fields of an exemplar, of its labels and of a time.
mod exemplar {
    pub(super) const LABEL: u8 = 1;
    pub(super) const VALUE: u8 = 2;
    pub(super) const TIME: u8 = 3;
    pub(super) const LABEL_NAME: u8 = 1;
    pub(super) const LABEL_VALUE: u8 = 2;
    pub(super) const SECONDS: u8 = 1;
    pub(super) const NANOSECONDS: u8 = 2;
}

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

/// What is known of the histograms of a family, and memory for one.
#[derive(Default)]
struct Histogram {
    bounds: Vec<f64>,
    native: Option<Native>,
    by_bucket: ByBucket,
    /// Places of exemplars.
    order: Vec<usize>,
}

impl Histogram {
    fn family(&mut self, family: &FamilyHead<'_>) {
        self.bounds.clear();
        self.bounds.extend_from_slice(family.buckets);
        self.native = family.native.filter(|native| native.fault().is_none());
    }

    fn write(
        &mut self,
        out: &mut Vec<u8>,
        buckets: &[u64],
        sum: f64,
        counts: Option<Counts<'_>>,
        start: Option<Duration>,
        exemplars: &[Exemplar],
    ) {
        let of_native = self.native.zip(counts);
        let classic = || buckets.iter().fold(0, |sum: u64, count| sum.wrapping_add(*count));
        let count = of_native.map_or_else(classic, |(_, counts)| counts.sum());
        number(out, histogram::COUNT, count);
        double(out, histogram::SUM, sum);
        if of_native.is_none() || !self.bounds.is_empty() {
            self.classic(out, buckets, count, exemplars);
        }
        if let Some((shape, counts)) = of_native {
            native(out, &shape, counts);
        }
        if let Some(start) = start {
            time(out, histogram::START, start);
        }
        if of_native.is_some() && !exemplars.is_empty() {
            self.order.clear();
            self.order.extend(0..exemplars.len());
            self.order.sort_unstable_by_key(|place| exemplars[*place].timestamp);
            for place in &self.order {
                exemplar(out, histogram::EXEMPLAR, &exemplars[*place]);
            }
        }
    }

    /// Writes the classic buckets. That of `+Inf` is only there if it has an exemplar: a reader takes the
    /// count for it. Classic and native buckets are not read at the same moment; so that they do not
    /// contradict each other, no bucket is above the count.
    fn classic(&mut self, out: &mut Vec<u8>, buckets: &[u64], all: u64, exemplars: &[Exemplar]) {
        self.by_bucket.find(&self.bounds, exemplars);
        let mut cumulative = 0_u64;
        for (place, bound) in self.bounds.iter().enumerate() {
            cumulative = cumulative.wrapping_add(buckets.get(place).copied().unwrap_or(0));
            bucket(out, cumulative.min(all), *bound, self.by_bucket.of(place, exemplars));
        }
        let of_infinity = self.by_bucket.of(self.bounds.len(), exemplars);
        if of_infinity.is_some() {
            bucket(out, all, f64::INFINITY, of_infinity);
        }
    }
}

#[inline]
fn bucket(out: &mut Vec<u8>, cumulative: u64, bound: f64, shown: Option<&Exemplar>) {
    let write = |out: &mut Vec<u8>| {
        number(out, histogram::CUMULATIVE, cumulative);
        double(out, histogram::UPPER_BOUND, bound);
    };
    if let Some(shown) = shown {
        message(out, histogram::BUCKET, |out| {
            write(out);
            exemplar(out, histogram::BUCKET_EXEMPLAR, shown);
        });
    } else {
        // Its length is known before.
        let length = 1 + width(cumulative) + DOUBLE;
        out.extend_from_slice(&[message_key(histogram::BUCKET) as u8, length as u8]);
        write(out);
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
