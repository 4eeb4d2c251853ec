//! The code that records a call: guards, and label sets whose values come before or after the body.
//!
//! Not here: where it stands (`expand`). Invariant: each value of the user's is evaluated once, with
//! its tokens.

use super::ast::{Arguments, Field, Function, Measure, Set, Value};
use super::calls::Calls;
use super::tokens::{span, stream};
use crate::paths::respanned;
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The bits of the endings with a value.
pub(super) const RETURNED: u8 = 3;

/// A function that is expanded, and all that its expansion depends on.
pub(super) struct Expansion<'a> {
    pub(super) site: Span,
    pub(super) measure: Measure,
    pub(super) arguments: &'a Arguments,
    pub(super) function: &'a Function,
    pub(super) calls: &'a Calls,
    pub(super) owner: Option<&'a str>,
}

impl Expansion<'_> {
    /// How the call ended that returned `__caas_value`.
    pub(super) fn exit(&self) -> TokenStream {
        let (site, p) = (self.site, &self.arguments.runtime);
        quote_spanned!(site=> #p::Probe::new(&__caas_value).__caas_exit())
    }

    /// The guard of a label set that is known before the body.
    pub(super) fn guard(&self, set: &Set) -> TokenStream {
        // Mistakes that only types show are reported at the family.
        let at = self.site.located_at(span(&set.path, self.site));
        let p = self.arguments.runtime.at(at);
        let function = proc_macro2::Ident::new(self.measure.name(), at);
        let (literal, find) = (literal(set), self.find(set));
        quote_spanned!(at=> #p::#function(#literal, #find))
    }

    /// How the guard finds its child.
    fn find(&self, set: &Set) -> TokenStream {
        let (site, p) = (self.site, &self.arguments.runtime);
        if !set.is_literal() {
            return quote_spanned!(site=> #p::EachCall);
        }
        quote_spanned! {site=> {
            static __CAAS_CHILD: #p::SiteChild = #p::SiteChild::new();
            &__CAAS_CHILD
        }}
    }

    /// The guard of a label set without closures that counts some endings only.
    pub(super) fn restricted(&self, set: &Set, on: u8) -> TokenStream {
        let (site, p) = (self.site, &self.arguments.runtime);
        let bits = Literal::u8_unsuffixed(on);
        if !set.fields.iter().any(|field| matches!(field.value, Value::Ending(_))) {
            let guard = self.guard(set);
            return quote_spanned!(site=> #p::on(#guard, #bits));
        }
        let exit = quote_spanned!(site=> __caas_exit);
        let (held, child) = self.late(set, &exit);
        let (start, effect) = self.effect();
        quote_spanned! {site=>
            #p::on_exit(#bits, {
                #held
                #start
                move |__caas_exit| #p::record(#effect, &#child)
            })
        }
    }

    /// The statements in front of the body and behind it for a label set with a closure.
    pub(super) fn on_value(&self, set: &Set, on: u8) -> (TokenStream, TokenStream) {
        let (site, p) = (self.site, &self.arguments.runtime);
        let exit = self.exit();
        let (held, child) = self.late(set, &exit);
        let (start, effect) = self.effect();
        let record = quote_spanned!(site=> #p::record(#effect, &#child););
        let ending = self.arguments.on.as_ref().and_then(|on| on.endings.first());
        let at = ending.map_or(site, |(_, name)| site.located_at(name.span()));
        let record = match on & RETURNED {
            1 => quote_spanned! {site=>
                if let #p::Some(__caas_seen) = #p::Probe::new(&__caas_value).__caas_ok() { #record }
            },
            2 => {
                let value = quote_spanned!(at=> &__caas_value);
                quote_spanned!(site=> if let #p::Some(__caas_seen) = #p::err_of(#value) { #record })
            }
            _ => quote_spanned!(site=> { let __caas_seen = &__caas_value; #record }),
        };
        (quote_spanned!(site=> #held #start), record)
    }

    /// What is done before the body, and the effect that is recorded.
    fn effect(&self) -> (TokenStream, TokenStream) {
        let (site, p) = (self.site, &self.arguments.runtime);
        match self.measure {
            Measure::Timed => (
                quote_spanned!(site=> let __caas_start = #p::Time::start();),
                quote_spanned!(site=> __caas_start),
            ),
            _ => (TokenStream::new(), quote_spanned!(site=> #p::Count)),
        }
    }

    /// The statement that holds early values, and the child when all values are known. `exit` is how
    /// the call ended; closures look at `__caas_seen`.
    fn late(&self, set: &Set, exit: &TokenStream) -> (TokenStream, TokenStream) {
        let (site, p) = (self.site, &self.arguments.runtime);
        let value = |value: &Value| match value {
            Value::Early(tokens) | Value::Constant(tokens) => stream(tokens),
            // A value of another type than the label's is reported where it is written.
            Value::Closure(tokens) => {
                let at = site.located_at(span(tokens, site));
                let (p, closure) = (self.arguments.runtime.at(at), stream(tokens));
                quote_spanned!(at=> #p::apply(__caas_seen, #closure))
            }
            Value::Ending(token) => {
                let at = site.located_at(token.span());
                let (p, exit) = (self.arguments.runtime.at(at), respanned(exit.clone(), at));
                quote_spanned!(at=> #p::FromExit::from_exit(#exit))
            }
        };
        let is_early = |field: &&Field| matches!(field.value, Value::Early(_));
        let (early, late): (Vec<_>, Vec<_>) = set.fields.iter().partition(is_early);
        let path = stream(&set.path);
        if early.is_empty() {
            let fields = late.iter().map(|field| {
                let (attributes, name) = (stream(&field.attributes), &field.name);
                let value = value(&field.value);
                quote_spanned!(site=> #attributes #name: #value)
            });
            return (
                TokenStream::new(),
                quote_spanned!(site=> #p::resolve(&#path { #(#fields),* })),
            );
        }
        let hold = |held: &[&Field]| {
            let names = held.iter().map(|field| {
                use syn::ext::IdentExt;
                field.name.unraw().to_string()
            });
            let variables: Vec<_> = (0..held.len())
                .map(|number| quote::format_ident!("__caas_{number}", span = site))
                .collect();
            let fields = set.fields.iter().map(|field| {
                let name = &field.name;
                let position = held.iter().position(|held| held.name == *name);
                let variable = position.and_then(|position| variables.get(position));
                let value = variable
                    .map_or_else(|| quote_spanned!(site=> #p::never()), ToTokens::to_token_stream);
                quote_spanned!(site=> #name: #value)
            });
            let values = held.iter().map(|field| value(&field.value));
            quote_spanned! {site=>
                #p::fields([#(#names),*], |(#(#variables,)*)| #path { #(#fields),* })
                    .__caas_hold((#(#values,)*))
            }
        };
        let (early, late) = (hold(&early), hold(&late));
        (
            quote_spanned!(site=> let __caas_early = #early;),
            quote_spanned!(site=> #p::resolve_held_with(&__caas_early, &#late)),
        )
    }
}

/// A label set as the user wrote it.
fn literal(set: &Set) -> TokenStream {
    let mut literal = stream(&set.path);
    set.braces.to_tokens(&mut literal);
    literal
}
