//! Exemplars: written by several threads beside a reader, and beside a reset.

use super::*;
use crate::storage::exemplars::{Exemplars, Held};

/// A series in its first life.
const AT: At = At::new(0, 3);

thread_local! {
    // The standard library sees all threads of a model as one.
    static ALL: Cell<Option<&'static Exemplars>> = const { Cell::new(None) };
}

fn all() -> &'static Exemplars {
    ALL.get().expect("a model begins with its family")
}

fn begin_all() {
    ALL.set(kept(Exemplars::new(1)));
}

/// What an update does after it has counted. All words of the exemplar have this number.
fn put(at: At, second: u32, number: u64) {
    if let Some(due) = all().due(at, 0, second) {
        let text = number.to_le_bytes().repeat(number as usize % 3);
        let held = Held { value: f64::from_bits(number), time: number, text: &*text };
        all().put(due, &held).unwrap();
    }
}

/// The number of the exemplar of a life, which must be whole.
fn get(at: At) -> Option<u64> {
    let mut found = None;
    let slot = all().slot(at.series(), 0)?;
    if let Some(Held { value, time, text }) = slot.read(at.life()) {
        assert_eq!((value.to_bits(), &text), (time, &time.to_le_bytes().repeat(time as usize % 3)));
        found = Some(time);
    }
    found
}

/// The first exemplar takes memory, beside a reader.
fn first() {
    begin_all();
    let reader = spawn(|| saw(if get(AT).is_none() { "none" } else { "the first" }));
    put(AT, 1, 4);
    reader.join().unwrap();
    assert_eq!(get(AT), Some(4));
}

/// A reader beside two more, of which the second is written where the reader may be.
fn later() {
    begin_all();
    put(AT, 1, 4);
    put(AT, 2, 7);
    let reader = spawn(|| {
        let found = get(AT);
        assert!(found.is_none_or(|number| [7, 10, 13].contains(&number)), "{found:?}");
    });
    put(AT, 3, 10);
    put(AT, 4, 13);
    reader.join().unwrap();
    assert_eq!(get(AT), Some(13));
}

/// Two threads in one second, of which the first also takes memory.
fn one_a_second() {
    begin_all();
    let other = spawn(|| put(AT, 1, 4));
    put(AT, 1, 7);
    other.join().unwrap();
    let found = get(AT);
    // Each may have met the other while that took memory.
    saw(match found {
        Some(4) => "the other",
        Some(7) => "this one",
        _ => "none",
    });
    put(AT, 1, 10);
    assert_eq!(get(AT), found.or(Some(10)));
}

/// An update with an exemplar beside a reset: what counted before the reset is gone, and its exemplar too.
fn reset<F: Home>(at: At) {
    begin_all();
    count_at::<F>(at, 5);
    let other = spawn_with_cells(move || {
        let counting = index().counting(at);
        let is_counted = count_at::<F>(at, 1);
        if let Some(at) = counting.filter(|_| is_counted) {
            put(at, 1, 4);
        }
    });
    index().reset_all();
    other.join().unwrap();
    let mut scan = Scan::default();
    assert!(scan.read(index(), &mut index().extent()));
    let mut has_one = false;
    all().read(index(), scan.at(0), |_| has_one = true);
    let value = scan.values(0)[0];
    assert!(value == 1 || !has_one, "an exemplar of {value}");
    saw(match (value, has_one) {
        (1, true) => "with its exemplar",
        (1, false) => "without",
        _ => "counted before",
    });
}

fn reset_open() {
    begin::<Counter>();
    reset::<Counter>(create("a"));
}

family! {
    /// A counter without labels.
    Closed: CLOSED
}

fn reset_closed() {
    begin::<Closed>();
    reset::<Closed>(At::closed(0));
}

#[test]
fn a_first_exemplar() {
    holds_and_sees(3, first, &["none", "the first"]);
    fails_without(3, first, &[("exemplars.rs", Class::Releases)]);
}

#[test]
fn later_exemplars() {
    holds(3, later);
    fails_without(3, later, &[("slot.rs", Class::Fences)]);
    fails_without(3, later, &[("slot.rs", Class::Releases)]);
    fails_without(3, later, &[("slot.rs", Class::Acquires)]);
}

#[test]
fn two_exemplars_of_a_second() {
    holds_and_sees(2, one_a_second, &["the other", "this one"]);
}

#[test]
fn an_exemplar_beside_a_reset() {
    let events = ["counted before", "with its exemplar", "without"];
    holds_and_sees(2, reset_open, &events);
    holds_and_sees(2, reset_closed, &events);
}
