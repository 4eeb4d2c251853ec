//! The first process: which rows and contenders, a process for each, and their answers.
//!
//! An answer is a line for each figure: its name, its unit, and the values of some rounds, between
//! tabs. Invariant: contenders take turns, so that other load on the machine hits all alike.

use std::{
    collections::HashMap,
    env,
    path::Path,
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
    /// Parts of the names of the wanted rows; if empty, all rows.
    pub names: Vec<String>,
}

/// How many turns each contender has, unless they take longer than that together.
const TURNS: usize = 5;
const LONG: Duration = Duration::from_secs(5);

/// The program that has only one family of ours.
const SMALL_PAGES: &str = "small-pages";

/// Builds that program, since `cargo run` only builds the one that it runs.
fn build_small_pages() {
    let Ok(program) = env::current_exe() else { return };
    let target = program.parent().and_then(Path::parent);
    let Some(target) = target.filter(|target| target.join("CACHEDIR.TAG").exists()) else { return };
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--bin", SMALL_PAGES, "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).arg("--target-dir").arg(target);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    // The same features as this program has.
    cargo.arg("--no-default-features");
    for (feature, is_on) in [("peers", cfg!(feature = "peers")), ("tsc", cfg!(feature = "tsc"))] {
        if is_on {
            cargo.args(["--features", feature]);
        }
    }
    if !cargo.status().is_ok_and(|status| status.success()) {
        eprintln!("{SMALL_PAGES} cannot be built; what is there is used");
    }
}

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

    /// Leaves out the limit, which is not a package.
    pub fn only_packages(&mut self) {
        self.contenders.retain(|contender| !contender.package.is_empty());
    }

    fn effort(&self) -> Effort {
        if self.quick { Effort::QUICK } else { Effort::FULL }
    }

    /// In a process that this program started: measures and answers. `false` if there is no such row.
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
        let is_wanted = |row: &Row| {
            let is_named = self.names.is_empty() || self.names.iter().any(|n| row.name.contains(n));
            is_named && (groups.is_empty() || groups.contains(&row.group))
        };
        self.table(is_wanted).print();
        true
    }

    /// Measures the rows that are wanted.
    pub fn table(&self, is_wanted: impl Fn(&Row) -> bool) -> Table {
        if ROWS.iter().any(|row| matches!(row.what, What::SmallPage(_)) && is_wanted(row)) {
            build_small_pages();
        }
        machine::print(&self.contenders);
        if self.quick {
            println!("quick: a tenth of the series in pages, first uses and stalls; one turn");
        }
        let mut table = Table::new(&self.contenders);
        for (place, row) in ROWS.iter().enumerate() {
            if is_wanted(row) {
                self.measure(place, row).into_iter().for_each(|line| table.push(line));
            }
        }
        table
    }

    fn measure(&self, place: usize, row: &Row) -> Vec<Line> {
        let mut order: Vec<String> = Vec::new();
        let mut lines: HashMap<String, (String, Vec<Vec<f64>>)> = HashMap::new();
        let mut spent = vec![Duration::ZERO; self.contenders.len()];
        let turns = if self.quick { 1 } else { TURNS };
        for turn in 0..turns {
            for contender in 0..self.contenders.len() {
                // Each turn begins with another contender.
                let contender = (contender + turn) % self.contenders.len();
                if spent[contender] > LONG {
                    continue;
                }
                let start = Instant::now();
                let answer = self.ask(place, row, self.contenders[contender]);
                // A contender without an answer is not asked again.
                spent[contender] += if answer.is_empty() { LONG * 2 } else { start.elapsed() };
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
            program.set_file_name(SMALL_PAGES);
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
