//! A program that the pipeline starts, and stops by its own id.
//!
//! What it prints goes to a file. Invariant: it does not outlive the value, even in a panic; nor,
//! thanks to the guard, the pipeline, even if that is killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::guard::Guard;

/// How long a program may take to come up.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end when it is asked to; then it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// Where programs have their files, and what watches over them.
pub struct Supervisor {
    dir: TempDir,
    guard: Guard,
}

impl Supervisor {
    pub fn new() -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let guard = Guard::start().map_err(|error| format!("cannot start the guard: {error}"))?;
        Ok(Self { dir, guard })
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn start(&self, name: &'static str, command: &mut Command) -> Result<Program, String> {
        let log = self.dir().join(format!("{name}.log"));
        let say = |error| format!("cannot start {name}: {error}");
        let file = File::create(&log).map_err(say)?;
        command.stdin(Stdio::null()).stdout(file.try_clone().map_err(say)?).stderr(file);
        command.kill_on_drop(true);
        // Ctrl-C in a terminal goes to a whole process group, but we stop programs one after the other.
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(say)?;
        let id = child.id();
        if let Some(id) = id {
            self.guard.tell(id, true);
        }
        Ok(Program { name, child, id, log, guard: self.guard.clone() })
    }
}

pub struct Program {
    pub name: &'static str,
    child: Child,
    /// `None` when it has ended.
    id: Option<u32>,
    log: PathBuf,
    guard: Guard,
}

impl Program {
    /// Asks until `probe` finds in the output what it looks for.
    pub async fn until<T>(
        &mut self,
        mut probe: impl AsyncFnMut(&str) -> Option<T>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + START;
        loop {
            let output = self.output();
            if let Some(found) = probe(&output).await {
                return Ok(found);
            }
            if let Some(end) = self.end() {
                return Err(end);
            }
            if Instant::now() > deadline {
                return Err(format!("{} does not come up: {}", self.name, tail(&output)));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// How the program ended, if it has; `Some` only once.
    pub fn end(&mut self) -> Option<String> {
        let id = self.id?;
        let status = self.child.try_wait().ok()??;
        self.id = None;
        self.guard.tell(id, false);
        Some(format!("{} has ended, {status}: {}", self.name, tail(&self.output())))
    }

    pub async fn stop(mut self) {
        if let Some(id) = self.id {
            terminate(id);
        }
        if timeout(GRACE, self.child.wait()).await.is_err() {
            eprintln!("pipeline: {} does not stop within {GRACE:?} and is killed", self.name);
            let _ = self.child.kill().await;
        }
    }

    fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It is killed with `child`, right after this.
        if let Some(id) = self.id {
            self.guard.tell(id, false);
        }
    }
}

/// The end of a program's output, for an error.
fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// Asks a program to end. It must not have been waited for yet, or the id may be another program's.
#[cfg(unix)]
pub fn terminate(id: u32) {
    use rustix::process::{Pid, Signal, kill_process};

    if let Some(id) = Pid::from_raw(id.cast_signed()) {
        let _ = kill_process(id, Signal::TERM);
    }
}

/// Only Unix has this signal. Elsewhere, a program that does not end is killed.
#[cfg(not(unix))]
pub fn terminate(_: u32) {}
