//! Edges of the storage where counts used to go wrong: suspended threads, places that are used again,
//! sums that wrap, one text in two forms, labels that panic.

use std::{
    panic::catch_unwind,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use caas_metrics::{
    Exit, FromExit, Label, LabelText, Problem, Registry, StoredLabel, counted, metrics, registry,
    sample::{ChildSnapshot, OwnedValue},
};

/// An answer's status, which knows some as numbers and reads others as texts.
pub enum Status<'a> {
    Code(u16),
    Raw(&'a str),
}

impl Label for Status<'_> {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        match self {
            Self::Code(code) => LabelText::from(*code),
            Self::Raw(text) => LabelText::from(*text),
        }
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

/// One of eight.
#[derive(Clone, Copy, Label)]
pub enum Eight {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
}

/// Panics where its text is asked for.
pub struct Panicking;

impl Label for Panicking {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        panic!("no text")
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

impl<E> FromExit<E> for Panicking {
    fn from_exit(_: Exit<'_, E>) -> Self {
        Self
    }
}

metrics! {
    namespace = "edges";

    /// Not there before it is set.
    #[lazy]
    gauge LazyLevel;

    /// The same, with up and down.
    #[lazy]
    gauge LazyRatio<f64>;

    /// The same for each of two.
    #[lazy]
    gauge LazySideLevel { is_left: bool }

    /// With room for two series.
    #[limit = 2]
    pub counter TightTotal { id: &str }

    /// The same for a gauge.
    #[limit = 2]
    pub gauge TightLevel { id: &str }

    /// Comes and goes.
    pub counter PassingTotal { id: u32 }

    /// 512 series that are born together.
    #[zeroed(a, b, c)]
    pub counter GroupedTotal { tenant: &str, a: Eight, b: Eight, c: Eight }

    /// Goes up on one thread and down on another.
    #[updown]
    pub gauge HandedLevel;

    /// With room for one series.
    #[limit = 1]
    pub counter FullTotal { path: &str }

    /// One text, two forms.
    pub counter AnswersTotal { status: Status<'_> }

    /// Long durations.
    #[buckets(1)]
    pub histogram LongSeconds;

    /// A label panics.
    pub counter PanickingTotal { label: Panicking }

    /// Small numbers.
    pub counter SizesTotal { size: usize }

    /// Reset beside observers.
    #[buckets(1)]
    pub histogram ResetSeconds { path: &str }

    /// Has starts.
    pub counter StartedTotal { path: &str }

    /// Has a short name.
    pub counter ShownTotal { text: Shown }
}

/// Shows a text that does not fit.
pub struct Shown;

impl Label for Shown {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        LabelText::short(&"https://example.org/a/rather/long/path/that/does/not/end")
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

fn samples(name: &str) -> Vec<ChildSnapshot> {
    let families = registry().gather();
    families.into_iter().filter(|family| family.name == name).flat_map(|f| f.children).collect()
}

fn number(sample: &ChildSnapshot) -> f64 {
    match sample.value {
        OwnedValue::Number(number) => number.as_f64(),
        _ => panic!("a number was expected"),
    }
}

/// A thread updates one label set all the time; the places of that, and of others that nobody updates,
/// are used again and again. None of the others ever has a value.
#[test]
fn an_update_never_reaches_another_label_set() {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    TightTotal { id: "mine" }.inc();
                    TightLevel { id: "mine" }.set(7);
                }
            });
        }
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let handle = TightTotal { id: "mine" }.child();
                (0..100).for_each(|_| handle.inc());
            }
        });
        for n in 0..20_000 {
            let id = format!("other-{n}");
            TightTotal { id: "mine" }.remove();
            TightLevel { id: "mine" }.remove();
            TightTotal { id: &id }.init();
            TightLevel { id: &id }.init();
            // Where the family was full, there is no series to look at.
            assert!([None, Some(0)].contains(&TightTotal { id: &id }.get()));
            assert!([None, Some(0)].contains(&TightLevel { id: &id }.get()));
            TightTotal { id: &id }.remove();
            TightLevel { id: &id }.remove();
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Series come and go while a page is made: each is on it with its value, or not at all.
#[test]
fn a_page_has_no_series_without_its_value() {
    const SERIES: u32 = 100_000;
    const LIVING: u32 = 300;
    let counted = AtomicU32::new(0);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for id in 1..=SERIES {
                PassingTotal { id }.inc_by(5);
                counted.store(id, Ordering::Release);
                if let Some(id) = id.checked_sub(LIVING) {
                    PassingTotal { id }.remove();
                }
            }
        });
        let mut seen = 0;
        while !writer.is_finished() {
            let before = counted.load(Ordering::Acquire);
            for sample in samples("edges_passing_total") {
                let id: u32 = sample.labels[0].1.parse().unwrap();
                assert!(id > before || number(&sample) == 5.0, "{sample:?}");
                seen += 1;
            }
        }
        assert!(seen > LIVING, "{seen} samples");
    });
}

/// All series of a large block are on each page, also while some of them are reset again and again.
#[test]
fn a_page_is_whole_beside_resets() {
    use Eight::{A, H};
    GroupedTotal { tenant: "acme", a: A, b: A, c: A }.inc_by(5);
    thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            for _ in 0..20 {
                let samples = samples("edges_grouped_total");
                assert_eq!(samples.len(), 512);
                assert_eq!(number(&samples[0]), 5.0);
            }
        });
        while !scraper.is_finished() {
            GroupedTotal { tenant: "acme", a: A, b: A, c: H }.remove();
            GroupedTotal { tenant: "acme", a: H, b: H, c: H }.remove();
        }
    });
}

/// A reader of a gauge of 0 or 1 sees nothing else, though its ups and downs are on two threads.
#[test]
fn a_gauge_shows_only_what_it_was() {
    const MOVES: u32 = 100_000;
    let moved = AtomicU32::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let turn = |parity: u32, work: fn()| {
            let moved = &moved;
            move || {
                while moved.load(Ordering::Acquire) < MOVES {
                    if moved.load(Ordering::Acquire) % 2 == parity {
                        work();
                        moved.fetch_add(1, Ordering::Release);
                    } else {
                        thread::yield_now();
                    }
                }
            }
        };
        let up = scope.spawn(turn(0, || HandedLevel.inc()));
        let down = scope.spawn(turn(1, || HandedLevel.dec()));
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let value = HandedLevel.get().unwrap();
                assert!((0..=1).contains(&value), "{value}");
            }
        });
        up.join().unwrap();
        down.join().unwrap();
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn each_update_above_the_limit_is_counted_and_init_is_none() {
    FullTotal { path: "first" }.inc();
    FullTotal { path: "init" }.init();
    FullTotal { path: "direct" }.inc();
    let handle = FullTotal { path: "handle" }.child();
    (0..1000).for_each(|_| handle.inc());
    thread::spawn(move || handle.inc()).join().unwrap();
    let told = samples("caas_metrics_overflow_total")
        .into_iter()
        .find(|sample| sample.labels.iter().any(|(_, family)| family == "edges_full_total"));
    assert_eq!(told.as_ref().map(number), Some(1002.0));
    assert_eq!(FullTotal { path: "__overflow__" }.get(), Some(1002));
}

#[test]
fn equal_texts_are_one_series() {
    AnswersTotal { status: Status::Code(404) }.inc();
    AnswersTotal { status: Status::Raw("404") }.inc_by(2);
    AnswersTotal { status: Status::Raw("0404") }.inc();
    let values: Vec<f64> = samples("edges_answers_total").iter().map(number).collect();
    assert_eq!(values, [3.0, 1.0]);
}

#[test]
fn sums_of_durations_never_go_back() {
    let mut last = 0.0;
    let mut observe = |duration| {
        LongSeconds.observe(duration);
        let sum = LongSeconds.get().unwrap().sum;
        assert!(sum >= last, "{last} has become {sum}");
        last = sum;
    };
    (0..1000).for_each(|_| observe(Duration::from_hours(10_000)));
    observe(Duration::MAX);
    observe(Duration::MAX);
    observe(Duration::from_secs(1));
    assert!(last >= 2.0 * 1.8e10, "{last}");
}

#[counted(PanickingTotal { label: _ })]
fn returns() -> Result<(), String> {
    Ok(())
}

#[counted(PanickingTotal { label: _ })]
fn unwinds() -> Result<(), String> {
    panic!("by itself")
}

#[counted(SizesTotal { size: |n: &usize| 100 / *n }, on(ok))]
fn divides(n: usize) -> Result<usize, String> {
    Ok(n)
}

/// A label that panics when a call has returned is a panic of the call; when the call itself panics it
/// is caught and counted, since two panics at once would end the process.
#[test]
fn a_label_that_panics_when_a_call_ends_does_not_end_the_process() {
    let panics = || samples("caas_metrics_label_panics_total").iter().map(number).sum::<f64>();
    assert!(catch_unwind(returns).is_err());
    assert!(catch_unwind(|| divides(0)).is_err());
    let before = panics();
    let caught = catch_unwind(unwinds).unwrap_err();
    assert_eq!(caught.downcast_ref(), Some(&"by itself"));
    assert_eq!(panics(), before + 1.0);
}

#[test]
fn names_that_formats_keep_for_themselves_are_no_default_labels() {
    let own = Registry::new();
    own.set_default_labels([("le", "x"), ("quantile", "y"), ("zone", "a")]);
    let bad = own.check().into_iter().filter_map(|problem| match problem {
        Problem::BadDefaultLabel { label, .. } => Some(label),
        _ => None,
    });
    assert_eq!(bad.collect::<Vec<_>>(), ["le", "quantile"]);
}

#[test]
fn a_short_text_is_what_fits() {
    ShownTotal { text: Shown }.inc();
    let sample = samples("edges_shown_total").remove(0);
    assert_eq!(sample.labels[0].1, "https://example.org/a/rather/long/path/that/doe");
}

/// Observations of one second beside resets: the count and the sum of each reading belong together.
#[test]
fn a_reset_leaves_count_and_sum_consistent() {
    let done = AtomicBool::new(false);
    let set = ResetSeconds { path: "a" };
    set.init();
    thread::scope(|scope| {
        let observer = scope.spawn(|| {
            for _ in 0..20_000 {
                ResetSeconds { path: "a" }.observe(0.5);
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                ResetSeconds::reset();
                thread::yield_now();
            }
        });
        observer.join().unwrap();
        done.store(true, Ordering::Relaxed);
    });
    ResetSeconds { path: "a" }.observe(0.5);
    let reading = set.get().unwrap();
    assert!(reading.buckets[0] > 0);
    assert_eq!(reading.sum, 0.5 * reading.buckets[0] as f64);
}

#[test]
fn each_life_has_a_start() {
    let before = SystemTime::now() - Duration::from_secs(1);
    let set = StartedTotal { path: "a" };
    set.inc();
    let first = set.child();
    let started = first.started().unwrap();
    assert!(started >= before && started <= SystemTime::now());
    set.remove();
    assert_eq!(first.started(), None);
    set.inc();
    assert_eq!(first.started(), None, "a handle of the life before");
    assert!(set.child().started().unwrap() >= started);
}

/// Its cell is there before anything says that its series is.
#[test]
fn a_gauge_that_is_not_there_can_be_set() {
    let is_there = |name: &str| registry().gather().iter().any(|family| family.name == name);
    for name in ["edges_lazy_level", "edges_lazy_ratio", "edges_lazy_side_level"] {
        assert!(!is_there(name), "{name}");
    }
    assert_eq!(LazyLevel.get(), None);
    LazyLevel.set(7);
    LazyRatio.inc_by(0.5);
    LazySideLevel { is_left: true }.set_to_current_time();
    assert_eq!((LazyLevel.get(), LazyRatio.get()), (Some(7), Some(0.5)));
    assert_eq!(LazySideLevel { is_left: false }.get(), None);
    for name in ["edges_lazy_level", "edges_lazy_ratio", "edges_lazy_side_level"] {
        assert!(is_there(name), "{name}");
    }
    LazyLevel::reset();
    LazyLevel.inc();
    assert_eq!(LazyLevel.get(), Some(1));
}
