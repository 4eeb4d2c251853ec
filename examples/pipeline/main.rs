//! The whole pipeline on this machine: four services under load, Prometheus with the shipped rules,
//! Alertmanager, and a store to which Prometheus sends all samples.
//!
//! ```text
//! cargo run --example pipeline                        # until Ctrl-C
//! cargo run --example pipeline -- --duration 60
//! ```
//!
//! It leaves out servers that are not installed, and says how to install them. It takes free ports of
//! the loopback interface, and all files go to a temporary folder. It stops all that it has started,
//! even if it panics or is killed.

#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a program has no users")]

#[path = "../services/shared/client.rs"]
mod client;
mod config;
mod guard;
mod listeners;
mod load;
mod program;
mod servers;
mod services;
mod summary;
mod version;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::load::Counts;
use crate::program::Supervisor;
use crate::servers::Servers;
use crate::services::{Service, Services};
use crate::summary::Summary;

/// Runs the four services under load, with Prometheus, Alertmanager and a remote-write store.
#[derive(Parser)]
struct Args {
    /// Ends by itself after this time.
    #[arg(long, value_name = "SECONDS")]
    duration: Option<u64>,
    /// How many requests are sent in a second, at most 1,000.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Waits for the end of the pipeline that has started this.
    #[arg(long, hide = true)]
    guard: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if args.guard {
        guard::stand();
        return ExitCode::SUCCESS;
    }
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pipeline: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), String> {
    let signal = stop_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
    tokio::pin!(signal);
    let supervisor = Supervisor::new()?;

    let start = async {
        say("building the services");
        let binaries = services::build().await?;
        let started = Instant::now();
        let services = Services::start(&binaries, &supervisor).await?;
        for service in services.all() {
            let Service { program, address, admin } = service;
            tell(program.name, &format!("http://{address}"));
            tell(&format!("{}, metrics", program.name), &format!("http://{admin}/metrics"));
        }
        let servers = Servers::start(&services.targets(), &supervisor).await?;
        for server in servers.all() {
            tell(server.program.name, &format!("http://{}", server.address));
        }
        Ok::<_, String>((services, servers, started))
    };
    let (mut services, mut servers, started) = tokio::select! {
        started = start => started?,
        () = &mut signal => return Ok(()), // what has been started is dropped, and so stops
    };
    tell("files", &supervisor.dir().display().to_string());
    if !servers.missing.is_empty() {
        say(&format!(
            "not installed, so left out: {}; on Debian and Ubuntu:",
            servers.missing.join(", ")
        ));
        say("  sudo apt-get install prometheus prometheus-alertmanager victoria-metrics");
    }

    let counts = Arc::new(Counts::default());
    let load =
        load::run(services.gateway.address, services.auth.address, args.rate, counts.clone());
    let listeners = listeners::run(services.socket.address);
    let summary = Summary::new(servers.prometheus.as_ref().map(|server| server.address));
    let watch = watch(&summary, &counts, started, &mut services, &mut servers);
    let end = async {
        match args.duration {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = load => {}
        () = listeners => {}
        () = watch => {}
        () = end => {}
        () = signal => {}
    }
    if io::stdout().is_terminal() {
        say("");
    }
    tell("at the end", &summary.line(&counts).await);
    say("stopping");
    servers.stop().await;
    services.stop().await;
    Ok(())
}

/// Shows the summary, in a terminal always in the same line, and reports when a program ends.
async fn watch(
    summary: &Summary,
    counts: &Counts,
    started: Instant,
    services: &mut Services,
    servers: &mut Servers,
) {
    let is_terminal = io::stdout().is_terminal();
    let line_end = if is_terminal { "\n" } else { "" };
    let mut is_up = servers.prometheus.is_none();
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for second in 0_u64.. {
        tick.tick().await;
        for program in services.programs().into_iter().chain(servers.programs()) {
            if let Some(end) = program.end() {
                eprintln!("{line_end}pipeline: {end}");
            }
        }
        if !is_up && summary.up().await == Some(services::NAMES.len() as f64) {
            is_up = true;
            let after = started.elapsed();
            say(&format!("{line_end}all services are scraped, {after:.1?} after the start"));
        }
        if is_terminal {
            let line = summary.line(counts).await;
            let mut out = io::stdout();
            // Overwrites the last summary, and is cut off at the edge of the terminal.
            let _ = write!(out, "\r\x1b[K\x1b[?7l{second} s: {line}\x1b[?7h");
            let _ = out.flush();
        } else if second % 5 == 0 {
            say(&format!("{second} s: {}", summary.line(counts).await));
        }
    }
}

fn tell(what: &str, text: &str) {
    say(&format!("{what:<24}{text}"));
}

/// The output may be closed. The pipeline runs without it.
fn say(text: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Waits for SIGINT, SIGTERM or SIGHUP; they are caught from now on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
