//! A service of `examples/services/` as a running program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::process::{Process, eventually};

pub struct Service {
    pub process: Process,
    pub address: SocketAddr,
}

impl Service {
    /// Starts it on a free port of the loopback interface and waits until it says where it is.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", name, arguments)
    }

    /// As `start`, on an address that may have been another process' before.
    pub fn start_at(listen: &str, name: &str, arguments: &[&str]) -> Self {
        let mut process = Self::spawn(listen, name, arguments);
        let prefix = format!("{name}: listening on http://");
        let address = eventually("the service prints its address", || {
            process.assert_running();
            let output = process.stdout();
            let address = output.strip_prefix(&prefix);
            let address = address.and_then(|rest| rest.strip_suffix('\n')?.parse().ok());
            address.ok_or(output)
        });
        Self { process, address }
    }

    /// Starts it with any address, for tests in which it does not come up.
    pub fn spawn(listen: &str, name: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new(example(name));
        Process::start(name, command.args(["--listen", listen]).args(arguments))
    }
}

/// The path of an example program, which is built first: `cargo test` has done so already, unless
/// it was asked for this test alone.
pub fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    // TARGET/PROFILE/deps/e2e-0123456789abcdef
    let test = std::env::current_exe().unwrap();
    let [_, _, profile, target] = test.ancestors().take(4).collect::<Vec<_>>()[..] else {
        panic!("{} is not in a target folder", test.display());
    };
    BUILT.get_or_init(|| {
        let profile = match profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--examples", "--profile", profile, "--target-dir"]);
        cargo.arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(cargo.status().unwrap().success(), "the examples do not build");
    });
    profile.join("examples").join(name)
}
