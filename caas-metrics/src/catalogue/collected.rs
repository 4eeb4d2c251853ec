//! What a page can hold of the families of collectors, beside those of the program.
//!
//! Not here: what samples may be (`admit.rs`). Invariant: which of two contradicting families stays
//! depends on the order of collectors, on which of them give way, and on nothing else.

use std::sync::Arc;

use super::{Catalogue, difference::not_as_described, taken::Taken};
use crate::{
    admit::{self, Admitted, Findings, Reason},
    desc::Descriptor,
    problem::Problem,
    sample::{FamilyHead, FamilySnapshot},
    walk::DefaultLabels,
};

/// What collectors have returned.
pub(crate) struct Collected {
    pub(crate) families: Vec<Arc<FamilySnapshot>>,
    /// Those that are left out where others have their names.
    pub(crate) giving_way: Vec<Arc<FamilySnapshot>>,
}

impl Catalogue {
    /// What a page can hold of the families of collectors, by name.
    pub(crate) fn admit(
        &self,
        collected: Collected,
        default: &DefaultLabels,
        described: &[&'static Descriptor],
        findings: &mut Findings,
    ) -> Vec<Admitted> {
        let Collected { families, giving_way } = collected;
        let mut families = merge(families, findings);
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
        for mut family in merge(giving_way, findings) {
            let head = family.head();
            if taken.take(head.metric_type, head.name, &title(&head)).is_ok() {
                admit::retain(&mut family, default, findings);
                let place = families.partition_point(|other| other.name() < family.name());
                families.insert(place, family);
            }
        }
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
