//! Info: constant facts as labels; the value is always 1.
//!
//! Invariant: an info child has no slots; that it lives is all there is to it.

use super::Metric;

/// The metric type `info`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Info;

impl Metric for Info {
    type Reading = u64;

    fn reading(_slots: &[u64]) -> u64 {
        1
    }
}
