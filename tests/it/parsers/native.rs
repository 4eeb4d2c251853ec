//! Native histograms in protobuf: what is read is what was counted, if need be at a lower resolution.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use caas_metrics::Format;
use caas_metrics::desc::Native;
use caas_metrics::sample::{ChildSnapshot, Exemplar, FamilySnapshot, NativeCounts, OwnedValue};
use proptest::prelude::*;

use super::messages::{self, BucketSpan, Histogram};
use super::{page, protobuf, registry_of};

/// The counts by the numbers of their buckets.
type Buckets = BTreeMap<i32, u64>;

/// A family with one native histogram.
fn family(native: Native, bounds: &[f64], child: ChildSnapshot) -> FamilySnapshot {
    let mut family = FamilySnapshot::histogram("n", "N.", bounds);
    family.native = Some(native);
    family.children.push(child);
    family
}

fn child(classic: Vec<u64>, counts: NativeCounts) -> ChildSnapshot {
    ChildSnapshot::new(&[], OwnedValue::histogram(classic, 1.5).with_native(counts))
}

fn read(family: FamilySnapshot) -> Histogram {
    let [family] = &*protobuf::read(&registry_of(vec![family])) else { panic!("one message") };
    family.metric[0].histogram.clone().unwrap()
}

/// The buckets of one side, as the specification reads spans and deltas. Those of no observations are
/// left out.
fn buckets(spans: &[BucketSpan], deltas: &[i64]) -> Buckets {
    let (mut next, mut count, mut buckets) = (0, 0, Buckets::new());
    let mut deltas = deltas.iter();
    for (place, span) in spans.iter().enumerate() {
        let offset = span.offset.unwrap();
        assert!(place == 0 || offset > 2, "a span for a small gap: {spans:?}");
        next += offset;
        for _ in 0..span.length.unwrap() {
            count += deltas.next().expect("a delta for each bucket");
            if count != 0 {
                buckets.insert(next, u64::try_from(count).expect("no count is below zero"));
            }
            next += 1;
        }
    }
    assert_eq!(deltas.next(), None, "a delta without a bucket");
    buckets
}

/// Buckets at the next lower schema, found one by one from their bounds.
fn halved(buckets: &Buckets) -> Buckets {
    let mut halved = Buckets::new();
    for (bucket, count) in buckets {
        // The upper bound of bucket 2n is that of bucket n at the lower schema.
        let up = if bucket % 2 == 0 { bucket / 2 } else { (bucket + 1) / 2 };
        *halved.entry(up).or_default() += count;
    }
    halved
}

fn numbered(first: i32, counts: &[u64]) -> Buckets {
    (first..).zip(counts).filter(|(_, count)| **count > 0).map(|(n, count)| (n, *count)).collect()
}

/// Counts with gaps of all sizes.
fn counts(length: usize) -> impl Strategy<Value = Vec<u64>> {
    let count = prop_oneof![4 => Just(0_u64), 2 => 1_u64..4, 1 => 0..1_u64 << 40];
    prop::collection::vec(count, 0..=length)
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_counted(
        schema in -4_i8..=8,
        begin in -30_i32..30,
        doublings in 1_i32..16,
        max_buckets in prop_oneof![1_u32..40, Just(10_000)],
        zero in prop_oneof![Just(0_u64), 1_u64..1 << 40],
        positive in counts(600),
        negative in counts(60),
    ) {
        let native = Native::new()
            .with_schema(schema)
            .with_range(2_f64.powi(begin), 2_f64.powi(begin + doublings))
            .with_max_buckets(max_buckets);
        prop_assert_eq!(native.fault(), None);
        let length = native.len() as usize;
        let counts = NativeCounts::new(
            zero,
            positive[..positive.len().min(length)].to_vec(),
            negative[..negative.len().min(length)].to_vec(),
        );
        let (mut up, mut down) =
            (numbered(native.first(), &counts.positive), numbered(native.first(), &counts.negative));
        let mut schema = i32::from(schema);
        while up.len() + down.len() > max_buckets as usize && schema > -4 {
            (up, down, schema) = (halved(&up), halved(&down), schema - 1);
        }
        let count = counts.count();
        let read = read(family(native, &[], child(vec![count], counts)));

        prop_assert_eq!(read.schema, Some(schema));
        prop_assert_eq!(read.zero_count, Some(zero));
        prop_assert_eq!(read.zero_threshold, Some(native.zero_threshold()));
        prop_assert_eq!(read.sample_count, Some(count));
        prop_assert_eq!(read.sample_sum, Some(1.5));
        prop_assert_eq!(buckets(&read.positive_span, &read.positive_delta), up);
        prop_assert_eq!(buckets(&read.negative_span, &read.negative_delta), down);
        prop_assert_eq!(read.bucket.len(), 0);
    }
}

#[test]
fn small_gaps_are_filled_and_others_begin_a_span() {
    let native = Native::new().with_schema(0).with_range(1.0, 65_536.0);
    let counts = NativeCounts::new(0, vec![0, 2, 0, 0, 3, 0, 0, 0, 1], vec![0, 0, 7]);
    let read = read(family(native, &[], child(vec![13], counts)));
    let span = |offset, length| BucketSpan { offset: Some(offset), length: Some(length) };
    assert_eq!(read.positive_span, [span(2, 4), span(3, 1)]);
    assert_eq!(read.positive_delta, [2, -2, 0, 3, -2]);
    assert_eq!(read.negative_span, [span(3, 1)]);
    assert_eq!(read.negative_delta, [7]);
}

#[test]
fn an_empty_histogram_has_an_empty_span() {
    let read = read(family(Native::new(), &[1.0], child(vec![0, 0], NativeCounts::default())));
    assert_eq!(read.positive_span, [BucketSpan { offset: Some(0), length: Some(0) }]);
    assert_eq!((read.negative_span, read.positive_delta), (vec![], vec![]));
    assert_eq!((read.zero_count, read.sample_count), (Some(0), Some(0)));
    assert!(read.zero_threshold.is_some_and(|threshold| threshold > 0.0));
}

#[test]
fn no_classic_bucket_is_above_the_count_of_the_native_ones() {
    let counts = NativeCounts::new(1, vec![3], vec![]);
    let read = read(family(Native::new(), &[0.5, 1.0], child(vec![3, 3, 1], counts)));
    let classic: Vec<_> = read.bucket.iter().map(|b| b.cumulative_count.unwrap()).collect();
    assert_eq!((classic, read.sample_count), (vec![3, 4], Some(4)));
}

#[test]
fn native_exemplars_are_by_time_and_the_latest_is_in_its_classic_bucket() {
    let at =
        |value: f64, second| Exemplar::new(&[], value, UNIX_EPOCH + Duration::from_secs(second));
    let counts = || NativeCounts::new(0, vec![4], vec![]);
    let exemplars = [at(0.5, 30), at(0.25, 10), at(5.0, 20), at(6.0, 40)];
    let with = |child: ChildSnapshot| {
        exemplars.iter().fold(child, |child, exemplar| child.with_exemplar(exemplar.clone()))
    };
    let both = read(family(Native::new(), &[1.0], with(child(vec![2, 2], counts()))));
    let shown: Vec<_> = both.exemplars.iter().map(messages::Exemplar::value).collect();
    assert_eq!(shown, [0.25, 5.0, 0.5, 6.0]);
    let classic =
        both.bucket.iter().map(|bucket| bucket.exemplar.as_ref().map(messages::Exemplar::value));
    assert_eq!(classic.collect::<Vec<_>>(), [Some(0.5), Some(6.0)]);
    let alone = read(family(Native::new(), &[], with(child(vec![4], counts()))));
    assert_eq!((alone.bucket.len(), alone.exemplars.len()), (0, 4));
}

#[test]
fn the_other_formats_have_a_bucket_without_classic_ones() {
    let counts = || NativeCounts::new(0, vec![4], vec![]);
    for classic in [vec![4], vec![]] {
        let registry = registry_of(vec![family(Native::new(), &[], child(classic, counts()))]);
        for format in [Format::Text, Format::OpenMetrics] {
            let page = page(&registry, format);
            let lines: Vec<_> = page.lines().filter(|line| line.starts_with("n_")).collect();
            assert_eq!(lines, ["n_bucket{le=\"+Inf\"} 4", "n_sum 1.5", "n_count 4"]);
        }
    }
}
