//! A real node exporter that reads a directory of text files and nothing else.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::http;
use crate::process::Process;
use crate::prometheus::logged_address;

pub const PROGRAM: &str = "prometheus-node-exporter";

pub struct NodeExporter {
    address: SocketAddr,
    process: Process,
}

impl NodeExporter {
    pub fn start(directory: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .args(["--collector.disable-defaults", "--collector.textfile"])
            .arg(format!("--collector.textfile.directory={}", directory.display()))
            .arg("--web.listen-address=127.0.0.1:0");
        let mut process = Process::start("node-exporter-log", &mut command);
        let address = process.listening(logged_address);
        Self { address, process }
    }

    pub fn page(&self) -> String {
        http::get(self.address, "/metrics").body
    }

    /// The lines of the log about something wrong, but for the warning against running it as root.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.process.stderr();
        let bad = |line: &&str| {
            (line.contains("level=warn") || line.contains("level=error"))
                && !line.contains("running as root")
        };
        log.lines().filter(bad).map(str::to_owned).collect()
    }
}
