//! Which family takes which names of samples. No two families of a page have a name in common.
//!
//! Invariant: a family has all of its names or none.

use std::collections::HashMap;

use crate::{desc::MetricType, problem::Problem};

/// The names of samples that are taken.
#[derive(Debug, Default)]
pub(super) struct Taken<'a> {
    /// Of each name the family that has it, in the words of a problem.
    names: HashMap<String, String>,
    /// What was taken before.
    before: Option<&'a Self>,
}

impl<'a> Taken<'a> {
    /// Nothing yet beside what was taken before.
    pub(super) fn beside(before: &'a Self) -> Self {
        Self { names: HashMap::new(), before: Some(before) }
    }

    /// Who has a name.
    fn who(&self, name: &str) -> Option<&String> {
        self.names.get(name).or_else(|| self.before?.who(name))
    }

    /// Takes the names of a family.
    pub(super) fn take(
        &mut self,
        metric_type: MetricType,
        name: &str,
        title: &str,
    ) -> Result<(), Problem> {
        let names = metric_type.taken_names(name);
        for sample in &names {
            if let Some(kept) = self.who(sample) {
                let (sample, kept) = (sample.clone(), kept.clone());
                return Err(Problem::Clash { sample, kept, dropped: title.to_owned() });
            }
        }
        for name in names {
            self.names.insert(name, title.to_owned());
        }
        Ok(())
    }
}
