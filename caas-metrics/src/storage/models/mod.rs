//! Models of what threads do to a family's storage at the same time, explored by loom.
//!
//! A model is a function that loom runs once for each order of its threads' steps. Its assertions must
//! hold in all of them. Here is what the models share; each file is a theme. Invariant: each model can
//! fail. Either it fails without the orderings that it is about ([`fails_without`]), or it shows that
//! the case that it is about did happen ([`saw`]).
//!
//! `WITHOUT=records.rs:75` in the environment takes the orderings of that line away from all models. If
//! no model fails then, or ends the process, none needs them.

mod cells;
mod exemplars;
mod holds;
mod lives;
mod scrapes;
mod table;

use std::{cell::Cell, collections::BTreeSet};

use loom::thread;

use super::{
    cells::{Cells, Word, Words, nowhere},
    index::Index,
    key::{Key, LabelText},
    memory::kept,
    scan::Scan,
    shape::{Layout, PageBits, Shape},
    sync::{
        thread_locals,
        weak::{Class, Without, take_away},
    },
    update::{At, Home, find, known, known_by, update_first},
};

/// Runs a model in all orders with up to this many preemptions. It must hold in each.
fn holds(preemptions: usize, model: fn()) {
    let seen = run(preemptions, model, from_environment());
    assert!(seen.is_ok(), "it does not hold");
}

/// The same, and each of these events must have been seen in some order.
fn holds_and_sees(preemptions: usize, model: fn(), events: &[&'static str]) {
    let seen = run(preemptions, model, from_environment()).expect("it does not hold");
    assert_eq!(seen, events.iter().copied().collect());
}

/// Runs a model without these orderings, where it must fail.
fn fails_without(preemptions: usize, model: fn(), without: &[(&'static str, Class)]) {
    if from_environment().is_empty() {
        let without = without.iter().map(|&(file, class)| Without { file, line: None, class });
        let without: &[_] = Vec::leak(without.collect());
        assert!(run(preemptions, model, without).is_err(), "it holds without {without:?}");
    }
}

/// Runs a model that must fail.
fn fails(preemptions: usize, model: fn()) {
    fails_without(preemptions, model, &[]);
}

fn run(
    preemptions: usize,
    model: fn(),
    without: &'static [Without],
) -> std::thread::Result<BTreeSet<&'static str>> {
    let check = move || {
        take_away(without);
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.max_branches = 10_000;
        builder.check(move || {
            RUNS.set(RUNS.get() + 1);
            model();
        });
        println!("{} orders", RUNS.get());
        SEEN.take()
    };
    let result = std::thread::spawn(check).join();
    if let Err(panic) = &result {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        assert!(!message.contains("maximum number of branches"), "{message}");
    }
    result
}

fn from_environment() -> &'static [Without] {
    let Ok(place) = std::env::var("WITHOUT") else { return &[] };
    let (file, line) = place.leak().split_once(':').expect("a file and a line");
    let line = Some(line.parse().expect("a line"));
    let classes = [Class::Acquires, Class::Releases, Class::Fences];
    Vec::leak(classes.map(|class| Without { file, line, class }).into())
}

/// Notes that an event happened in some order.
fn saw(event: &'static str) {
    SEEN.with_borrow_mut(|seen| seen.insert(event));
}

thread_local! {
    // The standard library sees all threads of a model as one.
    static INDEX: Cell<Option<&'static Index>> = const { Cell::new(None) };
    static SEEN: std::cell::RefCell<BTreeSet<&'static str>> = const { std::cell::RefCell::new(BTreeSet::new()) };
    static RUNS: Cell<usize> = const { Cell::new(0) };
}

thread_locals! {
    static WORD: Word = const { Cell::new(nowhere(&index().shape)) };
}

/// The storage of the model's family.
fn index() -> &'static Index {
    INDEX.get().expect("a model begins with its family")
}

/// Makes the family of a model.
fn begin<F: Home>() {
    INDEX.set(kept(Index::new(F::SHAPE)));
}

/// A family whose storage is [`index`].
macro_rules! family {
    ($(#[$docs:meta])* $name:ident: $shape:expr) => {
        $(#[$docs])*
        #[derive(Debug)]
        struct $name;

        impl Home for $name {
            const SHAPE: Shape = Shape::with_pages($shape);

            fn index() -> &'static Index {
                index()
            }

            fn words() -> Words {
                &WORD
            }
        }
    };
}

use family;

const ONE: Layout = Layout { integers: 1, ..Layout::NONE };

/// One open label, and one integer for each series.
const OPEN: Shape = Shape {
    layout: ONE,
    shared: false,
    key: 1,
    block: 1,
    in_block: 0,
    open: 1,
    whole: true,
    limit: 8,
    pages: PageBits::UNKNOWN,
};

/// No labels.
const CLOSED: Shape = Shape { key: 0, open: 0, ..OPEN };

family! {
    /// A counter with an open label.
    Counter: OPEN
}

family! {
    /// The same with two series a block.
    Zeroed: Shape { block: 2, in_block: 0b10, ..OPEN }
}

/// Does something with the key of a label value.
fn by_key<'v, R>(value: impl Into<LabelText<'v>>, find: impl FnOnce(&Key<'_>) -> R) -> R {
    find(&Key::new(&[value.into()], &index().shape))
}

/// The series of a label value; it is born if it does not live.
fn create<'v>(value: impl Into<LabelText<'v>>) -> At {
    by_key(value, |key| index().create(key, 0, false)).unwrap()
}

fn remove<'v>(value: impl Into<LabelText<'v>>) -> bool {
    by_key(value, |key| index().remove(key, 0))
}

/// Adds to a cell.
fn add<F: Home>(cells: &Cells<F>, cell: u32, n: u64) {
    cells.put(cell, cells.get(cell) + n);
}

/// What an update by label values does.
fn count<'v, F: Home>(value: impl Into<LabelText<'v>>, n: u64) {
    let values = [value.into()];
    if let Some(cells) = known_by::<F>(&values, 0) {
        return add(&cells, 0, n);
    }
    let at = find::<F>(&values, 0).unwrap_or_else(|| create(values[0]));
    update_first::<F>(at, &|cells| add(cells, 0, n));
}

/// What an update by a handle does. Returns whether it counted.
fn update_at<F: Home>(at: At, update: impl Fn(&Cells<F>)) -> bool {
    if let Some(cells) = known::<F>(at) {
        update(&cells);
        return true;
    }
    let is_done = Cell::new(false);
    update_first::<F>(at, &|cells| {
        update(cells);
        is_done.set(true);
    });
    is_done.get()
}

fn count_at<F: Home>(at: At, n: u64) -> bool {
    update_at::<F>(at, |cells| add(cells, 0, n))
}

/// The cells of a series; `None` if it is not there.
fn read(at: At) -> Option<Vec<u64>> {
    let mut cells = vec![0; index().shape.layout.values() as usize];
    index().read(at, &mut cells).then_some(cells)
}

/// The first cell of a label value's series.
fn value<'v>(value: impl Into<LabelText<'v>>) -> Option<u64> {
    read(by_key(value, |key| index().find(key, 0))?).map(|cells| cells[0])
}

/// A page: the text, the place in its block, and the first cell of each series.
fn page() -> Vec<(String, u32, u64)> {
    let (mut scan, mut extent, mut page) = (Scan::default(), index().extent(), Vec::new());
    while scan.read(index(), &mut extent) {
        let rows = scan.rows();
        page.extend(rows.map(|row| {
            let text = if index().shape.is_closed() { "" } else { scan.text(row, 0).0 };
            (text.to_owned(), scan.place(row), scan.values(row)[0])
        }));
    }
    page
}

/// Another thread of the model. In the first order loom runs it after this thread, and later it lets it
/// see older values. So readers are other threads than the writer.
fn spawn<R: 'static>(run: impl FnOnce() -> R + 'static) -> thread::JoinHandle<R> {
    thread::spawn(run)
}

/// The same, with the cells in which this thread has counted so far.
fn spawn_with_cells<R: 'static>(run: impl FnOnce() -> R + 'static) -> thread::JoinHandle<R> {
    let word = WORD.with(|word| word.replace(nowhere(&index().shape)));
    thread::spawn(move || {
        WORD.with(|own| own.set(word));
        run()
    })
}
