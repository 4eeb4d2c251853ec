//! How a body is enclosed, so that its value can be looked at.
//!
//! Not here: which bodies are (`calls`), and what is done with the value (`around`). Invariant: rustc
//! says of the body what it says without the attribute.

use super::around::Around;
use super::calls::reassigned;
use super::record::Expansion;
use crate::tokens::refilled;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

impl Expansion<'_> {
    /// The statement that runs the body and keeps its value.
    pub(super) fn enclosure(
        &self,
        body: &Group,
        guards: &[Ident],
        rest: &TokenStream,
    ) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        // As tokens of the user's, these words do not keep rustc from explaining what a closure in
        // the body does wrong.
        let at = body.span();
        let (output, returns) = (&self.calls.output, &self.calls.returns);
        // The dead `return` gives rustc the type, as the function's own would.
        let typed = |never: TokenStream| quote_spanned!(site=> if false { return #never; });
        let of_future = (output.is_empty() && !returns.is_empty())
            .then(|| typed(quote_spanned!(site=> #p::Returns::<#returns>::new().__caas_never())));
        let reassigned = reassigned(self.function);
        // What the body assigns to is a variable of the body's own, and needlessly `mut` outside.
        let outside = (!reassigned.is_empty()).then(
            || quote_spanned!(site=> #(let _ = &mut #reassigned;)* #[allow(unused_assignments)]),
        );
        let read = quote_spanned!(site=> #(let mut #reassigned = #reassigned;)*);
        if !self.calls.waits {
            let inner = refilled(body, quote_spanned!(site=> #of_future #read #rest));
            let arrow = (!output.is_empty()).then(|| quote_spanned!(site=> -> #output));
            let closure = quote_spanned!(at=> move ||);
            return quote_spanned! {site=>
                #outside
                #[allow(clippy::default_numeric_fallback)]
                let __caas_value = #p::call_once(#closure #arrow #inner);
            };
        }
        let typed = if output.is_empty() {
            of_future
        } else {
            Some(typed(quote_spanned!(site=> #p::never::<#output>())))
        };
        let inner = refilled(body, quote_spanned!(site=> #typed #read #rest));
        let block = quote_spanned!(at=> async move);
        let names = tuple(site, guards);
        if guards.is_empty() {
            return quote_spanned!(site=> #outside let __caas_value = #block #inner.await;);
        }
        quote_spanned! {site=>
            #outside
            let (#names, __caas_value) = #p::follow(#names, #p::pin!(#block #inner)).await;
        }
    }

    /// A body that returns `impl Future`, run at once.
    pub(super) fn enclosed(&self, body: &TokenTree) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        let closure = quote_spanned!(body.span()=> move ||);
        quote_spanned!(site=> #p::call_once(#closure #body))
    }

    /// A future that is made here, measured to its end.
    pub(super) fn follow(&self, future: &TokenStream, around: &Around) -> TokenStream {
        let site = self.site;
        let guards = tuple(site, &around.guards);
        let closure = around.end.as_ref().map_or_else(
            || quote_spanned!(site=> |_, _| {}),
            |end| quote_spanned!(site=> move |#guards, __caas_value| { #end }),
        );
        quote_spanned!(site=> __caas_returns.__caas_follow(#future, #guards, #closure))
    }
}

/// Variables as one pattern and one expression: a name, or a tuple of names.
fn tuple(site: Span, names: &[Ident]) -> TokenStream {
    match names {
        [only] => only.to_token_stream(),
        names => quote_spanned!(site=> (#(#names),*)),
    }
}
