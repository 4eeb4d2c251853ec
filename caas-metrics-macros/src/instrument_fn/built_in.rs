//! The guard of an attribute without a family: a static in the function, which counts in the built-in
//! family.
//!
//! Not here: what that static does, which is in the run time (`sites.rs`). Invariant: each function has
//! its own, also in copies that a macro makes of it.

use super::around::Around;
use super::ast::{Ending, Endings, Measure};
use super::record::Expansion;
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

impl Expansion<'_> {
    /// The statements for the built-in family.
    pub(super) fn built_in(&self) -> Around {
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
        let function = self.function_label();
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

    /// The label `function` of the built-in families.
    fn function_label(&self) -> TokenStream {
        let (site, p) = (self.site, &self.p);
        let name = self.function.name.unraw().to_string();
        match (&self.arguments.name, self.owner) {
            (Some(given), _) => {
                let given = &given.written;
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
