//! Tests of whole macros that need to call them as functions, which nothing outside can do; what users
//! see is tested in the workspace's `tests`.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod damage;
mod docs;
mod goldens;
mod large;
mod promtool;
