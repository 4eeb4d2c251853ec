//! Histograms: classic buckets, and beside them the native ones.
//!
//! Not here: how native buckets become spans (`native`). Invariant: no classic bucket is above the count.

use core::time::Duration;

use super::fields::histogram;
use super::native::native;
use super::wire::{DOUBLE, double, message, message_key, number, width};
use super::{exemplar, time};
use crate::desc::Native;
use crate::encode::exemplars::ByBucket;
use crate::sample::{Counts, Exemplar, FamilyHead};

/// What is known of the histograms of a family, and memory for one.
#[derive(Default)]
pub(super) struct Histogram {
    bounds: Vec<f64>,
    native: Option<Native>,
    by_bucket: ByBucket,
    /// Places of exemplars.
    order: Vec<usize>,
}

impl Histogram {
    pub(super) fn family(&mut self, family: &FamilyHead<'_>) {
        self.bounds.clear();
        self.bounds.extend_from_slice(family.buckets);
        self.native = family.native.filter(|native| native.fault().is_none());
    }

    pub(super) fn write(
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
