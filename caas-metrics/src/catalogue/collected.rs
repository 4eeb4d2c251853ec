//! What a page can hold of the families of collectors, beside those of the program.
//!
//! Not here: what samples may be (`admit.rs`). Invariant: which of two contradicting families stays
//! depends on the order of collectors and on nothing else.

use std::sync::Arc;

use super::{Catalogue, difference::not_as_described, taken::Taken};
use crate::{
    admit::{self, Admitted, Findings, Reason},
    desc::Descriptor,
    problem::Problem,
    sample::{FamilyHead, FamilySnapshot},
    walk::DefaultLabels,
};

impl Catalogue {
    /// What a page can hold of the families of collectors, by name.
    pub(crate) fn admit(
        &self,
        collected: Vec<Arc<FamilySnapshot>>,
        default: &DefaultLabels,
        described: &[&'static Descriptor],
        findings: &mut Findings,
    ) -> Vec<Admitted> {
        let mut families = merge(collected, findings);
        let mut taken = Taken::beside(&self.taken);
        families.retain_mut(|family| {
            if !admit::admits(family, findings) {
                return false;
            }
            let head = family.head();
            if let Err(clash) = taken.take(head.metric_type, head.name, &title(&head)) {
                findings.family(family.samples().count(), Reason::Clash, clash);
                return false;
            }
            if let Some(descriptor) = described.iter().find(|it| it.name == head.name) {
                let problem = family.parts().find_map(|part| not_as_described(part, descriptor));
                findings.problems.extend(problem);
            }
            admit::retain(family, default, findings);
            true
        });
        families
    }
}

/// A collector's family in a sentence.
fn title(head: &FamilyHead<'_>) -> String {
    format!("{} `{}` of a collector", head.metric_type.as_str(), head.name)
}

/// The families of all collectors by name, those with one head together.
#[allow(clippy::vec_box, reason = "what is moved to make room for a family is a pointer each")]
fn merge(collected: Vec<Arc<FamilySnapshot>>, findings: &mut Findings) -> Vec<Admitted> {
    let mut merged: Vec<Box<Admitted>> = Vec::with_capacity(collected.len());
    for family in collected {
        match merged.binary_search_by(|known| known.name().cmp(&family.name)) {
            Ok(place) => join(&mut merged[place], family, findings),
            Err(place) => merged.insert(place, Box::new(Admitted::new(family))),
        }
    }
    merged.into_iter().map(|family| *family).collect()
}

/// Adds the samples of another family of that name, if it has the same head.
fn join(first: &mut Admitted, other: Arc<FamilySnapshot>, findings: &mut Findings) {
    if first.head() == other.head() {
        first.join(other);
        return;
    }
    let clash = Problem::Clash {
        sample: other.name.clone(),
        kept: title(&first.head()),
        dropped: format!("{} of another one", other.metric_type.as_str()),
    };
    findings.family(other.children.len(), Reason::Clash, clash);
}
