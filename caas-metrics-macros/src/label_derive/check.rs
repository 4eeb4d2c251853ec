//! What is wrong with a label type that parsed: one small function a rule.
//!
//! Whether a newtype's field is a label is left to rustc.
//! Invariant: a message says what was found, then what to write instead.

use super::ast::{LabelType, Shape, Variant};
use crate::errors::{Between, Errors, report};
use crate::naming::Case;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Reports every mistake of the type.
pub(crate) fn check(label: &LabelType, errors: &mut Errors) {
    if let Shape::Closed { case, variants } = &label.shape {
        for variant in variants {
            check_fields(variant, errors);
            check_text(variant, *case, errors);
        }
        check_distinct(variants, *case, errors);
        check_one_other(variants, errors);
    }
}

/// A closed label has finitely many values, so its variants hold nothing.
fn check_fields(variant: &Variant, errors: &mut Errors) {
    let Variant { ident, fields, .. } = variant;
    if !fields.is_empty() {
        report!(
            errors,
            fields,
            "variant `{ident}` has fields, so its texts are not known at compile time: write `{ident}`, \
             or a newtype of a string"
        );
    }
}

/// A text is there and is not the one that stands for what exceeds a limit.
fn check_text(variant: &Variant, case: Case, errors: &mut Errors) {
    let text = variant.text(case);
    if text.is_empty() {
        report!(
            errors,
            variant.text_site(),
            "an empty text, which to Prometheus is no label at all: write a word"
        );
    } else if text == caas_metrics_model::OVERFLOW {
        report!(errors, variant.text_site(), "`{text}` is reserved: write another text");
    }
}

/// Two variants never have one text, or their counts would be one series.
fn check_distinct(variants: &[Variant], case: Case, errors: &mut Errors) {
    // The first variant of each text is looked up: an enum may have thousands.
    let mut owners: HashMap<String, &Variant> = HashMap::with_capacity(variants.len());
    for variant in variants {
        match owners.entry(variant.text(case)) {
            Entry::Vacant(free) => {
                free.insert(variant);
            }
            Entry::Occupied(taken) => {
                let (text, first) = (taken.key(), taken.get());
                let (other, ident) = (&first.ident, &variant.ident);
                report!(
                    errors,
                    Between(&first.text_site(), &variant.text_site()),
                    "`{text}` is the text of `{other}` and of `{ident}`: rename one of them"
                );
            }
        }
    }
}

/// One variant takes what no other knows.
fn check_one_other(variants: &[Variant], errors: &mut Errors) {
    let mut others = variants.iter().filter_map(|variant| variant.other.as_ref());
    let Some(first) = others.next() else { return };
    for second in others {
        let both = Between(first, second);
        report!(errors, both, "`other` is given twice: only one variant takes unknown texts");
    }
}
