//! Programs that a test starts; each is stopped by its own id, even if the test panics.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::http;
use crate::version::Version;

/// Whether `program` starts at all.
pub fn is_installed(program: &str) -> bool {
    let version = Command::new(program).arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// The version of a Prometheus that is installed.
pub fn version(program: &str) -> Version {
    let output = Command::new(program).arg("--version").output().unwrap();
    // 2.42 prints it where errors go.
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    Version::parse(&printed).unwrap_or_else(|| panic!("{program} --version: {printed}"))
}

/// What to do where something that a test needs is missing: skip it and say so, or fail where
/// `CAAS_E2E=required` asks for everything.
pub fn skip(test: &str, missing: &str) {
    assert!(
        std::env::var_os("CAAS_E2E").is_none_or(|value| value != "required"),
        "CAAS_E2E=required, but {missing} is missing"
    );
    say(&format!("skipped: {test} needs {missing}"));
}

/// Whether something that a test needs is missing; then it is skipped.
pub fn lacks(test: &str, programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return false;
    }
    skip(test, &missing.join(", "));
    true
}

/// Says something that is to be seen though the test passes: the harness hides what `eprintln!` says.
pub fn say(text: &str) {
    let mut err = io::stderr();
    writeln!(err, "{text}").unwrap();
}

/// Asks until `probe` has an answer, or panics after half a minute.
pub fn eventually<T>(what: &str, probe: impl FnMut() -> Result<T, String>) -> T {
    within(30, what, probe)
}

/// Asks until `probe` has an answer, or panics after so many seconds.
pub fn within<T>(seconds: u64, what: &str, mut probe: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match probe() {
            Ok(answer) => return answer,
            Err(reason) if Instant::now() > deadline => panic!("{what}: {reason}"),
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// An address that nobody has now, for servers that do not tell which port they took.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A folder of its own for a test, removed at the end.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{count}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running program whose output goes to files.
pub struct Process {
    child: Child,
    dir: TempDir,
}

impl Process {
    pub fn start(name: &str, command: &mut Command) -> Self {
        let dir = TempDir::new(name);
        let file = |name: &str| File::create(dir.path().join(name)).unwrap();
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, dir }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(self.dir.path().join("stdout")).unwrap()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr")).unwrap()
    }

    /// Waits until a server, whose address `find` sees in what it prints, answers on `path`.
    pub fn ready(&mut self, path: &str, find: impl Fn(&str) -> Option<SocketAddr>) -> SocketAddr {
        eventually("the server is ready", || {
            self.assert_running();
            let log = self.stderr();
            let address = find(&log).filter(|address| {
                http::try_request(*address, "GET", path, &[], "").is_ok_and(|r| r.status == 200)
            });
            address.ok_or(log)
        })
    }

    /// Waits until a server listens whose address `find` sees in what it prints.
    pub fn listening(&mut self, find: impl Fn(&str) -> Option<SocketAddr>) -> SocketAddr {
        eventually("the server listens", || {
            self.assert_running();
            let log = self.stderr();
            find(&log).filter(|address| TcpStream::connect(address).is_ok()).ok_or(log)
        })
    }

    /// Sends a signal to this process only.
    pub fn signal(&self, signal: Signal) {
        // The id is its own until it has been waited for.
        let id = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits until the program has ended.
    pub fn exit(&mut self) -> ExitStatus {
        eventually("the program ends", || match self.child.try_wait().unwrap() {
            Some(status) => Ok(status),
            None => Err("it still runs".to_owned()),
        })
    }

    /// Fails at once if the program has ended: there is nothing to wait for any more.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("ended early, {status}: {}{}", self.stdout(), self.stderr());
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
