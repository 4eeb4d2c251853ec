//! The first process: which rows and contenders, a process for each, and their answers.
//!
//! An answer is a line for each figure: its name, its unit, and the values of some rounds, between
//! tabs. Invariant: contenders take turns, so that what else the machine does hits all alike.

use std::{
    collections::HashMap,
    env,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    contender::Contender,
    contenders, machine,
    measure::{self, Effort},
    rows::{ROWS, Row, What},
    table::{Figure, Line, Table},
};

/// What the command line asks for.
pub struct Plan {
    contenders: Vec<&'static Contender>,
    pub quick: bool,
    /// Parts of the names of rows; all rows without any.
    pub names: Vec<String>,
}

/// How often each contender has a turn, unless a turn takes long.
const TURNS: usize = 5;
const LONG: Duration = Duration::from_secs(4);

/// One figure of a measurement, in some rounds.
pub struct Answer {
    /// What to add to the row's name.
    pub part: &'static str,
    pub unit: &'static str,
    pub values: Vec<f64>,
}

impl Plan {
    pub fn new(own: &'static Contender) -> Self {
        let contenders = [own].into_iter().chain(contenders::OTHERS.iter().copied()).collect();
        Self { contenders, quick: false, names: Vec::new() }
    }

    /// Leaves out contenders that are not named.
    pub fn only(&mut self, names: &str) {
        self.contenders.retain(|contender| names.split(',').any(|name| name == contender.name));
    }

    fn effort(&self) -> Effort {
        if self.quick { Effort::QUICK } else { Effort::FULL }
    }

    /// In a process that was started: measures and answers. `false` if there is no such row.
    pub fn answer(&self, row: &str, contender: &str) -> bool {
        let contender = self.contenders.iter().find(|known| known.name == contender);
        let row = row.parse().ok().and_then(|place: usize| ROWS.get(place));
        let (Some(contender), Some(row)) = (contender, row) else { return false };
        for answer in measure::measure(row.what, contender, self.effort()) {
            let values: Vec<String> = answer.values.iter().map(ToString::to_string).collect();
            println!("{}\t{}\t{}", answer.part, answer.unit, values.join(" "));
        }
        true
    }

    /// Measures the rows of some groups; all without any. `false` if there is no such group.
    pub fn run(&self, groups: &[&str]) -> bool {
        if groups.iter().any(|group| ROWS.iter().all(|row| row.group != *group)) {
            return false;
        }
        machine::print(&self.contenders);
        if self.quick {
            println!("quick: a tenth of the series in pages, first uses and stalls; one turn");
        }
        let mut table = Table::new(&self.contenders);
        for (place, row) in ROWS.iter().enumerate() {
            let is_named = self.names.is_empty() || self.names.iter().any(|n| row.name.contains(n));
            if is_named && (groups.is_empty() || groups.contains(&row.group)) {
                self.measure(place, row).into_iter().for_each(|line| table.push(line));
            }
        }
        table.print();
        true
    }

    fn measure(&self, place: usize, row: &Row) -> Vec<Line> {
        let mut order: Vec<String> = Vec::new();
        let mut lines: HashMap<String, (String, Vec<Vec<f64>>)> = HashMap::new();
        let mut is_done = vec![false; self.contenders.len()];
        let turns = if self.quick { 1 } else { TURNS };
        for turn in 0..turns {
            for contender in 0..self.contenders.len() {
                // Each turn begins with another one.
                let contender = (contender + turn) % self.contenders.len();
                if is_done[contender] {
                    continue;
                }
                let start = Instant::now();
                let answer = self.ask(place, row, self.contenders[contender]);
                is_done[contender] = answer.is_empty() || start.elapsed() > LONG;
                for line in answer.lines() {
                    let mut cells = line.split('\t');
                    let mut next = || cells.next().unwrap_or_default();
                    let (part, unit, values) = (next().to_owned(), next().to_owned(), next());
                    if !lines.contains_key(&part) {
                        order.push(part.clone());
                        lines.insert(part.clone(), (unit, vec![Vec::new(); self.contenders.len()]));
                    }
                    let values = values.split(' ').filter_map(|value| value.parse::<f64>().ok());
                    lines.get_mut(&part).expect("it is there").1[contender].extend(values);
                }
            }
        }
        let line = |part: String| {
            let (unit, rounds) = lines.remove(&part)?;
            let figures = rounds.iter().map(|rounds| Figure::of(rounds)).collect();
            let update = match row.what {
                What::Update(update, ..) => Some(update),
                _ => None,
            };
            Some(Line { name: format!("{}{part}", row.name), unit, figures, update })
        };
        order.into_iter().filter_map(line).collect()
    }

    /// Starts a process that measures one row of one contender.
    fn ask(&self, place: usize, row: &Row, contender: &Contender) -> String {
        let Ok(mut program) = env::current_exe() else { return String::new() };
        if matches!(row.what, What::SmallPage(_)) && contender.name == self.contenders[0].name {
            program.set_file_name("small-pages");
            if !program.exists() {
                eprintln!("{} is not built: `cargo build` makes all programs", program.display());
                return String::new();
            }
        }
        let mut command = Command::new(program);
        command.args(["measure", &place.to_string(), contender.name]);
        if self.quick {
            command.arg("--quick");
        }
        match command.output() {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).into_owned()
            }
            Ok(output) => {
                let error = String::from_utf8_lossy(&output.stderr);
                eprintln!("{}: {} failed: {error}", row.name, contender.name);
                String::new()
            }
            Err(error) => {
                eprintln!("{}: {error}", row.name);
                String::new()
            }
        }
    }
}
