//! The registry of the process: what it has without being asked.
//!
//! Not here: what a registry is and does (`registry.rs`). Invariant: there is one in a program, and all
//! that needs no registry as an argument means this one.

use std::sync::LazyLock;

#[cfg(feature = "prometheus")]
use crate::collector::CollectorOptions;
use crate::{clock, registry::Registry};

/// The process's registry.
///
/// ```
/// caas_metrics::metrics! {
///     /// Pages served.
///     pub counter PagesServedTotal;
/// }
///
/// let families = caas_metrics::registry().gather();
/// assert!(families.iter().any(|family| family.name == "pages_served_total"));
/// ```
#[must_use]
pub fn registry() -> &'static Registry {
    static PROCESS: LazyLock<Registry> = LazyLock::new(|| {
        clock::calibrate();
        let registry = Registry::with_declared();
        #[cfg(feature = "prometheus")]
        registry
            .register_with(CollectorOptions::new("prometheus"), crate::prometheus::gather_default);
        registry
    });
    &PROCESS
}
