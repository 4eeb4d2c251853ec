//! From the tree to code: a guard in front of a body, and the body enclosed where the ending must be
//! known.
//!
//! Nothing can fail here. Invariant: the body occurs once, token for token, and the code names
//! `__private`, the user's tokens and itself.

use super::ast::{Arguments, Ending, Function, Measure, Set, Value};
use super::body::{is_canonical, split_body};
use super::calls::{Calls, Place};
use super::record::{Expansion, RETURNED};
use super::tokens::{has_word, refilled};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The bits of all endings, and of those without a value.
const ALL: u8 = 15;
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

    /// The endings that count.
    fn on(&self) -> u8 {
        match (&self.arguments.on, &self.arguments.otherwise) {
            (Some(on), _) => on.endings.iter().fold(0, |bits, (ending, _)| bits | ending.bit()),
            (None, Some(_)) => RETURNED,
            (None, None) => ALL,
        }
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
