//! Sample lines, which are the same in the text format and in OpenMetrics.
//!
//! Not here: the lines above a family (`text`, `openmetrics`), and how a number or a label is written
//! (`number`, `escape`,
//! `series`).
//! Invariant: once the buffers have grown, writing a sample allocates nothing.

use super::Encode;
use super::integer::integer;
use super::number::{bound, float, number};
use super::series::{Series, open};
use crate::desc::MetricType;
use crate::sample::{FamilyHead, Labels, Sample, Sink, Value};

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
}

/// The encoder of a line-based format.
pub(super) struct Lines {
    dialect: &'static Dialect,
    out: Vec<u8>,
    /// The lines above the current family, until its first sample is written.
    head: Vec<u8>,
    name: Vec<u8>,
    series: Series,
    /// The current series of a family whose samples have several lines.
    current: Vec<u8>,
    metric_type: MetricType,
    has_sum: bool,
    /// The last part of each bucket's series, `le="0.005"} ` and so on, in one string.
    bounds: Vec<u8>,
    /// Where in `bounds` each part ends; the last one is that of `+Inf`.
    ends: Vec<usize>,
}

impl Lines {
    pub(super) fn new(dialect: &'static Dialect) -> Self {
        Self {
            dialect,
            // Enough for a small page.
            out: Vec::with_capacity(4096),
            head: Vec::with_capacity(256),
            name: Vec::new(),
            series: Series::default(),
            current: Vec::new(),
            metric_type: MetricType::Unknown,
            has_sum: true,
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
    }

    /// Begins a line of the current labels with another name: `name_sum{a="b"} `.
    fn named(&mut self, suffix: &[u8]) {
        self.out.extend_from_slice(&self.name);
        self.out.extend_from_slice(suffix);
        self.out.extend_from_slice(self.series.behind_name(&self.current));
    }

    /// Begins a line of the current series, which gets one more label: `name{a="b",`.
    fn open_series(&mut self) {
        let (series, mark) = open(&self.current);
        self.out.extend_from_slice(series);
        self.out.push(mark);
    }

    fn float(&mut self, value: f64) {
        float(&mut self.out, value, self.dialect.whole_floats_have_a_point);
        self.out.push(b'\n');
    }

    fn integer(&mut self, value: u64) {
        integer(&mut self.out, value);
        self.out.push(b'\n');
    }

    fn histogram(&mut self, buckets: &[u64], sum: f64) {
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
                self.show_head();
                self.series.write(&mut self.out, labels);
                number(&mut self.out, value, self.dialect.whole_floats_have_a_point);
                self.out.push(b'\n');
            }
            Value::Histogram { buckets, sum, native }
                if self.metric_type == MetricType::Histogram =>
            {
                self.begin(labels);
                // Without classic buckets there is still that of all observations.
                match native {
                    Some(native) if buckets.is_empty() => self.histogram(&[native.sum()], sum),
                    _ => self.histogram(buckets, sum),
                }
            }
            Value::Summary { quantiles, sum, count } if self.metric_type == MetricType::Summary => {
                self.begin(labels);
                self.summary(quantiles, sum, count);
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
