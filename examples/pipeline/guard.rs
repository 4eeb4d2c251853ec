//! A second process that stops what the pipeline has started, in case the pipeline itself is killed.
//!
//! It is this program again, with `--guard`. It reads from its input which programs run. When the
//! pipeline ends, that input ends, and the guard asks the programs that are left to end too.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::program::terminate;

#[derive(Clone)]
pub struct Guard(Arc<Mutex<Watcher>>);

struct Watcher(Child);

impl Guard {
    pub fn start() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("--guard").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A signal to our whole process group must not reach the guard.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self(Arc::new(Mutex::new(Watcher(command.spawn()?)))))
    }

    /// Notes whether the program with this id runs.
    pub fn tell(&self, id: u32, runs: bool) {
        let mut watcher = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = &mut watcher.0.stdin {
            let _ = writeln!(input, "{}{id}", if runs { '+' } else { '-' });
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.0.stdin.take()); // its input ends, and so does it
        let _ = self.0.wait();
    }
}

/// The guard's own life.
pub fn stand() {
    let mut running = BTreeSet::new();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_at_checked(1) {
            Some(("+", id)) => running.insert(id.to_owned()),
            Some((_, id)) => running.remove(id),
            None => false,
        };
    }
    running.iter().filter_map(|id| id.parse().ok()).for_each(terminate);
}
