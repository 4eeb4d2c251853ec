//! Measures caas-metrics beside its peers and beside hand-written limits.
//!
//! The first process goes through [`rows`] and starts one process for each row and contender
//! ([`run`]). That one measures ([`measure`]) and answers with figures, which become tables
//! ([`table`]) and the README's picture ([`plot`]). `README.md` has the method and results. Invariant:
//! a figure in a table was measured in this run, by a process that has only one contender in it.

pub mod contender;
pub mod labels;
pub mod large;
pub mod requests;
pub mod workload;

mod contenders;
mod machine;
mod measure;
mod memory;
mod plot;
mod rows;
mod run;
mod table;

use std::process::ExitCode;

use contender::Contender;
use run::Plan;

const USAGE: &str = "\
usage: caas-metrics-benches [--quick] [--only NAME,NAME] [--row TEXT]… [GROUP]…
       caas-metrics-benches plot | draw
       caas-metrics-benches list
       caas-metrics-benches repeat [PATH TIMES]

groups: updates, attributes, pages, first, memory, stall (all six by default), growth
--only: contenders, as the tables head their columns
--row: only rows whose names have the text; `list` shows all names
plot: measures what the README's picture shows, and draws it; draw: from the figures of the last plot
repeat: does one path of ours some times; without a path, lists them";

/// Does what the command line asks for; `own` is the contender that is compared with the others.
#[must_use]
pub fn run(own: &'static Contender) -> ExitCode {
    let mut words: Vec<String> = Vec::new();
    let mut plan = Plan::new(own);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => plan.quick = true,
            "--only" => plan.only(&arguments.next().unwrap_or_default()),
            "--row" => plan.names.extend(arguments.next()),
            _ if argument.starts_with('-') => return usage(),
            _ => words.push(argument),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => {
            rows::ROWS.iter().for_each(|row| println!("{:12}{}", row.group, row.name));
            ExitCode::SUCCESS
        }
        ["plot"] => {
            plot::measure(plan);
            ExitCode::SUCCESS
        }
        ["draw"] => {
            plot::draw();
            ExitCode::SUCCESS
        }
        ["measure", row, contender] => done(plan.answer(row, contender)),
        ["growth-of", part, size] => done(measure::growth::print(own, part, size)),
        ["repeat"] => {
            measure::repeat::list();
            ExitCode::SUCCESS
        }
        ["repeat", path, times] => done(measure::repeat::run(own, path, times)),
        ["growth"] => {
            measure::growth::run();
            ExitCode::SUCCESS
        }
        ref groups => done(plan.run(groups)),
    }
}

fn done(known: bool) -> ExitCode {
    if known { ExitCode::SUCCESS } else { usage() }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::FAILURE
}
