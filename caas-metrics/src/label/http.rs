//! Labels from the `http` crate: methods and status codes.
//!
//! Not here: the server. Invariant: both are open labels. A client can send any method, so only the
//! cardinality limit bounds it, or an enum of your own with `#[label(other)]`.

use http::{Method, StatusCode};

use super::{Label, LabelText, StoredLabel};

impl Label for Method {
    const __ONE_FORM: bool = true;
    type View<'v> = &'v str;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::from(self.as_str())
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

impl Label for StatusCode {
    const __ONE_FORM: bool = true;
    type View<'v> = &'v str;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::from(self.as_u16())
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}
