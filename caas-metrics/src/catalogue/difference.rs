//! What two declarations of one family differ in, and what a collector's family and its descriptor do.
//!
//! Not here: which of the two stays. Invariant: everything that a declaration says is compared.

use crate::{
    desc::{Descriptor, LabelDescriptor, NumberType},
    problem::{Difference, Problem},
    sample::{FamilyHead, FamilySnapshot},
};

/// Two declarations of one family that differ; the first one is exported.
pub(super) fn conflict(first: &Descriptor, second: &Descriptor) -> Option<Problem> {
    let mut differences = Vec::new();
    for ((what, kept), (_, dropped)) in said(first).into_iter().zip(said(second)) {
        differences.push(Difference { what: what.to_owned(), kept, dropped });
    }
    // A label that both have may still differ, in its values or its settings.
    for label in first.labels {
        if let Some(other) = second.labels.iter().find(|other| other.name == label.name) {
            let what = format!("label `{}`", label.name);
            differences.push(Difference { what, kept: settings(label), dropped: settings(other) });
        }
    }
    differences.retain(|difference| difference.kept != difference.dropped);
    (!differences.is_empty()).then(|| Problem::Conflict {
        name: second.name.to_owned(),
        differences,
        kept: first.location,
        dropped: second.location,
    })
}

/// What a declaration says, in the words of a problem.
fn said(descriptor: &Descriptor) -> Vec<(&'static str, String)> {
    let number = match descriptor.number {
        NumberType::Integer => "integer",
        NumberType::Float => "float",
    };
    let updown = if descriptor.updown { "present" } else { "absent" };
    let labels: Vec<&str> = descriptor.labels.iter().map(|label| label.name).collect();
    let bounds: Vec<String> = descriptor.buckets.iter().map(f64::to_string).collect();
    let bounds: Vec<&str> = bounds.iter().map(String::as_str).collect();
    vec![
        ("type", descriptor.metric_type.as_str().to_owned()),
        ("number type", number.to_owned()),
        ("`#[updown]`", updown.to_owned()),
        ("help", format!("\"{}\"", descriptor.help)),
        ("unit", descriptor.unit.unwrap_or("none").to_owned()),
        ("labels", listed(&labels)),
        ("buckets", listed(&bounds)),
    ]
}

/// All that a declaration says of a label but its name.
fn settings(label: &LabelDescriptor) -> String {
    let values = match label.values {
        Some(values) => listed(values),
        None => format!("open, of at most {} bytes", label.max_bytes),
    };
    if label.zeroed { format!("{values}, zeroed") } else { values }
}

/// `(a, b)`.
fn listed(items: &[&str]) -> String {
    let mut list = String::from("(");
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            list.push_str(", ");
        }
        list.push_str(item);
    }
    list.push(')');
    list
}

/// A collector's family that is not as its descriptor says.
pub(super) fn not_as_described(
    family: &FamilySnapshot,
    descriptor: &Descriptor,
) -> Option<Problem> {
    let (head, described) = (family.head(), FamilyHead::of(descriptor));
    let difference = if head.metric_type != described.metric_type {
        "type"
    } else if head.help != described.help {
        "help"
    } else if head.unit != described.unit {
        "unit"
    } else if head.buckets != described.buckets {
        "set of buckets"
    } else {
        return None;
    };
    let (name, location) = (family.name.clone(), descriptor.location);
    Some(Problem::NotAsDescribed { name, difference, location })
}
