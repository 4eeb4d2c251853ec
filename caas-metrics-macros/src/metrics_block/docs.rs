//! What the docs of a family say below its help text: what is on the page because of it.
//!
//! Invariant: one literal a family, since each costs the compiler something.

use super::ast::{Family, Label, MetricType};
use super::buckets;
use crate::naming;

/// The largest number of bounds that are listed.
const MOST_LISTED: usize = 20;

/// A paragraph such as ``Exposed as the counter `orders_placed_total`, with the label `kind`.``
pub(super) fn exposed(family: &Family) -> String {
    let Family { name, options, .. } = family;
    let names: Vec<String> = family.labels.iter().map(Label::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let keyword = match family.metric_type {
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::Info => "info",
    };
    let series = match family.metric_type {
        MetricType::Histogram => format!(" (`{name}_bucket`, `{name}_sum`, `{name}_count`)"),
        _ => String::new(),
    };
    let unit = family.unit().map(|unit| format!(", in {unit}")).unwrap_or_default();
    let labels = match names.as_slice() {
        [] => String::new(),
        [_] => format!(", with the label {}", naming::listed(&names)),
        _ => format!(", with the labels {}", naming::listed(&names)),
    };
    let mut sentences = vec![format!("Exposed as the {keyword} `{name}`{series}{unit}{labels}.")];
    sentences.extend(bounds(family).map(|bounds| format!("Buckets: {bounds}.")));
    if let Some(native) = family.native() {
        let (from, to) = (native.from, native.to);
        sentences.push(format!(
            "A native histogram of schema {}, from {from:e} to {to:e}.",
            native.schema
        ));
    }
    if !names.is_empty() {
        let most = most_series(family);
        sentences.extend(most.map(|most| format!("If a label is open, at most {most} series.")));
    }
    let zeroed = options.zeroed.as_ref().map(|zeroed| zeroed.value.as_slice());
    match zeroed {
        Some([]) => {
            sentences.push("All values of closed labels are born together, at zero.".into());
        }
        Some(labels) => {
            let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let listed = naming::listed(&labels);
            sentences.push(format!("All values of {listed} are born together, at zero."));
        }
        None if options.lazy.is_some() => {
            sentences.push("Not exported before its first event.".into());
        }
        None => {}
    }
    if family.has_exemplars() {
        sentences.push("Updates leave exemplars.".into());
    }
    format!("\n {}", sentences.join(" "))
}

/// The limit as written, with commas; `None` for one that is a mistake.
fn most_series(family: &Family) -> Option<String> {
    let limit = match &family.options.limit {
        Some(limit) => limit.value.children?,
        None => 2000,
    };
    let digits = limit.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    Some(grouped)
}

/// The upper bounds of a histogram; of many, the first, the last and their number.
fn bounds(family: &Family) -> Option<String> {
    let bounds = match (&family.options.buckets, family.metric_type) {
        (Some(buckets), MetricType::Histogram) => buckets::bounds(&buckets.value),
        (None, MetricType::Histogram) => buckets::DEFAULT.to_vec(),
        _ => return None,
    };
    match bounds.as_slice() {
        [] => None,
        [first, .., last] if bounds.len() > MOST_LISTED => {
            Some(format!("{} from {first} to {last}", bounds.len()))
        }
        all => Some(all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}
