//! Files for the textfile collector, read by a real node exporter.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{Registry, Textfile};

use crate::node_exporter::{NodeExporter, PROGRAM};
use crate::process::{TempDir, lacks};

/// A registry with the program's families, and some of collectors.
fn job(items: f64) -> Registry {
    let registry = Registry::with_declared();
    registry.register(move || {
        let gauge = |name| FamilySnapshot::gauge(name, "A.");
        vec![
            gauge("job_items").with(&[], items),
            gauge("job_steps").with(&[("step", "a")], 1.0).with(&[("step", "b")], items),
            // With another help than that of the node exporter itself.
            gauge("process_open_fds").with(&[], 3.0),
            // As another version of this crate might describe it.
            FamilySnapshot::counter("tokio_tasks_total", &format!("In version {items}."))
                .with(&[], 5_u64),
        ]
    });
    registry
}

#[test]
fn the_node_exporter_reads_the_files_of_two_jobs_without_a_complaint() {
    if lacks("the_node_exporter_reads_the_files_of_two_jobs_without_a_complaint", &[PROGRAM]) {
        return;
    }
    crate::ItemsTotal { outcome: "written" }.inc_by(2);
    let dir = TempDir::new("textfiles");
    let path = |name: &str| dir.path().join(name);
    job(1.0).write_textfile(path("first.prom")).unwrap();
    job(2.0).write_textfile(path("second.prom")).unwrap();
    let labelled = Textfile::new(path("third.prom")).unwrap().label("database", "billing").unwrap();
    labelled.registry(job(3.0)).write().unwrap();

    let node = NodeExporter::start(dir.path());
    let page = node.page();
    for line in [
        "node_textfile_scrape_error 0",
        "job_items{database=\"\",textfile=\"first\"} 1",
        "job_items{database=\"\",textfile=\"second\"} 2",
        "job_items{database=\"billing\",textfile=\"\"} 3",
        "job_steps{database=\"\",step=\"b\",textfile=\"second\"} 2",
        "jobs_items_total{database=\"\",outcome=\"written\",textfile=\"first\"} 2",
        "caas_metrics_lost_total{database=\"\",textfile=\"second\"} 0",
        "tokio_tasks_total{database=\"\",textfile=\"second\"} 5",
    ] {
        // How it writes labels that only some files have differs by version.
        let plain = line.replace("database=\"\",", "").replace(",textfile=\"\"", "");
        assert!(page.lines().any(|it| it == line || it == plain), "{line}: {page}");
    }
    // Its own one.
    assert_eq!(
        page.lines().filter(|line| line.starts_with("process_open_fds")).count(),
        1,
        "{page}"
    );
    assert!(!page.contains("caas_metrics_scrapes_total"), "{page}");
    assert_eq!(node.complaints(), [""; 0]);

    // The next run replaces a file.
    job(9.0).write_textfile(path("first.prom")).unwrap();
    let page = node.page();
    assert!(
        page.lines().any(|line| line.starts_with("job_items{") && line.ends_with(" 9")),
        "{page}"
    );
    assert_eq!(node.complaints(), [""; 0]);
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_file_is_there_as_a_whole_and_for_all() {
    let dir = TempDir::new("textfiles");
    let path = dir.path().join("job.prom");
    for items in [1.0, 2.0] {
        job(items).write_textfile(&path).unwrap();
        let page = fs::read_to_string(&path).unwrap();
        let line = format!("job_items{{textfile=\"job\"}} {items}\n");
        assert!(page.contains(&line) && page.ends_with('\n'), "{page}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(names(dir.path()), ["job.prom"]);
    }
    let page = fs::read_to_string(&path).unwrap();
    // Files of the user have help, and what versions of this crate may describe differently has none.
    assert!(
        page.contains("# HELP job_items A.\n") && page.contains("# HELP jobs_items_total Items")
    );
    assert!(!page.contains("# HELP caas_metrics_"), "{page}");
}

#[test]
fn writers_of_one_file_do_not_mix() {
    let dir = TempDir::new("textfiles");
    let path = dir.path().join("job.prom");
    let registries = [1.0, 2.0, 3.0].map(job);
    job(1.0).write_textfile(&path).unwrap();
    let size = fs::metadata(&path).unwrap().len();
    std::thread::scope(|scope| {
        let writers = registries.each_ref().map(|registry| {
            scope.spawn(|| (0..20).for_each(|_| registry.write_textfile(&path).unwrap()))
        });
        while writers.iter().any(|writer| !writer.is_finished()) {
            let page = fs::read_to_string(&path).unwrap();
            assert_eq!(page.len() as u64, size);
        }
    });
    assert_eq!(names(dir.path()), ["job.prom"]);
}

#[test]
fn after_an_error_nothing_has_changed() {
    let dir = TempDir::new("textfiles");
    // Renaming fails where a directory has the name.
    let taken = dir.path().join("taken.prom");
    fs::create_dir(&taken).unwrap();
    let error = job(1.0).write_textfile(&taken).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("can't write {}: ", taken.display())),
        "{error}"
    );
    assert_eq!(names(dir.path()), ["taken.prom"]);

    let nowhere = dir.path().join("nowhere/job.prom");
    let error = job(1.0).write_textfile(&nowhere).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    assert!(error.to_string().contains("nowhere/job.prom"), "{error}");
}

#[test]
fn bad_names_and_labels_are_errors_at_once() {
    for name in ["job", "job.txt", "job.prom.gz", ".prom", "", "/", "dir.prom/.."] {
        let error = Textfile::new(name).unwrap_err().to_string();
        assert!(error.ends_with("its name must end in `.prom`"), "{name}: {error}");
    }
    for (label, word) in
        [("a-b", "not a label name"), ("", "not a label name"), ("le", "buckets"), ("__x", "own")]
    {
        let error = Textfile::new("job.prom").unwrap().label(label, "x").unwrap_err().to_string();
        assert!(error.starts_with(&format!("can't write job.prom: label `{label}`: ")), "{error}");
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_label_of_the_registry_or_of_a_family_stays() {
    let dir = TempDir::new("textfiles");
    let path = dir.path().join("job.prom");
    let registry = Registry::new();
    registry.set_default_labels([("textfile", "default"), ("zone", "a")]);
    registry.register(|| {
        let own = FamilySnapshot::gauge("own_label", "A.").with(&[("textfile", "own")], 1.0);
        // Two that become one by the label: one of them is left out.
        let twice = FamilySnapshot::gauge("twice", "A.").with(&[], 1.0);
        vec![own, twice.with(&[("textfile", "job")], 2.0)]
    });
    registry.write_textfile(&path).unwrap();
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains("\nown_label{textfile=\"own\",zone=\"a\"} 1\n"), "{page}");
    assert!(page.contains("\ntwice{textfile=\"job\",zone=\"a\"} "), "{page}");
    assert_eq!(page.lines().filter(|line| line.starts_with("twice{")).count(), 1, "{page}");
    let dropped =
        "caas_metrics_dropped_total{reason=\"duplicate\",textfile=\"job\",zone=\"a\"} 1\n";
    assert!(page.contains(dropped), "{page}");
    // What is set for a page is set for that page only.
    let mut page = Vec::new();
    registry.encode(caas_metrics::Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("\ntwice{textfile=\"default\",zone=\"a\"} 1\n"), "{page}");
}
