//! Texts as pairs of words: what is hashed, kept and compared alike.
//!
//! A text is its whole chunks of 16 bytes and then its last 16 bytes, also if those overlap the
//! chunk before them; so no branch depends on how many bytes are left, which a processor would
//! guess wrong for texts of many lengths. A text of less than 16 bytes is one pair: its first and
//! its last eight bytes, or all of it and zero. Invariant: two texts of one length are equal
//! exactly when their pairs are.

/// How many pairs a text of so many bytes is.
#[inline]
pub(super) const fn count(bytes: usize) -> usize {
    bytes.saturating_sub(1) / 16 + 1
}

/// Shows the pairs of a text until one is refused; returns whether all were accepted.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn all(bytes: &[u8], mut accept: impl FnMut([u64; 2]) -> bool) -> bool {
    let Some(last) = bytes.last_chunk() else { return accept(short(bytes)) };
    let mut rest = &bytes[..bytes.len() - 1];
    while let Some((chunk, behind)) = rest.split_first_chunk() {
        if !accept(pair(chunk)) {
            return false;
        }
        rest = behind;
    }
    accept(pair(last))
}

#[inline]
fn pair(bytes: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [both as u64, (both >> 64) as u64]
}

/// The pair of a text of less than 16 bytes.
#[inline]
fn short(bytes: &[u8]) -> [u64; 2] {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [short_word(bytes), 0],
    }
}

/// Fewer than eight bytes as a word, zeros behind them.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // The parts overlap where the length is below eight; there they agree.
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (len - 4));
    }
    let at = |place: usize| bytes.get(place).map_or(0, |byte| u64::from(*byte) << (8 * place));
    at(0) | at(1) | at(2)
}

/// Appends a text of so many bytes: the pairs of its whole chunks, and the last one.
#[inline]
pub(super) fn unpack(
    to: &mut Vec<u8>,
    bytes: usize,
    whole: impl Iterator<Item = [u64; 2]>,
    [first, last]: [u64; 2],
) {
    let start = to.len();
    for pair in whole {
        to.extend_from_slice(&both(pair));
    }
    // What is last overlaps what is before it.
    if let Some(before) = bytes.checked_sub(16) {
        to.truncate(start + before);
        to.extend_from_slice(&both([first, last]));
        return;
    }
    to.extend_from_slice(&first.to_le_bytes());
    if let Some(before) = bytes.checked_sub(8) {
        to.truncate(start + before);
        to.extend_from_slice(&last.to_le_bytes());
    }
    to.truncate(start + bytes);
}

fn both([first, last]: [u64; 2]) -> [u8; 16] {
    (u128::from(first) | u128::from(last) << 64).to_le_bytes()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn pairs(bytes: &[u8]) -> Vec<[u64; 2]> {
        let mut pairs = Vec::new();
        assert!(all(bytes, |pair| {
            pairs.push(pair);
            true
        }));
        pairs
    }

    #[test]
    fn pairs_give_the_text_back() {
        for len in 0..80_u8 {
            let text: Vec<u8> = (1..=len).collect();
            let pairs = pairs(&text);
            assert_eq!(pairs.len(), count(text.len()));
            let (last, whole) = pairs.split_last().unwrap();
            let mut bytes = vec![99];
            unpack(&mut bytes, text.len(), whole.iter().copied(), *last);
            assert_eq!(bytes, [&[99], &*text].concat(), "{len}");
        }
    }
}
