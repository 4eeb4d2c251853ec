//! The cost of growth.
pub fn run(_: &super::Effort) {}
