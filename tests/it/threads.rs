//! Threads that come and go while scrapes run: totals are exact, and no series ever goes down.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use caas_metrics::{
    Label, metrics, registry,
    sample::{ChildSnapshot, OwnedValue},
};

#[derive(Label, Clone, Copy)]
pub enum Side {
    Left,
    Right,
}

metrics! {
    namespace = "threads";

    /// Fixed.
    pub counter FixedTotal { side: Side }

    /// Looked up.
    #[zeroed(side)]
    pub counter LookedUpTotal { side: Side, path: &str }

    /// Floats.
    pub counter FloatTotal<f64> { path: &str }

    /// Observations.
    #[buckets(0.5, 1)]
    pub histogram ObservedSeconds { path: &str }

    /// Up and down.
    #[updown]
    pub gauge BalanceLevel;

    /// Shared.
    pub gauge SharedLevel { path: &str }

    /// Raced for.
    #[limit = 50]
    pub counter RacedTotal { path: &str }
}

const WRITERS: usize = 4;
const LIVES: usize = 25;
const ROUNDS: usize = 200;

fn write() {
    for round in 0..ROUNDS {
        let path = ["a", "b", "c", "d", "e"][round % 5];
        FixedTotal { side: Side::Left }.inc();
        LookedUpTotal { side: Side::Right, path }.inc();
        FloatTotal { path }.inc_by(0.25);
        ObservedSeconds { path }.observe(Duration::from_millis(500));
        ObservedSeconds { path }.observe(0.75);
        BalanceLevel.inc_by(3);
        BalanceLevel.dec_by(2);
        SharedLevel { path }.inc();
    }
}

/// The numbers of this module's counters and histograms, by series.
fn scrape() -> HashMap<String, f64> {
    let mut numbers = HashMap::new();
    for family in registry().gather() {
        let goes_back = ["threads_balance_level", "threads_shared_level", "threads_raced_total"];
        if !family.name.starts_with("threads_") || goes_back.contains(&&*family.name) {
            continue;
        }
        for ChildSnapshot { labels, value, .. } in family.children {
            let key = format!("{} {labels:?}", family.name);
            match value {
                OwnedValue::Number(number) => {
                    numbers.insert(key, number.as_f64());
                }
                OwnedValue::Histogram { buckets, sum, .. } => {
                    for (i, count) in buckets.iter().enumerate() {
                        numbers.insert(format!("{key} {i}"), *count as f64);
                    }
                    numbers.insert(format!("{key} sum"), sum);
                }
                other => unreachable!("nobody declares {other:?}"),
            }
        }
    }
    numbers
}

#[test]
fn totals_are_exact_and_series_monotonic() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            let (mut last, mut scrapes) = (HashMap::new(), 0);
            while !done.load(Ordering::Relaxed) || scrapes < 2 {
                let now = scrape();
                for (series, before) in &last {
                    let after = now.get(series).copied().unwrap_or(f64::MIN);
                    assert!(after >= *before, "{series}: {before} -> {after}");
                }
                last = now;
                scrapes += 1;
            }
            scrapes
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..LIVES {
                        thread::spawn(write).join().unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(scraper.join().unwrap() >= 2);
    });
    let all = (WRITERS * LIVES * ROUNDS) as u64;
    assert_eq!(FixedTotal { side: Side::Left }.get(), Some(all));
    assert_eq!(BalanceLevel.get(), Some(all as i64));
    for path in ["a", "b", "c", "d", "e"] {
        let part = all / 5;
        assert_eq!(LookedUpTotal { side: Side::Right, path }.get(), Some(part));
        assert_eq!(LookedUpTotal { side: Side::Left, path }.get(), Some(0));
        assert_eq!(FloatTotal { path }.get(), Some(part as f64 * 0.25));
        assert_eq!(SharedLevel { path }.get(), Some(part as i64));
        let reading = ObservedSeconds { path }.get().unwrap();
        assert_eq!(reading.buckets, [part, part, 0]);
        assert_eq!(reading.sum, part as f64 * 1.25);
    }
}

/// Threads that create and remove the same label sets, over the limit, while scrapes run: nothing
/// is lost but what was removed, and pages stay readable.
#[test]
fn creation_and_removal_race() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for family in registry().gather() {
                    let mut sets: Vec<_> = family.children.iter().map(|s| &s.labels).collect();
                    let all = sets.len();
                    sets.sort_unstable();
                    sets.dedup();
                    assert_eq!(sets.len(), all, "{} twice on a page", family.name);
                }
            }
        });
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                scope.spawn(move || {
                    for n in 0..20_000_usize {
                        let path = format!("/{}", (n * 7 + worker) % 80);
                        RacedTotal { path: &path }.inc();
                        if n % 3 == worker % 3 {
                            RacedTotal { path: &path }.remove();
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    RacedTotal::clear();
    RacedTotal { path: "new" }.inc();
    assert_eq!(RacedTotal { path: "new" }.get(), Some(1));
    let rows = crate::families::samples("threads_raced_total");
    assert_eq!(rows, [(vec!["new".to_owned()], 1.0)]);
}
