//! The integration tests, a module a theme. A test that needs a process-wide registry, allocator or
//! environment of its own has a file of its own beside this folder.

mod admission;
#[allow(clippy::all, clippy::pedantic, reason = "the functions are odd on purpose")]
mod attributes;
mod build_info;
mod catalogue;
mod collectors;
mod edges;
mod exemplars;
mod families;
mod held;
mod house;
mod http;
mod hygiene;
mod labels;
mod lifecycle;
mod missing;
mod native;
mod parsers;
mod process;
mod prometheus_interop;
mod readme;
mod registry;
mod scopes;
mod threads;
mod tokio;
mod tower;
mod updates;
mod versions;
