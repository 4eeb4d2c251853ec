//! The README's picture: measures the rows that it shows, records their figures, and draws them.
//!
//! The record, `updates.tsv`, lies beside the picture, so that a change to the drawing needs no new run.
//! Invariant: a record holds figures of one run only.

mod svg;

use std::{fmt::Write, fs, time::SystemTime};

use crate::{machine, run::Plan};

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/updates.tsv");
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/updates.svg");

/// Measures all libraries, without the limit, and replaces the record and the picture.
pub fn measure(mut plan: Plan) {
    plan.only_packages();
    let table = plan.table(|row| svg::CHARTS.iter().any(|(name, _)| *name == row.name));
    table.print();

    // `Thu, 26 Nov 2026 22:03:35 GMT`
    let now = httpdate::fmt_http_date(SystemTime::now());
    let date = now.get(5..16).unwrap_or(&now);
    let mut notes: Vec<String> = Vec::new();
    let mut record = format!(
        "date\t{date}\nprocessor\t{}, {} cores, load {}\ncompiler\t{}\nversions\t{}\n",
        machine::processor(),
        machine::cores(),
        machine::load(),
        machine::compiler().split(" (").next().unwrap_or_default(),
        machine::versions(&table.contenders),
    );
    for line in &table.lines {
        for (figure, contender) in line.figures.iter().zip(&table.contenders) {
            let Some(figure) = figure else { continue };
            let note = line.note(contender);
            let mark = if note.is_some() { " †" } else { "" };
            let name = contender.name;
            let _ = writeln!(record, "{}\t{name}{mark}\t{:.2}", line.name, figure.median);
            notes.extend(note.filter(|note| !notes.contains(note)));
        }
    }
    for note in notes {
        let _ = writeln!(record, "note\t† {note}");
    }
    fs::write(RECORD, record).expect("the record can be written");
    draw();
}

/// Draws the recorded figures again.
pub fn draw() {
    let record = fs::read_to_string(RECORD).expect("the record can be read");
    fs::write(PICTURE, svg::svg(&record)).expect("the picture can be written");
    println!("{PICTURE}");
}
