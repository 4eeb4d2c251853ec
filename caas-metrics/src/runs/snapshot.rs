//! What one run found: the families of collectors that a page can have, and what there is to say.
//!
//! Invariant: never changes, so that any number of scrapes can share it.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use super::source::Report;
use crate::{
    admit::{Admitted, Dropped, Findings},
    catalogue::Catalogue,
    registry::Settings,
};

/// What a run found.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// When the run began, or for a run that asked only some collectors, the last one before it that
    /// asked all.
    pub(crate) begun: Instant,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) settings: Arc<Settings>,
    /// What is wrong before any value is known.
    pub(crate) known: Arc<Findings>,
    /// By name.
    pub(crate) families: Vec<Admitted>,
    /// What is wrong with what the collectors returned, in order.
    pub(crate) found: Findings,
    /// The collectors, in the order in which they were registered.
    pub(crate) reports: Vec<Report>,
    /// What runs have left out up to this one. It is added up when the first scrape shows it.
    pub(crate) dropped: OnceLock<Dropped>,
}

impl Snapshot {
    /// Whether it was made for these families and settings.
    pub(crate) fn is_of(&self, catalogue: &Arc<Catalogue>, settings: &Arc<Settings>) -> bool {
        Arc::ptr_eq(&self.catalogue, catalogue) && Arc::ptr_eq(&self.settings, settings)
    }
}
