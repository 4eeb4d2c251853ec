//! What two declarations of one family differ in, and what a collector's family and its descriptor do.
//!
//! Not here: which of the two stays. Invariant: everything that a declaration says is compared.

use crate::{
    desc::{Descriptor, LabelDescriptor, NumberType},
    problem::{Difference, Problem},
    sample::{ChildSnapshot, FamilyHead, FamilySnapshot},
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
    let presence = |is_there| if is_there { "present" } else { "absent" }.to_owned();
    let labels: Vec<&str> = descriptor.labels.iter().map(|label| label.name).collect();
    let bounds: Vec<String> = descriptor.buckets.iter().map(f64::to_string).collect();
    let bounds: Vec<&str> = bounds.iter().map(String::as_str).collect();
    vec![
        ("type", descriptor.metric_type.as_str().to_owned()),
        ("number type", number.to_owned()),
        ("`#[updown]`", presence(descriptor.updown && !descriptor.held)),
        ("`#[held]`", presence(descriptor.held)),
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
    } else if !family.children.iter().all(|sample| has_labels_of(descriptor, sample)) {
        "set of labels"
    } else if !family.children.iter().all(|sample| has_values_of(descriptor, sample)) {
        "set of values of a closed label"
    } else {
        return None;
    };
    let (name, location) = (family.name.clone(), descriptor.location);
    Some(Problem::NotAsDescribed { name, difference, location })
}

/// Whether a sample's labels are those of the family, in any order.
fn has_labels_of(descriptor: &Descriptor, sample: &ChildSnapshot) -> bool {
    let is_of_family = |(name, _): &(String, String)| label(descriptor, name).is_some();
    sample.labels.len() == descriptor.labels.len() && sample.labels.iter().all(is_of_family)
}

/// Whether the values of a sample's closed labels are among those of the family.
fn has_values_of(descriptor: &Descriptor, sample: &ChildSnapshot) -> bool {
    sample.labels.iter().all(|(name, value)| {
        let values = label(descriptor, name).and_then(|label| label.values);
        values.is_none_or(|values| values.contains(&value.as_str()))
    })
}

fn label<'a>(descriptor: &'a Descriptor, name: &str) -> Option<&'a LabelDescriptor> {
    descriptor.labels.iter().find(|label| label.name == name)
}
