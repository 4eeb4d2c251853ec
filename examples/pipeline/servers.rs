//! Prometheus, Alertmanager and a remote-write store, as far as they are installed.

use std::fs;
use std::net::{SocketAddr, TcpListener};

use axum::http::{Method, StatusCode};
use tokio::process::Command;

use crate::client::Client;
use crate::config::{Config, Target};
use crate::program::{Program, Supervisor};
use crate::version::Version;

/// How often the services are scraped and the rules evaluated.
pub const EVERY_SECONDS: u32 = 2;

const PROMETHEUS: &str = "prometheus";
const ALERTMANAGER: &str = "prometheus-alertmanager";
const STORE: &str = "victoria-metrics";

/// The shipped one notifies people. Here alerts are only to be looked at.
const ALERTMANAGER_CONFIG: &str =
    r#"{"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}"#;

pub struct Server {
    pub program: Program,
    pub address: SocketAddr,
}

#[derive(Default)]
pub struct Servers {
    pub prometheus: Option<Server>,
    pub alertmanager: Option<Server>,
    pub store: Option<Server>,
    /// Which of them are not installed.
    pub missing: Vec<&'static str>,
}

impl Servers {
    pub async fn start(targets: &[Target], supervisor: &Supervisor) -> Result<Self, String> {
        let mut servers = Self::default();
        let [prometheus, alertmanager, store] = [PROMETHEUS, ALERTMANAGER, STORE].map(is_installed);
        let (prometheus, alertmanager, store) = tokio::join!(prometheus, alertmanager, store);
        let found = [(PROMETHEUS, prometheus), (ALERTMANAGER, alertmanager), (STORE, store)];
        servers.missing = found.iter().filter(|(_, found)| !found).map(|(name, _)| *name).collect();
        if !prometheus {
            return Ok(servers); // without Prometheus the others would get nothing
        }
        if alertmanager {
            servers.alertmanager = Some(start_alertmanager(supervisor).await?);
        }
        if store {
            servers.store = Some(start_store(supervisor).await?);
        }

        let mut config = Config::shipped()?;
        config.version(version(PROMETHEUS).await?);
        config.every(EVERY_SECONDS);
        config.targets(targets);
        config.alertmanager(servers.alertmanager.as_ref().map(|server| server.address));
        let write = |server: &Server| format!("http://{}/api/v1/write", server.address);
        config.remote_write(servers.store.as_ref().map(write).as_deref());
        servers.prometheus = Some(start_prometheus(&config, supervisor).await?);
        Ok(servers)
    }

    pub fn all(&self) -> impl Iterator<Item = &Server> {
        [&self.prometheus, &self.alertmanager, &self.store].into_iter().flatten()
    }

    pub fn programs(&mut self) -> impl Iterator<Item = &mut Program> {
        let servers = [&mut self.prometheus, &mut self.alertmanager, &mut self.store];
        servers.into_iter().flatten().map(|server| &mut server.program)
    }

    /// Stops Prometheus first: it would wait for the store to take the last samples.
    pub async fn stop(self) {
        for server in [self.prometheus, self.alertmanager, self.store].into_iter().flatten() {
            server.program.stop().await;
        }
    }
}

async fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}

async fn version(program: &str) -> Result<Version, String> {
    let output = Command::new(program).arg("--version").output().await;
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    // 2.42 prints it where errors go.
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Version::parse(&printed).ok_or_else(|| format!("{program} --version: {printed}"))
}

async fn start_prometheus(config: &Config, supervisor: &Supervisor) -> Result<Server, String> {
    let path = supervisor.dir().join("prometheus.json");
    config.write(&path)?;
    let mut command = Command::new(PROMETHEUS);
    command.arg("--config.file").arg(path);
    command.arg("--storage.tsdb.path").arg(supervisor.dir().join("prometheus"));
    command.arg("--web.listen-address=127.0.0.1:0");
    // As `examples/deploy/kubernetes/monitoring/prometheus.yaml`; 2.42 has no start times, and says so.
    command.arg("--enable-feature=exemplar-storage,created-timestamp-zero-ingestion");
    ready(supervisor.start(PROMETHEUS, &mut command)?, logged_address, "/-/ready").await
}

async fn start_alertmanager(supervisor: &Supervisor) -> Result<Server, String> {
    let path = supervisor.dir().join("alertmanager.json");
    fs::write(&path, ALERTMANAGER_CONFIG)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let mut command = Command::new(ALERTMANAGER);
    command.arg("--config.file").arg(path);
    command.arg("--storage.path").arg(supervisor.dir().join("alertmanager"));
    // Not in a cluster, or it would look for peers on all addresses.
    command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
    ready(supervisor.start(ALERTMANAGER, &mut command)?, logged_address, "/-/ready").await
}

async fn start_store(supervisor: &Supervisor) -> Result<Server, String> {
    // It does not print which port it took, so we choose one that is free now.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.map_err(|error| format!("no free port: {error}"))?;
    let mut command = Command::new(STORE);
    command.arg(format!("-httpListenAddr={address}"));
    command.arg(format!("-storageDataPath={}", supervisor.dir().join("store").display()));
    // Samples can be queried at once, not only after half a minute.
    command.args(["-search.latencyOffset=0s", "-memory.allowedBytes=256MB", "-retentionPeriod=1d"]);
    ready(supervisor.start(STORE, &mut command)?, |_| Some(address), "/health").await
}

/// Waits until a server answers on `path`.
async fn ready(
    mut program: Program,
    address: impl Fn(&str) -> Option<SocketAddr>,
    path: &str,
) -> Result<Server, String> {
    let address = program.until(async |output| {
        let address = address(output)?;
        let client = Client::new(format!("http://{address}"));
        let (status, _) = client.send(Method::GET, path, None, String::new()).await.ok()?;
        (status == StatusCode::OK).then_some(address)
    });
    Ok(Server { address: address.await?, program })
}

/// Prometheus and Alertmanager log which port they took.
fn logged_address(output: &str) -> Option<SocketAddr> {
    let line = output.lines().find(|line| line.contains("\"Listening on\""))?;
    line.split("address=").nth(1)?.trim().parse().ok()
}
