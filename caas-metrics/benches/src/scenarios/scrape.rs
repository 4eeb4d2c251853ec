//! The text of a large family: how long it takes, and how much heap beside the family it needs;
//! and what the first use of a label set costs when there are a million others.
//!
//! All contenders hold their families at the same time, and write in turn.
//! Invariant: every page has a line for each series, or the run stops.

use std::time::Instant;

use super::Effort;
use crate::{
    contender::{Contender, Exposed, Page},
    memory,
    table::{By, Figure, Goal, Row, Table},
    workload::{Large, Shape},
};

/// Lines of a histogram: eleven buckets, `+Inf`, `_sum` and `_count`.
const LINES: usize = 14;

pub fn run(effort: &Effort, table: &mut Table) {
    histograms(effort, table);
    for shape in Shape::ALL {
        let (about, _) = shape.names();
        let large = Large::new(shape, effort.series + FIRST_USES);
        let families = fill(effort, &large, effort.series, |c| Some(c.counters?(shape)));
        let name = format!("text of {} series, {about}", effort.series);
        write(effort, table, &name, &families, effort.series, Goal { limit: 15.5, reach: 35.0 });
        first_use(effort, table, about, &large, &families);
    }
}

fn histograms(effort: &Effort, table: &mut Table) {
    let large = Large::new(Shape::Unique, effort.histograms);
    let families = fill(effort, &large, effort.histograms, |c| Some(c.histograms?()));
    let name = format!("text of {} histograms", effort.histograms);
    let lines = effort.histograms * LINES;
    write(effort, table, &name, &families, lines, Goal { limit: 2.3, reach: 5.0 });
}

type Families = Vec<Option<Box<dyn Exposed>>>;

fn fill(
    effort: &Effort,
    large: &Large,
    children: usize,
    make: impl Fn(&Contender) -> Option<Box<dyn Exposed>>,
) -> Families {
    let families = effort.contenders.iter().map(|contender| {
        let family = make(contender)?;
        eprintln!("filling {}", contender.name);
        (0..children).for_each(|n| family.update(&large.set(n)));
        Some(family)
    });
    families.collect()
}

fn write(
    effort: &Effort,
    table: &mut Table,
    name: &str,
    families: &Families,
    lines: usize,
    goal: Goal,
) {
    let measured = |measure: &dyn Fn(&dyn Exposed) -> f64| -> Vec<Option<f64>> {
        families.iter().map(|family| family.as_ref().map(|family| measure(&**family))).collect()
    };
    let sizes = measured(&|family| {
        let mut page = Page { counts_lines: true, ..Page::default() };
        family.write(&mut page);
        assert!(page.lines >= lines, "a page of {} lines instead of {lines}", page.lines);
        page.bytes as f64 / 1e6
    });
    let peaks =
        measured(&|family| memory::peak(|| family.write(&mut Page::default())) as f64 / 1e6);
    let mut times = vec![Vec::new(); families.len()];
    // Pages of seconds need no more than a few rounds.
    for _ in 0..(effort.rounds / 3).max(3) {
        for (times, family) in times.iter_mut().zip(families) {
            let Some(family) = family else { continue };
            let start = Instant::now();
            family.write(&mut Page::default());
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    let single = |values: &[Option<f64>]| -> Vec<Option<Figure>> {
        values.iter().map(|v| v.map(|v| Figure { min: v, median: v })).collect()
    };
    let figures = times.iter().map(|rounds| Figure::of(rounds)).collect();
    table.push(Row { name: name.to_owned(), by: By::Least, unit: "ms", figures, goal: Some(goal) });
    let size = format!("{name}: size");
    table.push(Row { name: size, by: By::Least, unit: "MB", figures: single(&sizes), goal: None });
    let peak = format!("{name}: peak heap");
    table.push(Row { name: peak, by: By::Least, unit: "MB", figures: single(&peaks), goal: None });
}

/// Label sets that are used for the first time.
const FIRST_USES: usize = 100_000;

fn first_use(effort: &Effort, table: &mut Table, about: &str, large: &Large, families: &Families) {
    const ROUND: usize = FIRST_USES / 20;
    let mut times = vec![Vec::new(); families.len()];
    for round in 0..20 {
        let first = effort.series + round * ROUND;
        for (times, family) in times.iter_mut().zip(families) {
            let Some(family) = family else { continue };
            let start = Instant::now();
            (first..first + ROUND).for_each(|n| family.update(&large.set(n)));
            times.push(start.elapsed().as_secs_f64() * 1e9 / ROUND as f64);
        }
    }
    table.push(Row {
        name: format!("first use of a label set at {} series, {about}", effort.series),
        by: By::Least,
        unit: "ns",
        figures: times.iter().map(|rounds| Figure::of(rounds)).collect(),
        goal: Some(Goal { limit: 241.0, reach: 350.0 }),
    });
}
