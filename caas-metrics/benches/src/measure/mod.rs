//! What one process measures: one row of one contender.
//!
//! Not here: rows and their names (`rows.rs`), and how processes are started (`run.rs`).
//! Invariant: a measurement knows no library.

pub mod growth;
pub mod repeat;

mod memory;
mod pages;
mod stall;
mod updates;

use crate::{
    contender::{Contender, Exposed},
    large::Large,
    rows::What,
    run::Answer,
};

/// How much is measured in one process.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Rounds of updates, and milliseconds of each.
    pub rounds: usize,
    pub milliseconds: f64,
    /// Series of a large family, where a row does not say it.
    pub series: usize,
    /// Pages.
    pub pages: usize,
}

impl Effort {
    pub const FULL: Self = Self { rounds: 10, milliseconds: 4.0, series: 1_000_000, pages: 5 };
    pub const QUICK: Self = Self { rounds: 6, milliseconds: 2.0, series: 100_000, pages: 3 };
}

/// The figures of a contender; none if it lacks what is measured.
pub fn measure(what: What, contender: &Contender, effort: Effort) -> Vec<Answer> {
    match what {
        What::Update(update, requests, threads) => {
            let Some(run) = contender.update(update) else { return Vec::new() };
            updates::measure(effort, run, requests.get(), threads)
        }
        What::Page(format, shape, kind) => pages::page(effort, contender, format, shape, kind),
        What::SmallPage(series) => pages::small(effort, contender, series),
        What::FirstUse(shape) => pages::first_use(effort, contender, shape),
        What::Random(shape, series) => pages::random(contender, shape, series),
        What::Memory(shape, kind, series) => memory::of_a_series(contender, shape, kind, series),
        What::DecadesMemory(kind, series) => memory::of_decades(contender, kind, series),
        What::ThreadMemory(kind) => memory::of_threads(contender, kind),
        What::Stall(beside) => stall::longest_creation(effort, contender, beside),
        What::Disturbed(beside) => stall::update(effort, contender, beside),
    }
}

fn answer(part: &'static str, unit: &'static str, values: Vec<f64>) -> Answer {
    Answer { part, unit, values }
}

/// Makes the series with these numbers.
fn fill(family: &dyn Exposed, large: &Large, numbers: std::ops::Range<usize>) {
    numbers.for_each(|n| family.update(&large.set(n)));
}
