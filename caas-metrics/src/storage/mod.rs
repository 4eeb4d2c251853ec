//! Where numbers live: slots in per-thread slabs or shared atomics, and the index that finds them.
//!
//! The only folder with `unsafe` and `Ordering`. It knows no metric types, no label types, no
//! names and no formats: it keeps integers and floats in slots, and finds blocks of slots by text.
//! Invariant: every function that leaves this folder is safe to call with any argument.
//!
//! * [`shape`]: what is known when a family is declared.
//! * [`slab`]: one writer a cell, summed by whoever reads; the pool that hands slabs on.
//! * [`shared`]: one cell for all threads.
//! * [`cells`]: the slots of one family, in slabs or shared, and their baselines.
//! * [`pairs`]: what a text is made of, for hashes, comparisons and storage.
//! * [`text`]: label texts, interned in an arena that never moves; [`texts`]: copies of them.
//! * [`table`]: hash tables; [`growing`]: one that grows in small steps.
//! * [`key`]: the borrowed open label values of a look-up: their hash, and how they compare;
//!   [`rendered`]: copies of them.
//! * [`records`]: what a block is: its version, its texts, and which of its children live.
//! * [`index`]: from a key to a block, read without locks, and the life of a block.

pub(crate) mod cells;
pub(crate) mod flag;
mod growing;
pub(crate) mod index;
pub(crate) mod key;
mod pairs;
pub(crate) mod records;
pub(crate) mod rendered;
pub(crate) mod shape;
pub(crate) mod shared;
mod slab;
mod sync;
mod table;
mod text;
pub(crate) mod texts;
mod zeroed;
