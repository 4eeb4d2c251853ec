//! Bytes of memory for a counter series and for a histogram child.
//!
//! Each figure comes from a process of its own, started by this one: the growth of its resident
//! size while the family is filled. Invariant: the texts exist before the first size is taken.

use std::{env, process::Command};

use super::{Effort, ROOM};
use crate::{
    contender::Contender,
    memory::resident,
    table::{By, Figure, Goal, Row, Table},
    workload::{Large, Shape},
};

/// What is filled.
const PARTS: &[(&str, &str, usize, Option<Goal>)] = &[
    ("shared", "counter series, shared texts", ROOM, Some(Goal { limit: 45.0, reach: 60.0 })),
    ("unique", "counter series, a text each", ROOM, None),
    ("histogram", "histogram child", 12_000, Some(Goal { limit: 286.0, reach: 290.0 })),
];

pub fn run(effort: &Effort, table: &mut Table) {
    for (part, about, children, goal) in PARTS {
        let figures = effort.contenders.iter().map(|contender| {
            let bytes = in_a_process(contender, part)?;
            Some(Figure { min: bytes, median: bytes })
        });
        let name = format!("memory of a {about}, {children} of them");
        table.push(Row { name, by: By::Least, unit: "B", figures: figures.collect(), goal: *goal });
    }
}

fn in_a_process(contender: &Contender, part: &str) -> Option<f64> {
    let program = env::current_exe().ok()?;
    let arguments = ["footprint-of", part, "--only", contender.name];
    let output = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// In that process: fills and prints. `false` if the contender has no such family.
pub fn print(contender: &Contender, part: &str) -> bool {
    let shape = if part == "shared" { Shape::Shared } else { Shape::Unique };
    let Some(children) = PARTS.iter().find(|p| p.0 == part).map(|p| p.2) else { return false };
    let made = match part {
        "histogram" => contender.histograms.map(|make| make()),
        _ => contender.counters.map(|make| make(shape)),
    };
    drop(made);
    let large = Large::new(shape, children);
    let before = resident();
    let family = match part {
        "histogram" => contender.histograms.map(|make| make()),
        _ => contender.counters.map(|make| make(shape)),
    };
    let Some(family) = family else { return false };
    (0..children).for_each(|n| family.update(&large.set(n)));
    println!("{:.1}", (resident() - before) as f64 / children as f64);
    true
}
