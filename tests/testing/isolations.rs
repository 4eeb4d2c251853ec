//! Tests of the feature `testing`: that tests do not see each other, whatever they count and wherever.
//!
//! Most families are shared by all tests on purpose; each test expects its own numbers.

mod assertions;
mod attributes;
mod families;
mod handles;
mod owners;
mod pages;
mod parallel;
mod runtimes;
mod snapshots;
