//! Draws the README's picture: recorded figures as horizontal bars, in SVG.
//!
//! Not here: how the figures come about (`plot.rs`). `tests/it/readme.rs` compiles this file a second
//! time, so it uses the standard library only. Invariant: the same record gives the same bytes.

use std::fmt::Write;

/// The charts, row by row: a row of the benchmark, and its title in the picture.
pub const CHARTS: [(&str, &str); 6] = [
    ("counter, enum + string + u16, 2,600 series", "Counter: enum, string and number as labels"),
    ("counter, enum + string + u16, 2,600 series, 2 threads", "The same counter, 2 threads"),
    ("counter, closed labels, 45 combinations", "Counter: 2 enums as labels"),
    ("observe, enum + string", "Histogram: enum and string as labels"),
    ("timed function", "Timed function, without labels"),
    (
        "update of one of 1,000,000 series, shared texts",
        "Counter: a random one of a million series",
    ),
];

const COLUMNS: usize = 2;
const MARGIN: usize = 28;
const GAP: usize = 36;
const CHART: usize = 414;
const WIDTH: usize = COLUMNS * CHART + (COLUMNS - 1) * GAP + 2 * MARGIN;
/// Where a chart's bars begin, and the length of its longest.
const NAMES: usize = 130;
const LONGEST: f64 = 236.0;
const BAR: usize = 20;
const HEAD: usize = 76;
const TITLE: usize = 26;
/// The letters of a line below the charts.
const FOOT: usize = 120;

/// The picture of a record. Its lines are `row`, `library` and nanoseconds between tabs; those with one
/// tab are facts about the run.
pub fn svg(record: &str) -> String {
    let run = |name: &str| {
        let lines = record.lines().filter_map(|line| line.split_once('\t'));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value).next().unwrap_or_default()
    };
    let mut charts = String::new();
    let mut y = HEAD;
    for pair in CHARTS.chunks(COLUMNS) {
        let mut height = 0;
        for (column, (row, title)) in pair.iter().enumerate() {
            let bars = bars(record, row);
            chart(&mut charts, MARGIN + column * (CHART + GAP), y, title, &bars);
            height = height.max(TITLE + bars.len() * BAR);
        }
        y += height + BAR;
    }
    let mut feet = vec![format!("{} · {} · {}", run("processor"), run("compiler"), run("date"))];
    feet.extend(wrapped(run("versions")));
    feet.extend((!run("note").is_empty()).then(|| run("note").to_owned()));
    let mut foot = String::new();
    for line in feet {
        y += BAR - 4;
        text(&mut foot, MARGIN, y, "foot", &line);
    }
    let height = y + MARGIN - 8;
    let mut head = String::new();
    text(&mut head, MARGIN, 38, "title", "Time of one update, in nanoseconds");
    let how = "Median; shorter is better. Each chart is linear from zero, to a scale of its own.";
    text(&mut head, MARGIN, 58, "foot", how);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">
<title>Time of one update in nanoseconds, caas-metrics and its peers</title>
<style>
text {{ font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }}
.title {{ font-size: 18px; font-weight: 600 }}
.chart {{ font-size: 13px; font-weight: 600 }}
.foot {{ fill: #59636e }}
.name {{ text-anchor: end }}
.ours {{ font-weight: 600 }}
rect {{ fill: #afb8c1 }}
rect.own {{ fill: #0969da }}
rect.page {{ fill: #ffffff; stroke: #d1d9e0 }}
</style>
<rect class="page" x="0.5" y="0.5" width="{}" height="{}" rx="8"/>
{head}{charts}{foot}</svg>
"#,
        WIDTH - 1,
        height - 1,
    )
}

/// The libraries that a row measured, the fastest first.
fn bars<'r>(record: &'r str, row: &str) -> Vec<(&'r str, f64)> {
    let mut bars: Vec<_> = record
        .lines()
        .filter_map(|line| {
            let (name, figure) = line.strip_prefix(row)?.strip_prefix('\t')?.split_once('\t')?;
            Some((name, figure.parse().ok()?))
        })
        .collect();
    bars.sort_by(|a, b| f64::total_cmp(&a.1, &b.1));
    bars
}

/// A list in lines that are not wider than the picture.
fn wrapped(list: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in list.split(", ") {
        match lines.last_mut() {
            Some(line) if line.len() + item.len() < FOOT => {
                line.push_str(" · ");
                line.push_str(item);
            }
            _ => lines.push(item.to_owned()),
        }
    }
    lines
}

fn chart(out: &mut String, x: usize, y: usize, title: &str, bars: &[(&str, f64)]) {
    text(out, x, y + 16, "chart", title);
    let slowest = bars.last().map_or(1.0, |(_, figure)| *figure);
    for (place, (name, figure)) in bars.iter().enumerate() {
        let top = y + TITLE + place * BAR;
        let own = *name == "caas-metrics";
        text(out, x + NAMES - 8, top + 13, if own { "name ours" } else { "name" }, name);
        let length = figure / slowest * LONGEST;
        let class = if own { " class=\"own\"" } else { "" };
        let bar = format!(
            "<rect{class} x=\"{}\" y=\"{}\" width=\"{length:.1}\" height=\"14\"/>\n",
            x + NAMES,
            top + 2,
        );
        out.push_str(&bar);
        let figure = if *figure < 10.0 { format!("{figure:.1}") } else { format!("{figure:.0}") };
        let end = x + NAMES + length as usize + 6;
        text(out, end, top + 13, if own { "ours" } else { "figure" }, &figure);
    }
}

fn text(out: &mut String, x: usize, y: usize, class: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>");
}
