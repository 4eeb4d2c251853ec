//! Figures and the Markdown tables that show them.
//!
//! Not here: how a figure is measured. Invariant: a figure that was not measured is a dash, and
//! ratios are only taken between figures of one run.

use crate::contender::Contender;

/// What many short rounds gave.
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

/// What the issue asks for: the limit that was measured there, and the figure to reach.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub limit: f64,
    pub reach: f64,
}

/// Which figure ratios are taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The least: other programs on the machine only add to it.
    Least,
    /// The median: a round in which threads did not meet is less than what it is about.
    Median,
}

/// One path: a figure of each contender, in their order.
pub struct Row {
    pub name: String,
    pub by: By,
    pub unit: &'static str,
    pub figures: Vec<Option<Figure>>,
    pub goal: Option<Goal>,
}

pub struct Table {
    contenders: Vec<&'static str>,
    rows: Vec<Row>,
}

impl Table {
    pub fn new(contenders: &[&Contender]) -> Self {
        Self { contenders: contenders.iter().map(|c| c.name).collect(), rows: Vec::new() }
    }

    /// Adds a row; a line on the error output shows the progress.
    pub fn push(&mut self, row: Row) {
        let own = row.figures.first().copied().flatten();
        let shown = own.map_or_else(|| "–".to_owned(), |figure| number(figure.min));
        eprintln!("{}: {shown} {}", row.name, row.unit);
        self.rows.push(row);
    }

    pub fn print(&self) {
        if self.rows.is_empty() {
            return;
        }
        self.print_figures();
        self.print_ratios();
    }

    /// The least figure of all rounds, with the median in brackets.
    fn print_figures(&self) {
        println!("\n| path | unit | {} |", self.contenders.join(" | "));
        println!("|---|---|{}", "--:|".repeat(self.contenders.len()));
        for row in &self.rows {
            let cell = |figure: &Option<Figure>| match figure {
                Some(Figure { min, median }) if number(*min) == number(*median) => number(*min),
                Some(Figure { min, median }) => format!("{} ({})", number(*min), number(*median)),
                None => "–".to_owned(),
            };
            let cells: Vec<_> = row.figures.iter().map(cell).collect();
            println!("| {} | {} | {} |", row.name, row.unit, cells.join(" | "));
        }
    }

    /// Ours against the limit and against the best peer.
    fn print_ratios(&self) {
        println!("\n| path | ours / limit | to reach | best peer | best peer / ours |");
        println!("|---|--:|--:|---|--:|");
        for row in &self.rows {
            let figure = |place: usize| {
                let figure = row.figures.get(place).copied().flatten();
                figure.map(|figure| if row.by == By::Least { figure.min } else { figure.median })
            };
            let Some(ours) = figure(0) else { continue };
            let limit = self.contenders.get(1).filter(|name| **name == "limit");
            let ratio =
                limit.and_then(|_| figure(1)).map_or_else(dash, |limit| number(ours / limit));
            let goal = row.goal.map_or_else(dash, |goal| {
                let kept = limit.and_then(|_| figure(1)).is_some_and(|l| ours / l <= goal.ratio());
                format!("{}{}", if kept { "✓ ≤ " } else { "✗ ≤ " }, number(goal.ratio()))
            });
            let first_peer = if limit.is_some() { 2 } else { 1 };
            let peers = (first_peer..row.figures.len()).filter_map(|i| Some((i, figure(i)?)));
            let best = peers.min_by(|a, b| a.1.total_cmp(&b.1));
            let (name, lead) = best.map_or_else(
                || ("–", dash()),
                |(peer, figure)| (self.contenders[peer], number(figure / ours)),
            );
            println!("| {} | {ratio} | {goal} | {name} | {lead} |", row.name);
        }
    }
}

impl Goal {
    fn ratio(self) -> f64 {
        self.reach / self.limit
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0..0.995 => format!("{value:.2}"),
        0.995..99.5 => format!("{value:.1}"),
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
