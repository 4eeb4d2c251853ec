//! What is wrong with a block that parsed: one small function a rule, each headed by its rule.
//!
//! What only types know is left to rustc and to the const assertions of the expansion.
//! Invariant: a message says what was found, then what to write instead.

mod native;
mod options;

use self::native::check_native;
use self::options::check_options;
use super::ast::{Block, Family, Label};
use super::{lifetimes, promlint};
use crate::errors::{Between, Errors, report};
use crate::naming;
use caas_metrics_model::RESERVED_LABELS;
use std::collections::{BTreeSet, HashMap};
use syn::LitStr;
use syn::ext::IdentExt;

/// Reports every mistake of the block.
pub(crate) fn check(block: &Block, errors: &mut Errors) {
    if let Some(namespace) = &block.namespace {
        check_namespace(namespace, errors);
    }
    for family in &block.families {
        check_help(family, errors);
        if !family.options.is_flawed {
            check_name(family, &block.start(), errors);
        }
        check_labels(family, errors);
        check_options(family, errors);
        check_native(family, errors);
    }
    check_pairs(&block.families, errors);
}

/// A namespace is the first words of every name: `namespace = "caas";`.
fn check_namespace(namespace: &LitStr, errors: &mut Errors) {
    let written = namespace.value();
    if written.is_empty() {
        report!(errors, namespace, "an empty namespace: leave the line out");
    } else if !naming::is_label_charset(&written) {
        report!(
            errors,
            namespace,
            "`{written}` can't begin a metric name: write ASCII letters, digits and `_`, a letter first"
        );
    } else if !naming::is_snake_case(&written) {
        let better = naming::snake_case(&written);
        report!(
            errors,
            namespace,
            "`{written}` is not snake case: write `namespace = \"{better}\";`"
        );
    }
}

/// Every family has a help text, which is its doc comment's first paragraph.
fn check_help(family: &Family, errors: &mut Errors) {
    if family.help.docs.is_empty() {
        let ident = &family.ident;
        report!(errors, ident, "`{ident}` has no help text: write a doc comment above it");
    } else if family.help.text.is_empty() {
        report!(errors, family.help.docs, "an empty help text: say what is counted or measured");
    }
}

/// Names fit the charset, are not reserved, and keep the naming rules or are `#[legacy]`.
fn check_name(family: &Family, start: &str, errors: &mut Errors) {
    let name = &family.name;
    let site = family.name_site();
    if !naming::is_metric_charset(name) {
        report!(
            errors,
            site,
            "`{name}` is not a metric name: write ASCII letters, digits and `_`, a letter first"
        );
    } else if name.starts_with("__") {
        report!(errors, site, "`{name}` begins with `__`, which is reserved: write it without");
    } else if family.options.legacy.is_none() {
        let better = promlint::better_name(name, family.metric_type);
        let instead = instead(family, start, &better);
        for finding in promlint::findings(name, family.metric_type) {
            let problem = finding.problem;
            report!(
                errors,
                site,
                "{problem}: write `{instead}`, or keep the name with `#[legacy(reason = \"…\")]`"
            );
        }
    }
}

/// How to write the name `better` where the family has its name from.
fn instead(family: &Family, start: &str, better: &str) -> String {
    match better.strip_prefix(start) {
        Some(own) if family.options.name.is_none() => naming::pascal_case(own),
        _ => format!("#[name = \"{better}\"]"),
    }
}

fn check_labels(family: &Family, errors: &mut Errors) {
    for (position, label) in family.labels.iter().enumerate() {
        let name = label.name();
        check_label_name(family, label, &name, errors);
        check_lifetimes(label, errors);
        let mut earlier = family.labels.iter().take(position);
        if let Some(first) = earlier.find(|earlier| earlier.name() == name) {
            let both = Between(&first.ident, &label.ident);
            report!(errors, both, "label `{name}` is declared twice: leave one out");
        }
    }
}

/// A label's name fits the charset, is not reserved, and is snake case.
fn check_label_name(family: &Family, label: &Label, name: &str, errors: &mut Errors) {
    let site = &label.ident;
    if !naming::is_label_charset(name) {
        report!(errors, site, "`{name}` is not a label name: write ASCII letters, digits and `_`");
    } else if RESERVED_LABELS.contains(&name) {
        report!(
            errors,
            site,
            "label `{name}` is reserved for the samples of histograms and summaries: write another \
             word"
        );
    } else if name.starts_with('_') {
        let better = name.trim_start_matches('_');
        report!(errors, site, "labels that begin with `_` are reserved: write `{better}`");
    } else if !naming::is_snake_case(name) && family.options.legacy.is_none() {
        let better = naming::snake_case(name);
        report!(errors, site, "label `{name}` is not snake case: write `{better}`");
    }
}

/// References get their lifetime from the macro.
fn check_lifetimes(label: &Label, errors: &mut Errors) {
    for lifetime in lifetimes::named(&label.ty) {
        report!(
            errors,
            lifetime,
            "a family has no lifetime `'{lifetime}`: write `&str` or `'_`, and it is filled in"
        );
    }
}

/// Families have names of their own, and so do their samples.
fn check_pairs(families: &[Family], errors: &mut Errors) {
    // Who may clash is looked up, so that a long block is not compared with itself pair by pair.
    let mut takers: HashMap<String, Vec<usize>> = HashMap::new();
    for (position, family) in families.iter().enumerate() {
        let mut taken = family.sample_names();
        taken.push(family.ident.unraw().to_string());
        let known = taken.iter().filter_map(|name| takers.get(name)).flatten();
        let earlier: BTreeSet<usize> = known.copied().collect();
        let mut earlier = earlier.into_iter().filter_map(|position| families.get(position));
        // One mistake is enough: the others may be its consequences.
        earlier.any(|first| !family.is_separated_from(first) && clash(first, family, errors));
        for name in taken {
            takers.entry(name).or_default().push(position);
        }
    }
}

/// Reports what two families have in common; says whether there was something.
fn clash(first: &Family, second: &Family, errors: &mut Errors) -> bool {
    let (name, keyword) = (&second.name, &first.keyword);
    let (first_site, second_site) = (first.name_site(), second.name_site());
    let both = Between(&first_site, &second_site);
    if first.ident.unraw() == second.ident.unraw() {
        let ident = &second.ident;
        let both = Between(&first.ident, ident);
        report!(errors, both, "family `{ident}` is declared twice: rename one or leave it out");
    } else if first.options.is_flawed || second.options.is_flawed {
        return false;
    } else if first.name == *name {
        let other = &first.ident;
        let second = &second.ident;
        report!(errors, both, "`{name}` is the name of `{other}` and of `{second}`: rename one");
    } else if let Some(shared) = shared_sample(first, second) {
        let other = &first.name;
        report!(
            errors,
            both,
            "`{shared}` is a name that {keyword} `{other}` takes in the exposition: rename one"
        );
    } else {
        return false;
    }
    true
}

/// A name that both families would write.
fn shared_sample(first: &Family, second: &Family) -> Option<String> {
    let taken = first.sample_names();
    second.sample_names().into_iter().find(|name| taken.contains(name))
}
