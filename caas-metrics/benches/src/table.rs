//! Figures and the Markdown tables that show them.
//!
//! Not here: how a figure is measured. Invariant: a figure that was not measured is a dash, and
//! ratios are only taken between figures of one run.

use crate::contender::{Contender, Update};

/// The result of many short rounds.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    pub min: f64,
    pub median: f64,
}

impl Figure {
    /// The figure of some rounds; `None` without any.
    pub fn of(rounds: &[f64]) -> Option<Self> {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self { min: *sorted.first()?, median: sorted[sorted.len() / 2] })
    }
}

/// A line of the table: a figure of each contender, in their order.
pub struct Line {
    pub name: String,
    pub unit: String,
    pub figures: Vec<Option<Figure>>,
    pub update: Option<Update>,
}

impl Line {
    /// What a contender does here beyond what the line says, if it does.
    pub fn note(&self, contender: &Contender) -> Option<String> {
        let (updates, note) = contender.includes?;
        let is_meant = self.update.is_some_and(|update| updates.contains(&update));
        is_meant.then(|| format!("{}: {note}", contender.name))
    }
}

pub struct Table {
    pub contenders: Vec<&'static Contender>,
    pub lines: Vec<Line>,
}

impl Table {
    pub fn new(contenders: &[&'static Contender]) -> Self {
        Self { contenders: contenders.to_vec(), lines: Vec::new() }
    }

    /// Adds a line, and prints its first figures on the error output to show progress.
    pub fn push(&mut self, line: Line) {
        let shown: Vec<String> = line.figures.iter().take(2).map(|f| cell(*f)).collect();
        eprintln!("{}, {}: {}", line.name, line.unit, shown.join(" : "));
        self.lines.push(line);
    }

    pub fn print(&self) {
        if !self.lines.is_empty() {
            self.print_figures();
            self.print_ratios();
        }
    }

    /// The median of all rounds, with the least in brackets.
    fn print_figures(&self) {
        let names: Vec<&str> = self.contenders.iter().map(|contender| contender.name).collect();
        println!("\n| path | unit | {} |", names.join(" | "));
        println!("|---|---|{}", "--:|".repeat(names.len()));
        let mut notes: Vec<String> = Vec::new();
        for line in &self.lines {
            let cells = line.figures.iter().zip(&self.contenders).map(|(figure, contender)| {
                let shown = cell(*figure);
                let Some(note) = line.note(contender).filter(|_| figure.is_some()) else {
                    return shown;
                };
                if !notes.contains(&note) {
                    notes.push(note);
                }
                format!("{shown} †")
            });
            let cells: Vec<String> = cells.collect();
            println!("| {} | {} | {} |", line.name, line.unit, cells.join(" | "));
        }
        notes.iter().for_each(|note| println!("\n† {note}"));
    }

    /// Ours against the limit and against the best peer, by medians and by the least.
    fn print_ratios(&self) {
        println!("\n| path | ours / limit | by the least | best peer | best peer / ours |");
        println!("|---|--:|--:|---|--:|");
        for line in &self.lines {
            let figure = |name: &str| {
                let place = self.contenders.iter().position(|contender| contender.name == name)?;
                line.figures[place]
            };
            let Some(ours) = line.figures.first().copied().flatten() else { continue };
            let limit = figure("limit");
            let ratio = |of: fn(Figure) -> f64| {
                limit.map_or_else(dash, |limit| number(of(ours) / of(limit)))
            };
            let peers = line.figures.iter().zip(&self.contenders).skip(1);
            let peers = peers.filter(|(_, contender)| contender.name != "limit");
            let best = peers
                .filter_map(|(figure, contender)| Some((figure.as_ref()?.median, contender.name)))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let (name, lead) = best
                .map_or_else(|| ("–", dash()), |(best, name)| (name, number(best / ours.median)));
            let (median, least) = (ratio(|f| f.median), ratio(|f| f.min));
            println!("| {} | {median} | {least} | {name} | {lead} |", line.name);
        }
    }
}

fn cell(figure: Option<Figure>) -> String {
    match figure {
        Some(Figure { min, median }) if number(min) == number(median) => number(median),
        Some(Figure { min, median }) => format!("{} ({})", number(median), number(min)),
        None => dash(),
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// A number with three significant digits.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0..9.95 => format!("{value:.2}"),
        9.95..99.5 => format!("{value:.1}"),
        _ => {
            let whole = format!("{value:.0}");
            let mut grouped = String::new();
            for (place, digit) in whole.chars().enumerate() {
                if place > 0 && (whole.len() - place).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            grouped
        }
    }
}
