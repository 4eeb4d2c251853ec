//! From the tree to code: a guard in front of a body, and the body enclosed where the ending must be
//! known.
//!
//! Nothing can fail here. Invariant: the body occurs once, token for token, and the code names
//! `__private`, the user's tokens and itself.

use super::ast::{Arguments, Ending, Endings, Function, Measure, Set, Value};
use super::body::{Future, is_canonical, split_body, split_patterns};
use super::calls::{Calls, Obstacle, Place, reassigned};
use super::record::Expansion;
use super::tokens::{has_word, list, refilled, stream};
use crate::paths::ALIAS;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

/// What is put around a body.
struct Around {
    /// Items, which come first.
    items: TokenStream,
    /// Statements before the body.
    before: TokenStream,
    /// The variables of the guards that must know where the call is.
    guards: Vec<Ident>,
    /// Statements for when the call has returned a value; none if no value is looked at.
    end: Option<TokenStream>,
}

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
                // Clippy would miss the canonical body behind the guard; it does not look at braces
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
                expansion.in_front(&function.body, &around, body)
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
    fn in_front(&self, body: &Group, around: &Around, rest: TokenStream) -> TokenTree {
        let (site, items, before) = (self.site, &around.items, &around.before);
        let [attributes, leading, rest] = split_body(&Group::new(body.delimiter(), rest));
        refilled(body, quote_spanned!(site=> #attributes #leading #items #before #rest))
    }

    /// The statement that runs the body and keeps its value.
    fn enclosure(&self, body: &Group, guards: &[Ident], rest: &TokenStream) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        // As tokens of the user's, these words do not keep rustc from explaining what a closure in
        // the body does wrong.
        let at = body.span();
        let (output, returns) = (&self.calls.output, &self.calls.returns);
        // The dead `return` tells rustc the type, as the function's own would.
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
    fn enclosed(&self, body: &TokenTree) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        let closure = quote_spanned!(body.span()=> move ||);
        quote_spanned!(site=> #p::call_once(#closure #body))
    }

    /// A future that is made here, measured to its end.
    fn follow(&self, future: &TokenStream, around: &Around) -> TokenStream {
        let site = self.site;
        let guards = tuple(site, &around.guards);
        let closure = around.end.as_ref().map_or_else(
            || quote_spanned!(site=> |_, _| {}),
            |end| quote_spanned!(site=> move |#guards, __caas_value| { #end }),
        );
        quote_spanned!(site=> __caas_returns.__caas_follow(#future, #guards, #closure))
    }

    /// Whether labels are computed from arguments.
    fn has_early_labels(&self) -> bool {
        let mut labels = self.arguments.set.iter().flat_map(|set| &set.fields);
        labels.any(|field| matches!(field.value, Value::Early(_))) || self.arguments.by.is_some()
    }

    fn around(&self) -> Around {
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

    /// Whether a future is measured that is made by an expression.
    pub(super) fn is_followed(&self) -> bool {
        match &self.calls.place {
            Place::Function => false,
            Place::Value => true,
            Place::Tail(tail) => matches!(tail.future, Future::Expression(_)),
        }
    }

    /// A guard that records every call alike.
    fn plain(&self, items: TokenStream, guard: &TokenStream) -> Around {
        let name = Ident::new("__caas_guard", self.site);
        Around {
            items,
            before: quote_spanned!(self.site=> let #name = #guard;),
            guards: vec![name],
            end: None,
        }
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

    /// The statements for the built-in family.
    fn built_in(&self) -> Around {
        let (site, p) = (self.site, &self.p);
        let open = self.calls.obstacle.is_some();
        // A second attribute that counts the same calls clashes with this name, and rustc shows both.
        let (make, clash, guard) = match self.measure {
            Measure::Timed => ("duration_site", "CALLS_ARE_TIMED_HERE", "__caas_duration"),
            Measure::InFlight => {
                ("flight_site", "CALLS_IN_FLIGHT_ARE_COUNTED_HERE", "__caas_flight")
            }
            Measure::Counted => ("calls_site", "CALLS_ARE_COUNTED_HERE", "__caas_calls"),
        };
        let name = |name| Ident::new(name, site);
        let (make, clash, guard) = (name(make), name(clash), name(guard));
        let counts = self.measure == Measure::Counted;
        let endings = counts.then(|| self.endings(open).tokens(p, site));
        let phase = counts.then(|| self.phase(open));
        let function = self.name();
        let items = quote_spanned! {site=>
            static #clash: #p::Site = #p::#make(#p::module_path!(), #function, #endings);
        };
        let guard = quote_spanned! {site=>
            {
                #p::inventory::submit! { #p::Annotated(&#clash) }
                #clash.#guard(#phase)
            }
        };
        let mut around = self.plain(items, &guard);
        around.end = (counts && !open).then(|| {
            let value = &self.value;
            quote_spanned!(site=> #p::probe(#value).__caas_end(__caas_guard);)
        });
        around
    }

    /// The endings that the function's calls can have.
    fn endings(&self, open: bool) -> Endings {
        let (unit, waits) = (self.calls.unit, self.calls.waits);
        let mut endings = vec![Ending::Panic];
        endings.push(if open && !unit { Ending::Unknown } else { Ending::Ok });
        endings.extend((!open && !unit).then_some(Ending::Err));
        endings.extend((!open && waits).then_some(Ending::Cancelled));
        Endings::of(&endings)
    }

    /// Whether the body is not enclosed, although a family of the user's asks for the ending.
    pub(super) fn keeps_open(&self) -> bool {
        // What is a type parameter can be looked at; it only does not tell `ok` from `err`.
        self.calls.obstacle.is_some_and(|obstacle| obstacle != Obstacle::ReturnsParameter)
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

    /// The label `function` of the built-in families.
    fn name(&self) -> TokenStream {
        use syn::ext::IdentExt;

        let (site, p) = (self.site, &self.p);
        let name = self.function.name.unraw().to_string();
        match (&self.arguments.name, self.owner) {
            (Some(given), _) => {
                let given = &given.text;
                quote_spanned!(site=> #p::named(#given))
            }
            (None, Some(owner)) => {
                let name = format!("{owner}::{name}");
                quote_spanned!(site=> #p::named(#name))
            }
            // What a function is in, only rustc knows.
            (None, None) => {
                quote_spanned!(site=> { enum __CaasHere {} #p::around::<__CaasHere>(#name) })
            }
        }
    }
}

/// Variables as one pattern and one expression: a name, or a tuple of names.
fn tuple(site: Span, names: &[Ident]) -> TokenStream {
    match names {
        [only] => only.to_token_stream(),
        names => quote_spanned!(site=> (#(#names),*)),
    }
}
