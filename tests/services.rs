//! Checks of the services and of `examples/deploy/` that need no server.
#![cfg(unix)]
#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a test has no users")]
#![allow(dead_code, reason = "each test program uses a part of the modules in `e2e/`")]

#[path = "../examples/services/shared/client.rs"]
mod client;
#[path = "../examples/pipeline/config.rs"]
mod config;
#[path = "e2e/deploy.rs"]
mod deploy;
#[path = "e2e/http.rs"]
mod http;
#[path = "e2e/page.rs"]
mod page;
#[path = "e2e/pipeline.rs"]
mod pipeline;
#[path = "e2e/process.rs"]
mod process;
#[path = "e2e/service.rs"]
mod service;
#[path = "../examples/pipeline/version.rs"]
mod version;

#[path = "services/bounded.rs"]
mod bounded;
#[path = "services/declared.rs"]
mod declared;
#[path = "services/names.rs"]
mod names;
