//! The code that records a call: guards, and label sets whose values come before or after the body.
//!
//! Not here: where it stands (`expand`). Invariant: each value of the user's is evaluated once, with
//! its tokens.

use super::ast::{Arguments, Ending, Endings, Field, Function, Measure, Set, Value};
use super::calls::Calls;
use crate::paths::respanned;
use crate::tokens::{has_word, span, stream};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// A function that is expanded, and all that its expansion depends on.
pub(super) struct Expansion<'a> {
    pub(super) site: Span,
    /// `__private` as the expansion imports it.
    pub(super) p: Ident,
    pub(super) measure: Measure,
    pub(super) arguments: &'a Arguments,
    pub(super) function: &'a Function,
    pub(super) calls: &'a Calls,
    pub(super) owner: Option<&'a str>,
    /// A reference to the value that the call returned.
    pub(super) value: TokenStream,
}

impl Expansion<'_> {
    /// How the call ended that returned the value.
    pub(super) fn exit(&self) -> TokenStream {
        let (site, p, value) = (self.site, &self.p, &self.value);
        quote_spanned!(site=> #p::probe(#value).__caas_exit())
    }

    /// Lets rustc refuse `on(…)` where the value is a future that is not measured.
    pub(super) fn told(&self, on: Endings) -> Option<TokenStream> {
        let is_value = !self.calls.asynchronous && !self.calls.unit;
        on.divided().filter(|_| is_value).map(|_| {
            let at = self.at_on();
            let (p, value) = (self.p_at(at), &self.value);
            quote_spanned!(at=> #p::told(#p::probe(#value).__caas_told());)
        })
    }

    /// `__private`, to be underlined at `span` if rustc finds a mistake.
    fn p_at(&self, span: Span) -> Ident {
        Ident::new(&self.p.to_string(), span)
    }

    /// The first ending in `on(…)`.
    fn at_on(&self) -> Span {
        let ending = self.arguments.on.as_ref().and_then(|on| on.endings.first());
        ending.map_or(self.site, |(_, name)| self.site.located_at(name.span()))
    }

    /// The guard of a label set that is known before the body.
    pub(super) fn guard(&self, set: &Set) -> TokenStream {
        // Mistakes that only types show are reported at the family.
        let at = self.site.located_at(span(&set.path, self.site));
        let p = self.p_at(at);
        let (literal, find) = (literal(set), self.find(set));
        if let Some(amount) = self.amount() {
            return quote_spanned!(at=> #p::counted_by(#literal, #find, #amount));
        }
        let function = Ident::new(self.measure.name(), at);
        quote_spanned!(at=> #p::#function(#literal, #find))
    }

    /// What `by` adds, if that is known before the body.
    fn amount(&self) -> Option<TokenStream> {
        self.arguments.by.as_ref().and_then(|by| match &by.amount {
            Value::Closure(_) => None,
            Value::Early(tokens) | Value::Constant(tokens) => Some(stream(tokens)),
            Value::Ending(token) => Some(token.to_token_stream()),
        })
    }

    /// How the guard finds its child.
    fn find(&self, set: &Set) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        if !set.is_literal() {
            return quote_spanned!(site=> #p::EachCall);
        }
        quote_spanned! {site=> {
            static __CAAS_CHILD: #p::SiteChild = #p::SiteChild::new();
            &__CAAS_CHILD
        }}
    }

    /// The guard of a label set without closures that counts some endings only.
    pub(super) fn restricted(&self, set: &Set, on: Endings) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        let (on, phase) = (on.tokens(p, site), self.phase(self.keeps_open()));
        if !set.fields.iter().any(|field| matches!(field.value, Value::Ending(_))) {
            let guard = self.guard(set);
            return quote_spanned!(site=> #p::on(#guard, #on, #phase));
        }
        let exit = quote_spanned!(site=> __caas_exit);
        let (held, child) = self.late(set, &exit);
        let (start, effect) = self.effect();
        // Told the type of the error, rustc can name it if a label does not fit.
        let output = &self.calls.output;
        let tokens: Vec<_> = output.clone().into_iter().collect();
        let of = if tokens.is_empty() || has_word(&tokens, &|word| word == "_") {
            quote_spanned!(site=> #p::Of::any())
        } else {
            quote_spanned!(site=>
                #p::Of::error(|__caas_value: &#output| #p::probe(__caas_value).__caas_exit())
            )
        };
        quote_spanned! {site=>
            #p::on_exit(#on, #phase, #of, {
                #held
                #start
                move |__caas_exit| #p::record(#effect, &#child)
            })
        }
    }

    /// The statements before the body and after it for a label set with a closure.
    pub(super) fn on_value(&self, set: &Set, on: Endings) -> (TokenStream, TokenStream) {
        let (site, p, value) = (self.site, &self.p, &self.value);
        let exit = self.exit();
        let (held, child) = self.late(set, &exit);
        let (start, effect) = self.effect();
        let record = quote_spanned!(site=> #p::record(#effect, &#child););
        let record = match on.divided() {
            Some(Ending::Ok) => {
                let told = self.told(on);
                quote_spanned! {site=>
                    #told
                    if let #p::Some(__caas_seen) = #p::probe(#value).__caas_ok() { #record }
                }
            }
            Some(_) => {
                let at = self.at_on();
                let value = respanned(value.clone(), at);
                let p_at = self.p_at(at);
                let error = quote_spanned!(at=> #p_at::err_of(#value));
                quote_spanned!(site=> if let #p::Some(__caas_seen) = #error { #record })
            }
            None => quote_spanned!(site=> { let __caas_seen = #value; #record }),
        };
        (quote_spanned!(site=> #held #start), record)
    }

    /// What is done before the body, and the effect that is recorded.
    fn effect(&self) -> (TokenStream, TokenStream) {
        let (site, p) = (self.site, &self.p);
        match self.measure {
            Measure::Timed => (
                quote_spanned!(site=> let __caas_start = #p::Time::start();),
                quote_spanned!(site=> __caas_start),
            ),
            _ => match self.arguments.by.as_ref().map(|by| &by.amount) {
                None => (TokenStream::new(), quote_spanned!(site=> #p::Count)),
                Some(Value::Closure(tokens)) => {
                    let at = site.located_at(span(tokens, site));
                    let (p, closure) = (self.p_at(at), stream(tokens));
                    let amount = quote_spanned!(at=> #p::By(#p::apply(__caas_seen, #closure)));
                    (TokenStream::new(), amount)
                }
                Some(_) => {
                    let amount = self.amount();
                    (
                        quote_spanned!(site=> let __caas_amount = #p::By(#amount);),
                        quote_spanned!(site=> __caas_amount),
                    )
                }
            },
        }
    }

    /// The statement that holds early values, and the child when all values are known. `exit` is how
    /// the call ended; closures look at `__caas_seen`.
    fn late(&self, set: &Set, exit: &TokenStream) -> (TokenStream, TokenStream) {
        let (site, p) = (self.site, &self.p);
        let value = |value: &Value| match value {
            Value::Early(tokens) | Value::Constant(tokens) => stream(tokens),
            // A value of another type than the label's is reported where it is written.
            Value::Closure(tokens) => {
                let at = site.located_at(span(tokens, site));
                let (p, closure) = (self.p_at(at), stream(tokens));
                quote_spanned!(at=> #p::apply(__caas_seen, #closure))
            }
            Value::Ending(token) => {
                let at = site.located_at(token.span());
                let (p, exit) = (self.p_at(at), respanned(exit.clone(), at));
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
