//! How a label value ends: all blocks that have it are removed.
//!
//! Not here: which values have ended (`crate::ended`), and who sees to it that no series with one is born
//! (`lives.rs`). Invariant: no step under the lock is longer than one block.

use super::{
    index::{Held, Index},
    lives::IS_EXEMPT,
    records::{Record, is_living},
    sync::Ordering,
    texts::Code,
};

impl Index {
    /// Removes all blocks that have a value in one of these labels of the key, which are bits. None of them
    /// may be born any more. The overflow block stays.
    pub(crate) fn remove_value(&self, text: &str, labels: u64) {
        let find = |_: &Held<'_>| self.texts.codes_of(text);
        let Some(held) = self.lock() else { return };
        // A block with the value that was being born had the lock before.
        let (blocks, codes) = (self.blocks.load(Ordering::Acquire), find(&held));
        drop(held);
        if codes == [None; 2] {
            return;
        }
        for block in 0..blocks {
            let Some(record) = self.records.get(block, &self.shape) else { return };
            if !is_living(record.life(0)) || !has_code(record, labels, codes) {
                continue;
            }
            let Some(mut held) = self.lock() else { return };
            // The text may be gone, and its code be that of another one.
            let codes = find(&held);
            if has_code(record, labels, codes) && record.birth() & IS_EXEMPT == 0 {
                self.end(block, &mut held.writer);
            }
        }
    }
}

/// Whether a record has one of these codes in one of these labels.
fn has_code(record: Record<'_>, labels: u64, codes: [Option<Code>; 2]) -> bool {
    let mut all = record.codes().enumerate();
    all.any(|(label, code)| labels >> label & 1 == 1 && codes.contains(&Some(code)))
}
