//! The label values of a look-up, borrowed: their forms, their hash, and the key that they make.
//!
//! Not here: how a label becomes text (`label/`), how texts are kept ([`super::texts`]).
//! Invariants: a text has one form, so two values are equal exactly when their forms are; all
//! values are asked for first, so no code of a user runs while a record is read or a lock is held.

use super::{
    pairs,
    shape::Shape,
    sync::{Ordering, StaticU64},
};

/// The text of a label value, borrowed where possible.
///
/// ```
/// use caas_metrics::LabelText;
///
/// assert_eq!(LabelText::from("eu-west").to_string(), "eu-west");
/// assert_eq!(LabelText::from(404_u16).to_string(), "404");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LabelText<'a>(pub(crate) Text<'a>);

/// A label value as a look-up sees it.
///
/// The decimal text of an integer below 2^31 without leading zeros is an `Integer` where it comes
/// from an integer. A label type that may give the same text in another form says so, and then
/// [`canonical`](Text::canonical) is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    /// A decimal integer below 2^31, or the place of a closed label's value.
    Integer(u32),
    /// A borrowed text.
    Borrowed(&'a str),
    /// A short rendered text.
    Inline(Inline),
}

/// A rendered text of at most 47 bytes: enough for a `u128`, an `i128` or an IPv6 address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inline {
    len: u8,
    /// Whether something did not fit.
    is_full: bool,
    bytes: [u8; Self::CAPACITY],
}

impl Inline {
    pub(crate) const CAPACITY: usize = 47;
    pub(crate) const EMPTY: Self = Self { len: 0, is_full: false, bytes: [0; Self::CAPACITY] };

    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| str::from_utf8(b).ok()).unwrap_or("")
    }
}

impl core::fmt::Write for Inline {
    /// Adds the characters that fit; what follows a character that does not is left out.
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let start = usize::from(self.len);
        let room = if self.is_full { 0 } else { Self::CAPACITY - start };
        let mut fits = room.min(text.len());
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        let (kept, left_out) = text.as_bytes().split_at(fits);
        self.bytes[start..start + fits].copy_from_slice(kept);
        self.len += fits as u8;
        self.is_full |= !left_out.is_empty();
        if left_out.is_empty() { Ok(()) } else { Err(core::fmt::Error) }
    }
}

impl Text<'_> {
    /// The text, unless it is an integer.
    #[inline]
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Text::Integer(_) => None,
            Text::Borrowed(text) => Some(text),
            Text::Inline(inline) => Some(inline.as_str()),
        }
    }

    /// The text in the form that an integer type gives it, if it is one that such a type can give.
    #[inline]
    pub(crate) fn canonical(self) -> Self {
        match self.as_str().and_then(integer) {
            Some(n) => Text::Integer(n),
            None => self,
        }
    }
}

/// The integer below 2^31 whose decimal text this is.
fn integer(text: &str) -> Option<u32> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    let n: u32 = if is_decimal && is_short { text.parse().ok()? } else { return None };
    (n < 1 << 31).then_some(n)
}

/// Unpredictable, so that nobody can make label values collide on purpose; 0 until the first series
/// is made.
static SEED: StaticU64 = StaticU64::new(0);

/// Makes the seed, if there is none yet.
fn make_seed() {
    use std::hash::{BuildHasher, Hasher};
    if SEED.load(Ordering::Relaxed) == 0 {
        let random = || std::hash::RandomState::new().build_hasher().finish() | 1;
        // Each run of a model is like the one before.
        let seed = if cfg!(loom) { 1 } else { random() };
        // The first one stays.
        let _ = SEED.compare_exchange(0, seed, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Does something with each label value of a look-up and its place.
///
/// The first ones are written out: then the compiler knows the form of each, and keeps it in
/// registers. A loop would check the form of each value again, which costs more than the look-up.
macro_rules! each_value {
    ($values:expr, |$place:ident, $value:ident| $work:expr) => {
        each_value!(@ $values, |$place, $value| $work; 0 1 2 3 4 5 6 7);
        for ($place, LabelText($value)) in $values.iter().enumerate().skip(8) {
            $work
        }
    };
    (@ $values:expr, |$place:ident, $value:ident| $work:expr; $($number:literal)*) => {
        $(if let Some(LabelText($value)) = $values.get($number) {
            let $place = $number;
            $work
        })*
    };
}

pub(crate) use each_value;

/// Hashes the values of a key, one after the other.
pub(super) struct KeyHasher {
    state: u64,
    /// An integer that waits to be hashed with the next value.
    waiting: Option<u32>,
}

const LEFT: u64 = 0x9e37_79b9_7f4a_7c15;
const RIGHT: u64 = 0xd1b5_4a32_d192_ed03;
const INTEGER: u64 = 0x8cb9_2ba7_2f3d_8dd7;

/// Both halves of the 128-bit product, folded: each input bit reaches every output bit.
#[cfg_attr(not(debug_assertions), inline(always))]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

impl KeyHasher {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn new() -> Self {
        Self { state: SEED.load(Ordering::Relaxed), waiting: None }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn value(&mut self, value: &Text<'_>) {
        match value {
            Text::Integer(n) => self.integer(*n),
            Text::Borrowed(text) => self.bytes(text.as_bytes()),
            Text::Inline(inline) => self.bytes(inline.as_str().as_bytes()),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn integer(&mut self, n: u32) {
        match self.waiting.take() {
            None => self.waiting = Some(n),
            Some(first) => {
                self.state = fold(self.state ^ u64::from(first) << 32 ^ u64::from(n), INTEGER);
            }
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bytes(&mut self, bytes: &[u8]) {
        self.text(bytes.len());
        pairs::all(bytes, |pair| {
            self.pair(pair);
            true
        });
    }

    /// Begins a text of this many bytes; its pairs follow.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn text(&mut self, len: usize) {
        // The length comes first, so "ab" + "c" and "a" + "bc" differ.
        self.state ^= (len as u64) << 32 ^ u64::from(self.waiting.take().unwrap_or(0));
    }

    /// The next pair of a text: one multiplication.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn pair(&mut self, [first, last]: [u64; 2]) {
        let state = self.state;
        self.state = fold(first ^ LEFT ^ state, last ^ RIGHT ^ state.rotate_left(32));
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn finish(self) -> u64 {
        let state = match self.waiting {
            Some(n) => fold(self.state ^ u64::from(n), INTEGER),
            None => self.state,
        };
        // Values that differ in a few bytes have evenly spaced products. With an unlucky factor
        // these crowd in a few places of the table; another multiplication scatters them.
        state.wrapping_mul(LEFT)
    }
}

/// The hash of one value.
pub(super) fn hash_of(value: &Text<'_>) -> u64 {
    let mut hasher = KeyHasher::new();
    hasher.value(value);
    hasher.finish()
}

/// The hash of those values of a label set that are in the key.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn hash(values: &[LabelText<'_>], shape: &Shape) -> u64 {
    let mut hasher = KeyHasher::new();
    each_value!(values, |place, value| if shape.in_block >> place & 1 == 0 {
        hasher.value(value);
    });
    hasher.finish()
}

pub(crate) use caas_metrics_model::OVERFLOW;

/// The key of a block: what creations and removals work with.
pub(crate) struct Key<'v> {
    values: &'v [LabelText<'v>],
    shape: &'v Shape,
    /// Whether it is the key of the overflow block.
    is_overflow: bool,
    hash: u64,
    /// Whether no series of this key may be born.
    has_ended: Option<&'v dyn Fn() -> bool>,
}

impl<'v> Key<'v> {
    /// The key of a label set. Not inlined, for every family creates series.
    #[inline(never)]
    pub(crate) fn new(values: &'v [LabelText<'v>], shape: &'v Shape) -> Self {
        make_seed();
        let mut key = Self { values, shape, is_overflow: false, hash: 0, has_ended: None };
        let mut open = key.values().enumerate().filter(|(place, _)| shape.open >> place & 1 == 1);
        key.is_overflow = open.all(|(_, value)| value.as_str() == Some(OVERFLOW));
        key.hashed()
    }

    /// The same key, of which no series may be born once `has_ended` is true. It is asked under the lock of
    /// the family, so it must take no other family's, and run no code of a user.
    pub(crate) fn unless<'k>(&self, has_ended: &'k dyn Fn() -> bool) -> Key<'k>
    where
        'v: 'k,
    {
        Key { has_ended: Some(has_ended), ..*self }
    }

    /// Whether no series of this key may be born.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.is_some_and(|has_ended| has_ended())
    }

    /// The key of the overflow block: where updates go if there is no room for this one.
    pub(super) fn overflow(&self) -> Self {
        Self { is_overflow: true, has_ended: None, ..*self }.hashed()
    }

    /// The key with the hash of its values, which is that of [`hash`].
    fn hashed(self) -> Self {
        let mut hasher = KeyHasher::new();
        self.values().for_each(|value| hasher.value(value));
        Self { hash: hasher.finish(), ..self }
    }

    pub(super) fn is_overflow(&self) -> bool {
        self.is_overflow
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'v Text<'v>> + use<'v> {
        let (shape, is_overflow) = (self.shape, self.is_overflow);
        let values = self.values.iter().enumerate();
        let in_key = values.filter(move |(place, _)| shape.in_block >> place & 1 == 0);
        in_key.enumerate().map(move |(place, (_, LabelText(value)))| {
            let is_replaced = is_overflow && shape.open >> place & 1 == 1;
            if is_replaced { const { &Text::Borrowed(OVERFLOW) } } else { value }
        })
    }
}
