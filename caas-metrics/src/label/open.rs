//! The open labels of the standard library: strings, integers, addresses, options, references.
//!
//! Not here: labels of other crates (`http.rs`). Invariant: no implementation allocates.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::{borrow::Cow, rc::Rc, sync::Arc};

use super::{Label, LabelText, StoredLabel};
use crate::{ended::ScopesOf, storage::key::Text};

macro_rules! strings {
    ($($type:ty),*) => {$(
        impl Label for $type {
            const __ONE_FORM: bool = true;
            type View<'v> = &'v str;

            #[inline]
            fn text(&self) -> LabelText<'_> {
                LabelText::from(&**self)
            }

            fn view(part: StoredLabel<'_>) -> &str {
                part.text()
            }
        }
    )*};
}

strings!(String, Box<str>, Rc<str>, Arc<str>, Cow<'_, str>);

impl Label for str {
    const __ONE_FORM: bool = true;
    type View<'v> = &'v str;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::from(self)
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

/// A reference is the label that it refers to.
impl<L: Label + ?Sized> Label for &L {
    const VALUES: Option<&'static [&'static str]> = L::VALUES;
    const MAX_BYTES: usize = L::MAX_BYTES;
    const __ONE_FORM: bool = L::__ONE_FORM;
    const __SCOPES: Option<ScopesOf> = L::__SCOPES;
    type View<'v> = L::View<'v>;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        (**self).text()
    }

    #[inline]
    fn index(&self) -> usize {
        (**self).index()
    }

    fn view(part: StoredLabel<'_>) -> Self::View<'_> {
        L::view(part)
    }
}

/// `None` is the empty text. An option is open, even if its label is closed.
impl<L: Label> Label for Option<L> {
    const MAX_BYTES: usize = L::MAX_BYTES;
    const __ONE_FORM: bool = L::__ONE_FORM;
    const __SCOPES: Option<ScopesOf> = L::__SCOPES;
    type View<'v> = &'v str;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        self.as_ref().map_or_else(|| LabelText::from(""), Label::text)
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

macro_rules! displayed {
    ($($type:ty),*) => {$(
        impl Label for $type {
            const __ONE_FORM: bool = true;
            type View<'v> = &'v str;

            #[inline]
            fn text(&self) -> LabelText<'_> {
                LabelText::short(self)
            }

            fn view(part: StoredLabel<'_>) -> &str {
                part.text()
            }
        }
    )*};
}

displayed!(char, IpAddr, Ipv4Addr, Ipv6Addr);

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl From<$type> for LabelText<'_> {
            #[inline]
            fn from(n: $type) -> Self {
                match u32::try_from(n) {
                    Ok(small) if small < 1 << 31 => Self(Text::Integer(small)),
                    _ => Self::short(&n),
                }
            }
        }

        impl Label for $type {
            const __ONE_FORM: bool = true;
            type View<'v> = &'v str;

            #[inline]
            fn text(&self) -> LabelText<'_> {
                LabelText::from(*self)
            }

            fn view(part: StoredLabel<'_>) -> &str {
                part.text()
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
