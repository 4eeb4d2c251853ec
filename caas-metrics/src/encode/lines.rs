//! Sample lines, which are the same in the text format and in OpenMetrics.
//!
//! Not here: the lines above a family (`text`, `openmetrics`), and how a number or a label is written
//! (`number`, `escape`,
//! `series`).
//! Invariant: once the buffers have grown, writing a sample allocates nothing.

use core::time::Duration;

use super::escape::{Escape, escaped};
use super::exemplars::{ByBucket, latest, unix_time};
use super::integer::{integer, seconds};
use super::number::{bound, float, number};
use super::series::{Series, open};
use super::{Encode, Options};
use crate::desc::MetricType;
use crate::sample::{Exemplar, FamilyHead, Labels, Number, Sample, Sink, Value};

/// Where the line-based formats differ. A value and no trait, or the encoder would be compiled twice.
pub(super) struct Dialect {
    /// Whether the float 3 is written `3.0`.
    pub(super) whole_floats_have_a_point: bool,
    /// What ends a page.
    pub(super) end: &'static [u8],
    /// Writes the lines above a family's first sample.
    pub(super) head: fn(&mut Vec<u8>, &FamilyHead<'_>),
    /// Whether a histogram shows its `_sum` and, with it, its `_count`.
    pub(super) has_sum: fn(&FamilyHead<'_>) -> bool,
    /// The family's own name, if its samples can have exemplars and a start.
    pub(super) base: for<'a> fn(&FamilyHead<'a>) -> Option<&'a str>,
}

/// The encoder of a line-based format.
pub(super) struct Lines {
    dialect: &'static Dialect,
    options: Options,
    out: Vec<u8>,
    /// The lines above the current family, until its first sample is written.
    head: Vec<u8>,
    name: Vec<u8>,
    series: Series,
    /// The current series of a family whose samples have several lines.
    current: Vec<u8>,
    metric_type: MetricType,
    has_sum: bool,
    has_exemplars: bool,
    /// The name of the line with a sample's start, if there is one.
    created: Vec<u8>,
    by_bucket: ByBucket,
    /// The family's bounds, as numbers.
    uppers: Vec<f64>,
    /// The last part of each bucket's series, `le="0.005"} ` and so on, in one string.
    bounds: Vec<u8>,
    /// Where in `bounds` each part ends; the last one is that of `+Inf`.
    ends: Vec<usize>,
}

impl Lines {
    pub(super) fn new(dialect: &'static Dialect, options: Options) -> Self {
        Self {
            dialect,
            options,
            // Enough for a small page.
            out: Vec::with_capacity(4096),
            head: Vec::with_capacity(256),
            name: Vec::new(),
            series: Series::default(),
            current: Vec::new(),
            metric_type: MetricType::Unknown,
            has_sum: true,
            has_exemplars: false,
            created: Vec::new(),
            by_bucket: ByBucket::default(),
            uppers: Vec::new(),
            bounds: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Writes the lines above the family's samples, if this is the first one.
    fn show_head(&mut self) {
        if !self.head.is_empty() {
            self.out.append(&mut self.head);
        }
    }

    /// Begins a sample of several lines.
    fn begin(&mut self, labels: Labels<'_>) {
        self.show_head();
        self.current.clear();
        self.series.forget();
        self.series.write(&mut self.current, labels);
        // It is not in the page, from which the next one would copy.
        self.series.forget();
    }

    /// Begins a line of the current labels with another name: `name_sum{a="b"} `.
    fn named(&mut self, suffix: &[u8]) {
        self.out.extend_from_slice(&self.name);
        self.out.extend_from_slice(suffix);
        self.out.extend_from_slice(self.series.after_name(&self.current));
    }

    /// Begins a line of the current series, which gets one more label: `name{a="b",`.
    fn open_series(&mut self) {
        let (series, mark) = open(&self.current);
        self.out.extend_from_slice(series);
        self.out.push(mark);
    }

    /// Writes the line with the current sample's start, if the family has such lines and it is known.
    fn created(&mut self, start: Option<Duration>) {
        let Some(start) = start.filter(|_| !self.created.is_empty()) else { return };
        self.out.extend_from_slice(&self.created);
        self.out.extend_from_slice(self.series.after_name(&self.current));
        seconds(&mut self.out, start);
        self.out.push(b'\n');
    }

    /// Writes a number with what few counters have: an exemplar, or a line with their start.
    #[cold]
    #[inline(never)]
    fn counter(&mut self, value: Number, sample: &Sample<'_>) {
        self.begin(sample.labels);
        self.out.extend_from_slice(&self.current);
        number(&mut self.out, value, self.dialect.whole_floats_have_a_point);
        if let Some(shown) = latest(sample.exemplars).filter(|_| self.has_exemplars) {
            exemplar(&mut self.out, shown);
        }
        self.out.push(b'\n');
        self.created(sample.start);
    }

    fn float(&mut self, value: f64) {
        float(&mut self.out, value, self.dialect.whole_floats_have_a_point);
        self.out.push(b'\n');
    }

    fn integer(&mut self, value: u64) {
        integer(&mut self.out, value);
        self.out.push(b'\n');
    }

    fn histogram(&mut self, buckets: &[u64], sum: f64, exemplars: &[Exemplar]) {
        self.by_bucket.find(&self.uppers, exemplars);
        let start = self.out.len();
        self.open_series();
        // The first bucket's line is written up to the bound; the others repeat that part.
        let repeated = start..self.out.len();
        let (mut count, mut from) = (0_u64, 0);
        for (index, &to) in self.ends.iter().enumerate() {
            if index > 0 {
                self.out.extend_from_within(repeated.clone());
            }
            count = count.wrapping_add(buckets.get(index).copied().unwrap_or(0));
            self.out.extend_from_slice(&self.bounds[from..to]);
            integer(&mut self.out, count);
            if let Some(shown) = self.by_bucket.of(index, exemplars) {
                exemplar(&mut self.out, shown);
            }
            self.out.push(b'\n');
            from = to;
        }
        if self.has_sum {
            self.named(b"_sum");
            self.float(sum);
            self.named(b"_count");
            self.integer(count);
        }
    }

    fn summary(&mut self, quantiles: &[(f64, f64)], sum: f64, count: u64) {
        for &(quantile, value) in quantiles {
            self.open_series();
            self.out.extend_from_slice(b"quantile=\"");
            bound(&mut self.out, quantile);
            self.out.extend_from_slice(b"\"} ");
            self.float(value);
        }
        self.named(b"_sum");
        self.float(sum);
        self.named(b"_count");
        self.integer(count);
    }
}

impl Sink for Lines {
    fn family(&mut self, family: &FamilyHead<'_>) {
        self.head.clear();
        (self.dialect.head)(&mut self.head, family);
        self.name.clear();
        self.name.extend_from_slice(family.name.as_bytes());
        let is_histogram = family.metric_type == MetricType::Histogram;
        self.series.family(family.name, if is_histogram { "_bucket" } else { "" });
        self.metric_type = family.metric_type;
        let base = (self.dialect.base)(family);
        self.has_exemplars = base.is_some();
        self.created.clear();
        if let Some(base) = base.filter(|_| self.options.created_lines) {
            self.created.extend_from_slice(base.as_bytes());
            self.created.extend_from_slice(b"_created");
        }
        self.uppers.clear();
        self.uppers.extend_from_slice(family.buckets);
        self.bounds.clear();
        self.ends.clear();
        if is_histogram {
            self.has_sum = (self.dialect.has_sum)(family);
            for upper in family.buckets.iter().chain(&[f64::INFINITY]) {
                self.bounds.extend_from_slice(b"le=\"");
                bound(&mut self.bounds, *upper);
                self.bounds.extend_from_slice(b"\"} ");
                self.ends.push(self.bounds.len());
            }
        }
    }

    fn labels(&mut self, names: &[&str]) {
        self.series.labels(names);
    }

    /// A value that its family's type cannot have is left out. Otherwise Prometheus would refuse the
    /// page.
    fn sample(&mut self, sample: &Sample<'_>) {
        let labels = sample.labels;
        let is_compound = matches!(self.metric_type, MetricType::Histogram | MetricType::Summary);
        match sample.value {
            Value::Number(value) if !is_compound => {
                if !sample.exemplars.is_empty() || !self.created.is_empty() {
                    return self.counter(value, sample);
                }
                self.show_head();
                self.series.write(&mut self.out, labels);
                number(&mut self.out, value, self.dialect.whole_floats_have_a_point);
                self.out.push(b'\n');
            }
            Value::Histogram { buckets, sum, native }
                if self.metric_type == MetricType::Histogram =>
            {
                self.begin(labels);
                let shown = if self.has_exemplars { sample.exemplars } else { &[] };
                // Without classic buckets there is still that of all observations.
                match native {
                    Some(native) if buckets.is_empty() => {
                        self.histogram(&[native.sum()], sum, shown);
                    }
                    _ => self.histogram(buckets, sum, shown),
                }
                self.created(sample.start);
            }
            Value::Summary { quantiles, sum, count } if self.metric_type == MetricType::Summary => {
                self.begin(labels);
                self.summary(quantiles, sum, count);
                self.created(sample.start);
            }
            // The next sample may keep values of this one.
            _ => self.series.forget(),
        }
    }
}

impl Encode for Lines {
    fn written(&self) -> usize {
        self.out.len()
    }

    fn buffer(&mut self) -> &mut Vec<u8> {
        // The caller may empty the buffer, and the series before with it.
        self.series.forget();
        &mut self.out
    }

    fn finish(&mut self) {
        self.out.extend_from_slice(self.dialect.end);
    }
}

/// Writes an exemplar, which ends a line: ` # {trace_id="…"} 0.5 1700000000.250`.
#[cold]
#[inline(never)]
fn exemplar(out: &mut Vec<u8>, shown: &Exemplar) {
    out.extend_from_slice(b" # {");
    for (place, (name, value)) in shown.labels.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"=\"");
        escaped(out, value.as_bytes(), Escape::Quoted);
        out.push(b'"');
    }
    out.extend_from_slice(b"} ");
    float(out, shown.value, true);
    out.push(b' ');
    seconds(out, unix_time(shown));
}
