//! Interop with the `prometheus` crate in both directions, with a registry for each test. What needs
//! its default registry is in `tests/prometheus_default.rs`.

use std::sync::mpsc::{self, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::sample::{Number, OwnedValue};
use caas_metrics::{Format, Label, MetricType, metrics};
use prometheus::core::{Collector as _, Desc};
use prometheus::{
    CounterVec, Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry, TextEncoder,
};

#[derive(Label, Clone, Copy)]
enum Kind {
    Plain,
    Odd,
}

metrics! {
    namespace = "interop";

    /// Things "counted", with a \ in the help.
    #[zeroed]
    counter ThingsTotal { kind: Kind, owner: &str }

    /// Time of things in seconds.
    #[buckets(0.5, 2)]
    histogram ThingSeconds;

    /// Depth of things.
    gauge ThingDepth<f64>;

    /// Build of things.
    info ThingInfo { version: &str }

    /// Never updated.
    counter UntouchedTotal { owner: &str }
}

/// The names of a scrape, without what our crate says about itself.
fn names(ours: &caas_metrics::Registry) -> Vec<String> {
    let names = ours.gather().into_iter().map(|family| family.name);
    names.filter(|name| !name.starts_with("caas_metrics_")).collect()
}

fn page(registry: &Registry) -> String {
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}

#[test]
fn our_families_come_out_of_their_registry() {
    ThingsTotal { kind: Kind::Odd, owner: "a\"b\\c\nd" }.inc_by(3);
    ThingSeconds.observe(0.25);
    ThingSeconds.observe(0.5);
    ThingSeconds.observe(9.0);
    ThingDepth.set(-1.5);
    ThingInfo { version: "1.2" }.set();

    let theirs = Registry::new();
    theirs.register(Box::new(caas_metrics::prometheus::collector())).unwrap();
    let page = page(&theirs);
    let is_of_this_test = |line: &&str| line.contains("interop_") && !line.contains("{family=");
    let ours: Vec<&str> = page.lines().filter(is_of_this_test).collect();
    let expected = r#"# HELP interop_thing_depth Depth of things.
# TYPE interop_thing_depth gauge
interop_thing_depth -1.5
# HELP interop_thing_info Build of things.
# TYPE interop_thing_info gauge
interop_thing_info{version="1.2"} 1
# HELP interop_thing_seconds Time of things in seconds.
# TYPE interop_thing_seconds histogram
interop_thing_seconds_bucket{le="0.5"} 2
interop_thing_seconds_bucket{le="2"} 2
interop_thing_seconds_bucket{le="+Inf"} 3
interop_thing_seconds_sum 9.75
interop_thing_seconds_count 3
# HELP interop_things_total Things "counted", with a \\ in the help.
# TYPE interop_things_total counter
interop_things_total{kind="odd",owner="a\"b\\c\nd"} 3
interop_things_total{kind="plain",owner="a\"b\\c\nd"} 0"#;
    assert_eq!(ours.join("\n"), expected);
}

#[test]
fn our_collector_can_be_registered_once_and_taken_out() {
    let theirs = Registry::new();
    let collector = || Box::new(caas_metrics::prometheus::collector());
    theirs.register(collector()).unwrap();
    assert!(matches!(theirs.register(collector()), Err(prometheus::Error::AlreadyReg)));
    theirs.unregister(collector()).unwrap();
    assert!(theirs.gather().is_empty());
    theirs.register(collector()).unwrap();
}

#[test]
fn our_families_are_described_so_that_a_clash_is_refused() {
    let collector = caas_metrics::prometheus::collector();
    let descs = collector.desc();
    let things: Vec<&&Desc> =
        descs.iter().filter(|desc| desc.fq_name == "interop_things_total").collect();
    let [things] = things[..] else { panic!("described {} times", things.len()) };
    assert_eq!(things.help, "Things \"counted\", with a \\ in the help.");
    assert_eq!(things.variable_labels, ["kind", "owner"]);

    let theirs = Registry::new();
    theirs
        .register(Box::new(IntCounter::new("interop_untouched_total", "Mine.").unwrap()))
        .unwrap();
    theirs.register(Box::new(collector)).unwrap_err();
}

#[test]
fn their_families_come_out_of_our_registry() {
    let theirs = Registry::new_custom(
        Some("app".to_owned()),
        Some([("zone".to_owned(), "eu".to_owned())].into()),
    )
    .unwrap();
    let jobs = CounterVec::new(Opts::new("jobs_total", "Jobs.\nAll."), &["queue"]).unwrap();
    jobs.with_label_values(&["mail"]).inc_by(2.0);
    jobs.with_label_values(&["push\"\\"]).inc_by(0.5);
    let depth = IntGauge::new("depth", "Depth.").unwrap();
    depth.set(-4);
    let options = HistogramOpts::new("wait_seconds", "Wait.").buckets(vec![0.1, 1.0]);
    let wait = Histogram::with_opts(options).unwrap();
    wait.observe(0.05);
    wait.observe(1.0);
    wait.observe(3.0);
    theirs.register(Box::new(jobs)).unwrap();
    theirs.register(Box::new(depth)).unwrap();
    theirs.register(Box::new(wait)).unwrap();

    let ours = caas_metrics::Registry::new();
    ours.register(caas_metrics::prometheus::from_registry(theirs));

    let families = ours.gather();
    let family = |name: &str| families.iter().find(|family| family.name == name).unwrap();
    let values = |name: &str| -> Vec<_> {
        family(name).children.iter().map(|sample| sample.value.clone()).collect()
    };
    assert_eq!(family("app_jobs_total").metric_type, MetricType::Counter);
    assert_eq!(
        values("app_jobs_total"),
        [Number::Unsigned(2), Number::Float(0.5)].map(OwnedValue::Number)
    );
    assert_eq!(values("app_depth"), [OwnedValue::Number(Number::Signed(-4))]);
    assert_eq!(family("app_wait_seconds").buckets, [0.1, 1.0]);
    assert_eq!(values("app_wait_seconds"), [OwnedValue::histogram(vec![1, 1, 1], 4.05)]);

    let mut page = Vec::new();
    ours.encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let jobs = r#"# HELP app_jobs_total Jobs.\nAll.
# TYPE app_jobs_total counter
app_jobs_total{queue="mail",zone="eu"} 2
app_jobs_total{queue="push\"\\",zone="eu"} 0.5
"#;
    assert!(page.contains(jobs), "{page}");
}

/// Their registry asks our collector, which is silent while ours asks theirs.
#[test]
fn a_registry_that_holds_our_collector_can_be_given_to_ours() {
    let theirs = Registry::new();
    theirs.register(Box::new(caas_metrics::prometheus::collector())).unwrap();
    theirs.register(Box::new(IntCounter::new("theirs_total", "Theirs.").unwrap())).unwrap();
    let ours = caas_metrics::Registry::new();
    ours.register(caas_metrics::prometheus::from_registry(theirs.clone()));

    assert_eq!(names(&ours), ["theirs_total"]);
    ThingDepth.set(1.0);
    assert!(page(&theirs).contains("interop_thing_depth "), "but on its own page it speaks");
}

/// A collector of theirs that scrapes us: the way round in a circle.
struct Circular {
    desc: Desc,
    ours: Arc<caas_metrics::Registry>,
    found: Arc<Mutex<Vec<Vec<String>>>>,
}

impl prometheus::core::Collector for Circular {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.found.lock().unwrap().push(names(&self.ours));
        Vec::new()
    }
}

/// Their lock is held while they gather. Taken twice on one thread with a registration waiting in
/// between, it would stop both threads for good.
#[test]
fn a_circle_ends_while_others_register() {
    const SCRAPES: usize = 2_000;

    let theirs = Registry::new();
    let ours = Arc::new(caas_metrics::Registry::new());
    ours.register(caas_metrics::prometheus::from_registry(theirs.clone()));
    let desc = Desc::new("circle".into(), "A circle.".into(), vec![], [].into()).unwrap();
    let found = Arc::new(Mutex::new(Vec::new()));
    let circular = Circular { desc, ours: Arc::clone(&ours), found: Arc::clone(&found) };
    theirs.register(Box::new(circular)).unwrap();

    let (done, scraped) = mpsc::channel();
    thread::spawn(move || {
        for _ in 0..SCRAPES {
            let families = names(&ours);
            assert!(families.is_empty() || families == ["comes_and_goes"], "{families:?}");
        }
        done.send(()).unwrap();
    });
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(TryRecvError::Empty) = scraped.try_recv() {
        assert!(Instant::now() < deadline, "deadlock");
        let gauge = Box::new(IntGauge::new("comes_and_goes", "A gauge.").unwrap());
        theirs.register(gauge.clone()).unwrap();
        theirs.unregister(gauge).unwrap();
    }

    // Scraped from within, ours has what it found before.
    let found = found.lock().unwrap();
    assert_eq!(found.len(), SCRAPES);
    assert!(found.iter().all(|names| names.is_empty() || names == &["comes_and_goes"]));
}

/// What nothing of theirs makes, but a collector can.
struct Untyped(Desc);

impl prometheus::core::Collector for Untyped {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        let mut family = prometheus::proto::MetricFamily::default();
        family.set_name("unclear".to_owned());
        family.set_help("Anything.".to_owned());
        family.set_field_type(prometheus::proto::MetricType::UNTYPED);
        family.set_metric(vec![prometheus::proto::Metric::default()]);
        vec![family]
    }
}

#[test]
fn an_untyped_family_is_left_out_but_not_silently() {
    let theirs = Registry::new();
    let desc = Desc::new("unclear".into(), "Anything.".into(), vec![], [].into()).unwrap();
    theirs.register(Box::new(Untyped(desc))).unwrap();
    let ours = caas_metrics::Registry::new();
    ours.register(caas_metrics::prometheus::from_registry(theirs));

    let [caas_metrics::Problem::BadSamples { name, dropped, .. }] = &ours.check()[..] else {
        panic!("{:?}", ours.check())
    };
    assert_eq!((&**name, *dropped), ("unclear", 1));
    let mut page = Vec::new();
    ours.encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("unclear"), "{page}");
    assert!(page.contains("caas_metrics_dropped_total{reason=\"value\"} 1\n"), "{page}");
}
