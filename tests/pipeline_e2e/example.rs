//! `cargo run --example pipeline`: it comes up, says what it does, and leaves nothing behind.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use rustix::process::Signal;

use crate::process::{Process, TempDir, lacks, within};
use crate::service::example;

fn start(command: &mut Command) -> Process {
    Process::start("pipeline", command)
}

/// The addresses that it says programs are on.
fn addresses(output: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let rest = line.split_once("http://")?.1;
        rest.split('/').next()?.parse().ok()
    };
    output.lines().filter_map(address).collect()
}

fn assert_nobody_answers(addresses: &[SocketAddr]) {
    for address in addresses {
        assert!(TcpStream::connect(address).is_err(), "something still listens on {address}");
    }
}

#[test]
fn the_pipeline_comes_up_and_ends_by_itself() {
    let servers = ["prometheus", "prometheus-alertmanager", "victoria-metrics"];
    if lacks("the_pipeline_comes_up_and_ends_by_itself", &servers) {
        return;
    }
    let mut pipeline = start(Command::new(example("pipeline")).args(["--duration", "20"]));
    within(90, "the pipeline ends", || {
        let output = pipeline.stdout();
        if output.ends_with("stopping\n") { Ok(()) } else { Err(output) }
    });
    let (status, output) = (pipeline.exit(), pipeline.stdout());
    assert!(status.success(), "{output}{}", pipeline.stderr());

    let up = output.lines().find_map(|line| line.strip_prefix("all services are scraped, "));
    let seconds = up.and_then(|rest| rest.split_once("s after the start")?.0.parse().ok());
    assert!(seconds.is_some_and(|seconds: f64| seconds < 15.0), "{output}");
    let end = output.lines().find(|line| line.starts_with("at the end")).unwrap();
    assert!(end.contains(" 0 failed | Prometheus: 4 of 4 up, "), "{end}");
    assert!(end.contains(" connected, ") && end.contains("alerts: none"), "{end}");
    let addresses = addresses(&output);
    assert_eq!(addresses.len(), 2 * 4 + servers.len(), "{output}");
    assert_nobody_answers(&addresses);
}

#[test]
fn the_pipeline_runs_without_servers_and_stops_when_asked() {
    let mut pipeline = start_without_servers();
    let output = wait_for_load(&mut pipeline);
    assert!(output.contains("not installed, so left out: prometheus, "), "{output}");
    assert!(output.contains("apt-get install prometheus "), "{output}");
    let addresses = addresses(&output);
    assert_eq!(addresses.len(), 2 * 4, "{output}");
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_ok()));

    pipeline.signal(Signal::INT);
    assert!(pipeline.exit().success(), "{}", pipeline.stderr());
    assert_nobody_answers(&addresses);
}

#[test]
fn what_the_pipeline_started_ends_though_it_is_killed() {
    let mut pipeline = start_without_servers();
    let addresses = addresses(&wait_for_load(&mut pipeline));
    assert_eq!(addresses.len(), 2 * 4);
    pipeline.signal(Signal::KILL);
    pipeline.exit();
    within(10, "the services end", || {
        let alive = addresses.iter().find(|address| TcpStream::connect(address).is_ok());
        alive.map_or(Ok(()), |address| Err(format!("something still listens on {address}")))
    });
}

/// Without cargo too: then it takes the services that are built.
fn start_without_servers() -> Process {
    let empty = TempDir::new("no-programs");
    let mut command = Command::new(example("pipeline"));
    command.env("PATH", empty.path()).env("CARGO", empty.path().join("cargo"));
    start(&mut command)
}

/// Waits until it has sent requests for some seconds; returns what it has said.
fn wait_for_load(pipeline: &mut Process) -> String {
    within(60, "the services run", || {
        pipeline.assert_running();
        let output = pipeline.stdout();
        if output.contains("5 s: sent: ") { Ok(output) } else { Err(output) }
    })
}
