//! Native histograms: what is counted where, by threads, over lives, and beside classic buckets.

use std::time::Duration;

use caas_metrics::desc::Native;
use caas_metrics::sample::{NativeCounts, OwnedValue};
use caas_metrics::{Format, metrics, registry};

metrics! {
    namespace = "native";

    /// Both kinds of buckets.
    #[native]
    #[buckets(0.01, 1)]
    pub histogram BothSeconds { path: &str }

    /// Only native ones.
    #[native(schema = 1, from = 0.25, to = 16)]
    #[buckets(none)]
    pub histogram AloneRatio;

    /// Of many threads.
    #[native(schema = 0, from = 1, to = 1e6)]
    #[buckets(none)]
    pub histogram ThreadsBytes { path: &str }

    /// Read while it is reset.
    #[native(schema = 0, from = 1, to = 1024)]
    #[buckets(none)]
    pub histogram ResetBytes { path: &str }

    /// The coarsest and the finest.
    #[native(schema = -4, from = 1e-300, to = 1e300, max_buckets = 7)]
    pub histogram CoarseRatio;

    /// The finest.
    #[native(schema = 8, from = 1, to = 60000)]
    #[buckets(none)]
    pub histogram FineRatio;
}

/// The buckets in use, by number, and what they count.
fn used(native: Native, counts: &[u64]) -> Vec<(i32, u64)> {
    let numbered = (native.first()..).zip(counts.iter().copied());
    numbered.filter(|(_, count)| *count > 0).collect()
}

fn declared(name: &str) -> Native {
    registry().descriptors().find(|it| it.name == name).and_then(|it| it.native).unwrap()
}

#[test]
fn each_observation_is_in_one_bucket_of_each_kind() {
    let set = BothSeconds { path: "each" };
    set.observe(Duration::from_millis(10));
    set.observe(0.01);
    set.observe(Duration::from_secs(2));
    set.observe(0);
    set.observe(f64::NAN);
    set.observe(f64::INFINITY);
    let reading = set.get().unwrap();
    assert_eq!(reading.buckets, [3, 0, 1]);
    assert!((reading.sum - 2.02).abs() < 1e-9);
    let counts = reading.native.unwrap();
    assert_eq!((counts.zero, counts.count()), (1, 4));
    // 0.01 is in (2^(-54/8), 2^(-53/8)], and 2 ends the eighth bucket above 1.
    assert_eq!(used(declared("native_both_seconds"), &counts.positive), [(-53, 2), (8, 1)]);
    assert!(counts.negative.iter().all(|count| *count == 0));
}

#[test]
fn values_outside_of_the_range_are_counted_too() {
    for value in [0.0, 0.25, -0.25, 1e-310, -1.0, -1e9, 1.0, 1.0_f64.next_up(), 16.0, 1e9] {
        AloneRatio.observe(value);
    }
    let reading = AloneRatio.get().unwrap();
    assert_eq!(reading.buckets, [10], "all of them are below infinity");
    let native = declared("native_alone_ratio");
    assert_eq!((native.first(), native.len(), native.zero_threshold()), (-3, 12, 0.25));
    let NativeCounts { zero, positive, negative, .. } = reading.native.unwrap();
    assert_eq!(zero, 4);
    assert_eq!(used(native, &positive), [(0, 1), (1, 1), (8, 2)]);
    assert_eq!(used(native, &negative), [(0, 1), (8, 1)]);
}

#[test]
fn pages_of_text_have_all_of_it_in_classic_lines() {
    FineRatio.observe(7);
    let page = |format| {
        let mut page = Vec::new();
        registry().encode(format, &mut page).unwrap();
        String::from_utf8(page).unwrap()
    };
    for format in [Format::Text, Format::OpenMetrics] {
        let page = page(format);
        let lines: Vec<_> =
            page.lines().filter(|line| line.starts_with("native_fine_ratio")).collect();
        let sum = if format == Format::Text { "7" } else { "7.0" };
        assert_eq!(
            lines,
            [
                "native_fine_ratio_bucket{le=\"+Inf\"} 1",
                &format!("native_fine_ratio_sum {sum}"),
                "native_fine_ratio_count 1"
            ]
        );
    }
}

#[test]
fn threads_count_together() {
    let set = || ThreadsBytes { path: "together" };
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            scope.spawn(move || {
                let child = set().child();
                for power in 0..20 {
                    for sign in [1.0, -1.0] {
                        for _ in 0..=thread {
                            child.observe(sign * 2_f64.powi(power));
                        }
                    }
                }
            });
        }
    });
    let counts = set().get().unwrap().native.unwrap();
    let native = declared("native_threads_bytes");
    let each: Vec<_> = (1..20).map(|power| (power, 36)).collect();
    assert_eq!(counts.zero, 72, "1 and -1 are as far from zero as the threshold");
    assert_eq!(used(native, &counts.positive), each);
    assert_eq!(used(native, &counts.negative), each);
}

#[test]
fn another_life_begins_at_zero() {
    let set = || ResetBytes { path: "lives" };
    let child = set().child();
    for _ in 0..3 {
        child.observe(100);
        child.observe(-100);
    }
    assert!(set().remove());
    child.observe(100);
    set().observe(3);
    let counts = set().get().unwrap().native.unwrap();
    assert_eq!(used(declared("native_reset_bytes"), &counts.positive), [(2, 1)]);
    assert_eq!(counts.count(), 1);
}

#[test]
fn a_reader_never_sees_two_lives_at_once() {
    let set = || ResetBytes { path: "beside" };
    set().init();
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for round in 0..200 {
                // One life has only what is above zero, the next only what is below.
                for _ in 0..50 {
                    set().observe(if round % 2 == 0 { 100 } else { -100 });
                }
                set().remove();
            }
        });
        while !writer.is_finished() {
            let Some(counts) = set().get().and_then(|reading| reading.native) else { continue };
            let sides = [&counts.positive, &counts.negative].map(|side| side.iter().sum::<u64>());
            assert!(sides.contains(&0), "{sides:?}");
            assert!(sides.iter().all(|count| *count <= 50), "{sides:?}");
        }
    });
}

#[test]
fn gathered_families_have_their_native_buckets() {
    BothSeconds { path: "gathered" }.observe(0.5);
    CoarseRatio.observe(1e-10);
    let families = registry().gather();
    let family = families.iter().find(|family| family.name == "native_both_seconds").unwrap();
    assert_eq!(family.native, Some(Native::new()));
    let child = family.children.iter().find(|child| child.labels[0].1 == "gathered").unwrap();
    let OwnedValue::Histogram { native: Some(counts), .. } = &child.value else {
        panic!("{child:?}")
    };
    assert_eq!(used(Native::new(), &counts.positive), [(-8, 1)]);
    let family = families.iter().find(|family| family.name == "native_coarse_ratio").unwrap();
    let native = family.native.unwrap();
    assert_eq!((native.schema, native.max_buckets), (-4, 7));
    let OwnedValue::Histogram { native: Some(counts), .. } = &family.children[0].value else {
        panic!("{family:?}")
    };
    // (2^-48, 2^-32] holds 1e-10.
    assert_eq!(used(native, &counts.positive), [(-2, 1)]);
}
