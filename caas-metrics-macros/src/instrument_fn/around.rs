//! What is put around a body: guards before it, and what they get to know after it.
//!
//! Not here: where it is put (`expand`); guards with labels (`record`); the built-in families
//! (`built_in`). Invariant: a call is recorded at most once by each guard.

use super::ast::{Ending, Endings, Measure, Set, Value};
use super::body::Future;
use super::calls::{Obstacle, Place};
use super::record::Expansion;
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

pub(super) struct Around {
    /// Items, which come first.
    pub(super) items: TokenStream,
    /// Statements before the body.
    pub(super) before: TokenStream,
    /// The variables of the guards that must know where the call is.
    pub(super) guards: Vec<Ident>,
    /// Statements for when the call has returned a value; none if no value is looked at.
    pub(super) end: Option<TokenStream>,
}

impl Expansion<'_> {
    pub(super) fn around(&self) -> Around {
        let mut around = match &self.arguments.set {
            None => self.built_in(),
            Some(set) => self.family(set),
        };
        let import = self.arguments.runtime.import_or_advise(&self.p, self.measure.name());
        let items = around.items;
        around.items = quote_spanned!(self.site=> #import #items);
        if self.is_followed() {
            let (site, p) = (self.site, &self.p);
            let (returns, output, before) =
                (&self.calls.returns, &self.calls.output, &around.before);
            let returns = if !returns.is_empty() {
                returns.clone()
            } else if output.is_empty() {
                quote_spanned!(site=> #p::Ready<_>)
            } else {
                quote_spanned!(site=> #p::Ready<#output>)
            };
            around.before = quote_spanned! {site=>
                let __caas_returns = #p::Returns::<#returns>::new();
                #before
            };
        }
        around
    }

    /// The statements for a family of the user's.
    fn family(&self, set: &Set) -> Around {
        let (site, p) = (self.site, &self.p);
        let on = self.on();
        let is_late = |accept: fn(&Value) -> bool| set.fields.iter().any(|f| accept(&f.value));
        let has_ending = is_late(|value| matches!(value, Value::Ending(_)));
        let is_plain = on == Endings::ALL && !has_ending && !self.arguments.has_closure();
        if self.measure == Measure::InFlight || is_plain {
            return self.plain(TokenStream::new(), &self.guard(set));
        }
        let mut guards = Vec::new();
        let otherwise = self.arguments.otherwise.as_ref().map(|otherwise| {
            let guard = self.restricted(&otherwise.set, Endings::DROPPED);
            guards.push(Ident::new("__caas_otherwise", site));
            quote_spanned!(site=> let __caas_otherwise = #p::otherwise(#guard);)
        });
        let returned =
            otherwise.as_ref().map(|_| quote_spanned!(site=> #p::returned(__caas_otherwise);));
        let items = TokenStream::new();
        if self.arguments.has_closure() {
            let (held, record) = self.on_value(set, on);
            let before = quote_spanned!(site=> #otherwise #held);
            let end = Some(quote_spanned!(site=> #record #returned));
            return Around { items, before, guards, end };
        }
        let guard = self.restricted(set, on);
        let before = quote_spanned!(site=> #otherwise let __caas_guard = #guard;);
        guards.push(Ident::new("__caas_guard", site));
        let end = (!self.keeps_open()).then(|| {
            let (value, told) = (&self.value, self.told(on));
            quote_spanned!(site=> #told #p::probe(#value).__caas_end(__caas_guard); #returned)
        });
        Around { items, before, guards, end }
    }

    /// A guard that records every call alike.
    pub(super) fn plain(&self, items: TokenStream, guard: &TokenStream) -> Around {
        let name = Ident::new("__caas_guard", self.site);
        Around {
            items,
            before: quote_spanned!(self.site=> let #name = #guard;),
            guards: vec![name],
            end: None,
        }
    }

    /// The endings that count.
    fn on(&self) -> Endings {
        match (&self.arguments.on, &self.arguments.otherwise) {
            (Some(on), _) => {
                let endings: Vec<Ending> = on.endings.iter().map(|(ending, _)| *ending).collect();
                Endings::of(&endings)
            }
            (None, Some(_)) => Endings::RETURNED,
            (None, None) => Endings::ALL,
        }
    }

    /// Where a call is when its guard is made.
    pub(super) fn phase(&self, open: bool) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        if self.is_followed() {
            return quote_spanned!(site=> __caas_returns.__caas_unseen());
        }
        match (open, self.calls.unit) {
            (false, _) => quote_spanned!(site=> #p::Phase::Runs),
            (true, true) => quote_spanned!(site=> #p::Phase::unseen_ok()),
            (true, false) => quote_spanned!(site=> #p::Phase::unseen()),
        }
    }

    /// Whether the body is not enclosed, although a family of the user's asks for the ending.
    pub(super) fn keeps_open(&self) -> bool {
        // What is a type parameter can be looked at; it only does not tell `ok` from `err`.
        self.calls.obstacle.is_some_and(|obstacle| obstacle != Obstacle::ReturnsParameter)
    }

    /// Whether a future is measured that is made by an expression.
    pub(super) fn is_followed(&self) -> bool {
        match &self.calls.place {
            Place::Function => false,
            Place::Value => true,
            Place::Tail(tail) => matches!(tail.future, Future::Expression(_)),
        }
    }
}
