//! Families: what is exported from the start, the cardinality limit, and large families.

use caas_metrics::{Label, metrics};

#[derive(Label, Clone, Copy)]
pub enum Side {
    Left,
    Right,
}

/// Two of them have 256 values: more than a family that is exported whole may have.
#[derive(Label, Clone, Copy)]
#[rustfmt::skip]
pub enum Digit { D0, D1, D2, D3, D4, D5, D6, D7, D8, D9, A, B, C, D, E, F }

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
    let sample = |sample: caas_metrics::sample::Sample| {
        let number = match sample.value {
            caas_metrics::sample::OwnedValue::Number(number) => number.as_f64(),
            caas_metrics::sample::OwnedValue::Histogram { buckets, .. } => {
                buckets.iter().sum::<u64>() as f64
            }
            caas_metrics::sample::OwnedValue::Summary { count, .. } => count as f64,
        };
        (sample.labels.into_iter().map(|(_, value)| value).collect(), number)
    };
    family.samples.into_iter().map(sample).collect()
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
        [row(&["__overflow__"], 14.0), row(&["/0"], 2.0), row(&["/1"], 2.0), row(&["/2"], 2.0)];
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
    assert_eq!(samples("families_limited_ratio"), [row(&["__overflow__"], 2.0), row(&["0"], 1.0)]);
}

#[test]
fn the_limit_counts_children_and_each_closed_value_has_its_overflow() {
    for n in 0..10 {
        LimitedClosedTotal { side: Side::Left, path: &n.to_string() }.inc();
    }
    LimitedClosedTotal { side: Side::Right, path: "new" }.inc();
    let rows = samples("families_limited_closed_total");
    assert_eq!(rows.len(), 8, "{rows:?}");
    assert_eq!(rows[0], row(&["left", "__overflow__"], 7.0));
    assert_eq!(rows[1], row(&["right", "__overflow__"], 1.0));
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
        row(&["right", "__overflow__"], 4.0),
        row(&["left", "a"], 1.0),
        row(&["left", "b"], 2.0),
        row(&["left", "c"], 3.0),
    ];
    assert_eq!(rows, expected);
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
