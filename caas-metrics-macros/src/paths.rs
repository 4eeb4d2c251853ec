//! The one path that generated code names.
//!
//! Nothing of the user's scope is read here; other paths in an expansion are the user's tokens.
//! Invariant: an expansion names `…::__private` and nothing else of ours or of the standard library.

use crate::errors::error;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

/// What `__private` is called where an expansion imports it.
pub(crate) const ALIAS: &str = "__caas_p";

/// How the names of macros begin that are advice.
pub(crate) const ADVICE: &str = "without_this_dependency";

/// Where `__private` is: below `::caas_metrics`, `$crate` or the user's path.
pub(crate) struct Runtime {
    path: TokenStream,
    /// Whether nothing says where the crate is, so that its own name must do.
    is_assumed: bool,
}

impl Runtime {
    /// The runtime below a path: `$crate`, or what the user wrote after `crate =`.
    ///
    /// The path keeps its span, so a wrong one is an error where it is written.
    pub(crate) fn renamed(path: &impl ToTokens) -> Self {
        Self { path: quote!(#path::__private), is_assumed: false }
    }

    /// Reads the path after `crate =`. `written` is how to write it.
    pub(crate) fn parse(key: &Ident, input: ParseStream, written: &str) -> syn::Result<Self> {
        let mut path = TokenStream::new();
        loop {
            input.parse::<Option<Token![::]>>()?.to_tokens(&mut path);
            let Ok(word) = Ident::parse_any(input) else {
                return Err(Self::malformed(key, written));
            };
            if word == "Self" {
                return Err(error!(
                    word,
                    "`Self` is a type, and a crate is in no type: write `{written}`"
                ));
            }
            word.to_tokens(&mut path);
            if !input.peek(Token![::]) {
                return Ok(Self::renamed(&path));
            }
        }
    }

    /// The error where no path follows the key `crate`.
    pub(crate) fn malformed(key: &Ident, written: &str) -> syn::Error {
        error!(key, "`crate` is a path: write `{written}`")
    }

    /// `use …::__private as __caas_p;`, the one line on which the rest of an expansion depends.
    ///
    /// rustc does not report what depends on an import that failed, and it reports imports with one
    /// span once. So a wrong path is one error, however much is generated.
    pub(crate) fn import(&self, site: Span) -> TokenStream {
        self.import_as(&Ident::new(ALIAS, site))
    }

    fn import_as(&self, alias: &Ident) -> TokenStream {
        let path = &self.path;
        quote_spanned!(alias.span()=> use #path as #alias;)
    }

    /// The same for `#[attribute]`, with advice if the path is only assumed, because that crate may be
    /// missing. rustc's error has no room for words of ours, but it names the macro that an import comes
    /// from; so a macro with the advice as its name imports.
    pub(crate) fn import_or_advise(&self, alias: &Ident, attribute: &str) -> TokenStream {
        let (import, site) = (self.import_as(alias), alias.span());
        if !self.is_assumed {
            return import;
        }
        let advice = format!("{ADVICE}_write_{attribute}_crate_equals_path");
        let advice = Ident::new(&advice, site);
        quote_spanned! {site=>
            macro_rules! #advice { () => { #import } }
            #advice! {}
        }
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self { path: quote!(::caas_metrics::__private), is_assumed: true }
    }
}

/// The tokens with another span, at the top level; what is in groups keeps its own.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}
