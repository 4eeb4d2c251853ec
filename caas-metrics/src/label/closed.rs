//! The closed labels of the standard library.
//!
//! Enums get their implementation from `#[derive(Label)]`. Invariant: `index` is a position in
//! `VALUES`.

use super::{Label, LabelText, StoredLabel};

impl Label for bool {
    const VALUES: Option<&'static [&'static str]> = Some(&["false", "true"]);
    const __ONE_FORM: bool = true;
    type View<'v> = Self;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::closed::<Self>(self.index())
    }

    #[inline]
    fn index(&self) -> usize {
        usize::from(*self)
    }

    fn view(part: StoredLabel<'_>) -> Self {
        part.index() == 1
    }
}
