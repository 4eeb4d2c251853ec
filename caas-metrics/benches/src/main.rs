//! Measures caas-metrics beside its peers and beside hand-written limits, and prints tables.
//!
//! `README.md` tells the method and shows results. Invariant: a figure on the output was measured
//! in this run.

mod contender;
mod contenders;
mod memory;
mod scenarios;
mod table;
mod workload;

use std::{env, process::ExitCode};

use scenarios::{Effort, footprint, growth, repeat, scrape, stall, updates};
use table::Table;

const USAGE: &str = "\
usage: caas-metrics-benches [--quick] [--only NAME,NAME] [SCENARIO]…

scenarios: updates, scrape, footprint, stall (all four by default), growth; `repeat PATH TIMES`
does one path of the first contender some times, `repeat` lists the paths
names: contenders, as the tables head their columns";

fn main() -> ExitCode {
    let mut words: Vec<String> = Vec::new();
    let (mut quick, mut only) = (false, None);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--only" => only = arguments.next(),
            _ if argument.starts_with('-') => return usage(),
            _ => words.push(argument),
        }
    }
    let is_wanted = |name: &str| only.as_ref().is_none_or(|o| o.split(',').any(|o| o == name));
    let contenders = contenders::ALL.iter().copied().filter(|c| is_wanted(c.name)).collect();
    let mut effort =
        Effort { contenders, rounds: 30, milliseconds: 4.0, series: 1_000_000, histograms: 10_000 };
    if quick {
        effort = Effort { rounds: 6, milliseconds: 2.0, series: 100_000, ..effort };
    }
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["footprint-of", part] => match effort.contenders.first() {
            Some(contender) if footprint::print(contender, part) => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        },
        ["growth-of", part, shape, size] => match (effort.contenders.first(), size.parse()) {
            (Some(contender), Ok(size)) => {
                growth::print(contender, part, shape, size);
                ExitCode::SUCCESS
            }
            _ => usage(),
        },
        ["repeat"] => {
            repeat::list();
            ExitCode::SUCCESS
        }
        ["repeat", path, times] => match (effort.contenders.first(), times.parse()) {
            (Some(contender), Ok(times)) if repeat::run(contender, path, times) => {
                ExitCode::SUCCESS
            }
            _ => usage(),
        },
        [] => run(&effort, &["updates", "scrape", "footprint", "stall"]),
        ref scenarios => run(&effort, scenarios),
    }
}

fn run(effort: &Effort, scenarios: &[&str]) -> ExitCode {
    let mut table = Table::new(&effort.contenders);
    for scenario in scenarios {
        match *scenario {
            "updates" => updates::run(effort, &mut table),
            "scrape" => scrape::run(effort, &mut table),
            "footprint" => footprint::run(effort, &mut table),
            "stall" => stall::run(effort, &mut table),
            "growth" => growth::run(),
            _ => return usage(),
        }
    }
    table.print();
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::FAILURE
}
