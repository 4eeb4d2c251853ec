//! Info: constant facts as labels; the value is always 1.
//!
//! Invariant: an info child has no cells. It is on the page as long as it lives.

use super::Metric;
use crate::desc::Descriptor;

/// The metric type `info`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Info;

impl Metric for Info {
    type Reading = u64;

    fn reading(_: &Descriptor, _: &[u64]) -> u64 {
        1
    }
}
