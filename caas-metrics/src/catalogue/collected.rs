//! What a page can hold of the families of collectors, beside those of the program.
//!
//! Not here: what samples may be (`admit.rs`). Invariant: which of two contradicting families stays
//! depends on the order of collectors and on nothing else.

use super::{Catalogue, difference::not_as_described, taken::Taken};
use crate::{
    admit::{self, Findings, Reason},
    desc::Descriptor,
    problem::Problem,
    sample::FamilySnapshot,
    walk::DefaultLabels,
};

impl Catalogue {
    /// What a page can hold of the families of collectors, by name.
    pub(crate) fn admit(
        &self,
        collected: Vec<FamilySnapshot>,
        default: &DefaultLabels,
        described: &[&'static Descriptor],
        findings: &mut Findings,
    ) -> Vec<FamilySnapshot> {
        let mut families = merge(collected, findings);
        let mut taken = Taken::beside(&self.taken);
        families.retain_mut(|family| {
            if !admit::admits(family, findings) {
                return false;
            }
            if let Err(clash) = taken.take(family.metric_type, &family.name, &title(family)) {
                findings.family(family, Reason::Clash, clash);
                return false;
            }
            if let Some(descriptor) = described.iter().find(|it| it.name == family.name) {
                findings.problems.extend(not_as_described(family, descriptor));
            }
            admit::retain(family, default, findings);
            true
        });
        families
    }
}

/// A collector's family in a sentence.
fn title(family: &FamilySnapshot) -> String {
    format!("{} `{}` of a collector", family.metric_type.as_str(), family.name)
}

/// The families of all collectors by name, those with one head together.
#[allow(clippy::vec_box, reason = "what is moved to make room for a family is a pointer each")]
fn merge(collected: Vec<FamilySnapshot>, findings: &mut Findings) -> Vec<FamilySnapshot> {
    let mut merged: Vec<Box<FamilySnapshot>> = Vec::with_capacity(collected.len());
    for family in collected {
        match merged.binary_search_by(|known| known.name.cmp(&family.name)) {
            Ok(place) => join(&mut merged[place], family, findings),
            Err(place) => merged.insert(place, Box::new(family)),
        }
    }
    merged.into_iter().map(|family| *family).collect()
}

/// Adds the samples of another family of that name, if it has the same head.
fn join(first: &mut FamilySnapshot, mut other: FamilySnapshot, findings: &mut Findings) {
    if first.head() == other.head() {
        first.children.append(&mut other.children);
        return;
    }
    let clash = Problem::Clash {
        sample: other.name.clone(),
        kept: title(first),
        dropped: format!("{} of another one", other.metric_type.as_str()),
    };
    findings.family(&other, Reason::Clash, clash);
}
