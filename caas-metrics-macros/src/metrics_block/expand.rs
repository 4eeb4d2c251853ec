//! From the tree to code: for each family a struct, its view, and the implementations.
//!
//! Nothing can fail here, and nothing is decided that `__private` could decide.
//! Invariant: the code names `__private`, the user's tokens and itself; every item has the `#[cfg]`s.

use super::ast::{Block, Family, Label, Lint, MetricType, Moves, Passed};
use super::{docs, lifetimes};
use crate::paths::{ALIAS, Runtime, respanned};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::Lifetime;

/// Whether the families of a block are known to the registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registration {
    Full,
    /// The block has mistakes: its items exist for their uses only.
    None,
}

/// The code of a block.
pub(crate) fn expand(block: &Block, registration: Registration) -> TokenStream {
    let mut seen = HashSet::new();
    let families = block
        .families
        .iter()
        .filter(|family| seen.insert((family.ident.to_string(), family.passed.cfg_text())));
    let families: Vec<_> = families.map(|family| Expansion::new(family, &block.runtime)).collect();
    let registration = match registration {
        Registration::Full => registered(&families, &block.runtime),
        Registration::None => TokenStream::new(),
    };
    families.iter().map(Expansion::code).chain([registration]).collect()
}

/// What registers the families: once for all, because each time costs the compiler as
/// much as four methods.
fn registered(families: &[Expansion], runtime: &Runtime) -> TokenStream {
    let site = Span::call_site();
    let (import, p) = (runtime.import(site), Ident::new(ALIAS, site));
    let families = families.iter().map(|Expansion { family, owned, .. }| {
        let cfgs = &family.passed.cfgs;
        quote!(#(#cfgs)* <#owned as #p::LabelSet>::family)
    });
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #import
            #p::inventory::submit! { #p::Declared(&[#(#families),*]) }
        };
    }
}

/// What the parts of a family's code have in common.
pub(super) struct Expansion<'f> {
    pub(super) family: &'f Family,
    /// The span of all that is generated: it resolves like the macro's own code and lies at the
    /// family's name, so that is what rustc underlines, not the whole block.
    pub(super) site: Span,
    /// `__private` in the family's block, which imports it: fewer tokens to write and to read.
    pub(super) p: Ident,
    runtime: &'f Runtime,
    pub(super) labels: Vec<&'f Label>,
    /// `<'a>`, or nothing if no label borrows.
    generics: Option<TokenStream>,
    /// `Name<'static>` or `Name`.
    pub(super) owned: TokenStream,
    /// `NameView`, or nothing for a family without labels.
    pub(super) view: Option<Ident>,
}

impl<'f> Expansion<'f> {
    fn new(family: &'f Family, runtime: &'f Runtime) -> Self {
        let ident = &family.ident;
        let site = Span::call_site().located_at(ident.span());
        let mut seen = HashSet::new();
        let labels: Vec<_> =
            family.labels.iter().filter(|label| seen.insert(label.name())).collect();
        let is_borrowed = labels.iter().any(|label| lifetimes::is_borrowed(&label.ty));
        let generics = is_borrowed.then(|| quote_spanned!(site=> <'a>));
        let arguments = is_borrowed.then(|| quote_spanned!(site=> <'static>));
        let owned = quote_spanned!(site=> #ident #arguments);
        let view = (!labels.is_empty()).then(|| format_ident!("{ident}View", span = ident.span()));
        let p = Ident::new(ALIAS, site);
        Self { family, site, p, runtime, labels, generics, owned, view }
    }

    fn code(&self) -> TokenStream {
        let (label_set, view) = (self.label_set(), self.view());
        let (implementation, methods) = (self.implementation(), self.methods());
        let (statics, import) = (self.statics(), self.runtime.import(self.site));
        let (cfgs, allows) = (&self.family.passed.cfgs, self.allows());
        let ident = &self.family.ident;
        let elided = self.generics.as_ref().map(|_| quote_spanned!(self.site=> <'_>));
        quote_spanned! {self.site=>
            #label_set
            #(#cfgs)*
            #allows
            const _: () = {
                #import
                #view
                #statics
                #implementation
                impl #ident #elided { #methods }
            };
        }
    }

    /// The family, and its exemplars if it has any.
    fn statics(&self) -> TokenStream {
        let (site, p, owned) = (self.site, &self.p, &self.owned);
        if self.family.has_exemplars() {
            quote_spanned! {site=>
                static __CAAS_EXEMPLARS: #p::Exemplars = #p::exemplars::<#owned>();
                static __CAAS_FAMILY: #p::Family =
                    #p::Family::with_exemplars::<#owned>(&__CAAS_EXEMPLARS);
            }
        } else {
            quote_spanned!(site=> static __CAAS_FAMILY: #p::Family = #p::Family::of::<#owned>();)
        }
    }

    /// The struct that the user names: its fields are the labels.
    fn label_set(&self) -> TokenStream {
        let Family { passed, help, visibility, ident, .. } = self.family;
        let Passed { cfgs, doc_settings, lints, on_struct } = passed;
        let (site, generics, docs) = (self.site, &self.generics, &help.docs);
        let lints = lints
            .iter()
            .map(|Lint { level, arguments }| quote_spanned!(site=> #[#level(#arguments)]));
        let exposed = (!docs.is_empty()).then(|| {
            let exposed = docs::exposed(self.family);
            quote_spanned!(site=> #[doc = #exposed])
        });
        let lifetime = Lifetime::new("'a", site);
        let fields = self.labels.iter().map(|label| {
            let (docs, ident) = (self.field_docs(label), &label.ident);
            let label_type = lifetimes::with_lifetime(&label.ty, &lifetime);
            quote_spanned!(site=> #docs #visibility #ident: #label_type)
        });
        let body = if self.labels.is_empty() {
            quote_spanned!(site=> ;)
        } else {
            quote_spanned!(site=> { #(#fields),* })
        };
        quote_spanned! {site=>
            #(#cfgs)*
            #docs
            #exposed
            #doc_settings
            #(#lints)*
            #on_struct
            #[must_use = "a label set changes nothing until a method updates its child"]
            #visibility struct #ident #generics #body
        }
    }

    /// The labels of a living child, as `retain` shows them. It has no name outside of the family's
    /// block: a closure's parameter needs none, and the user's scope stays the user's.
    ///
    /// The last field has no label's type: a type that is no label would else be one more error,
    /// because the size of a struct depends on its last field.
    fn view(&self) -> Option<TokenStream> {
        let view = self.view.as_ref()?;
        let (site, p, visibility) = (self.site, &self.p, &self.family.visibility);
        let fields = self.labels.iter().map(|label| {
            let (docs, ident) = (&label.docs, &label.ident);
            let shown = self.member(label, "'static", "View", quote!(<'v>));
            quote_spanned!(site=> #docs #visibility #ident: #shown)
        });
        Some(quote_spanned! {site=>
            #[allow(dead_code, missing_docs, non_snake_case, unreachable_pub)]
            #visibility struct #view<'v> { #(#fields,)* __caas_end: #p::End }
        })
    }

    /// The implementation of `LabelSet`.
    fn implementation(&self) -> TokenStream {
        let (site, p, owned, ident) = (self.site, &self.p, &self.owned, &self.family.ident);
        let (generics, metric, unit) = (&self.generics, self.metric(), self.unit());
        let (descriptor, exemplars) = (self.descriptor(), self.exemplars());
        let views = self.labels.iter().map(|label| {
            let ident = at_type(label);
            let view = self.label(label, "__view", quote!((__caas_source)));
            quote_spanned!(site=> #ident: #view)
        });
        let (view_type, view_value) = match &self.view {
            None => (quote_spanned!(site=> ()), quote_spanned!(site=> let _ = __caas_source;)),
            Some(view) => (
                quote_spanned!(site=> #view<'v>),
                quote_spanned!(site=> #view { #(#views,)* __caas_end: #p::End }),
            ),
        };
        let values = self.labels.iter().map(|label| {
            let ident = &label.ident;
            self.member(label, "'a", "__value", quote!((&self.#ident)))
        });
        let ends = self.ends();
        quote_spanned! {site=>
            #[automatically_derived]
            impl #generics #p::LabelSet for #ident #generics {
                type Static = #owned;
                type Metric = #metric;
                type Unit = #p::#unit;
                type Exemplars = #p::#exemplars;
                type View<'v> = #view_type;
                const DESCRIPTOR: #p::Descriptor = #descriptor;
                #ends
                fn family() -> &'static #p::Family { &__CAAS_FAMILY }
                fn words() -> #p::Words { #p::words!(#owned) }
                #[inline]
                fn with_values<__R>(
                    &self,
                    __caas_show: impl #p::FnOnce(&[#p::LabelText<'_>]) -> __R,
                ) -> __R {
                    __caas_show(&[#(#values),*])
                }
                fn view<'v>(
                    __caas_source: &mut #p::ViewSource<'v>,
                ) -> #view_type {
                    #view_value
                }
            }
        }
    }

    /// The bounds of a histogram in seconds, for durations.
    fn ends(&self) -> Option<TokenStream> {
        let (site, p, owned) = (self.site, &self.p, &self.owned);
        let is_timed =
            self.family.metric_type == MetricType::Histogram && self.family.is_in_seconds();
        let bounds = Literal::usize_unsuffixed(self.bounds().filter(|_| is_timed)?.len());
        Some(quote_spanned! {site=>
            const ENDS: &'static [#p::u64] = &#p::ends_in_nanoseconds::<#bounds>(
                <#owned as #p::LabelSet>::DESCRIPTOR.buckets,
            );
        })
    }

    /// The type of a label without borrows.
    pub(super) fn owned_type(&self, label: &Label) -> TokenStream {
        lifetimes::with_lifetime(&label.ty, &Lifetime::new("'static", self.site))
    }

    /// `P::Counter<u64>` and the like.
    fn metric(&self) -> TokenStream {
        let (site, p, value) = (self.site, &self.p, self.value_type());
        match (self.family.metric_type, self.family.moves()) {
            (MetricType::Counter, _) => quote_spanned!(site=> #p::Counter<#p::#value>),
            (MetricType::Gauge, Moves::Freely) => quote_spanned!(site=> #p::Gauge<#p::#value>),
            (MetricType::Gauge, Moves::UpAndDown) => quote_spanned!(site=> #p::UpDown<#p::#value>),
            (MetricType::Gauge, Moves::Held) => quote_spanned!(site=> #p::HeldGauge<#p::#value>),
            (MetricType::Histogram, _) => quote_spanned!(site=> #p::Histogram),
            (MetricType::Info, _) => quote_spanned!(site=> #p::Info),
        }
    }

    /// The unit as a type, as far as the compiler must tell units apart.
    pub(super) fn unit(&self) -> Ident {
        let name = if self.family.is_in_seconds() { "Seconds" } else { "OtherUnit" };
        Ident::new(name, self.site)
    }

    /// Whether updates leave exemplars, as a type.
    fn exemplars(&self) -> Ident {
        let has = self.family.has_exemplars();
        Ident::new(if has { "WithExemplars" } else { "WithoutExemplars" }, self.site)
    }

    /// `<Type as P::Label>::member arguments` without borrows, with the span of the label's type.
    ///
    /// The trait is named in this form only: then rustc reports a type that is no label there, with
    /// the same words each time, which it prints once.
    pub(super) fn label(&self, label: &Label, member: &str, arguments: TokenStream) -> TokenStream {
        self.member(label, "'static", member, arguments)
    }

    /// The same where the type borrows for `lifetime`.
    fn member(
        &self,
        label: &Label,
        lifetime: &str,
        member: &str,
        arguments: TokenStream,
    ) -> TokenStream {
        let span = label.span;
        let (p, member) = (self.p_at(span), Ident::new(member, span));
        let label_type = lifetimes::with_lifetime(&label.ty, &Lifetime::new(lifetime, self.site));
        let arguments = respanned(arguments, span);
        quote_spanned!(span=> <#label_type as #p::Label>::#member #arguments)
    }

    /// `__private`, to be underlined at `span`.
    pub(super) fn p_at(&self, span: Span) -> Ident {
        Ident::new(ALIAS, self.site.located_at(span))
    }

    /// A label's own doc comment, or one that says what it is.
    fn field_docs(&self, label: &Label) -> TokenStream {
        if label.docs.is_empty() {
            let docs = format!(" The label `{}`.", label.name());
            quote_spanned!(self.site=> #[doc = #docs])
        } else {
            label.docs.clone()
        }
    }

    /// The user's lint attributes for the items that the user did not write, and what those need.
    fn allows(&self) -> TokenStream {
        let (site, passed) = (self.site, &self.family.passed);
        let lints = passed.lints.iter().map(|Lint { level, arguments }| {
            let level = if level == "expect" { &Ident::new("allow", site) } else { level };
            quote_spanned!(site=> #[#level(#arguments)])
        });
        let deprecated =
            (!passed.on_struct.is_empty()).then(|| quote_spanned!(site=> #[allow(deprecated)]));
        quote_spanned!(site=> #(#lints)* #deprecated)
    }
}

/// The label's name with the span of its type, for a field's value that lies there.
fn at_type(label: &Label) -> Ident {
    let mut ident = label.ident.clone();
    ident.set_span(label.span);
    ident
}
