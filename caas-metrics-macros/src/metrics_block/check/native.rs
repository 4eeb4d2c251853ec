//! What is wrong with the native buckets of a histogram.
//!
//! Not here: which buckets there can be, which the model knows. Invariant: a mistake is one error, at the
//! number that has to change.

use crate::errors::{Errors, report};
use crate::metrics_block::ast::{Buckets, Family, MetricType, Native, Number};
use caas_metrics_model::Native as Declared;

/// `#[native]` is for histograms, and its numbers make buckets; `#[buckets(none)]` leaves only these.
pub(super) fn check_native(family: &Family, errors: &mut Errors) {
    let options = &family.options;
    let Some(setting) = &options.native else {
        if let Some(Buckets::None(none)) = options.buckets.as_ref().map(|it| &it.value) {
            report!(
                errors,
                none,
                "no classic buckets and no `#[native]`: the histogram would count in none"
            );
        }
        return;
    };
    if family.metric_type != MetricType::Histogram {
        let found = family.metric_type.with_article();
        report!(errors, setting.site, "`#[native]` on {found}: only a histogram has buckets");
        return;
    }
    let Native { schema, from, to, max_buckets } = &setting.value;
    let schemas = Declared::SCHEMAS;
    let is_schema = |number: &Number| schemas.clone().any(|schema| is(number, f64::from(schema)));
    let (lowest, highest) = (schemas.start(), schemas.end());
    let mut is_sound = true;
    let mut wrong = |number: &Option<Number>, is_right: &dyn Fn(&Number) -> bool, text: &str| {
        if let Some(number) = number.as_ref().filter(|number| !is_right(number)) {
            report!(errors, number.tokens, "{text}");
            is_sound = false;
        }
    };
    let what = format!("the schema is a whole number from {lowest} to {highest}");
    wrong(schema, &is_schema, &what);
    let is_normal = |number: &Number| number.value >= f64::MIN_POSITIVE && number.value.is_finite();
    let what = "the range begins above 0: values nearer to zero are in the zero bucket";
    wrong(from, &is_normal, what);
    wrong(to, &is_normal, "the range ends at a number above 0");
    let is_count = |number: &Number| {
        number.value >= 1.0 && number.value <= f64::from(u32::MAX) && number.value.fract() == 0.0
    };
    wrong(max_buckets, &is_count, "the most buckets on a page are a whole number above 0");
    let native = family.native().unwrap_or_default();
    if !is_sound {
        return;
    }
    let end = to.as_ref().or(from.as_ref()).map(|number| &number.tokens);
    if native.from >= native.to {
        let (from, to) = (native.from, native.to);
        report!(
            errors,
            end,
            "the range ends at {to} and begins at {from}: write `from` below `to`"
        );
    } else if native.len() > Declared::MOST_BUCKETS {
        let (found, most) = (native.len(), Declared::MOST_BUCKETS);
        report!(
            errors,
            setting.site,
            "{found} buckets on either side of zero, and there may be {most}: narrow the range, or \
             lower the schema"
        );
    }
}

fn is(number: &Number, wanted: f64) -> bool {
    number.value.total_cmp(&wanted).is_eq()
}
