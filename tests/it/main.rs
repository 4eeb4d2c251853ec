//! The integration tests, a module a theme. A test that needs a process-wide registry, allocator or
//! environment of its own has a file of its own beside this folder.

mod families;
mod labels;
mod lifecycle;
mod registry;
mod threads;
mod updates;
mod http;
mod prometheus_interop;
mod tower;
