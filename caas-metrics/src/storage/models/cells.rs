//! Cells of several threads: sums, resets, growth, and shares that pass from one thread to the next.

use loom::sync::{Arc, atomic::AtomicU32};

use super::*;
use crate::storage::{
    cells::shares,
    sync::Ordering::{Acquire, Release},
};

const ONLY: At = At::closed(0);

family! {
    /// A counter without labels.
    Closed: CLOSED
}

family! {
    /// A counter without labels that is exported once it was touched.
    Lazy: Shape { whole: false, ..CLOSED }
}

family! {
    /// A gauge without labels that is never set.
    UpDown: Shape { layout: Layout { integers: 2, paired: true, ..Layout::NONE }, ..CLOSED }
}

family! {
    /// A histogram without labels: a bucket, and two sums.
    Histogram: Shape { layout: Layout { integers: 1, floats: 2, ..Layout::NONE }, ..CLOSED }
}

family! {
    /// A native histogram without labels: a number and two sums, and two counters on each side of zero.
    Native: Shape { layout: Layout { integers: 1, floats: 2, leaves: 1, ..Layout::NONE }, ..CLOSED }
}

fn closed_value() -> u64 {
    read(ONLY).unwrap()[0]
}

/// A counter is reset beside an update and a reader: all that came before is gone, and the rest exact.
fn closed_reset() {
    begin::<Closed>();
    count_at::<Closed>(ONLY, 1);
    index().reset_closed(0, true);
    count_at::<Closed>(ONLY, 3);
    let reset = spawn(|| index().reset_closed(0, true));
    let reader = spawn(|| {
        let values = [closed_value(), page()[0].2];
        assert!(values.iter().all(|value| [0, 1, 3, 4].contains(value)), "{values:?}");
    });
    count_at::<Closed>(ONLY, 1);
    reset.join().unwrap();
    reader.join().unwrap();
    assert!(closed_value() <= 1);
    count_at::<Closed>(ONLY, 5);
    assert!([5, 6].contains(&closed_value()));
}

/// The first reset takes memory, which a reader meets.
fn closed_first_reset() {
    begin::<Closed>();
    count_at::<Closed>(ONLY, 3);
    let reader = spawn(|| assert!([0, 3].contains(&closed_value())));
    index().reset_closed(0, true);
    reader.join().unwrap();
}

/// The same for one that is exported once it was touched.
fn lazy_reset() {
    begin::<Lazy>();
    count_at::<Lazy>(ONLY, 3);
    let reset = spawn(|| index().reset_closed(0, false));
    count_at::<Lazy>(ONLY, 1);
    reset.join().unwrap();
    let value = closed_value();
    saw(if value == 0 { "counted before" } else { "counted after" });
    assert!(value <= 1);
    assert_eq!(index().is_exported(0), value == 1);
    assert_eq!(page().len(), value as usize);
}

fn observe(n: u64) {
    update_at::<Histogram>(ONLY, |cells| {
        add(cells, 0, n);
        let sum = f64::from_bits(cells.get(1)) + n as f64;
        cells.put(1, sum.to_bits());
    });
}

fn histogram() -> (u64, f64) {
    let cells = read(ONLY).unwrap();
    (cells[0], f64::from_bits(cells[1]) + f64::from_bits(cells[2]))
}

/// A histogram is reset beside an observation and a reader: its count and its sum belong together.
fn histogram_reset() {
    begin::<Histogram>();
    observe(5);
    let update = spawn_with_cells(|| observe(1));
    let reader = spawn(|| {
        let (count, sum) = histogram();
        assert_eq!(count >= 5, sum >= 5.0, "{count} {sum}");
    });
    index().reset_closed(0, true);
    update.join().unwrap();
    reader.join().unwrap();
    let (count, sum) = histogram();
    assert!(count <= 1);
    assert!(sum.to_bits() == (count as f64).to_bits(), "{count} {sum}");
    saw(if count == 1 { "counted after" } else { "counted before" });
}

/// Counts in the number and on both sides of zero.
fn observe_native(n: u64) {
    update_at::<Native>(ONLY, |cells| {
        for _ in 0..n {
            cells.count(1).unwrap();
            cells.count(2).unwrap();
        }
        add(cells, 0, n);
    });
}

/// What the number, the sums and the counters hold.
fn native() -> [u64; 3] {
    let cells = read(ONLY).unwrap();
    assert_eq!((cells[3], cells[6]), (0, 0), "nothing was counted there");
    [cells[0], cells[4], cells[5]]
}

/// A native histogram is reset beside an observation and a reader: its counters are those of one life.
fn native_reset() {
    begin::<Native>();
    observe_native(3);
    let update = spawn_with_cells(|| observe_native(1));
    let reader = spawn(|| {
        let values = native();
        let are_before = values.map(|value| value >= 3);
        assert!(are_before == [true; 3] || are_before == [false; 3], "{values:?}");
    });
    index().reset_closed(0, true);
    update.join().unwrap();
    reader.join().unwrap();
    let values = native();
    assert!(values == [0; 3] || values == [1; 3], "{values:?}");
    saw(if values[0] == 1 { "counted after" } else { "counted before" });
}

/// A thread takes its leaves while a reader reads.
fn new_leaves() {
    begin::<Native>();
    let reader = spawn(|| {
        let [_, above, below] = native();
        saw(match (above, below) {
            (0, 0) => "no leaf",
            (1, 0) => "one leaf",
            (0 | 1, 1) => "the other leaf",
            counts => panic!("{counts:?}"),
        });
    });
    observe_native(1);
    reader.join().unwrap();
    assert_eq!(native(), [1; 3]);
}

/// A gauge goes up on one thread, and then down on another: its value is always 0 or 1.
fn up_and_down() {
    begin::<UpDown>();
    update_at::<UpDown>(ONLY, |cells| add(cells, 1, 0));
    let is_up = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&is_up);
    let down = spawn(move || {
        // First of all it takes its share, under the lock.
        update_at::<UpDown>(ONLY, |cells| add(cells, 0, 0));
        if told.load(Acquire) == 1 {
            update_at::<UpDown>(ONLY, |cells| add(cells, 0, 1));
        }
    });
    let reader = spawn(|| {
        let cells = read(ONLY).unwrap();
        let value = cells[1].wrapping_sub(cells[0]);
        assert!(value <= 1, "{cells:?}");
        saw(if cells[0] == 1 { "down" } else { "not yet down" });
    });
    update_at::<UpDown>(ONLY, |cells| add(cells, 1, 1));
    is_up.store(1, Release);
    down.join().unwrap();
    reader.join().unwrap();
}

/// Up, down on another thread, and up again: a reader does not see both ups without the down.
fn up_again() {
    begin::<UpDown>();
    update_at::<UpDown>(ONLY, |cells| add(cells, 1, 1));
    let is_down = Arc::new(AtomicU32::new(0));
    let told = Arc::clone(&is_down);
    let up = spawn_with_cells(move || {
        if told.load(Acquire) == 1 {
            update_at::<UpDown>(ONLY, |cells| add(cells, 1, 1));
        }
    });
    let reader = spawn(|| {
        let cells = read(ONLY).unwrap();
        assert!(cells[1].wrapping_sub(cells[0]) <= 1, "{cells:?}");
        saw(if cells[1] == 2 { "up again" } else { "up" });
    });
    update_at::<UpDown>(ONLY, |cells| add(cells, 0, 1));
    is_down.store(1, Release);
    up.join().unwrap();
    reader.join().unwrap();
}

/// A thread's directories grow, the near one and the far one, while a reader reads. It misses nothing.
fn growing_directories() {
    begin::<Counter>();
    let series = ["a", "b", "c", "d", "e"].map(create);
    count_at::<Counter>(series[0], 1);
    let reader = spawn(move || {
        assert_eq!(read(series[0]), Some(vec![1]));
        let later = [2, 4].map(|number| read(series[number]).unwrap()[0]);
        saw(match later {
            [0, 0] => "nothing yet",
            [1, 0] => "the near directory has grown",
            [0 | 1, 1] => "the far directory has grown",
            _ => panic!("{later:?}"),
        });
    });
    count_at::<Counter>(series[2], 1);
    count_at::<Counter>(series[4], 1);
    reader.join().unwrap();
    let values = page().into_iter().map(|(.., value)| value);
    assert_eq!(values.collect::<Vec<_>>(), [1, 0, 1, 0, 1]);
}

/// A thread ends and another one begins: the sum never goes back, and a share is used again.
fn hand_over() {
    begin::<Counter>();
    let a = create("a");
    let first = spawn(move || count_at::<Counter>(a, 1));
    let second = spawn(move || count_at::<Counter>(a, 1));
    let before = value("a").unwrap();
    let after = value("a").unwrap();
    assert!(before <= after && after <= 2, "{before} {after}");
    first.join().unwrap();
    second.join().unwrap();
    assert_eq!(value("a"), Some(2));
    saw(match shares(&index().shares).count() {
        1 => "one share",
        _ => "two shares",
    });
}

/// The same where the share has cells of another life.
fn hand_over_of_another_life() {
    begin::<Counter>();
    let a = create("a");
    let first = spawn(move || count_at::<Counter>(a, 5));
    first.join().unwrap();
    let second = spawn(|| count::<Counter>("b", 1));
    remove("a");
    create("b");
    assert!(value("b").unwrap() <= 1);
    second.join().unwrap();
    assert_eq!(value("a"), None);
    assert_eq!(value("b"), Some(1));
    saw(match shares(&index().shares).count() {
        1 => "one share",
        _ => "two shares",
    });
}

#[test]
fn a_reset_of_a_counter() {
    holds(2, closed_reset);
    fails_without(2, closed_reset, &[("closed.rs", Class::Acquires)]);
    fails_without(2, closed_reset, &[("closed.rs", Class::Releases)]);
}

#[test]
fn a_first_reset_of_a_counter() {
    holds(2, closed_first_reset);
    fails_without(2, closed_first_reset, &[("closed.rs", Class::Releases)]);
}

#[test]
fn a_reset_of_a_lazy_counter() {
    holds_and_sees(3, lazy_reset, &["counted before", "counted after"]);
}

#[test]
fn a_reset_of_a_histogram() {
    holds_and_sees(2, histogram_reset, &["counted before", "counted after"]);
    fails_without(2, histogram_reset, &[("cells.rs", Class::Fences)]);
    fails_without(2, histogram_reset, &[("records.rs", Class::Fences)]);
}

#[test]
fn a_reset_of_a_native_histogram() {
    holds_and_sees(2, native_reset, &["counted before", "counted after"]);
    fails_without(2, native_reset, &[("cells.rs", Class::Fences)]);
    fails_without(2, native_reset, &[("records.rs", Class::Fences)]);
}

#[test]
fn leaves_that_are_taken() {
    holds_and_sees(2, new_leaves, &["no leaf", "one leaf", "the other leaf"]);
    fails_without(2, new_leaves, &[("leaves.rs", Class::Releases)]);
}

#[test]
fn ups_and_downs() {
    holds_and_sees(2, up_and_down, &["down", "not yet down"]);
    fails_without(2, up_and_down, &[("cells.rs", Class::Releases)]);
    fails_without(2, up_and_down, &[("cells.rs", Class::Acquires)]);
    holds_and_sees(2, up_again, &["up again", "up"]);
    fails_without(2, up_again, &[("cells.rs", Class::Releases)]);
}

#[test]
fn directories_that_grow() {
    let events = ["nothing yet", "the near directory has grown", "the far directory has grown"];
    holds_and_sees(2, growing_directories, &events);
    fails_without(2, growing_directories, &[("cells.rs", Class::Releases)]);
}

#[test]
fn shares_that_are_handed_over() {
    holds_and_sees(2, hand_over, &["one share", "two shares"]);
    holds_and_sees(2, hand_over_of_another_life, &["one share", "two shares"]);
}
