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

const HISTOGRAMS: usize = 12_000;

pub fn run(effort: &Effort, table: &mut Table) {
    let mut row = |part, name: String, goal| {
        let figures = effort.contenders.iter().map(|contender| {
            let bytes = in_a_process(contender, part)?;
            Some(Figure { min: bytes, median: bytes })
        });
        table.push(Row { name, by: By::Least, unit: "B", figures: figures.collect(), goal });
    };
    for shape in Shape::ALL {
        let (about, part) = shape.names();
        let goal = (shape != Shape::Unique).then_some(Goal { limit: 45.0, reach: 60.0 });
        row(part, format!("memory of a counter series, {about}, {ROOM} of them"), goal);
    }
    let goal = Goal { limit: 286.0, reach: 290.0 };
    row("histogram", format!("memory of a histogram child, {HISTOGRAMS} of them"), Some(goal));
}

fn in_a_process(contender: &Contender, part: &str) -> Option<f64> {
    let program = env::current_exe().ok()?;
    let arguments = ["footprint-of", part, "--only", contender.name];
    let output = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// In that process: fills and prints. `false` if the contender has no such family.
pub fn print(contender: &Contender, part: &str) -> bool {
    let shape = Shape::named(part);
    let make = || match shape {
        Some(shape) => contender.counters.map(|make| make(shape)),
        None => contender.histograms.map(|make| make()),
    };
    // What a first family takes for all that follow is not what is measured.
    drop(make());
    let children = if shape.is_some() { ROOM } else { HISTOGRAMS };
    let large = Large::new(shape.unwrap_or(Shape::Unique), children);
    let before = resident();
    let Some(family) = make() else { return false };
    (0..children).for_each(|n| family.update(&large.set(n)));
    println!("{:.1}", (resident() - before) as f64 / children as f64);
    true
}
