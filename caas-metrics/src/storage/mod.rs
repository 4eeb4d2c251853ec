//! Where numbers live: the cells of threads, and the records of series that say whose they are.
//!
//! The only folder with `unsafe` and `Ordering`. It knows no metric types, no label types, no names
//! and no formats: it keeps integers and floats in cells, and finds series by texts. Invariant: every
//! function that leaves this folder is safe to call with any argument.
//!
//! * [`shape`]: what is known when a family is declared.
//! * [`update`]: what an update does; the short way, from labels to a cell. [`hold`]: updates that are
//!   taken back.
//! * [`key`]: the borrowed label values of a look-up, their hash and their key.
//! * [`index`]: the parts of a family and its lock; [`lives`]: how series are born and end;
//!   [`closed`]: the same where all labels are closed; [`values`]: how a label value ends.
//! * [`cells`]: what a thread has of a family; [`chunk`]: how that lies in memory; [`leaves`]: counters
//!   that take no memory before they are used; [`thread`]: what a thread has of all families;
//!   [`shared`]: cells of all threads.
//! * [`records`]: the lives of series; [`table`]: from a hash to a record; [`segments`]: its parts;
//!   [`texts`]: label texts; [`heap`]: the room for them; [`pairs`]: what a text is made of.
//! * [`scan`]: what a scrape reads; [`sums`]: over the cells of all threads; [`copies`]: its texts.
//! * [`exemplars`]: the newest exemplar of each bucket.
//! * [`isolated`]: the values that a test has for itself.
//! * [`compare`]: vector instructions, for buckets.
//! * [`memory`]: memory that may not be there; [`sync`]: atomics; [`flag`]: rare small numbers.
//!
//! The steps of the short way are always inlined, for then the constants of a family fold. They are not
//! in debug builds: nothing folds there, and each family would take the compiler a tenth of a second.

pub(crate) mod cells;
mod chunk;
mod closed;
pub(crate) mod compare;
mod copies;
pub(crate) mod exemplars;
pub(crate) mod flag;
mod heap;
pub(crate) mod hold;
pub(crate) mod index;
pub(crate) mod isolated;
pub(crate) mod key;
pub(crate) mod leaves;
pub(crate) mod lives;
mod memory;
#[cfg(all(test, loom))]
mod models;
mod pairs;
mod records;
pub(crate) mod scan;
mod segments;
pub(crate) mod shape;
pub(crate) mod shared;
mod sums;
mod sync;
mod table;
pub(crate) mod texts;
mod thread;
pub(crate) mod update;
mod values;

pub(crate) use sync::{constant, thread_locals};
