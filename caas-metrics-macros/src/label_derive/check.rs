//! What is wrong with a label type that parsed: one small function a rule.
//!
//! Whether a newtype's field is a label is left to rustc.
//! Invariant: a message says what was found, then what to write instead.

use super::ast::{LabelType, Shape, Variant};
use crate::errors::{Errors, report};
use crate::naming::Case;

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
    for (position, variant) in variants.iter().enumerate() {
        let text = variant.text(case);
        let mut earlier = variants.iter().take(position);
        if let Some(first) = earlier.find(|earlier| earlier.text(case) == text) {
            let other = &first.ident;
            report!(
                errors,
                variant.text_site(),
                "`{text}` is the text of `{other}` as well: rename one of them"
            );
            report!(errors, first.text_site(), "first used here");
        }
    }
}

/// One variant takes what no other knows.
fn check_one_other(variants: &[Variant], errors: &mut Errors) {
    let mut others = variants.iter().filter_map(|variant| variant.other.as_ref());
    let Some(first) = others.next() else { return };
    for second in others {
        report!(errors, second, "a second `other`: only one variant takes unknown texts");
        report!(errors, first, "the first is here");
    }
}
