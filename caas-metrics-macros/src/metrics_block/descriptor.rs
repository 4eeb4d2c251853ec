//! The descriptor of a family: everything that is known of it when it is declared.
//!
//! Invariant: a constant of plain literals and `__private` paths, whatever the family's mistakes.

use super::ast::{Family, Label, MetricType, Moves};
use super::buckets;
use super::expand::Expansion;
use crate::paths::ALIAS;
use caas_metrics_model::Native;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

impl Expansion<'_> {
    /// The constant: a builder's call for each thing that the family sets.
    pub(super) fn descriptor(&self) -> TokenStream {
        let (site, p, family) = (self.site, &self.p, self.family);
        let Family { name, help, .. } = family;
        let (help, metric_type) = (&help.text, self.metric_type());
        let arguments = quote_spanned!(site=> #p::MetricType::#metric_type, #name, #help);
        // The location of this call is the family's, so all of it has the span of the name.
        let at = family.ident.span();
        let located = Ident::new(ALIAS, at);
        let new = quote_spanned!(at=> #located::describe(#arguments));
        let each = self.labels.iter().map(|label| self.label_descriptor(label));
        let labels = self.view.as_ref().map(|_| quote_spanned!(site=> .with_labels(&[#(#each),*])));
        let options = self.options();
        quote_spanned!(site=> #new #labels #options)
    }

    /// A label's descriptor. A type that cannot be one is reported where it is written.
    fn label_descriptor(&self, label: &Label) -> TokenStream {
        let (name, label_type) = (label.name(), self.owned_type(label));
        let at = label.span;
        let p = self.p_at(at);
        // A constant of the trait: a function's bound would report such a type once more.
        let constants = quote_spanned!(at=> <#label_type as #p::Label>::__CONSTANTS);
        let descriptor = quote_spanned!(at=> #p::LabelDescriptor::of(#name, #constants));
        let named = self.family.options.zeroed.iter().flat_map(|zeroed| &zeroed.value);
        match named.into_iter().find(|named| named.unraw() == name) {
            Some(named) => {
                let p = self.p_at(named.span());
                quote_spanned!(named.span()=> #p::LabelDescriptor::zeroed(#descriptor))
            }
            None => descriptor,
        }
    }

    /// What most families do not set.
    fn options(&self) -> TokenStream {
        let (site, p, family) = (self.site, &self.p, self.family);
        let options = &family.options;
        let unit = family.unit().map(|unit| quote_spanned!(site=> .with_unit(#unit)));
        let number = family
            .number
            .is_some()
            .then(|| quote_spanned!(site=> .with_number(#p::NumberType::Float)));
        let is_gauge = family.metric_type == MetricType::Gauge;
        let updown = match family.moves() {
            Moves::Held if is_gauge => Some(quote_spanned!(site=> .with_held())),
            _ => options.updown.as_ref().map(|_| quote_spanned!(site=> .with_updown())),
        };
        let buckets = self.bounds();
        let buckets = buckets.map(|bounds| quote_spanned!(site=> .with_buckets(&[#(#bounds),*])));
        let native = self.native();
        let limit = options.limit.as_ref().and_then(|limit| limit.value.children);
        let limit = limit.filter(|limit| *limit > 0);
        let limit = limit.map(Literal::u32_unsuffixed);
        let limit = limit.map(|limit| quote_spanned!(site=> .with_limit(#limit)));
        let export = if options.lazy.is_some() || family.metric_type == MetricType::Info {
            Some(quote_spanned!(site=> .with_export(#p::Export::Lazy)))
        } else {
            let all = options.zeroed.as_ref().filter(|zeroed| zeroed.value.is_empty());
            all.map(|_| quote_spanned!(site=> .with_export(#p::Export::Zeroed)))
        };
        let exemplars = family.has_exemplars();
        let exemplars = exemplars.then(|| quote_spanned!(site=> .with_exemplars()));
        let legacy = options.legacy.as_ref().map(|legacy| legacy.value.value());
        let legacy = legacy.map(|reason| quote_spanned!(site=> .with_legacy(#reason)));
        quote_spanned!(site=> #unit #number #updown #buckets #native #limit #export #exemplars #legacy)
    }

    /// The native buckets. Those that cannot be have been reported.
    fn native(&self) -> Option<TokenStream> {
        let (site, p, family) = (self.site, &self.p, self.family);
        let is_histogram = family.metric_type == MetricType::Histogram;
        let native = family.native().filter(|native| is_histogram && native.fault().is_none())?;
        let default = Native::new();
        let schema = (native.schema != default.schema).then(|| {
            let schema = Literal::i8_unsuffixed(native.schema.abs());
            let minus = (native.schema < 0).then(|| quote_spanned!(site=> -));
            quote_spanned!(site=> .with_schema(#minus #schema))
        });
        let is_range = |a: f64, b: f64| a.total_cmp(&b).is_ne();
        let range =
            (is_range(native.from, default.from) || is_range(native.to, default.to)).then(|| {
                let [from, to] = [native.from, native.to].map(Literal::f64_unsuffixed);
                quote_spanned!(site=> .with_range(#from, #to))
            });
        let most = (native.max_buckets != default.max_buckets).then(|| {
            let most = Literal::u32_unsuffixed(native.max_buckets);
            quote_spanned!(site=> .with_max_buckets(#most))
        });
        Some(quote_spanned!(site=> .with_native(#p::Native::new()#schema #range #most)))
    }

    fn metric_type(&self) -> Ident {
        let name = match self.family.metric_type {
            MetricType::Counter => "Counter",
            MetricType::Gauge => "Gauge",
            MetricType::Histogram => "Histogram",
            MetricType::Info => "Info",
        };
        Ident::new(name, self.site)
    }

    /// The bounds of a histogram as literals. Those that are no numbers have been reported.
    pub(super) fn bounds(&self) -> Option<Vec<TokenStream>> {
        let family = self.family;
        let bounds = match (&family.options.buckets, family.metric_type) {
            (Some(buckets), MetricType::Histogram) => buckets::bounds(&buckets.value),
            (None, MetricType::Histogram) => buckets::DEFAULT.to_vec(),
            _ => return None,
        };
        let literal = |bound: f64| {
            let minus = (bound < 0.0).then(|| quote!(-));
            let magnitude = Literal::f64_unsuffixed(bound.abs());
            quote!(#minus #magnitude)
        };
        Some(bounds.into_iter().filter(|bound| bound.is_finite()).map(literal).collect())
    }
}
