//! What threads may do to an index at the same time, explored by loom.
//!
//! Not here: the slabs' models (`slab.rs`). Invariant: blocks do not rest here, so re-use is as
//! early as it can be.

use loom::{sync::Arc, thread};

use super::*;
use crate::storage::{
    cells::{Layout, Mode},
    key::Text,
    texts::Texts,
};

struct One(&'static str);

impl Key for One {
    fn all(&self, accept: &mut dyn FnMut(&Text<'_>) -> bool) -> bool {
        accept(&Text::Borrowed(self.0))
    }
}

/// One open label, one child a block, shared cells.
fn index(limit: u32) -> Arc<Index> {
    let layout = Layout { integers: 1, floats: 0 };
    let block = BlockShape { open: 1, closed: 1, layout };
    let shape = Shape { mode: Mode::Shared, block, whole: true, limit };
    Arc::new(Index::new(shape, 5, None))
}

fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(body);
}

fn find(index: &Index, key: &One) -> Option<At> {
    index.find(key, 0)
}

fn create(index: &Index, key: &One) -> Resolved {
    index.create(&Rendered::new(key), 0)
}

fn count(index: &Index, key: &One) {
    let (Resolved::Own(at) | Resolved::Overflow(at)) = match find(index, key) {
        Some(at) => Resolved::Own(at),
        None => create(index, key),
    };
    index.cells().shared(at.slot).unwrap().add(1);
}

fn remove(index: &Index, key: &One) {
    index.remove(&Rendered::new(key), 0);
}

fn value(index: &Index, key: &One) -> Option<u64> {
    let mut slots = [0];
    index.cells().read(index.find_exactly(&Rendered::new(key), 0)?.slot, &mut slots);
    Some(slots[0])
}

/// Two threads that create the same child count in one child.
#[test]
fn insertion_is_once() {
    model(|| {
        let index = index(2);
        let other = Arc::clone(&index);
        let thread = thread::spawn(move || count(&other, &One("a")));
        count(&index, &One("a"));
        thread.join().unwrap();
        assert_eq!(value(&index, &One("a")), Some(2));
    });
}

/// A scrape beside a creation sees a block whole or not at all.
#[test]
fn publication_is_whole() {
    model(|| {
        let index = index(2);
        let other = Arc::clone(&index);
        let thread = thread::spawn(move || count(&other, &One("abcdefghij")));
        let mut texts = Texts::default();
        for block in index.begin_scrape().0 {
            texts.clear();
            if index.read_texts(block, &mut texts).is_some() {
                assert!([OVERFLOW, "abcdefghij"].contains(&texts.get(0)), "{texts:?}");
            }
        }
        thread.join().unwrap();
        assert_eq!(index.blocks(), 0..2);
    });
}

/// While a block passes from one text to another, a look-up finds the block of its own text or
/// none, and a scrape never reads a mixture.
#[test]
fn reuse_is_not_mistaken() {
    model(|| {
        let index = index(1);
        count(&index, &One("aaaaaaaaaaaa"));
        let first = find(&index, &One("aaaaaaaaaaaa")).unwrap();
        let other = Arc::clone(&index);
        let thread = thread::spawn(move || {
            remove(&other, &One("aaaaaaaaaaaa"));
            count(&other, &One("cccccccccccc"));
        });
        if let Some(at) = find(&index, &One("aaaaaaaaaaaa")) {
            assert_eq!(at, first);
        }
        let mut texts = Texts::default();
        if index.read_texts(1, &mut texts).is_some() {
            assert!(["aaaaaaaaaaaa", "cccccccccccc"].contains(&texts.get(0)), "{texts:?}");
        }
        thread.join().unwrap();
        assert!(!index.is(first));
        let second = find(&index, &One("cccccccccccc")).unwrap();
        assert_eq!((second.slot, second.life), (first.slot, first.life));
        assert_ne!(second.generation, first.generation);
        assert_eq!(value(&index, &One("cccccccccccc")), Some(1));
    });
}

/// A scrape that has copied a text does not take it for the one that is written over it.
#[test]
fn a_known_text_is_not_mistaken() {
    model(|| {
        let index = index(2);
        count(&index, &One("a"));
        count(&index, &One("b"));
        let other = Arc::clone(&index);
        let thread = thread::spawn(move || {
            // The block of "b" is free first, and the room of "a" was freed last: "c" gets
            // both.
            remove(&other, &One("b"));
            remove(&other, &One("a"));
            count(&other, &One("c"));
        });
        let mut texts = Texts::default();
        let mut read = |block| index.read_texts(block, &mut texts).is_some();
        let (first, second) = (read(1), read(2));
        if first {
            assert_eq!(texts.get(0), "a");
        }
        if second {
            let text = texts.get(usize::from(first));
            assert!(["b", "c"].contains(&text), "{texts:?}");
        }
        thread.join().unwrap();
        texts.clear();
        assert!(index.read_texts(1, &mut texts).is_none());
        assert!(index.read_texts(2, &mut texts).is_some());
        assert_eq!(texts.get(0), "c");
    });
}

/// A removal beside an update: the update counts before it, or in the next life, or nowhere;
/// never in another text's child.
#[test]
fn removal_beside_an_update() {
    model(|| {
        let index = index(4);
        count(&index, &One("a"));
        count(&index, &One("b"));
        let other = Arc::clone(&index);
        let thread = thread::spawn(move || count(&other, &One("a")));
        remove(&index, &One("a"));
        thread.join().unwrap();
        assert!(value(&index, &One("a")).is_none_or(|count| count <= 1));
        assert_eq!(value(&index, &One("b")), Some(1));
    });
}

/// Moving an entry back in the table hides it from a look-up for a moment at most: a full
/// family must not send an update of a living child to the overflow.
#[test]
fn a_moved_entry_is_found() {
    model(|| {
        let index = index(2);
        // Two texts of one home: the second stands behind the first until that is removed.
        let home = |text| index.table.home(One(text).hash(index.seed));
        let texts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"];
        let mut pairs = texts.iter().flat_map(|a| texts.iter().map(move |b| (*a, *b)));
        let (a, b) = pairs.find(|(a, b)| a != b && home(a) == home(b)).unwrap();
        count(&index, &One(a));
        count(&index, &One(b));
        // The overflow child lives, so that a full family answers without the lock.
        count(&index, &One("overflow"));
        let other = Arc::clone(&index);
        let thread = thread::spawn(move || {
            remove(&other, &One(a));
        });
        let resolved = create(&index, &One(b));
        assert!(matches!(resolved, Resolved::Own(_)), "{resolved:?}");
        thread.join().unwrap();
    });
}
