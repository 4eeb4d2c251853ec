//! A label type as plain data with spans.
//!
//! Nothing is judged here: a tree may hold every mistake that `check` knows.
//! Invariant: whatever an error or the expansion has to point at is kept as the user's own tokens.

use super::generics::Generics;
use crate::naming::Case;
use crate::paths::Runtime;
use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{LitInt, LitStr};

/// A type with `#[derive(Label)]`.
pub(crate) struct LabelType {
    pub(crate) runtime: Runtime,
    pub(crate) visibility: TokenStream,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    /// A field-less enum: a closed label.
    Closed { case: Case, variants: Vec<Variant> },
    /// A struct with one field: open or closed like that.
    Newtype {
        member: TokenStream,
        field_type: TokenStream,
        /// `#[label(max_bytes = …)]`
        max_bytes: Option<LitInt>,
    },
}

/// One value of a closed label.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// `#[label(rename = "…")]`
    pub(crate) rename: Option<LitStr>,
    /// The key of `#[label(other)]`.
    pub(crate) other: Option<Ident>,
    /// Fields, which a value of a label can't have.
    pub(crate) fields: TokenStream,
}

impl Variant {
    /// The variant's text on the wire.
    pub(crate) fn text(&self, case: Case) -> String {
        match &self.rename {
            Some(rename) => rename.value(),
            None => case.apply(&self.ident.unraw().to_string()),
        }
    }

    /// The token that an error about the text underlines.
    pub(crate) fn text_site(&self) -> TokenStream {
        use quote::ToTokens;
        match &self.rename {
            Some(rename) => rename.to_token_stream(),
            None => self.ident.to_token_stream(),
        }
    }
}
