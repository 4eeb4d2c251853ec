//! The methods of a label set: what can be done with its child, by metric type.
//!
//! Each method is one call into `__private`, where the logic and its tests are.
//! Invariant: a method that a metric type can't have does not exist on its families.

use super::ast::{MetricType, Moves};
use super::expand::Expansion;
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

impl Expansion<'_> {
    /// All methods of the family.
    pub(super) fn methods(&self) -> TokenStream {
        let every = self.every_family();
        let labelled = self.view.as_ref().map(|view| self.labelled_family(view));
        let updates = match (self.family.metric_type, self.family.moves()) {
            (MetricType::Counter, _) => vec![self.up()],
            (MetricType::Gauge, Moves::Freely) => {
                vec![self.up(), self.down(), self.set(), self.hold()]
            }
            (MetricType::Gauge, Moves::UpAndDown) => vec![self.up(), self.down(), self.hold()],
            (MetricType::Gauge, Moves::Held) => vec![self.hold(), self.not_held()],
            (MetricType::Histogram, _) => vec![self.observe()],
            (MetricType::Info, _) => vec![self.set_info()],
        };
        let exemplars = self.with_exemplar();
        quote_spanned!(self.site=> #(#updates)* #exemplars #every #labelled)
    }

    /// The type of the numbers of a counter or a gauge.
    pub(super) fn value_type(&self) -> Ident {
        let name = match (self.family.metric_type, &self.family.number) {
            (MetricType::Counter | MetricType::Gauge, Some(_)) => "f64",
            (MetricType::Gauge, None) => "i64",
            _ => "u64",
        };
        Ident::new(name, self.site)
    }

    fn every_family(&self) -> TokenStream {
        let (p, vis, owned) = (&self.p, &self.family.visibility, &self.owned);
        let reading = match self.family.metric_type {
            MetricType::Histogram => Ident::new("HistogramReading", self.site),
            _ => self.value_type(),
        };
        quote_spanned! {self.site=>
            /// A handle of the child of these labels, created if need be. Its updates need no look-up.
            #[inline]
            #[must_use]
            #vis fn child(&self) -> #p::Child<#owned> { #p::child(self) }
            /// Creates the child of these labels at zero, if it does not exist: it is exported from now on.
            #[inline]
            #vis fn init(&self) { #p::init(self); }
            /// What the child of these labels holds, summed over all threads; `None` if there is no child.
            #[must_use]
            #vis fn get(&self) -> #p::Option<#p::#reading> { #p::get(self) }
            /// Sets every child back to zero.
            #vis fn reset() { #p::reset::<Self>(); }
        }
    }

    fn labelled_family(&self, view: &Ident) -> TokenStream {
        let (p, vis) = (&self.p, &self.family.visibility);
        quote_spanned! {self.site=>
            /// Removes the child, or sets it to zero if all labels are closed. Returns whether it was there.
            #vis fn remove(&self) -> #p::bool { #p::remove(self) }
            /// Removes the children for which `keep` is false. It sees the labels as fields; no lock is held.
            #vis fn retain(keep: impl #p::FnMut(&#view<'_>) -> #p::bool) { #p::retain::<Self>(keep); }
            /// Removes the children for which `matches` is true, and returns how many. It sees the labels as fields; no lock is held.
            #vis fn remove_matching(matches: impl #p::FnMut(&#view<'_>) -> #p::bool) -> #p::usize {
                #p::remove_matching::<Self>(matches)
            }
            /// Removes every child, or sets all to zero if all labels are closed.
            #vis fn clear() { #p::clear::<Self>(); }
        }
    }

    fn up(&self) -> TokenStream {
        let (p, vis, value) = (&self.p, &self.family.visibility, self.value_type());
        let amount = match (self.family.metric_type, &self.family.number) {
            (_, None) => " Adds `amount`.",
            (MetricType::Counter, Some(_)) => {
                " Adds `amount`. NaN, infinity and what is below zero change nothing and are counted in \
                 `caas_metrics_refused_total`."
            }
            (_, Some(_)) => {
                " Adds `amount`. NaN and infinity change nothing and are counted in \
                 `caas_metrics_refused_total`."
            }
        };
        quote_spanned! {self.site=>
            /// Adds 1. Takes a lock only if the series is new, and memory only on this thread's first update near it.
            #[inline]
            #vis fn inc(&self) { #p::inc(self); }
            #[doc = #amount]
            #[inline]
            #vis fn inc_by(&self, amount: #p::#value) { #p::inc_by(self, amount); }
        }
    }

    /// Updates that leave an exemplar. Where a family has none, the same methods say so at each call.
    fn with_exemplar(&self) -> TokenStream {
        let (p, vis, site) = (&self.p, &self.family.visibility, self.site);
        match (self.family.metric_type, self.family.has_exemplars()) {
            (MetricType::Counter, true) => {
                let value = self.value_type();
                quote_spanned! {site=>
                    /// As `inc`, and leaves an exemplar: a `TraceContext`, or labels such as `[("trace_id", id)]`.
                    #vis fn inc_with_exemplar(&self, labels: impl #p::ExemplarLabels) {
                        #p::inc_with_exemplar(self, labels);
                    }
                    /// As `inc_by`, and leaves an exemplar.
                    #vis fn inc_by_with_exemplar(
                        &self,
                        amount: #p::#value,
                        labels: impl #p::ExemplarLabels,
                    ) {
                        #p::inc_by_with_exemplar(self, amount, labels);
                    }
                }
            }
            (MetricType::Histogram, true) => {
                let unit = self.unit();
                quote_spanned! {site=>
                    /// As `observe`, and leaves an exemplar: a `TraceContext`, or labels such as `[("trace_id", id)]`.
                    #vis fn observe_with_exemplar(
                        &self,
                        value: impl #p::Observation<#p::#unit>,
                        labels: impl #p::ExemplarLabels,
                    ) {
                        #p::observe_with_exemplar(self, value, labels);
                    }
                }
            }
            (MetricType::Counter, false) => quote_spanned! {site=>
                #[doc(hidden)]
                #vis fn inc_with_exemplar(&self, _: impl #p::NoExemplars) {}
                #[doc(hidden)]
                #vis fn inc_by_with_exemplar<__A>(&self, _: __A, _: impl #p::NoExemplars) {}
            },
            (MetricType::Histogram, false) => quote_spanned! {site=>
                #[doc(hidden)]
                #vis fn observe_with_exemplar<__V>(&self, _: __V, _: impl #p::NoExemplars) {}
            },
            (MetricType::Gauge | MetricType::Info, _) => TokenStream::new(),
        }
    }

    fn down(&self) -> TokenStream {
        let (p, vis, value) = (&self.p, &self.family.visibility, self.value_type());
        let amount = match self.family.number {
            None => " Subtracts `amount`.",
            Some(_) => {
                " Subtracts `amount`. NaN and infinity change nothing and are counted in \
                 `caas_metrics_refused_total`."
            }
        };
        quote_spanned! {self.site=>
            /// Subtracts 1. Takes a lock only if the series is new, and memory only on this thread's first update near it.
            #[inline]
            #vis fn dec(&self) { #p::dec(self); }
            #[doc = #amount]
            #[inline]
            #vis fn dec_by(&self, amount: #p::#value) { #p::dec_by(self, amount); }
        }
    }

    fn set(&self) -> TokenStream {
        let (p, vis, value) = (&self.p, &self.family.visibility, self.value_type());
        quote_spanned! {self.site=>
            /// Sets the value for all threads. Takes a lock only if the series is new.
            #[inline]
            #vis fn set(&self, value: #p::#value) { #p::set(self, value); }
            /// Sets the value to the current Unix time in seconds.
            #vis fn set_to_current_time(&self) { #p::set_to_current_time(self); }
        }
    }

    fn hold(&self) -> TokenStream {
        let (p, vis, value, owned) =
            (&self.p, &self.family.visibility, self.value_type(), &self.owned);
        quote_spanned! {self.site=>
            /// Adds 1 until the returned guard is dropped, which changes nothing if the child was removed or reset meanwhile.
            #[inline]
            #vis fn hold(&self) -> #p::GaugeGuard<#owned> { #p::hold(self) }
            /// Adds `amount` until the returned guard is dropped.
            #[inline]
            #vis fn hold_by(&self, amount: #p::#value) -> #p::GaugeGuard<#owned> {
                #p::hold_by(self, amount)
            }
        }
    }

    // Only metrics that move without a guard are `Free`, so every call is an error at the call, with the
    // message of the trait.
    fn not_held(&self) -> TokenStream {
        let (p, vis, site) = (&self.p, &self.family.visibility, self.site);
        let methods = [
            ("inc", false),
            ("inc_by", true),
            ("dec", false),
            ("dec_by", true),
            ("set", true),
            ("set_to_current_time", false),
        ];
        let methods = methods.map(|(name, takes_amount)| {
            let name = Ident::new(name, site);
            let (generic, amount) = takes_amount
                .then(|| (quote_spanned!(site=> , __A), quote_spanned!(site=> , _: __A)))
                .unzip();
            quote_spanned! {site=>
                #[doc(hidden)]
                #vis fn #name<__M: #p::Free #generic>(&self #amount)
                where
                    Self: #p::OfMetric<__M>,
                {
                }
            }
        });
        quote_spanned!(site=> #(#methods)*)
    }

    fn set_info(&self) -> TokenStream {
        let (p, vis) = (&self.p, &self.family.visibility);
        quote_spanned! {self.site=>
            /// Exports these labels, with the value 1.
            #[inline]
            #vis fn set(&self) { #p::init(self); }
        }
    }

    // The unit is known here, so `observe` needs no type parameter, and only histograms that are not
    // in seconds get the `start_timer` that explains itself.
    fn observe(&self) -> TokenStream {
        let (p, vis) = (&self.p, &self.family.visibility);
        let (unit, start_timer) = (self.unit(), self.start_timer());
        let docs = if self.family.is_in_seconds() {
            " Observes a duration, or a number of seconds. Takes a lock only if the series is new. NaN and infinity change nothing and \
             are counted in `caas_metrics_refused_total`."
        } else {
            " Observes a number. Takes a lock only if the series is new. NaN and infinity change nothing and are counted in \
             `caas_metrics_refused_total`."
        };
        quote_spanned! {self.site=>
            #[doc = #docs]
            #[inline]
            #vis fn observe(&self, value: impl #p::Observation<#p::#unit>) {
                #p::observe(self, value);
            }
            #start_timer
        }
    }

    fn start_timer(&self) -> TokenStream {
        let (p, vis, owned) = (&self.p, &self.family.visibility, &self.owned);
        if self.family.is_in_seconds() {
            quote_spanned! {self.site=>
                /// Starts a timer that observes the seconds until it is dropped.
                #[inline]
                #vis fn start_timer(&self) -> #p::ChildTimer<#owned> {
                    #p::start_timer(self)
                }
            }
        } else {
            // Only seconds are a `TimeUnit`, so every call is an error at the call, with the
            // message of the trait.
            quote_spanned! {self.site=>
                #[doc(hidden)]
                #vis fn start_timer<__U: #p::TimeUnit>(&self) -> #p::NoTimer
                where
                    Self: #p::InUnit<__U>,
                {
                    #p::NoTimer
                }
            }
        }
    }
}
