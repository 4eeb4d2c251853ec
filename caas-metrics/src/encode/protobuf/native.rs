//! The buckets of native histograms: merged until they fit, as spans and deltas.
//!
//! Not here: which bucket counts what (`caas_metrics_model::Native`). Invariant: merging is exact, so a
//! page says the same at a lower resolution.
//!
//! A merged bucket may begin below the zero threshold, at schemas below zero. Its observations are all
//! above the threshold, as those of any bucket.
//!
//! Source: <https://prometheus.io/docs/specs/native_histograms/>

use super::wire::{double, message, number, signed, varint, varint_key};
use crate::{desc::Native, sample::Counts};

/// Fields of a histogram and of a span.
const SCHEMA: u8 = 5;
const ZERO_THRESHOLD: u8 = 6;
const ZERO_COUNT: u8 = 7;
const NEGATIVE: Side = Side { spans: 9, deltas: 10 };
const POSITIVE: Side = Side { spans: 12, deltas: 13 };
const OFFSET: u8 = 1;
const LENGTH: u8 = 2;

/// The fields of the buckets on one side of zero.
#[derive(Clone, Copy)]
struct Side {
    spans: u8,
    deltas: u8,
}

/// Between two buckets, this many empty ones are written, because a span of its own is longer. The same
/// number as that of Prometheus' Go library.
const MOST_EMPTY: i32 = 2;

/// Writes the native fields of a histogram.
pub(super) fn native(out: &mut Vec<u8>, native: &Native, counts: Counts<'_>) {
    let steps = steps(native, counts);
    let schema = i64::from(native.schema) - i64::from(steps);
    varint(out, u64::from(varint_key(SCHEMA)));
    signed(out, schema);
    double(out, ZERO_THRESHOLD, native.zero_threshold());
    number(out, ZERO_COUNT, counts.zero);
    let first = native.first();
    side(out, NEGATIVE, || buckets(counts.negative, first, steps));
    side(out, POSITIVE, || buckets(counts.positive, first, steps));
    if counts.sum() == 0 {
        // Without any bucket this makes it a native histogram.
        span(out, POSITIVE.spans, 0, 0);
    }
}

/// How often neighbours must be merged so that the buckets in use are as few as allowed. Each time the
/// schema is one less; at the lowest, there may be more buckets.
fn steps(native: &Native, counts: Counts<'_>) -> u32 {
    let first = native.first();
    let in_use = |counts, steps| buckets(counts, first, steps).count();
    let fits = |steps: &u32| {
        let all = in_use(counts.positive, *steps) + in_use(counts.negative, *steps);
        all <= native.max_buckets as usize
    };
    let most = native.schema.abs_diff(*Native::SCHEMAS.start()).into();
    (0..most).find(fits).unwrap_or(most)
}

/// The number of the bucket that a bucket is merged into. A bucket's upper bound has its number, so the
/// quotient is rounded up.
const fn merged(bucket: i32, steps: u32) -> i32 {
    (bucket + (1 << steps) - 1) >> steps
}

/// The buckets in use, merged, with their numbers and counts. `first` is the number of the first count.
fn buckets(counts: &[u64], first: i32, steps: u32) -> impl Iterator<Item = (i32, u64)> {
    let all = (first..).zip(counts).filter(|(_, count)| **count != 0);
    let mut all = all.map(move |(bucket, count)| (merged(bucket, steps), *count)).peekable();
    std::iter::from_fn(move || {
        let (bucket, mut count) = all.next()?;
        while let Some((_, more)) = all.next_if(|(next, _)| *next == bucket) {
            count = count.wrapping_add(more);
        }
        Some((bucket, count))
    })
}

/// Writes the spans and deltas of one side.
fn side<B: Iterator<Item = (i32, u64)>>(out: &mut Vec<u8>, fields: Side, buckets: impl Fn() -> B) {
    let mut all = buckets().map(|(bucket, _)| bucket);
    let Some(first) = all.next() else { return };
    let (mut offset, mut begin, mut end) = (first, first, first + 1);
    for bucket in all {
        if bucket - end > MOST_EMPTY {
            span(out, fields.spans, offset, end.abs_diff(begin));
            (offset, begin) = (bucket - end, bucket);
        }
        end = bucket + 1;
    }
    span(out, fields.spans, offset, end.abs_diff(begin));
    message(out, fields.deltas, |out| deltas(out, first, buckets()));
}

/// Writes a span: how far its first bucket is from the end of the span before, and how many it has.
fn span(out: &mut Vec<u8>, field: u8, offset: i32, length: u32) {
    message(out, field, |out| {
        varint(out, u64::from(varint_key(OFFSET)));
        signed(out, offset.into());
        number(out, LENGTH, length.into());
    });
}

/// Writes how much more each bucket of the spans has than the one before it, of whichever span.
fn deltas(out: &mut Vec<u8>, first: i32, buckets: impl Iterator<Item = (i32, u64)>) {
    let (mut end, mut before) = (first, 0_u64);
    for (bucket, count) in buckets {
        if bucket - end <= MOST_EMPTY {
            for _ in end..bucket {
                signed(out, before.wrapping_neg().cast_signed());
                before = 0;
            }
        }
        signed(out, count.wrapping_sub(before).cast_signed());
        (end, before) = (bucket + 1, count);
    }
}
