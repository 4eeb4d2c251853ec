//! A service of `examples/services/` as a running program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::process::{Process, eventually};

pub struct Service {
    pub process: Process,
    pub address: SocketAddr,
    /// Where its metrics are.
    pub admin: SocketAddr,
}

impl Service {
    /// Starts it on free ports of the loopback interface and waits until it says where it is.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", "127.0.0.1:0", name, arguments)
    }

    /// As `start`, on addresses that may have been another process' before.
    pub fn start_at(listen: &str, admin: &str, name: &str, arguments: &[&str]) -> Self {
        let mut process = Self::spawn(listen, admin, name, arguments);
        let prefixes =
            [format!("{name}: listening on http://"), format!("{name}: metrics on http://")];
        let [address, admin] = eventually("the service prints its addresses", || {
            process.assert_running();
            let output = process.stdout();
            let address = |line: &str, prefix: &str| {
                let rest = line.strip_prefix(prefix)?;
                rest.strip_suffix("/metrics").unwrap_or(rest).parse().ok()
            };
            let addresses = output.ends_with('\n').then(|| {
                let mut lines = output.lines().zip(&prefixes);
                let mut next = || lines.next().and_then(|(line, prefix)| address(line, prefix));
                Some([next()?, next()?])
            });
            addresses.flatten().ok_or(output)
        });
        Self { process, address, admin }
    }

    /// Starts it with any addresses, for tests in which it does not come up.
    pub fn spawn(listen: &str, admin: &str, name: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new(example(name));
        Process::start(name, command.args(["--listen", listen, "--admin", admin]).args(arguments))
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
        // What `cargo test` has set for this program would make cargo build `ring` anew.
        for (name, _) in std::env::vars().filter(|(name, _)| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            cargo.env_remove(name);
        }
        assert!(cargo.status().unwrap().success(), "the examples do not build");
    });
    profile.join("examples").join(name)
}
