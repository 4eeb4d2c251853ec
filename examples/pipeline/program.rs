//! A program that the pipeline starts, and stops by its own id.
//!
//! What it prints goes to a file. Invariant: it does not outlive the value, also in a panic.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long a program may take to come up.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end when it is asked to; then it is killed.
const GRACE: Duration = Duration::from_secs(10);

pub struct Program {
    pub name: &'static str,
    child: Child,
    log: PathBuf,
    has_ended: bool,
}

impl Program {
    pub fn start(name: &'static str, dir: &Path, command: &mut Command) -> Result<Self, String> {
        let log = dir.join(format!("{name}.log"));
        let say = |error| format!("cannot start {name}: {error}");
        let file = File::create(&log).map_err(say)?;
        command.stdin(Stdio::null()).stdout(file.try_clone().map_err(say)?).stderr(file);
        command.kill_on_drop(true);
        // Ctrl-C in a terminal goes to a whole group, but we stop programs one after the other.
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(say)?;
        Ok(Self { name, child, log, has_ended: false })
    }

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

    /// If the program has ended, how; only told once.
    pub fn end(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()?.filter(|_| !self.has_ended)?;
        self.has_ended = true;
        Some(format!("{} has ended, {status}: {}", self.name, tail(&self.output())))
    }

    pub async fn stop(mut self) {
        terminate(&mut self.child);
        if timeout(GRACE, self.child.wait()).await.is_err() {
            eprintln!("pipeline: {} does not stop within {GRACE:?} and is killed", self.name);
            let _ = self.child.kill().await;
        }
    }

    fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// The last words of a program that has trouble.
fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process};

    // The id is known as long as the program has not been waited for, so it is nobody else's.
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    let _ = child.start_kill();
}
