//! How calls end.

/// How an annotated call ended.
///
/// The attributes write sets of endings as bits, and the guards at run time read them: an ending's
/// number is its place in [`ALL`](Self::ALL), and its [`bit`](Self::bit) is one shifted by that.
///
/// ```
/// use caas_metrics_model::Ending;
///
/// let bits = Ending::Panic.bit() | Ending::Cancelled.bit();
/// assert_eq!(bits, 12);
/// assert!(Ending::Panic.is_in(bits) && !Ending::Ok.is_in(bits));
/// assert_eq!(Ending::named("panic"), Some(Ending::Panic));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It returned: `Ok`, or a value that is not a `Result`.
    Ok,
    /// It returned `Err`.
    Err,
    /// It panicked.
    Panic,
    /// Its future was dropped before it was ready.
    Cancelled,
    /// It did not panic; whether it was `ok`, `err` or `cancelled` cannot be known.
    Unknown,
}

impl Ending {
    /// All endings, by number.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Err, Self::Panic, Self::Cancelled, Self::Unknown];

    /// The texts of all endings, by number: the values of the label `outcome`.
    pub const TEXTS: [&'static str; 5] = ["ok", "err", "panic", "cancelled", "unknown"];

    /// The ending's text: `ok`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::TEXTS[self as usize]
    }

    /// The ending that a word names, as `on(…)` and the label do.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == word)
    }

    /// The bit that stands for the ending in a set.
    #[must_use]
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether a set has the ending.
    #[must_use]
    pub const fn is_in(self, bits: u8) -> bool {
        bits & self.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_bits_belong_together() {
        for (number, ending) in Ending::ALL.into_iter().enumerate() {
            assert_eq!(ending as usize, number);
            assert_eq!(ending.bit(), 1 << number);
            assert_eq!(Ending::named(ending.as_str()), Some(ending));
            let others = Ending::ALL.into_iter().filter(|other| other.is_in(ending.bit()));
            assert_eq!(others.collect::<Vec<_>>(), [ending]);
        }
        assert_eq!(Ending::named("abort"), None);
    }
}
