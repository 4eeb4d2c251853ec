//! From the tree to code: a guard in front of a body, and the body enclosed where the ending must be
//! known.
//!
//! Nothing can fail here. Invariant: the body occurs once, token for token, and the code names
//! `__private`, the user's tokens and itself.

use super::ast::{Arguments, Ending, Function, Measure, Set, Value};
use super::calls::{Calls, Place, is_canonical, split_body};
use super::tokens::{has_word, refilled, span, stream};
use crate::paths::respanned;
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The bits of all endings, of those with a value, and of those without.
const ALL: u8 = 15;
const RETURNED: u8 = 3;
const DROPPED: u8 = 12;

/// What is put around a body.
struct Around {
    /// Statements in front of the body.
    before: TokenStream,
    /// Statements behind the body, where its value is `__caas_value`; none if it is not enclosed.
    after: Option<TokenStream>,
}

/// The function with its calls measured.
pub(super) fn function(
    measure: Measure,
    arguments: &Arguments,
    function: &Function,
    calls: &Calls,
    owner: Option<&str>,
) -> TokenStream {
    let expansion =
        Expansion { site: Span::mixed_site(), measure, arguments, function, calls, owner };
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
        Place::Future(future) => {
            let block = expansion.body(&future.block, &around);
            refilled(&function.body, future.body(block))
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

fn is_empty_and_inline(function: &Function) -> bool {
    let has = |wanted: &str| has_word(&function.attributes, &|word| word == wanted);
    function.body.stream().is_empty() && has("inline") && has("always")
}

struct Expansion<'a> {
    site: Span,
    measure: Measure,
    arguments: &'a Arguments,
    function: &'a Function,
    calls: &'a Calls,
    owner: Option<&'a str>,
}

impl Expansion<'_> {
    /// The block around a body.
    fn body(&self, body: &proc_macro2::Group, around: &Around) -> proc_macro2::TokenTree {
        let (site, p, output) = (self.site, &self.arguments.runtime, &self.calls.output);
        let [attributes, items, rest] = split_body(body);
        let before = &around.before;
        let Some(after) = &around.after else {
            return refilled(body, quote_spanned!(site=> #attributes #items #before #rest));
        };
        let enclosed = if self.calls.asynchronous {
            // The dead `return` tells rustc the type, as the function's own would.
            let typed = (!output.is_empty())
                .then(|| quote_spanned!(site=> if false { return #p::never::<#output>(); }));
            let inner = refilled(body, quote_spanned!(site=> #items #typed #rest));
            quote_spanned!(site=> async move #inner.await)
        } else {
            let inner = refilled(body, quote_spanned!(site=> #items #rest));
            let arrow = (!output.is_empty()).then(|| quote_spanned!(site=> -> #output));
            quote_spanned!(site=> #p::call_once(move || #arrow #inner))
        };
        let whole = quote_spanned! {site=>
            #attributes
            #before
            let __caas_value = #enclosed;
            #after
            __caas_value
        };
        refilled(body, whole)
    }

    fn around(&self) -> Around {
        match &self.arguments.set {
            None => self.built_in(),
            Some(set) if self.measure == Measure::InFlight => {
                let guard = self.guard(set);
                Around {
                    before: quote_spanned!(self.site=> let __caas_guard = #guard;),
                    after: None,
                }
            }
            Some(set) => self.family(set),
        }
    }

    /// The statements for a family of the user's.
    fn family(&self, set: &Set) -> Around {
        let (site, p) = (self.site, &self.arguments.runtime);
        let on = self.on();
        let is_late = |accept: fn(&Value) -> bool| set.fields.iter().any(|f| accept(&f.value));
        let has_closure = is_late(|value| matches!(value, Value::Closure(_)));
        let has_ending = is_late(|value| matches!(value, Value::Ending(_)));
        let otherwise = self.arguments.otherwise.as_ref().map(|otherwise| {
            let guard = self.restricted(&otherwise.set, DROPPED);
            quote_spanned!(site=> let __caas_otherwise = #p::otherwise(#guard);)
        });
        let returned =
            otherwise.as_ref().map(|_| quote_spanned!(site=> #p::returned(__caas_otherwise);));
        if has_closure {
            let (held, record) = self.on_value(set, on);
            let before = quote_spanned!(site=> #otherwise #held);
            return Around { before, after: Some(quote_spanned!(site=> #record #returned)) };
        }
        if on == ALL && !has_ending {
            let guard = self.guard(set);
            return Around {
                before: quote_spanned!(site=> let __caas_guard = #guard;),
                after: None,
            };
        }
        // A body that is not enclosed panics, or it does not: then the guard sees what would be a
        // cancellation elsewhere.
        let divides = on & RETURNED == 1 || on & RETURNED == 2;
        let open = !self.calls.asynchronous
            && (!divides || self.calls.unit)
            && !has_ending
            && otherwise.is_none();
        if open {
            let returns = if self.calls.unit { Ending::Ok.bit() } else { RETURNED };
            let counts = if on & returns == returns { Ending::Cancelled.bit() } else { 0 };
            let guard = self.restricted(set, on & Ending::Panic.bit() | counts);
            return Around {
                before: quote_spanned!(site=> let __caas_guard = #guard;),
                after: None,
            };
        }
        let guard = self.restricted(set, on);
        let exit = self.exit();
        Around {
            before: quote_spanned!(site=> #otherwise let __caas_guard = #guard;),
            after: Some(quote_spanned!(site=> #p::end(__caas_guard, #exit); #returned)),
        }
    }

    /// How the call ended that returned `__caas_value`.
    fn exit(&self) -> TokenStream {
        let (site, p) = (self.site, &self.arguments.runtime);
        quote_spanned!(site=> #p::Probe::new(&__caas_value).__caas_exit())
    }

    /// The endings that count.
    fn on(&self) -> u8 {
        match (&self.arguments.on, &self.arguments.otherwise) {
            (Some(on), _) => on.endings.iter().fold(0, |bits, (ending, _)| bits | ending.bit()),
            (None, Some(_)) => RETURNED,
            (None, None) => ALL,
        }
    }

    /// The guard of a label set that is known before the body.
    fn guard(&self, set: &Set) -> TokenStream {
        // Mistakes that only types show are reported at the family.
        let at = self.site.located_at(span(&set.path, self.site));
        let p = self.arguments.runtime.at(at);
        let function = proc_macro2::Ident::new(self.measure.name(), at);
        let literal = literal(set);
        quote_spanned!(at=> #p::#function(#literal))
    }

    /// The guard of a label set without closures that counts some endings only.
    fn restricted(&self, set: &Set, on: u8) -> TokenStream {
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
    fn on_value(&self, set: &Set, on: u8) -> (TokenStream, TokenStream) {
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
        let is_early = |field: &&super::ast::Field| matches!(field.value, Value::Early(_));
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
        let hold = |held: &[&super::ast::Field]| {
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

    /// The statements for the built-in family.
    fn built_in(&self) -> Around {
        let (site, p) = (self.site, &self.arguments.runtime);
        let (asynchronous, unit) = (self.calls.asynchronous, self.calls.unit);
        let open = self.calls.obstacle.is_some();
        let (guard, outcomes) = match self.measure {
            Measure::Timed => ("__caas_duration", 0),
            Measure::InFlight => ("__caas_flight", 0),
            Measure::Counted if open => ("__caas_calls_open", 0b1_0100),
            Measure::Counted if unit && !asynchronous => ("__caas_calls_unit", 0b0_0101),
            Measure::Counted => {
                ("__caas_calls", 0b0_0101 | u8::from(!unit) << 1 | u8::from(asynchronous) << 3)
            }
        };
        let measure = match self.measure {
            Measure::Timed => quote_spanned!(site=> Duration),
            Measure::InFlight => quote_spanned!(site=> InFlight),
            Measure::Counted => quote_spanned!(site=> Calls),
        };
        let (item, function) = self.name();
        let (guard_name, outcomes) =
            (proc_macro2::Ident::new(guard, site), Literal::u8_unsuffixed(outcomes));
        let before = quote_spanned! {site=>
            let __caas_guard = {
                #item
                static __CAAS_SITE: #p::Site = #p::Site::new(
                    #p::Measure::#measure,
                    #p::module_path!(),
                    #function,
                    #outcomes,
                );
                #p::inventory::submit! { #p::Annotated(&__CAAS_SITE) }
                __CAAS_SITE.#guard_name()
            };
        };
        let after = (guard == "__caas_calls").then(|| {
            let exit = self.exit();
            quote_spanned!(site=> #p::end(__caas_guard, #exit);)
        });
        Around { before, after }
    }

    /// The label `function` of the built-in families, and the item whose type name tells it.
    fn name(&self) -> (TokenStream, TokenStream) {
        use syn::ext::IdentExt;

        let (site, p) = (self.site, &self.arguments.runtime);
        let named = |name: &dyn ToTokens| quote_spanned!(site=> #p::Function::Named(#name));
        match (&self.arguments.name, self.owner) {
            (Some(name), _) => (TokenStream::new(), named(&name.text)),
            (None, Some(owner)) => {
                let name = format!("{owner}::{}", self.function.name.unraw());
                (TokenStream::new(), named(&name))
            }
            (None, None) => (
                quote_spanned!(site=> enum __CaasHere {}),
                quote_spanned!(site=> #p::Function::Of(#p::type_name::<__CaasHere>)),
            ),
        }
    }
}

/// A label set as the user wrote it.
fn literal(set: &Set) -> TokenStream {
    let mut literal = stream(&set.path);
    set.braces.to_tokens(&mut literal);
    literal
}
