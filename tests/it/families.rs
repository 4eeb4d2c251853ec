//! Families: what is exported from the start, the cardinality limit, and large families.

use caas_metrics::{Label, Outcome, metrics};

#[derive(Label, Clone, Copy)]
pub enum Side {
    Left,
    Right,
}

/// Two of them have 256 values: more than a family that is exported whole may have.
#[derive(Label, Clone, Copy)]
#[rustfmt::skip]
pub enum Digit { D0, D1, D2, D3, D4, D5, D6, D7, D8, D9, A, B, C, D, E, F }

#[derive(Label, Clone, Copy)]
#[label(max_bytes = 4)]
pub struct Tenant<'a>(&'a str);

metrics! {
    namespace = "families";

    /// No labels.
    pub counter PlainTotal;

    /// Closed.
    pub counter ClosedTotal { side: Side }

    /// Closed but lazy.
    #[lazy]
    pub counter LazyTotal { side: Side }

    /// Lazy with an open label.
    #[lazy]
    pub counter LazyOpenTotal { side: Side, path: &str }

    /// Blocks.
    #[zeroed(outcome)]
    #[limit = 12]
    pub counter BlocksTotal { side: Side, path: &str, outcome: Outcome }

    /// Texts with a maximum.
    pub counter LongTotal { path: &str, tenant: Tenant<'_> }

    /// 4,096 counters in one piece a thread.
    pub counter WideTotal { a: Digit, b: Digit, c: Digit }

    /// 4,096 histograms in chunks.
    #[buckets(10, 100)]
    pub histogram WideRatio { a: Digit, b: Digit, c: Digit }

    /// 4,096 gauges.
    #[updown]
    pub gauge WideBalance { a: Digit, b: Digit, c: Digit }

    /// Wide.
    pub gauge WideLevel { high: Digit, low: Digit }

    /// Limited.
    #[limit = 3]
    pub counter LimitedTotal { path: &str }

    /// Limited with a closed label.
    #[limit = 6]
    pub counter LimitedClosedTotal { side: Side, path: &str }

    /// Limited histogram.
    #[limit = 1]
    #[buckets(1)]
    pub histogram LimitedRatio { path: &str }

    /// Limited and lazy.
    #[limit = 3]
    #[lazy]
    pub gauge LimitedLazyLevel { side: Side, path: &str }

    /// So many children that the slots are shared.
    #[limit = 100_000]
    pub counter LargeTotal<f64> { n: u32 }

    /// The same with integers.
    #[limit = 100_000]
    #[buckets(10, 100)]
    pub histogram LargeRatio { n: u32 }
}

/// The samples of a family: label values and number.
pub(crate) fn samples(name: &str) -> Vec<(Vec<String>, f64)> {
    let families = caas_metrics::registry().gather();
    let Some(family) = families.into_iter().find(|family| family.name == name) else {
        return Vec::new();
    };
    let sample = |sample: caas_metrics::sample::ChildSnapshot| {
        let number = match sample.value {
            caas_metrics::sample::OwnedValue::Number(number) => number.as_f64(),
            caas_metrics::sample::OwnedValue::Histogram { buckets, .. } => {
                buckets.iter().sum::<u64>() as f64
            }
            other => panic!("no declared family has {other:?}"),
        };
        (sample.labels.into_iter().map(|(_, value)| value).collect(), number)
    };
    family.children.into_iter().map(sample).collect()
}

fn row(values: &[&str], number: f64) -> (Vec<String>, f64) {
    (values.iter().map(|value| (*value).to_owned()).collect(), number)
}

fn overflows(family: &str) -> f64 {
    let rows = samples("caas_metrics_overflow_total");
    rows.into_iter().find(|(labels, _)| labels == &[family]).unwrap().1
}

#[test]
fn closed_families_are_there_at_zero() {
    assert_eq!(samples("families_plain_total"), [row(&[], 0.0)]);
    assert_eq!(samples("families_closed_total"), [row(&["left"], 0.0), row(&["right"], 0.0)]);
}

#[test]
fn lazy_families_show_what_was_touched_and_keep_it() {
    assert_eq!(samples("families_lazy_total"), []);
    assert_eq!(LazyTotal { side: Side::Right }.get(), None);
    LazyTotal { side: Side::Right }.init();
    assert_eq!(samples("families_lazy_total"), [row(&["right"], 0.0)]);
    LazyOpenTotal { side: Side::Right, path: "/" }.inc();
    assert_eq!(samples("families_lazy_open_total"), [row(&["right", "/"], 1.0)]);
}

#[test]
fn large_blocks_show_what_was_touched_also_at_zero() {
    WideLevel { high: Digit::A, low: Digit::D7 }.inc();
    WideLevel { high: Digit::A, low: Digit::D7 }.dec();
    assert_eq!(samples("families_wide_level"), [row(&["a", "d7"], 0.0)]);
}

#[test]
fn beyond_the_limit_goes_to_the_overflow_child() {
    for n in 0..10 {
        let path = format!("/{n}");
        LimitedTotal { path: &path }.inc();
        LimitedTotal { path: &path }.inc();
    }
    let rows = samples("families_limited_total");
    let expected =
        [row(&["/0"], 2.0), row(&["/1"], 2.0), row(&["/2"], 2.0), row(&["__overflow__"], 14.0)];
    assert_eq!(rows, expected);
    assert_eq!(overflows("families_limited_total"), 14.0);
    // A user's own text of that name is the same child, and no overflow.
    LimitedTotal { path: "__overflow__" }.inc();
    assert_eq!(LimitedTotal { path: "__overflow__" }.get(), Some(15));
    assert_eq!(overflows("families_limited_total"), 14.0);
    // Room that is given back is used again.
    assert!(LimitedTotal { path: "/1" }.remove());
    LimitedTotal { path: "/9" }.inc();
    assert_eq!(LimitedTotal { path: "/9" }.get(), Some(1));
    // A histogram and a limit of one.
    for n in 0..3 {
        LimitedRatio { path: &n.to_string() }.observe(0.5);
    }
    assert_eq!(samples("families_limited_ratio"), [row(&["0"], 1.0), row(&["__overflow__"], 2.0)]);
}

#[test]
fn the_limit_counts_children_and_each_closed_value_has_its_overflow() {
    for n in 0..10 {
        LimitedClosedTotal { side: Side::Left, path: &n.to_string() }.inc();
    }
    LimitedClosedTotal { side: Side::Right, path: "new" }.inc();
    // No series at zero takes room that a label set in use needs.
    let rows = samples("families_limited_closed_total");
    assert_eq!(rows.len(), 8, "{rows:?}");
    assert_eq!(rows[6], row(&["left", "__overflow__"], 4.0));
    assert_eq!(rows[7], row(&["right", "__overflow__"], 1.0));
    assert_eq!(rows.iter().map(|(_, number)| number).sum::<f64>(), 11.0);
}

#[test]
fn the_limit_of_a_lazy_family_counts_what_was_touched() {
    LimitedLazyLevel { side: Side::Left, path: "a" }.set(1);
    LimitedLazyLevel { side: Side::Left, path: "b" }.set(2);
    LimitedLazyLevel { side: Side::Left, path: "c" }.set(3);
    LimitedLazyLevel { side: Side::Right, path: "a" }.set(4);
    let rows = samples("families_limited_lazy_level");
    let expected = [
        row(&["left", "a"], 1.0),
        row(&["left", "b"], 2.0),
        row(&["left", "c"], 3.0),
        row(&["right", "__overflow__"], 4.0),
    ];
    assert_eq!(rows, expected);
}

/// What `#[zeroed(outcome)]` names is born together: at zero, and counted together.
#[test]
fn a_block_is_born_and_ends_as_a_whole() {
    let born = |side, path, outcome| BlocksTotal { side, path, outcome };
    born(Side::Left, "/a", Outcome::Err).inc();
    let names = ["ok", "err", "panic", "cancelled", "unknown"];
    let rows = |path, counts: [f64; 5]| {
        let row = |(outcome, count)| row(&["left", path, outcome], count);
        names.into_iter().zip(counts).map(row).collect::<Vec<_>>()
    };
    assert_eq!(samples("families_blocks_total"), rows("/a", [0.0, 1.0, 0.0, 0.0, 0.0]));
    // The limit of 12 has room for two blocks of five.
    born(Side::Left, "/b", Outcome::Ok).inc();
    born(Side::Left, "/c", Outcome::Ok).inc();
    assert_eq!(born(Side::Left, "/c", Outcome::Ok).get(), None);
    assert_eq!(born(Side::Left, "__overflow__", Outcome::Ok).get(), Some(1));
    assert_eq!(born(Side::Left, "__overflow__", Outcome::Err).get(), Some(0));
    BlocksTotal::retain(|labels| labels.path != "__overflow__");
    // One series goes back to zero and stays.
    born(Side::Left, "/b", Outcome::Err).inc_by(7);
    let handle = born(Side::Left, "/b", Outcome::Err).child();
    assert!(born(Side::Left, "/b", Outcome::Err).remove());
    handle.inc();
    let all = [rows("/a", [0.0, 1.0, 0.0, 0.0, 0.0]), rows("/b", [1.0, 1.0, 0.0, 0.0, 0.0])];
    assert_eq!(samples("families_blocks_total"), all.concat());
    // Some of a block go back to zero, and all of a block are gone.
    BlocksTotal::retain(|labels| labels.path == "/a" && labels.outcome == Outcome::Ok);
    assert_eq!(samples("families_blocks_total"), rows("/a", [0.0; 5]));
    handle.inc();
    assert_eq!(born(Side::Left, "/b", Outcome::Err).get(), None);
    BlocksTotal::clear();
    assert_eq!(samples("families_blocks_total"), []);
}

#[test]
fn a_text_that_is_too_long_is_above_the_limit() {
    for (bytes, is_kept) in [(1024, true), (1025, false), (1 << 20, false)] {
        let path = "p".repeat(bytes);
        LongTotal { path: &path, tenant: Tenant("a") }.inc();
        let kept = LongTotal { path: &path, tenant: Tenant("a") }.get();
        assert_eq!(kept, is_kept.then_some(1), "{bytes}");
    }
    LongTotal { path: "/", tenant: Tenant("four") }.inc();
    LongTotal { path: "/", tenant: Tenant("fives") }.inc();
    assert_eq!(LongTotal { path: "/", tenant: Tenant("four") }.get(), Some(1));
    let over = LongTotal { path: "__overflow__", tenant: Tenant("__overflow__") };
    assert_eq!(over.get(), None, "that text is too long as well");
    assert_eq!(overflows("families_long_total"), 3.0);
    let rows = samples("families_long_total");
    assert_eq!(rows[1], row(&["__overflow__", "__overflow__"], 3.0));
    // What is too long takes no memory, whatever is done with it.
    let set = LongTotal { path: "/", tenant: Tenant("fives") };
    assert!(!set.remove());
    set.init();
    assert_eq!(overflows("families_long_total"), 3.0, "`init` is no update");
    set.child().inc_by(2);
    assert_eq!(overflows("families_long_total"), 4.0);
}

/// More than 65,536 bytes a thread: chunks. Each of the 4,096 series is found again.
#[test]
fn closed_families_of_any_size_count_by_place() {
    const DIGITS: [Digit; 16] = [
        Digit::D0,
        Digit::D1,
        Digit::D2,
        Digit::D3,
        Digit::D4,
        Digit::D5,
        Digit::D6,
        Digit::D7,
        Digit::D8,
        Digit::D9,
        Digit::A,
        Digit::B,
        Digit::C,
        Digit::D,
        Digit::E,
        Digit::F,
    ];
    let all =
        || DIGITS.into_iter().flat_map(|a| DIGITS.map(|b| DIGITS.map(|c| (a, b, c)))).flatten();
    std::thread::scope(|scope| {
        for thread in 1..=3_u64 {
            scope.spawn(move || {
                for (place, (a, b, c)) in all().enumerate().filter(|(place, _)| place % 3 != 0) {
                    WideTotal { a, b, c }.inc_by(thread * place as u64);
                    WideRatio { a, b, c }.observe(place as u64);
                    WideBalance { a, b, c }.inc_by(thread as i64);
                    WideBalance { a, b, c }.dec_by(1);
                }
            });
        }
    });
    for (place, (a, b, c)) in all().enumerate() {
        let is_used = place % 3 != 0;
        assert_eq!(WideTotal { a, b, c }.get(), is_used.then_some(6 * place as u64));
        let reading = WideRatio { a, b, c }.get().map(|reading| (reading.count(), reading.sum));
        assert_eq!(reading, is_used.then_some((3, 3.0 * place as f64)));
        assert_eq!(WideBalance { a, b, c }.get(), is_used.then_some(3));
    }
    let used = all().enumerate().filter(|(place, _)| place % 3 != 0).count();
    for name in ["families_wide_total", "families_wide_ratio", "families_wide_balance"] {
        assert_eq!(samples(name).len(), used, "{name}");
    }
    let (a, b, c) = (Digit::D0, Digit::D0, Digit::D1);
    WideTotal::reset();
    assert_eq!(WideTotal { a, b, c }.get(), Some(0));
    WideTotal { a, b, c }.inc();
    assert_eq!(WideTotal { a, b, c }.get(), Some(1));
    WideRatio::clear();
    assert_eq!(samples("families_wide_ratio"), []);
}

#[test]
fn large_families_count_right_over_threads() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for n in 0..20_000 {
                    LargeTotal { n: n % 7_000 }.inc_by(0.5);
                    LargeRatio { n: n % 1_000 }.observe(n % 200);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let rows = samples("families_large_total");
    assert_eq!(rows.len(), 7_000);
    assert_eq!(rows.iter().map(|(_, number)| number).sum::<f64>(), 40_000.0);
    assert_eq!(LargeTotal { n: 0 }.get(), Some(6.0));
    let reading = LargeRatio { n: 150 }.get().unwrap();
    assert_eq!((reading.buckets, reading.sum), (vec![0, 0, 80], 80.0 * 150.0));
}
