//! Pages, and the cost of a label set among many others: of its first use, and of an update.
//!
//! Pages go to a sink that keeps nothing. Invariant: every page has a line for each series, or in protobuf
//! enough bytes, or the process fails.

use std::time::Instant;

use super::{Effort, answer, fill};
use crate::{
    contender::{Contender, Exposed, Format, Kind, Page},
    large::{Large, Shape},
    memory,
    run::Answer,
};

/// Children of a family of histograms, and the lines of each: eleven buckets, `+Inf`, sum and count.
const HISTOGRAMS: usize = 10_000;
const LINES: usize = 14;

/// Label sets that are used for the first time, and in how many rounds.
const FIRST_USES: usize = 100_000;
const ROUNDS: usize = 20;

pub fn page(
    effort: Effort,
    contender: &Contender,
    format: Format,
    shape: Shape,
    kind: Kind,
) -> Vec<Answer> {
    let Some(family) = (contender.family)(shape, kind) else { return Vec::new() };
    let (children, lines) =
        if kind == Kind::Counter { (effort.series, 1) } else { (HISTOGRAMS, LINES) };
    fill(&*family, &Large::new(shape, children), 0..children);
    let mut page = Page { counts_lines: format == Format::Text, ..Page::default() };
    let mut has_format = true;
    let peak = memory::peak(|| has_format = write(&*family, format, &mut page));
    if !has_format {
        return Vec::new();
    }
    match format {
        Format::Text => check(&page, children * lines),
        // A series has three labels with their names, and eight bytes of a value.
        Format::Protobuf => assert!(page.bytes >= children * 50, "{} bytes", page.bytes),
    }
    let mut times = Vec::new();
    let begun = Instant::now();
    // If a page takes seconds, a few rounds are enough.
    while times.len() < 2 || times.len() < effort.pages && begun.elapsed().as_secs() < 4 {
        let start = Instant::now();
        write(&*family, format, &mut Page::default());
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    vec![
        answer("", "ms", times),
        answer(": size", "MB", vec![page.bytes as f64 / 1e6]),
        answer(": peak heap", "MB", vec![peak as f64 / 1e6]),
    ]
}

/// Writes a page; `false` if the library does not have the format.
pub(super) fn write(family: &dyn Exposed, format: Format, page: &mut Page) -> bool {
    match format {
        Format::Text => family.write(page),
        Format::Protobuf => return family.write_protobuf(page),
    }
    true
}

pub fn small(effort: Effort, contender: &Contender, series: usize) -> Vec<Answer> {
    let Some(family) = (contender.family)(Shape::Unique, Kind::Counter) else { return Vec::new() };
    fill(&*family, &Large::new(Shape::Unique, series), 0..series);
    let bytes = checked(&*family, series);
    let repeats = 20_000 / series;
    let round = |_| {
        let start = Instant::now();
        (0..repeats).for_each(|_| family.write(&mut Page::default()));
        start.elapsed().as_secs_f64() * 1e6 / repeats as f64
    };
    let times = (0..effort.rounds).map(round).collect();
    vec![answer("", "µs", times), answer(": size", "kB", vec![bytes as f64 / 1e3])]
}

pub fn first_use(effort: Effort, contender: &Contender, shape: Shape) -> Vec<Answer> {
    const ROUND: usize = FIRST_USES / ROUNDS;
    let Some(family) = (contender.family)(shape, Kind::Counter) else { return Vec::new() };
    let large = Large::new(shape, effort.series + FIRST_USES);
    fill(&*family, &large, 0..effort.series);
    let round = |round: usize| {
        let first = effort.series + round * ROUND;
        let start = Instant::now();
        fill(&*family, &large, first..first + ROUND);
        start.elapsed().as_secs_f64() * 1e9 / ROUND as f64
    };
    let times = (0..ROUNDS).map(round).collect();
    // Each use made a series.
    checked(&*family, effort.series + FIRST_USES);
    vec![answer("", "ns", times)]
}

pub fn random(contender: &Contender, shape: Shape, series: usize) -> Vec<Answer> {
    const UPDATES: usize = 100_000;
    let Some(family) = (contender.family)(shape, Kind::Counter) else { return Vec::new() };
    let large = Large::new(shape, series);
    fill(&*family, &large, 0..series);
    let mut number: usize = 1;
    let round = |_| {
        let start = Instant::now();
        for _ in 0..UPDATES {
            number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            family.update(&large.set((number >> 33) % series));
        }
        start.elapsed().as_secs_f64() * 1e9 / UPDATES as f64
    };
    let times = (0..ROUNDS).map(round).collect();
    checked(&*family, series);
    vec![answer("", "ns", times)]
}

/// The bytes of a page, which has at least this number of lines.
fn checked(family: &dyn Exposed, lines: usize) -> usize {
    let mut page = Page { counts_lines: true, ..Page::default() };
    family.write(&mut page);
    check(&page, lines);
    page.bytes
}

fn check(page: &Page, lines: usize) {
    assert!(page.lines >= lines, "a page of {} lines instead of {lines}", page.lines);
}
