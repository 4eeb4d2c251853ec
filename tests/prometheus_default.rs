//! The default registry of the `prometheus` crate and ours, in one process: the usual migration.
//!
//! A program of its own, because it fills that registry, which the whole process shares.

use caas_metrics::{Format, metrics};
use prometheus::{IntCounter, TextEncoder};

metrics! {
    /// Declared with the new crate.
    counter NewTotal;
}

fn our_page() -> String {
    let mut page = Vec::new();
    caas_metrics::registry().encode(Format::Text, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn their_page() -> String {
    TextEncoder::new().encode_to_string(&prometheus::gather()).unwrap()
}

fn count(page: &str, line: &str) -> usize {
    page.lines().filter(|candidate| *candidate == line).count()
}

#[test]
fn both_pages_show_everything_once() {
    let old = IntCounter::new("old_total", "Declared with the old crate.").unwrap();
    prometheus::register(Box::new(old.clone())).unwrap();
    old.inc();
    NewTotal.inc();

    let before = their_page();
    assert_eq!((count(&before, "old_total 1"), count(&before, "new_total 1")), (1, 0));

    prometheus::register(Box::new(caas_metrics::prometheus::collector())).unwrap();
    for page in [our_page(), their_page(), our_page()] {
        for line in [
            "# TYPE old_total counter",
            "old_total 1",
            "# HELP new_total Declared with the new crate.",
            "# TYPE new_total counter",
            "new_total 1",
        ] {
            assert_eq!(count(&page, line), 1, "{line} in\n{page}");
        }
    }

    // Two threads that scrape both ways at once do not silence each other.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..500 {
                    assert_eq!(count(&our_page(), "new_total 1"), 1);
                    assert_eq!(count(&their_page(), "new_total 1"), 1);
                }
            });
        }
    });
}
