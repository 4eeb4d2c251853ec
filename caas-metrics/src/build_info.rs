//! The labels of `build_info!`: each has one text, which the compiler knows.
//!
//! Not here: the macro (`macros/build_info.rs`), and the family, which is one of [`metrics!`](crate::metrics).
//! Invariant: all of it is constant.

use core::marker::PhantomData;

use crate::label::{Label, LabelText, StoredLabel};

/// The version of the compiler, which the build script asks for.
///
/// Not public API. Used by `build_info!`.
#[doc(hidden)]
pub const RUSTC: &str = BuildText(option_env!("CAAS_METRICS_RUSTC")).text();

/// The texts of the labels of a program's `build_info`.
///
/// Not public API. Used by `build_info!`.
#[doc(hidden)]
pub trait BuildTexts {
    const TEXTS: &'static [&'static str];
}

/// The label in a place of `build_info`. It has one value.
///
/// Not public API. Used by `build_info!`.
#[doc(hidden)]
#[derive(Debug)]
pub struct BuildLabel<T, const PLACE: usize>(PhantomData<T>);

impl<T: BuildTexts, const PLACE: usize> Label for BuildLabel<T, PLACE> {
    const VALUES: Option<&'static [&'static str]> = Some(&[T::TEXTS[PLACE]]);
    const __ONE_FORM: bool = true;
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        LabelText::closed::<Self>(0)
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

/// A text, or an option of one, as a label of `build_info` has it.
///
/// Not public API. Used by `build_info!`.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct BuildText<T>(pub T);

impl BuildText<&'static str> {
    #[must_use]
    pub const fn text(self) -> &'static str {
        if self.0.is_empty() { "unknown" } else { self.0 }
    }
}

impl BuildText<Option<&'static str>> {
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self.0 {
            Some(text) => BuildText(text).text(),
            None => "unknown",
        }
    }
}

/// The first of these variables that is set to something.
///
/// Not public API. Used by `build_info!`.
#[doc(hidden)]
#[must_use]
pub const fn revision(variables: &[Option<&'static str>]) -> Option<&'static str> {
    let mut i = 0;
    while i < variables.len() {
        match variables[i] {
            Some(text) if !text.is_empty() => return Some(text),
            _ => i += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_with_a_text_is_the_revision() {
        assert_eq!(revision(&[None, Some(""), Some("a"), Some("b")]), Some("a"));
        assert_eq!(revision(&[None, Some("")]), None);
    }

    #[test]
    fn what_is_not_known_says_so() {
        assert_eq!(BuildText("a").text(), "a");
        assert_eq!(BuildText(Some("a")).text(), "a");
        assert_eq!([BuildText("").text(), BuildText(None).text()], ["unknown"; 2]);
        assert_eq!(BuildText(Some("")).text(), "unknown");
    }
}
