//! What is wrong with a family's options: one small function a rule, each headed by its rule.
//!
//! Names, labels and pairs of families are `check`'s.
//! Invariant: an option that changes nothing is a mistake, because its author believes that it does.

use crate::errors::{Between, Errors, report};
use crate::metrics_block::ast::{Buckets, Family, Generator, Label, MetricType, Number, Setting};
use crate::metrics_block::{buckets, promlint};
use crate::naming;
use proc_macro2::Ident;
use syn::ext::IdentExt;

/// Reports every mistake in the family's value type and attributes.
pub(super) fn check_options(family: &Family, errors: &mut Errors) {
    check_number(family, errors);
    check_type_options(family, errors);
    check_exemplars(family, errors);
    check_export(family, errors);
    check_limit(family, errors);
    check_unit(family, errors);
    check_buckets(family, errors);
    check_legacy(family, errors);
}

/// `<f64>` is the one value type to choose, on a counter or a gauge.
fn check_number(family: &Family, errors: &mut Errors) {
    let Some(number) = &family.number else { return };
    let ident = &family.ident;
    let keyword = &family.keyword;
    let default = match family.metric_type {
        MetricType::Counter => "u64",
        MetricType::Gauge => "i64",
        MetricType::Histogram | MetricType::Info => {
            let article = family.metric_type.with_article();
            report!(errors, number, "{article} has no value type: leave `<{number}>` out");
            return;
        }
    };
    if number != "f64" {
        report!(
            errors,
            number,
            "`{number}` is no value type: write `{keyword} {ident}<f64>`, or `{keyword} {ident}` for \
             {default}"
        );
    }
}

/// Some options are for one metric type only.
fn check_type_options(family: &Family, errors: &mut Errors) {
    let found = family.metric_type.with_article();
    let options = &family.options;
    if let (Some(buckets), false) = (&options.buckets, family.metric_type == MetricType::Histogram)
    {
        report!(errors, buckets.site, "`#[buckets]` on {found}: only a histogram has buckets");
    }
    if let (Some(updown), false) = (&options.updown, family.metric_type == MetricType::Gauge) {
        report!(errors, updown.site, "`#[updown]` on {found}: only a gauge goes down");
    }
    if let (Some(held), false) = (&options.held, family.metric_type == MetricType::Gauge) {
        report!(errors, held.site, "`#[held]` on {found}: only a gauge goes down with its guard");
    }
    if let (Some(held), Some(updown)) = (&options.held, &options.updown) {
        let both = Between(&held.site, &updown.site);
        report!(errors, both, "`#[held]` says more than `#[updown]`: leave `#[updown]` out");
    }
    if let (Some(unit), true) = (&options.unit, family.metric_type == MetricType::Info) {
        report!(errors, unit.site, "`#[unit]` on {found}: its value is always 1");
    }
}

/// Exemplars are of events, so they are for counters and histograms.
fn check_exemplars(family: &Family, errors: &mut Errors) {
    let Some(Setting { site, .. }) = &family.options.exemplars else { return };
    let found = family.metric_type.with_article();
    if matches!(family.metric_type, MetricType::Gauge | MetricType::Info) {
        report!(
            errors,
            site,
            "`#[exemplars]` on {found}: only a counter or a histogram has exemplars"
        );
    }
}

/// `#[zeroed]` and `#[lazy]` change something, and not opposite things.
fn check_export(family: &Family, errors: &mut Errors) {
    let options = &family.options;
    let [zeroed, lazy] =
        [options.zeroed.as_ref().map(|it| &it.site), options.lazy.as_ref().map(|it| &it.site)];
    if let (Some(zeroed), Some(lazy)) = (zeroed, lazy) {
        let both = Between(zeroed, lazy);
        report!(errors, both, "`#[lazy]` and `#[zeroed]` are opposites: leave one out");
    }
    check_zeroed_labels(family, errors);
    let is_info = family.metric_type == MetricType::Info;
    let names_nothing = options.zeroed.as_ref().is_none_or(|zeroed| zeroed.value.is_empty());
    for site in [zeroed, lazy].into_iter().flatten() {
        if is_info {
            report!(
                errors,
                site,
                "`#[{site}]` on an info, which is always exported once it is set"
            );
        } else if family.labels.is_empty() && names_nothing && site == "zeroed" {
            report!(
                errors,
                site,
                "`#[zeroed]` without labels is what happens anyway: leave it out"
            );
        }
    }
}

/// `#[zeroed(…)]` names labels of the family, each once. Whether they are closed only types know.
fn check_zeroed_labels(family: &Family, errors: &mut Errors) {
    let named = family.options.zeroed.iter().flat_map(|zeroed| &zeroed.value);
    let mut seen: Vec<&Ident> = Vec::new();
    for label in named {
        let name = label.unraw().to_string();
        if let Some(first) = seen.iter().find(|first| first.unraw() == name) {
            report!(errors, Between(*first, label), "`{name}` is named twice: leave one out");
        } else if !family.labels.iter().any(|known| known.name() == name) {
            let known: Vec<String> = family.labels.iter().map(Label::name).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let meant = naming::did_you_mean(&name, &known);
            let ident = &family.ident;
            if known.is_empty() {
                report!(
                    errors,
                    label,
                    "`{ident}` has no label `{name}`, and no other: leave it out"
                );
            } else {
                let listed = naming::listed(&known);
                report!(
                    errors,
                    label,
                    "`{ident}` has no label `{name}`{meant} its labels are {listed}"
                );
            }
        }
        seen.push(label);
    }
}

/// A limit is a positive number of children, and only labels make more than one.
fn check_limit(family: &Family, errors: &mut Errors) {
    let Some(limit) = &family.options.limit else { return };
    if family.labels.is_empty() {
        report!(errors, limit.site, "`#[limit]` without labels limits nothing: leave it out");
    } else if limit.value.children == Some(0) {
        report!(errors, limit.value.tokens, "a limit of 0 lets no child live: write at least 1");
    } else if limit.value.children.is_none() {
        let most = u32::MAX;
        report!(errors, limit.value.tokens, "this limit is no whole number from 1 to {most}");
    }
}

/// `#[unit]` is a base unit in words and says nothing else than the name.
fn check_unit(family: &Family, errors: &mut Errors) {
    let Some(Setting { value: site, .. }) = &family.options.unit else { return };
    let unit = site.value();
    if !naming::is_snake_case(&unit) || !naming::is_label_charset(&unit) {
        report!(
            errors,
            site,
            "`{unit}` is not a unit: write one in small letters, such as `bytes`"
        );
    } else if let Some(named) = promlint::unit_of(&family.name).filter(|named| **named != unit) {
        report!(errors, site, "the name says {named} and `#[unit]` says {unit}: write one of them");
    } else if let (Some(base), None) = (promlint::base_unit_for(&unit), &family.options.legacy) {
        report!(errors, site, "`{unit}` is not a base unit: write `{base}`");
    }
}

/// Upper bounds are finite, increasing and not too many; `+Inf` is added by itself.
fn check_buckets(family: &Family, errors: &mut Errors) {
    let Some(Setting { site, value }) = &family.options.buckets else { return };
    let (generator, is_sound) = match value {
        Buckets::None(_) => return,
        Buckets::List(numbers) => return check_list(site, numbers, errors),
        Buckets::Linear(generator) => (generator, check_linear(generator, errors)),
        Buckets::Exponential(generator) => (generator, check_exponential(generator, errors)),
    };
    if is_sound {
        check_generated(generator, &buckets::bounds(value), errors);
    }
}

fn check_list(site: &Ident, numbers: &[Number], errors: &mut Errors) {
    let most = buckets::MOST;
    if numbers.is_empty() {
        report!(errors, site, "no buckets: write upper bounds, or leave `#[buckets]` out");
    } else if numbers.len() > usize::from(most) {
        let found = numbers.len();
        report!(errors, site, "{found} buckets: a family has at most {most}");
    }
    for number in numbers.iter().filter(|number| !number.value.is_finite()) {
        report!(
            errors,
            number.tokens,
            "not a finite bound: leave it out, `+Inf` is added by itself"
        );
    }
    for pair in numbers.windows(2) {
        let [lower, upper] = pair else { continue };
        if upper.value <= lower.value {
            let (lower, found) = (lower.value, upper.value);
            report!(
                errors,
                upper.tokens,
                "bound {found} does not lie above the bound {lower} before it: write bounds in \
                 increasing order"
            );
        }
    }
}

/// `linear(start, width, count)`: the width is positive.
fn check_linear(Generator { step, .. }: &Generator, errors: &mut Errors) -> bool {
    let is_sound = step.value > 0.0;
    if !is_sound {
        report!(errors, step.tokens, "a width that is not positive: bounds must increase");
    }
    is_sound
}

/// `exponential(start, factor, count)`: the start is positive and the factor above 1.
fn check_exponential(Generator { start, step, .. }: &Generator, errors: &mut Errors) -> bool {
    if start.value <= 0.0 {
        report!(errors, start.tokens, "a start that is not positive: write one above 0");
    }
    if step.value <= 1.0 {
        report!(errors, step.tokens, "a factor that is not above 1: bounds must increase");
    }
    start.value > 0.0 && step.value > 1.0
}

/// The count is a sane whole number, and the bounds that come out are finite and increasing.
fn check_generated(generator: &Generator, bounds: &[f64], errors: &mut Errors) {
    let Generator { name, count, step, .. } = generator;
    if buckets::count(generator).is_none() {
        let most = buckets::MOST;
        report!(errors, count.tokens, "the count is no whole number from 1 to {most}");
    } else if bounds.iter().any(|bound| !bound.is_finite()) {
        report!(errors, name, "the bounds run to infinity: write a smaller step or count");
    } else if bounds.windows(2).any(|pair| pair.first() == pair.last()) {
        report!(errors, step.tokens, "two bounds come out equal: write a larger step");
    }
}

/// `#[legacy]` says why.
fn check_legacy(family: &Family, errors: &mut Errors) {
    if let Some(legacy) = &family.options.legacy {
        if legacy.value.value().trim().is_empty() {
            report!(errors, legacy.value, "an empty reason: say why the name must stay");
        }
    }
}
