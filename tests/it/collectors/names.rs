//! Scrapes of some families only.

use std::slice;

use axum::body::{Body, to_bytes};
use caas_metrics::desc::Descriptor;
use caas_metrics::http::serve_from;
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{Collector, Format, MetricType, Registry, metrics};
use http::Request;
use tower::ServiceExt;

use super::{Gate, patient};
use crate::http::ask;

metrics! {
    namespace = "names";

    /// Jobs.
    counter JobsTotal;

    /// Depth.
    gauge Depth;

    /// Build.
    info BuildInfo { version: &str }
}

fn page(registry: &Registry, format: Format, names: &[&str]) -> String {
    let mut page = Vec::new();
    registry.encode_families(format, names.iter().copied(), &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn only_the_families_that_are_named_are_there() {
    BuildInfo { version: "1" }.set();
    let registry = Registry::with_declared();
    registry.register(|| {
        let gauge = |name| FamilySnapshot::gauge(name, "").with(&[], 1.0);
        vec![gauge("names_a"), gauge("names_b"), gauge("names_c")]
    });
    let jobs =
        "# HELP names_jobs_total Jobs.\n# TYPE names_jobs_total counter\nnames_jobs_total 0\n";
    assert_eq!(page(&registry, Format::Text, &["names_jobs_total"]), jobs);
    assert_eq!(page(&registry, Format::Text, &["names_jobs"]), jobs, "as OpenMetrics calls it");
    let open = "# TYPE names_jobs counter\n# HELP names_jobs Jobs.\nnames_jobs_total 0\n# EOF\n";
    assert_eq!(page(&registry, Format::OpenMetrics, &["names_jobs_total"]), open);
    assert_eq!(page(&registry, Format::OpenMetrics, &["names_jobs"]), open);
    let some = page(&registry, Format::Text, &["names_c", "names_build", "names_a", "no_such"]);
    let lines: Vec<&str> = some.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["names_a 1", "names_build_info{version=\"1\"} 1", "names_c 1"]);
    assert_eq!(page(&registry, Format::Text, &["no_such"]), "");
    assert_eq!(page(&registry, Format::OpenMetrics, &["no_such"]), "# EOF\n");
    assert_eq!(page(&registry, Format::Text, &[]), "");
    let own = page(&registry, Format::Text, &["caas_metrics_scrapes_total"]);
    assert!(own.starts_with("# HELP caas_metrics_scrapes_total ") && own.lines().count() >= 4);
}

struct Describing(Gate, &'static Descriptor);

impl Collector for Describing {
    fn collect(&self) -> Vec<FamilySnapshot> {
        self.0.collect()
    }

    fn describe(&self) -> &'static [Descriptor] {
        slice::from_ref(self.1)
    }
}

#[test]
fn a_collector_is_asked_if_it_may_have_what_is_named() {
    static G: Descriptor = Descriptor::new(MetricType::Gauge, "g", "Calls.");
    let ((described, _open), (other, _open_too)) = (Gate::new(), Gate::new());
    let registry = Registry::new();
    registry.register(Describing(described.clone(), &G));
    let calls = || (described.calls(), other.calls());
    assert_eq!(page(&registry, Format::Text, &["a"]), "");
    assert_eq!(calls(), (0, 0));
    other.register(&registry, patient());
    assert_eq!(page(&registry, Format::Text, &["a"]), "");
    assert_eq!(calls(), (0, 1), "nobody knows what the other one has");
    assert!(page(&registry, Format::Text, &["g"]).contains("\ng 1\n"));
    assert_eq!(calls(), (1, 2));
    page(&registry, Format::Text, &["caas_metrics_problems"]);
    assert_eq!(calls(), (2, 3), "it counts those of all");
}

#[test]
fn a_page_of_some_families_is_no_whole_page() {
    let registry = Registry::with_declared();
    let bytes = || page(&registry, Format::Text, &["caas_metrics_page_bytes"]);
    assert_eq!(bytes(), "");
    let mut whole = Vec::new();
    registry.encode(Format::Text, &mut whole).unwrap();
    for _ in 0..2 {
        assert!(bytes().ends_with(&format!("\ncaas_metrics_page_bytes {}\n", whole.len())));
    }
    let scrapes = page(&registry, Format::Text, &["caas_metrics_scrapes"]);
    assert!(scrapes.contains("{format=\"text\"} 4\n"), "{scrapes}");
    let series = page(&registry, Format::Text, &["caas_metrics_series"]);
    assert!(series.contains("{family=\"names_depth\"} 1\n"), "{series}");
}

#[test]
fn a_query_names_families() {
    let server = serve_from(Registry::with_declared(), "127.0.0.1:0").unwrap();
    let jobs = "\nnames_jobs_total 0\n";
    for (query, has_jobs) in [
        ("name[]=names_jobs_total", true),
        ("name%5B%5D=names%5Fjobs&x=y", true),
        ("name[]=no_such&name[]=names_jobs", true),
        ("name[]=names_depth", false),
    ] {
        let answer = ask(&server, &format!("GET /metrics?{query}"), &[]);
        assert_eq!((answer.status, answer.text().contains(jobs)), (200, has_jobs), "{query}");
        assert!(!answer.text().contains("caas_metrics_"), "{query}");
    }
    let answer = ask(&server, "GET /metrics?name[]=no_such", &[]);
    assert_eq!((answer.status, answer.text(), answer.header("content-length")), (200, "", "0"));
    assert!(ask(&server, "GET /metrics?name=names_depth", &[]).text().contains(jobs));
}

#[test]
fn the_router_of_axum_reads_the_query_too() {
    let request = Request::get("/metrics?name[]=names_jobs").body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let page = runtime.block_on(async {
        let app: axum::Router = caas_metrics::axum::router();
        to_bytes(app.oneshot(request).await.unwrap().into_body(), usize::MAX).await.unwrap()
    });
    assert!(page.ends_with(b"\nnames_jobs_total 0\n") && page.starts_with(b"# HELP names_jobs_"));
}
