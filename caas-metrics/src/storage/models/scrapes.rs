//! What a scrape and a reader see while lives end and begin.

use super::*;
use crate::storage::{lives::LAST_SCRAPE, sync::Ordering};

/// Texts of two words, whose halves differ.
const A: &str = "aaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbb";

/// Lets a scrape see blocks that are born while it runs. This is so once the count of scrapes has
/// reached its end.
fn see_the_young() {
    index().scrapes.store(LAST_SCRAPE, Ordering::Relaxed);
}

/// What is shown belongs to one life, while block, text and cells pass to another.
fn page_beside_reuse() {
    begin::<Counter>();
    see_the_young();
    count::<Counter>(A, 5);
    let scrape = spawn(|| {
        let page = page();
        let page: Vec<_> = page.iter().map(|(text, _, value)| (text.as_str(), *value)).collect();
        saw(match page[..] {
            [] => "nothing",
            [(A, 5)] => "the first life",
            [(B, 0)] => "the second life",
            [(B, 3)] => "the second life, counted",
            _ => panic!("{page:?}"),
        });
    });
    remove(A);
    count::<Counter>(B, 3);
    scrape.join().unwrap();
}

/// The same where one thread ends the first life and another one begins the second.
fn page_beside_reuse_elsewhere() {
    begin::<Counter>();
    see_the_young();
    create(A);
    let birth = spawn(|| _ = create(B));
    let scrape = spawn(|| {
        let page = page();
        let texts: Vec<_> = page.iter().map(|(text, ..)| text.as_str()).collect();
        assert!([A, B].contains(&texts.first().copied().unwrap_or(A)), "{texts:?}");
    });
    remove(A);
    birth.join().unwrap();
    scrape.join().unwrap();
}

/// The same for a reader of one series, where another thread counts in the next life.
fn read_beside_reuse() {
    begin::<Counter>();
    let a = create("a");
    count_at::<Counter>(a, 5);
    let b = a.in_life(a.life() + 2);
    let update = spawn_with_cells(move || {
        if count_at::<Counter>(b, 3) {
            saw("the second life");
        }
    });
    let reader = spawn(move || match read(a) {
        None => saw("nothing"),
        Some(cells) => {
            saw("the first life");
            assert_eq!(cells, [5]);
        }
    });
    remove("a");
    assert_eq!(create("b"), b);
    update.join().unwrap();
    reader.join().unwrap();
}

/// A text that a scrape has copied is not taken for the one that is written over it.
fn known_text_beside_reuse() {
    begin::<Counter>();
    see_the_young();
    create("a");
    create(7_u32);
    let scrape = spawn(|| {
        let texts: Vec<_> = page().into_iter().map(|(text, ..)| text).collect();
        saw(match texts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => "nothing",
            ["a" | "7"] | ["a", "7"] => "those before",
            ["c"] => "the next one",
            _ => panic!("{texts:?}"),
        });
    });
    // "c" gets the block of 7, which is read after that of "a", and the room of "a".
    remove("a");
    remove(7_u32);
    assert_eq!(create("c").series(), 1);
    scrape.join().unwrap();
}

/// Adds to both cells of a series of [`Pairs`].
fn count_both(text: &str, n: u64) {
    let cells = known_by::<Pairs>(&[LabelText::from(text)], 0);
    let add =
        |cells: &Cells<Pairs>| (0..).zip([n, 10 * n]).for_each(|(cell, n)| add(cells, cell, n));
    match cells {
        Some(cells) => add(&cells),
        None => update_first::<Pairs>(create(text), &add),
    }
}

/// A block of several series is on each page, whichever of them is reset meanwhile.
fn page_beside_reset() {
    begin::<Pairs>();
    count_both("a", 5);
    let scrape = spawn(|| {
        let (mut scan, mut extent) = (Scan::default(), index().extent());
        assert!(scan.read(index(), &mut extent));
        let rows = scan.rows();
        let rows: Vec<_> = rows.map(|row| (scan.text(row, 0).0, scan.values(row))).collect();
        saw(match rows[..] {
            [("a", [5, 50]), ("a", [0, 0])] => "the first life",
            [("a", [0, 0]), ("a", [0, 0])] => "the second life",
            [("a", [3, 0] | [0, 30]), ("a", [0, 0])] => "the second life, half counted",
            [("a", [3, 30]), ("a", [0, 0])] => "the second life, counted",
            _ => panic!("{rows:?}"),
        });
    });
    remove("a");
    count_both("a", 3);
    scrape.join().unwrap();
}

/// An update beside a reset counts before it or after it, by labels and by a handle of any life.
fn update_beside_reset() {
    begin::<Zeroed>();
    let a = create("a");
    count_at::<Zeroed>(a, 1);
    let update = spawn_with_cells(move || {
        count::<Zeroed>("a", 1);
        assert!(count_at::<Zeroed>(a, 2), "the block lives");
    });
    remove("a");
    update.join().unwrap();
    saw(match value("a") {
        Some(0) => "both before",
        Some(2) => "one before, one after",
        Some(3) => "both after",
        value => panic!("{value:?}"),
    });
}

/// No label set is met twice, though it is born again in a later block; what lives on is not missed.
fn page_beside_rebirth() {
    begin::<Counter>();
    for value in [2_u32, 1, 3] {
        create(value);
    }
    let scrape = spawn(|| {
        let page = page();
        let is_there = |sought| page.iter().filter(|(text, ..)| text == sought).count();
        assert_eq!(is_there("1"), 1);
        assert!(is_there("2") <= 1, "{page:?}");
        saw(if is_there("2") == 1 { "before" } else { "not again" });
    });
    remove(2_u32);
    remove(3_u32);
    assert_eq!(create(2_u32).series(), 2);
    scrape.join().unwrap();
}

/// The same where one thread removes it and another one has it born again.
fn page_beside_rebirth_elsewhere() {
    begin::<Counter>();
    for value in [2_u32, 1, 3] {
        create(value);
    }
    let birth = spawn(|| saw(if create(2_u32).series() == 2 { "elsewhere" } else { "not yet" }));
    let scrape = spawn(|| {
        let page = page();
        assert!(page.iter().filter(|(text, ..)| text == "2").count() <= 1, "{page:?}");
    });
    remove(2_u32);
    remove(3_u32);
    birth.join().unwrap();
    scrape.join().unwrap();
}

/// The same where a scrape sees what is born while it runs.
fn page_of_the_young_beside_rebirth() {
    begin::<Counter>();
    see_the_young();
    for value in [2_u32, 1, 3] {
        create(value);
    }
    let scrape = spawn(|| {
        let page = page();
        assert!(page.iter().filter(|(text, ..)| text == "2").count() <= 1, "{page:?}");
    });
    remove(2_u32);
    remove(3_u32);
    create(2_u32);
    scrape.join().unwrap();
}

/// A series that lives on is on each page, while blocks are born after it.
fn page_beside_growth() {
    begin::<Counter>();
    create("a");
    create("b");
    let scrape = spawn(|| {
        let page = page();
        let texts: Vec<_> = page.iter().map(|(text, ..)| text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c"][..texts.len().max(2)]);
    });
    create("c");
    scrape.join().unwrap();
    assert_eq!(page().len(), 3);
}

family! {
    /// Two series a block, and two integers for each.
    Pairs: Shape { layout: Layout { integers: 2, ..ONE }, block: 2, in_block: 0b10, ..OPEN }
}

#[test]
fn a_page_beside_reuse() {
    let events = ["nothing", "the first life", "the second life", "the second life, counted"];
    holds_and_sees(2, page_beside_reuse, &events);
    fails_without(2, page_beside_reuse, &[("records.rs", Class::Fences)]);
    holds(1, page_beside_reuse_elsewhere);
    fails_without(1, page_beside_reuse_elsewhere, &[("lives.rs", Class::Fences)]);
}

#[test]
fn a_reader_beside_reuse() {
    holds_and_sees(2, read_beside_reuse, &["nothing", "the first life", "the second life"]);
    fails_without(2, read_beside_reuse, &[("cells.rs", Class::Fences)]);
}

#[test]
fn a_known_text_beside_reuse() {
    let events = ["nothing", "those before", "the next one"];
    holds_and_sees(2, known_text_beside_reuse, &events);
    fails_without(2, known_text_beside_reuse, &[("records.rs", Class::Releases)]);
}

#[test]
fn a_page_beside_a_reset() {
    let events = [
        "the first life",
        "the second life",
        "the second life, half counted",
        "the second life, counted",
    ];
    holds_and_sees(2, page_beside_reset, &events);
    fails_without(2, page_beside_reset, &[("scan.rs", Class::Fences)]);
    fails_without(2, page_beside_reset, &[("cells.rs", Class::Fences)]);
}

#[test]
fn an_update_beside_a_reset() {
    let events = ["both before", "one before, one after", "both after"];
    holds_and_sees(2, update_beside_reset, &events);
}

#[test]
fn a_page_beside_rebirth() {
    holds_and_sees(2, page_beside_rebirth, &["before", "not again"]);
    // Either is enough, for the second check of a life at least.
    let without = [("scan.rs", Class::Acquires), ("scan.rs", Class::Fences)];
    fails_without(2, page_beside_rebirth, &without);
    holds_and_sees(1, page_beside_rebirth_elsewhere, &["elsewhere", "not yet"]);
    let without = [("lives.rs", Class::Releases), ("lives.rs", Class::Fences)];
    fails_without(1, page_beside_rebirth_elsewhere, &without);
    fails(2, page_of_the_young_beside_rebirth);
}

#[test]
fn a_page_beside_growth() {
    holds(2, page_beside_growth);
}
