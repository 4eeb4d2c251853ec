//! What is known of the pages that a registry has written: how many, and how the last one was.
//!
//! Not here: how they are shown (`own.rs`). Invariant: only pages that were encoded to their end are
//! counted, however slowly they were read.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{encode::Format, storage::flag::Tally};

/// The pages of a registry.
#[derive(Debug)]
pub(crate) struct Pages {
    /// How many, by format.
    written: [Tally; Format::NAMES.len()],
    last: Mutex<Option<Last>>,
}

impl Default for Pages {
    fn default() -> Self {
        let written = [const { Tally::new() }; Format::NAMES.len()];
        Self { written, last: Mutex::default() }
    }
}

/// The last page that had all families.
#[derive(Debug, Clone)]
pub(crate) struct Last {
    /// The time that it took, without the time in which its reader was waited for.
    pub(crate) took: Duration,
    /// Before compression.
    pub(crate) bytes: u64,
    /// How many series each family of the program had.
    pub(crate) series: Arc<[(&'static str, u64)]>,
}

/// What is known of the pages when a scrape begins.
#[derive(Debug)]
pub(crate) struct PageNumbers {
    /// How many, in the order of [`Format::NAMES`].
    pub(crate) written: [u64; Format::NAMES.len()],
    pub(crate) last: Option<Last>,
}

impl Pages {
    /// Counts a page. `last` is absent if it had some families only.
    pub(crate) fn count(&self, format: Format, last: Option<Last>) {
        if let Some(tally) = self.written.get(format.place()) {
            tally.add_one();
        }
        if last.is_some() {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        }
    }

    pub(crate) fn numbers(&self) -> PageNumbers {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        PageNumbers { written: self.written.each_ref().map(Tally::get), last }
    }
}
