//! The machine: what it is, for the output, and which core a thread runs on.
//!
//! Invariant: nothing that names the machine's owner or its files is printed.

use std::fs;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::contender::Contender;

/// Prints the processor, the compiler and the versions of the contenders.
pub fn print(contenders: &[&Contender]) {
    println!("{}; cores: {}; load: {}", processor(), cores(), load());
    let clock = if cfg!(feature = "tsc") { "time-stamp counter" } else { "standard" };
    println!("{}; debug assertions: {}", compiler(), cfg!(debug_assertions));
    println!("clock of our timers: {clock}");
    println!("{}", versions(contenders));
}

/// The packages of the contenders with their versions.
pub fn versions(contenders: &[&Contender]) -> String {
    let versions: Vec<String> = contenders
        .iter()
        .filter(|contender| !contender.package.is_empty())
        .map(|contender| format!("{} {}", contender.package, version(contender.package)))
        .collect();
    versions.join(", ")
}

/// Model, family and model number; on some machines the first is hidden.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.split(':').next().map(str::trim) == Some(name));
        line.and_then(|line| line.split(':').nth(1)).map_or("?", str::trim)
    };
    if field("model name") == "?" {
        return format!("{}, part {}", std::env::consts::ARCH, field("CPU part"));
    }
    format!("{}, family {}, model {}", field("model name"), field("cpu family"), field("model"))
}

/// The cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// As `rustc --version` has it.
pub fn compiler() -> &'static str {
    env!("RUSTC_VERSION")
}

/// How busy the machine was in the last minute.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

/// The newest version of a package in the lock file.
fn version(package: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let head = format!("name = \"{package}\"\nversion = \"");
    let rest = lock.rfind(&head).map(|at| &lock[at + head.len()..]);
    rest.and_then(|rest| rest.split('"').next()).unwrap_or("?")
}

/// Keeps this thread on one of the cores that the process may use.
pub fn pin(thread: usize) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
    let mut one = CpuSet::new();
    one.set(cores[thread % cores.len()]);
    // If the system does not allow it, the thread runs unpinned.
    let _ = sched_setaffinity(None, &one);
}
