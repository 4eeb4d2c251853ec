//! What is taken back beside resets and removals, and values that end beside births.

use loom::sync::{Arc, Mutex};

use super::*;
use crate::storage::hold::{give_back, give_back_shared, take, take_shared};

const PAIR: Layout = Layout { integers: 2, paired: true, ..Layout::NONE };
const DOWN: u32 = 0;
const UP: u32 = 1;

family! {
    /// A gauge without labels that is never set: its cells do not say for which life they count.
    Closed: Shape { layout: PAIR, ..CLOSED }
}

family! {
    /// The same with an open label: its cells do say so.
    Open: Shape { layout: PAIR, ..OPEN }
}

family! {
    /// A gauge that can be set.
    Shared: Shape { shared: true, ..OPEN }
}

family! {
    /// The same with a closed label. A single cell would be in a static.
    ClosedShared: Shape { shared: true, block: 2, in_block: 1, ..CLOSED }
}

fn up<F: Home>(at: At) -> Option<At> {
    take::<F>(at, |cells| {
        add(cells, UP, 1);
        true
    })
}

fn down<F: Home>(hold: At) {
    give_back::<F>(hold, &|cells| add(cells, DOWN, 1));
}

fn up_shared<F: Home>(at: At) -> Option<At> {
    take_shared::<F>(at, |cell| {
        cell.add(1);
        true
    })
}

fn down_shared<F: Home>(hold: At) {
    give_back_shared::<F>(hold, &|cell| cell.add(1_u64.wrapping_neg()));
}

/// What a gauge shows.
fn net(at: At) -> Option<i64> {
    let sum = |cells: Vec<u64>| cells.into_iter().rev().reduce(u64::wrapping_sub).unwrap_or(0);
    read(at).map(|cells| sum(cells) as i64)
}

/// A gauge goes up, unless it is up already, and down beside a reset.
fn beside(at: At, early: Option<At>, up: fn(At) -> Option<At>, down: fn(At), reset: fn(&Index)) {
    let other = spawn(move || {
        let hold = early.or_else(|| up(at));
        saw(if hold.is_some() { "held" } else { "reset first" });
        hold.into_iter().for_each(down);
    });
    reset(index());
    let held = net(at);
    assert!(held.is_none_or(|held| [0, 1].contains(&held)), "{held:?}");
    other.join().unwrap();
    assert!(net(at).is_none_or(|held| held == 0), "{:?}", net(at));
}

const ONLY: At = At::closed(0);

fn reset_only(index: &Index) {
    index.reset_closed(0, true);
}

fn end_beside_reset() {
    begin::<Closed>();
    beside(ONLY, up::<Closed>(ONLY), up::<Closed>, down::<Closed>, reset_only);
}

fn hold_beside_reset() {
    begin::<Closed>();
    beside(ONLY, None, up::<Closed>, down::<Closed>, reset_only);
}

fn end_beside_reset_of_a_shared_cell() {
    begin::<ClosedShared>();
    let (up, down) = (up_shared::<ClosedShared>, down_shared::<ClosedShared>);
    beside(ONLY, up(ONLY), up, down, reset_only);
}

fn hold_beside_reset_of_an_open_series() {
    begin::<Open>();
    beside(create(1_u32), None, up::<Open>, down::<Open>, Index::reset_all);
}

fn end_beside_reset_of_an_open_series() {
    begin::<Open>();
    let at = create(1_u32);
    beside(at, up::<Open>(at), up::<Open>, down::<Open>, Index::reset_all);
}

fn hold_beside_reset_of_a_shared_open_series() {
    begin::<Shared>();
    let (up, down) = (up_shared::<Shared>, down_shared::<Shared>);
    beside(create(1_u32), None, up, down, Index::reset_all);
}

/// A series is removed, and its room goes to another one, which a late guard leaves alone.
fn end_beside_reuse() {
    begin::<Open>();
    let a = create(1_u32);
    let hold = up::<Open>(a).unwrap();
    let end = spawn(move || down::<Open>(hold));
    remove(1_u32);
    let b = create(2_u32);
    end.join().unwrap();
    assert_eq!(a.series(), b.series());
    assert_eq!((net(a), net(b)), (None, Some(0)));
}

fn end_beside_reuse_of_a_shared_cell() {
    begin::<Shared>();
    let hold = up_shared::<Shared>(create(1_u32)).unwrap();
    let end = spawn(move || down_shared::<Shared>(hold));
    remove(1_u32);
    let b = create(2_u32);
    end.join().unwrap();
    saw(if b.series() == hold.series() { "the cell is used again" } else { "it was in use" });
    assert_eq!(net(b), Some(0));
}

/// A value ends while a series with it is born: either that is found and removed, or it is not born.
fn birth_beside_the_end_of_a_value() {
    begin::<Counter>();
    let has_ended = Arc::new(Mutex::new(false));
    let ended = Arc::clone(&has_ended);
    let birth = spawn(move || {
        let ask = || *ended.lock().unwrap();
        let at = by_key("a", |key| index().create(&key.unless(&ask), 0, false)).unwrap();
        saw(if at == At::GONE { "not born" } else { "removed" });
        count_at::<Counter>(at, 1);
    });
    *has_ended.lock().unwrap() = true;
    index().remove_value("a", 1);
    birth.join().unwrap();
    assert_eq!(value("a"), None);
    assert_eq!(page(), []);
}

#[test]
fn an_end_beside_a_reset() {
    holds(3, end_beside_reset);
    fails_without(3, end_beside_reset, &[("hold.rs", Class::Fences)]);
}

#[test]
fn a_hold_beside_a_reset() {
    holds_and_sees(2, hold_beside_reset, &["held", "reset first"]);
    fails_without(2, hold_beside_reset, &[("hold.rs", Class::Fences)]);
}

#[test]
fn an_end_beside_a_reset_of_a_shared_cell() {
    holds(3, end_beside_reset_of_a_shared_cell);
    fails_without(3, end_beside_reset_of_a_shared_cell, &[("hold.rs", Class::Fences)]);
}

#[test]
fn a_hold_beside_a_reset_of_an_open_series() {
    holds(2, hold_beside_reset_of_an_open_series);
    holds(3, end_beside_reset_of_an_open_series);
}

#[test]
fn a_hold_beside_a_reset_of_a_shared_open_series() {
    holds_and_sees(2, hold_beside_reset_of_a_shared_open_series, &["held", "reset first"]);
    fails_without(2, hold_beside_reset_of_a_shared_open_series, &[("hold.rs", Class::Fences)]);
}

#[test]
fn an_end_beside_reuse() {
    holds(3, end_beside_reuse);
}

#[test]
fn an_end_beside_reuse_of_a_shared_cell() {
    let events = ["the cell is used again", "it was in use"];
    holds_and_sees(3, end_beside_reuse_of_a_shared_cell, &events);
}

#[test]
fn a_birth_beside_the_end_of_a_value() {
    holds_and_sees(3, birth_beside_the_end_of_a_value, &["not born", "removed"]);
}
