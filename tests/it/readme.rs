//! The README's picture. Its text is compiled as documentation of the crate.

use std::{fs, path::Path};

#[path = "../../caas-metrics/benches/src/plot/svg.rs"]
mod svg;

const REPOSITORY: &str = "https://github.com/caas-metrics/caas-metrics/raw/HEAD/";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// GitHub, crates.io and docs.rs each resolve a relative link differently, so pictures have full ones.
#[test]
fn pictures_have_links_that_work_everywhere() {
    let page = read("README.md");
    let links: Vec<_> =
        page.split("![").skip(1).filter_map(|rest| rest.split(['(', ')']).nth(1)).collect();
    assert_eq!(links, [format!("{REPOSITORY}caas-metrics/benches/updates.svg")]);
    let workspace = read("Cargo.toml");
    let repository = REPOSITORY.strip_suffix("/raw/HEAD/").expect("it is there");
    assert!(workspace.contains(&format!("repository = \"{repository}\"")));
}

/// `cargo run --release -p caas-metrics-benches draw` makes it anew.
#[test]
fn the_picture_shows_the_recorded_figures() {
    let record = read("caas-metrics/benches/updates.tsv");
    for (row, _) in svg::CHARTS {
        let libraries = record.lines().filter(|line| line.starts_with(&format!("{row}\t"))).count();
        assert!(libraries > 1, "`{row}` compares {libraries} libraries");
    }
    assert_eq!(svg::svg(&record), read("caas-metrics/benches/updates.svg"));
}
