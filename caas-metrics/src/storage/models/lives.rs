//! Series that end, and others that get their block, while updates run.

use super::*;

/// A block and the room of a text pass from one label set to another beside an update by a handle.
fn handle_beside_reuse() {
    begin::<Counter>();
    let a = create("a");
    count_at::<Counter>(a, 1);
    let update = spawn_with_cells(move || {
        assert!(count_at::<Counter>(a, 1), "its cells are known");
        saw(if index().lives(a) { "counted" } else { "counted in a life that had ended" });
    });
    remove("a");
    let b = create("b");
    update.join().unwrap();
    assert_eq!(a.series(), b.series());
    assert_eq!((value("a"), value("b")), (None, Some(0)));
}

/// The same for a handle that its thread uses for the first time.
fn first_use_beside_reuse() {
    begin::<Counter>();
    let a = create("a");
    let update = spawn(move || {
        let is_counted = count_at::<Counter>(a, 1);
        saw(match (is_counted, index().lives(a)) {
            (true, true) => "counted",
            (true, false) => "counted in a life that had ended",
            (false, _) => "dropped",
        });
    });
    remove("a");
    let b = create("b");
    update.join().unwrap();
    assert_eq!(a.series(), b.series());
    assert_eq!((value("a"), value("b")), (None, Some(0)));
}

/// The thread of an update has cells of the block in the life before.
fn look_up_beside_reuse() {
    begin::<Counter>();
    count::<Counter>("a", 1);
    let update = spawn_with_cells(|| count::<Counter>("b", 1));
    remove("a");
    create("b");
    update.join().unwrap();
    assert_eq!((value("a"), value("b")), (None, Some(1)));
}

/// The thread of an update has cells of the block, but in the life between two of its label set: all
/// that it reads may be of either.
fn look_up_beside_another_life() {
    begin::<Counter>();
    count::<Counter>("b", 1);
    remove("b");
    count::<Counter>("a", 1);
    let update = spawn_with_cells(|| count::<Counter>("b", 1));
    remove("a");
    create("b");
    update.join().unwrap();
    assert_eq!((value("a"), value("b")), (None, Some(1)));
}

/// A label set that is removed may be born again by the update, elsewhere.
fn look_up_beside_removal() {
    begin::<Counter>();
    count::<Counter>(1_u32, 1);
    let update = spawn_with_cells(|| count::<Counter>(1_u32, 1));
    remove(1_u32);
    create(2_u32);
    update.join().unwrap();
    assert_eq!(value(2_u32), Some(0));
    saw(match value(1_u32) {
        None => "counted before",
        Some(1) => "counted after",
        value => panic!("{value:?}"),
    });
}

/// A label set is removed and born again.
fn look_up_beside_rebirth() {
    begin::<Counter>();
    count::<Counter>(1_u32, 1);
    let update = spawn_with_cells(|| count::<Counter>(1_u32, 1));
    remove(1_u32);
    create(1_u32);
    update.join().unwrap();
    saw(match value(1_u32) {
        Some(0) => "counted before",
        Some(1) => "counted after",
        value => panic!("{value:?}"),
    });
}

/// A look-up meets a record in a new page of records.
fn look_up_beside_a_new_page() {
    begin::<Counter>();
    create(1_u32);
    create(2_u32);
    let look_up = spawn(|| {
        let found = find::<Counter>(&[3_u32.into()], 0);
        saw(if found.is_some() { "found" } else { "not yet there" });
        assert!(find::<Counter>(&[1_u32.into()], 0).is_some());
    });
    create(3_u32);
    look_up.join().unwrap();
}

/// A look-up meets a text in a new page of texts, in a record that it knows.
fn look_up_beside_a_new_text() {
    begin::<Counter>();
    let a = create("a");
    create("b");
    let look_up = spawn(move || {
        let found = find::<Counter>(&["a".into()], 0);
        saw(if found.is_some() { "found" } else { "removed" });
        assert!(found.is_none_or(|found| found == a));
    });
    remove("a");
    // It does not fit into the room of "a".
    create("cccccccccccccccccccc");
    look_up.join().unwrap();
}

/// Two threads that count a label set that is not there count in one series.
fn birth_is_once() {
    begin::<Counter>();
    let other = spawn(|| count::<Counter>(1_u32, 1));
    count::<Counter>(1_u32, 1);
    other.join().unwrap();
    assert_eq!(page(), [("1".to_owned(), 0, 2)]);
}

family! {
    /// A gauge that can be set.
    Gauge: Shape { shared: true, ..OPEN }
}

fn set(at: At, bits: u64) {
    use crate::storage::update::{write, write_slowly};
    if !write::<Gauge>(at, |cell| cell.set(bits)) {
        write_slowly::<Gauge>(at, &|cell| cell.set(bits));
    }
}

/// A shared cell is set while its series is removed and others are born.
fn set_beside_reuse() {
    begin::<Gauge>();
    let a = create(1_u32);
    set(a, 7);
    let update = spawn_with_cells(move || set(a, 8));
    remove(1_u32);
    let b = create(2_u32);
    update.join().unwrap();
    saw(if a.series() == b.series() { "the cell is used again" } else { "the cell was in use" });
    assert_eq!(value(2_u32), Some(0));
    // A cell that was in use is used later.
    let c = create(3_u32);
    assert!([b, c].map(At::series).contains(&a.series()));
    assert_eq!(value(3_u32), Some(0));
}

/// A reader of a shared cell does not see what is set in the next life.
fn read_beside_reuse_of_a_cell() {
    begin::<Gauge>();
    let a = create(1_u32);
    set(a, 8);
    let reader = spawn(move || match read(a) {
        None => saw("nothing"),
        Some(cells) => {
            saw("the first life");
            assert_eq!(cells, [8]);
        }
    });
    remove(1_u32);
    let b = create(2_u32);
    assert_eq!(a.series(), b.series());
    set(b, 3);
    reader.join().unwrap();
}

#[test]
fn an_update_by_a_handle_beside_reuse() {
    let events = ["counted", "counted in a life that had ended"];
    holds_and_sees(3, handle_beside_reuse, &events);
}

#[test]
fn a_first_update_by_a_handle_beside_reuse() {
    let events = ["counted", "counted in a life that had ended", "dropped"];
    holds_and_sees(3, first_use_beside_reuse, &events);
}

#[test]
fn an_update_by_labels_beside_reuse() {
    holds(3, look_up_beside_reuse);
}

#[test]
fn an_update_by_labels_beside_another_life() {
    holds(3, look_up_beside_another_life);
    let without = [("segments.rs", Class::Acquires), ("records.rs", Class::Acquires)];
    fails_without(3, look_up_beside_another_life, &[("update.rs", Class::Fences), without[0]]);
}

#[test]
fn an_update_by_labels_beside_removal() {
    holds_and_sees(2, look_up_beside_removal, &["counted before", "counted after"]);
}

#[test]
fn an_update_by_labels_beside_rebirth() {
    holds_and_sees(2, look_up_beside_rebirth, &["counted before", "counted after"]);
}

/// Without the ordering these read a page that they do not see yet, which ends the process.
#[test]
fn a_look_up_beside_new_pages() {
    holds_and_sees(2, look_up_beside_a_new_page, &["found", "not yet there"]);
    holds_and_sees(2, look_up_beside_a_new_text, &["found", "removed"]);
}

#[test]
fn a_birth_beside_another() {
    holds(3, birth_is_once);
}

#[test]
fn a_reader_of_a_shared_cell_beside_reuse() {
    holds_and_sees(2, read_beside_reuse_of_a_cell, &["nothing", "the first life"]);
    fails_without(2, read_beside_reuse_of_a_cell, &[("records.rs", Class::Fences)]);
}

#[test]
fn a_set_beside_reuse() {
    holds_and_sees(3, set_beside_reuse, &["the cell is used again", "the cell was in use"]);
    fails_without(3, set_beside_reuse, &[("index.rs", Class::Fences)]);
    fails_without(3, set_beside_reuse, &[("lives.rs", Class::Fences)]);
}
