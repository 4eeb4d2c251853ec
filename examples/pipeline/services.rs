//! The four services, as programs on free ports.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::config::Target;
use crate::program::{Program, Supervisor};

pub const NAMES: [&str; 4] = ["auth", "billing", "socket", "gateway"];

pub struct Service {
    pub program: Program,
    pub address: SocketAddr,
    /// Where its metrics are.
    pub admin: SocketAddr,
}

pub struct Services {
    pub auth: Service,
    pub billing: Service,
    pub socket: Service,
    pub gateway: Service,
}

impl Services {
    /// Starts the gateway last, because it needs the addresses of the others.
    pub async fn start(binaries: &Path, supervisor: &Supervisor) -> Result<Self, String> {
        let start = async |name, arguments: &[String]| {
            let mut command =
                Command::new(binaries.join(name).with_extension(env::consts::EXE_EXTENSION));
            command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).args(arguments);
            let mut program = supervisor.start(name, &mut command)?;
            let addresses = program.until(async |output| {
                let address = |what, end| {
                    let prefix = format!("{name}: {what} on http://");
                    let mut lines = output.lines().filter_map(|line| line.strip_prefix(&prefix));
                    lines.next()?.strip_suffix(end)?.parse().ok()
                };
                Some((address("listening", "")?, address("metrics", "/metrics")?))
            });
            let (address, admin) = addresses.await?;
            Ok::<_, String>(Service { program, address, admin })
        };
        let (auth, billing, socket) =
            tokio::try_join!(start("auth", &[]), start("billing", &[]), start("socket", &[]))?;
        let neighbours = [("--auth", &auth), ("--billing", &billing), ("--socket", &socket)];
        let neighbours =
            neighbours.map(|(flag, service)| format!("{flag}=http://{}", service.address));
        let gateway = start("gateway", &neighbours).await?;
        Ok(Self { auth, billing, socket, gateway })
    }

    pub fn all(&self) -> [&Service; 4] {
        [&self.gateway, &self.socket, &self.auth, &self.billing]
    }

    pub fn programs(&mut self) -> [&mut Program; 4] {
        [&mut self.gateway, &mut self.socket, &mut self.auth, &mut self.billing]
            .map(|service| &mut service.program)
    }

    /// With the labels that the shipped scrape configuration gives to pods.
    pub fn targets(&self) -> Vec<Target> {
        let target = |service: &Service| {
            let app = service.program.name.to_owned();
            Target { pod: format!("{app}-0"), app, address: service.admin }
        };
        self.all().map(target).into()
    }

    /// Stops the gateway first, because it asks the others.
    pub async fn stop(self) {
        self.gateway.program.stop().await;
        tokio::join!(
            self.auth.program.stop(),
            self.billing.program.stop(),
            self.socket.program.stop(),
        );
    }
}

/// Builds the services with the profile of this program, so that they are never older than their
/// source; cargo shows the progress. Returns the folder that they are in.
pub async fn build() -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    // TARGET/PROFILE/examples/pipeline
    let [_, examples, profile, target] = this.ancestors().take(4).collect::<Vec<_>>()[..] else {
        return Err(format!("{} is not in a target folder", this.display()));
    };
    let profile = match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--profile", profile, "--target-dir"]).arg(target);
    command.args(NAMES.iter().flat_map(|name| ["--example", name]));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).kill_on_drop(true);
    match command.status().await {
        Ok(status) if status.success() => Ok(examples.to_owned()),
        Ok(status) => Err(format!("the services do not build: {status}")),
        // A folder of programs that was copied here, without cargo.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(examples.to_owned()),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}
