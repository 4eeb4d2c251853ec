//! From the tree to code: the function with guards before its body, which is enclosed where the ending
//! must be known.
//!
//! Not here: what the guards are (`around`), and how a body is enclosed (`enclose`). Nothing can fail
//! here. Invariant: the body occurs once, token for token, and the code names `__private`, the user's
//! tokens and itself.

use super::around::Around;
use super::ast::{Arguments, Function, Measure, Value};
use super::body::{Future, is_canonical, split_body, split_patterns};
use super::calls::{Calls, Place};
use super::record::Expansion;
use crate::paths::ALIAS;
use crate::tokens::{has_word, list, refilled, stream};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;

/// The function with its calls measured.
pub(super) fn function(
    measure: Measure,
    arguments: &Arguments,
    function: &Function,
    calls: &Calls,
    owner: Option<&str>,
) -> TokenStream {
    let site = Span::mixed_site();
    // In the code that an `end` is for, the value is a reference where a future has returned it.
    let value = match &calls.place {
        Place::Function => quote_spanned!(site=> &__caas_value),
        Place::Tail(tail) if matches!(tail.future, Future::Block(_)) => {
            quote_spanned!(site=> &__caas_value)
        }
        Place::Tail(_) | Place::Value => quote_spanned!(site=> __caas_value),
    };
    let p = alias(&function.body, site);
    let expansion = Expansion { site, p, measure, arguments, function, calls, owner, value };
    let around = expansion.around();
    let body = match &calls.place {
        Place::Function => {
            let mut body = expansion.body(&function.body, &around);
            if is_canonical(function) {
                // Clippy would miss the canonical body after the guard; it does not look at braces
                // of a macro. For these bodies it makes no other difference whose the braces are.
                body.set_span(expansion.site.located_at(function.body.span()));
            }
            body
        }
        Place::Tail(tail) => match &tail.future {
            Future::Block(block) => {
                let block = expansion.body(block, &around);
                refilled(&function.body, tail.body(block.into()))
            }
            Future::Expression(future) => {
                let body = tail.body(expansion.follow(&stream(future), &around));
                expansion.after_guards(&function.body, &around, body)
            }
        },
        Place::Value => {
            let [attributes, leading, rest] = split_body(&function.body);
            let made = expansion.enclosed(&refilled(&function.body, rest));
            let value = quote_spanned!(site=> __caas_value);
            let followed = expansion.follow(&value, &around);
            let body = quote_spanned!(site=> let __caas_value = #made; return #followed);
            let (items, before) = (&around.items, &around.before);
            let whole = quote_spanned!(site=> #attributes #leading #items #before #body);
            refilled(&function.body, whole)
        }
    };
    let mut tokens = TokenStream::new();
    if is_empty_and_inline(function) {
        // Clippy only lets empty functions be always inline, which this one no longer is.
        tokens.extend(quote_spanned!(expansion.site=> #[allow(clippy::inline_always)]));
    }
    tokens.extend(function.head.iter().cloned());
    tokens.extend([body]);
    tokens
}

/// What `__private` is called in a body. Another attribute may have imported it there.
fn alias(body: &Group, site: Span) -> Ident {
    let body = list(body.stream());
    let mut alias = ALIAS.to_owned();
    while has_word(&body, &|word| *word == alias) {
        alias.push('_');
    }
    Ident::new(&alias, site)
}

fn is_empty_and_inline(function: &Function) -> bool {
    let has = |wanted: &str| has_word(&function.attributes, &|word| word == wanted);
    function.body.stream().is_empty() && has("inline") && has("always")
}

impl Expansion<'_> {
    /// A body after its guards, and enclosed if its value is looked at.
    fn body(&self, body: &Group, around: &Around) -> TokenTree {
        let site = self.site;
        let [attributes, leading, rest] = split_body(body);
        let (items, before) = (&around.items, &around.before);
        let [patterns, rest] =
            if self.has_early_labels() { split_patterns(rest) } else { [TokenStream::new(), rest] };
        let Some(end) = &around.end else {
            return refilled(
                body,
                quote_spanned!(site=> #attributes #leading #items #patterns #before #rest),
            );
        };
        let enclosed = self.enclosure(body, &around.guards, &rest);
        let whole = quote_spanned! {site=>
            #attributes
            #leading
            #items
            #patterns
            #before
            #enclosed
            #end
            return __caas_value
        };
        refilled(body, whole)
    }

    /// Items and guards, and then what became of the function's body.
    fn after_guards(&self, body: &Group, around: &Around, rest: TokenStream) -> TokenTree {
        let (site, items, before) = (self.site, &around.items, &around.before);
        let [attributes, leading, rest] = split_body(&Group::new(body.delimiter(), rest));
        refilled(body, quote_spanned!(site=> #attributes #leading #items #before #rest))
    }

    /// Whether labels are computed from arguments.
    fn has_early_labels(&self) -> bool {
        let mut labels = self.arguments.set.iter().flat_map(|set| &set.fields);
        labels.any(|field| matches!(field.value, Value::Early(_))) || self.arguments.by.is_some()
    }
}
