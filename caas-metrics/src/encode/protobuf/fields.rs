//! The numbers of the fields, and those of the types.
//!
//! Not here: the fields of native buckets (`native`) and of labels (`labels`). Invariant: what is written
//! in `metrics.proto`.

use crate::desc::MetricType;

/// Fields of a family.
pub(super) mod family {
    pub(in super::super) const NAME: u8 = 1;
    pub(in super::super) const HELP: u8 = 2;
    pub(in super::super) const TYPE: u8 = 3;
    pub(in super::super) const METRIC: u8 = 4;
    pub(in super::super) const UNIT: u8 = 5;
}

/// The fields of a metric that have its value, and the numbers of the types.
pub(super) mod kind {
    use super::MetricType;

    pub(in super::super) const COUNTER: (u8, u64) = (3, 0);
    pub(in super::super) const GAUGE: (u8, u64) = (2, 1);
    pub(in super::super) const SUMMARY: (u8, u64) = (4, 2);
    pub(in super::super) const UNTYPED: (u8, u64) = (5, 3);
    pub(in super::super) const HISTOGRAM: (u8, u64) = (7, 4);

    pub(in super::super) const fn of(metric_type: MetricType) -> (u8, u64) {
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
pub(super) const NUMBER: u8 = 1;

/// Other fields of a counter.
pub(super) mod counter {
    pub(in super::super) const EXEMPLAR: u8 = 2;
    pub(in super::super) const START: u8 = 3;
}

/// Fields of a summary and of its quantiles.
pub(super) mod summary {
    pub(in super::super) const COUNT: u8 = 1;
    pub(in super::super) const SUM: u8 = 2;
    pub(in super::super) const QUANTILE: u8 = 3;
    pub(in super::super) const START: u8 = 4;
    pub(in super::super) const AT: u8 = 1;
    pub(in super::super) const VALUE: u8 = 2;
}

/// Fields of a histogram and of its classic buckets; `native` has the others.
pub(super) mod histogram {
    pub(in super::super) const COUNT: u8 = 1;
    pub(in super::super) const SUM: u8 = 2;
    pub(in super::super) const BUCKET: u8 = 3;
    pub(in super::super) const START: u8 = 15;
    pub(in super::super) const EXEMPLAR: u8 = 16;
    pub(in super::super) const CUMULATIVE: u8 = 1;
    pub(in super::super) const UPPER_BOUND: u8 = 2;
    pub(in super::super) const BUCKET_EXEMPLAR: u8 = 3;
}

/// Fields of an exemplar, of its labels and of a time.
pub(super) mod exemplar {
    pub(in super::super) const LABEL: u8 = 1;
    pub(in super::super) const VALUE: u8 = 2;
    pub(in super::super) const TIME: u8 = 3;
    pub(in super::super) const LABEL_NAME: u8 = 1;
    pub(in super::super) const LABEL_VALUE: u8 = 2;
    pub(in super::super) const SECONDS: u8 = 1;
    pub(in super::super) const NANOSECONDS: u8 = 2;
}
