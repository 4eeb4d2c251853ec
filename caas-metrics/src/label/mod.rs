//! Labels: what may stand in a label set, and how its value becomes text.
//!
//! Not here: how stored values are looked up (`storage/`), and escaping (`encode/`).
//! Invariant: two values are the same label value exactly when their texts are equal.
//!
//! A label is *closed* if the compiler knows all its values (an enum with `#[derive(Label)]`,
//! `bool`), and *open* otherwise. A family whose labels are all closed needs no look-up, and its
//! series can be exported at zero before the first event. A family with an open label has a
//! cardinality limit, which counts all of its series.

mod closed;
#[cfg(any(feature = "http", feature = "tower"))]
mod http;
mod open;

use crate::ended::ScopesOf;
pub use crate::storage::key::LabelText;
use crate::storage::key::{Inline, Text};
use crate::storage::texts::MOST_BYTES;

/// The type of a label's values.
///
/// Closed: field-less enums with [`#[derive(Label)]`](derive@crate::Label), and `bool`. Open:
/// strings (`&str`, `String`, `Cow<str>`, `Box<str>`, `Rc<str>`, `Arc<str>`), integers, `char`, IP
/// addresses, references to labels, and `Option` of a label, where `None` is the empty text
/// (to Prometheus: the label is absent). `#[derive(Label)]` on a struct with one field makes a
/// newtype that behaves like its field.
///
/// An implementation by hand has a method for the text, and one for what
/// [`retain`](crate::metrics) shows:
///
/// ```
/// use caas_metrics::{Label, StoredLabel, LabelText};
///
/// struct Region(u8);
///
/// impl Label for Region {
///     type View<'v> = &'v str;
///     fn text(&self) -> LabelText<'_> {
///         LabelText::from(if self.0 == 0 { "eu" } else { "us" })
///     }
///     fn view(part: StoredLabel<'_>) -> &str {
///         part.text()
///     }
/// }
///
/// assert_eq!(Region(0).text().to_string(), "eu");
/// ```
///
/// Both run as part of an update, and under no lock of this crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label",
    label = "not a label type",
    note = "a label is a string, an integer, `char`, `bool`, an IP address, an `Option` of one, or a type with `#[derive(caas_metrics::Label)]`"
)]
pub trait Label {
    /// All texts of a closed label, in the order of [`index`](Self::index); `None` if it is open.
    ///
    /// There must be at least one text, and none twice. Otherwise families with the label do not
    /// compile.
    const VALUES: Option<&'static [&'static str]> = None;

    /// The most bytes that the text of an open label may have: 4,000 at most.
    ///
    /// A longer text is counted in the family's `__overflow__` child. Together with the limit of
    /// series this bounds the bytes that a family keeps. A newtype sets it by `#[label(max_bytes =
    /// 200)]`.
    const MAX_BYTES: usize = 1024;

    /// Whether no text of this type comes in two forms, as a string and as an integer.
    ///
    /// Not public API. Set by this crate and by generated code.
    #[doc(hidden)]
    const __ONE_FORM: bool = false;

    /// The scopes of the type, if it can have some.
    ///
    /// Not public API. Set by generated code.
    #[doc(hidden)]
    const __SCOPES: Option<ScopesOf> = None;

    /// The constants above.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    const __CONSTANTS: LabelConstants = LabelConstants {
        values: Self::VALUES,
        max_bytes: Self::MAX_BYTES,
        is_one_form: Self::__ONE_FORM,
        scopes: if Self::VALUES.is_none() { Self::__SCOPES } else { None },
    };

    /// How the views of `retain` show a value: closed labels as themselves, open ones as `&str`.
    type View<'v>;

    /// The text of the value.
    fn text(&self) -> LabelText<'_>;

    /// The place of a closed label's value in [`VALUES`](Self::VALUES); 0 for open labels.
    #[inline]
    fn index(&self) -> usize {
        0
    }

    /// The view of a value that the family has stored.
    fn view(part: StoredLabel<'_>) -> Self::View<'_>;

    /// The value as a look-up takes it: the place of a closed label, else the text in its one form.
    /// Not public API. Used by generated code, which names the trait only in paths like
    /// `<T as Label>::…`, so that a type that is not a label is one error.
    #[doc(hidden)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn __value(&self) -> LabelText<'_>
    where
        Self: Sized,
    {
        if let Some(values) = Self::VALUES {
            // A hand-written label may return any index. It must stay within the label's values.
            let index = self.index().min(values.len().saturating_sub(1));
            return LabelText(Text::Integer(index as u32));
        }
        let text = self.text();
        if Self::__ONE_FORM { text } else { LabelText(text.0.canonical()) }
    }

    /// The view of the next part. Not public API. Used by generated code.
    #[doc(hidden)]
    fn __view<'v>(source: &mut ViewSource<'v>) -> Self::View<'v> {
        Self::view(source.part())
    }
}

/// One label value of a living child, as the family has stored it.
///
/// ```
/// use caas_metrics::{Label, StoredLabel};
///
/// // `bool` is closed: its values are known by number.
/// assert_eq!(<bool as Label>::VALUES, Some(&["false", "true"][..]));
/// fn view(part: StoredLabel<'_>) -> bool {
///     part.index() == 1
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct StoredLabel<'v> {
    pub(crate) text: &'v str,
    pub(crate) index: usize,
    /// Whether the text is known to have no character that a format escapes.
    pub(crate) is_plain: bool,
}

impl<'v> StoredLabel<'v> {
    /// The place of a closed label's value; 0 for open labels.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The text of the value.
    #[must_use]
    pub const fn text(&self) -> &'v str {
        self.text
    }
}

impl LabelText<'_> {
    /// The text of a closed label's value.
    #[must_use]
    pub fn closed<L: Label + ?Sized>(index: usize) -> Self {
        Self::from(L::VALUES.and_then(|values| values.get(index)).copied().unwrap_or_default())
    }

    /// The text that `Display` writes, cut off after 47 bytes. It is for short things like numbers and
    /// addresses; make anything longer from a string.
    ///
    /// ```
    /// assert_eq!(caas_metrics::LabelText::short(&2.5).to_string(), "2.5");
    /// ```
    #[must_use]
    pub fn short(value: &dyn core::fmt::Display) -> Self {
        let mut inline = Inline::EMPTY;
        let _ = core::fmt::Write::write_fmt(&mut inline, format_args!("{value}"));
        Self(Text::Inline(inline))
    }
}

impl<'a> From<&'a str> for LabelText<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(Text::Borrowed(text))
    }
}

impl core::fmt::Display for LabelText<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.0 {
            Text::Borrowed(text) => f.write_str(text),
            Text::Integer(n) => core::fmt::Display::fmt(n, f),
            Text::Inline(inline) => f.write_str(inline.as_str()),
        }
    }
}

/// The parts of a stored label set, in the order of declaration.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewSource<'v> {
    pub(crate) parts: core::slice::Iter<'v, StoredLabel<'v>>,
}

impl<'v> ViewSource<'v> {
    /// The next part, for its label type to show.
    fn part(&mut self) -> StoredLabel<'v> {
        self.parts.next().copied().unwrap_or(StoredLabel { text: "", index: 0, is_plain: true })
    }
}

/// The constants of a label type.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct LabelConstants {
    values: Option<&'static [&'static str]>,
    max_bytes: usize,
    is_one_form: bool,
    scopes: Option<ScopesOf>,
}

impl crate::desc::LabelDescriptor {
    /// The descriptor of a label of a type with these constants.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn of(name: &'static str, label: LabelConstants) -> Self {
        let LabelConstants { values, max_bytes, is_one_form, scopes } = label;
        if let Some(values) = values {
            assert!(!values.is_empty(), "this label has no values: `VALUES` is empty");
            assert!(
                is_one_form || are_distinct(values),
                "this label has one text twice in `VALUES`, so two of its values would be one series"
            );
        }
        assert!(
            max_bytes <= MOST_BYTES,
            "`MAX_BYTES` of this label is above 4,000, the most that a family keeps of a text"
        );
        Self { name, values, max_bytes, zeroed: false, scopes }
    }

    /// The same for a label that `#[zeroed(…)]` names.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn zeroed(self) -> Self {
        assert!(
            self.values.is_some(),
            "`#[zeroed]` names an open label: its values are not known before they are used"
        );
        Self { zeroed: true, ..self }
    }
}

/// Whether all texts differ.
const fn are_distinct(texts: &[&str]) -> bool {
    let mut i = 0;
    while i < texts.len() {
        let mut k = 0;
        while k < i {
            if are_equal(texts[i].as_bytes(), texts[k].as_bytes()) {
                return false;
            }
            k += 1;
        }
        i += 1;
    }
    true
}

const fn are_equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
