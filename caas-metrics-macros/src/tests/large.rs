//! Large input: what a macro does grows like its input, not like the square of it.

use proc_macro2::{Ident, Span};
use quote::quote;
use std::time::{Duration, Instant};

/// An enum of 20,000 variants takes a fraction of a second. When each text was compared with all
/// texts before it, this took minutes, so the limit says nothing about the machine.
#[test]
fn a_large_enum_expands_in_linear_time() {
    let variants = (0..20_000).map(|n| Ident::new(&format!("Variant{n}"), Span::call_site()));
    let item = quote!(
        enum Large {
            #(#variants),*
        }
    );
    let began = Instant::now();
    let expansion = crate::label_derive::expand(item);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(!expansion.is_empty());
}
