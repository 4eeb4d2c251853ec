//! The metrics of the process, judged by what other sources say of this one. What a server adds to the
//! process's registry is in `tests/process_metrics.rs`.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caas_metrics::sample::{FamilySnapshot, OwnedValue};
use caas_metrics::{Format, MetricType, Registry, process};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::parsers::promtool;

fn registry() -> Registry {
    let registry = Registry::new();
    process::register_in(&registry);
    registry
}

fn families() -> Vec<FamilySnapshot> {
    let mut families = registry().gather();
    families.retain(|family| family.name.starts_with("process_"));
    families
}

fn value(name: &str) -> f64 {
    let families = families();
    let family = families.iter().find(|family| family.name == name).unwrap();
    let [child] = &family.children[..] else { panic!("{family:?}") };
    let OwnedValue::Number(number) = child.value else { panic!("{child:?}") };
    number.as_f64()
}

/// Fails if a metric is never as near to the other source as `by`. Other tests of this program open files,
/// start threads and take memory meanwhile, so one look is not enough.
#[track_caller]
fn assert_near(name: &str, by: f64, other: impl Fn() -> f64) {
    let mut seen = Vec::new();
    for _ in 0..200 {
        let (found, expected) = (value(name), other());
        if (found - expected).abs() <= by * expected {
            return;
        }
        seen.push((found, expected));
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{name} and what it should be: {seen:?}");
}

fn entries(folder: &str) -> f64 {
    fs::read_dir(folder).unwrap().count() as f64
}

#[test]
fn open_files_are_counted() {
    let files: Vec<_> = (0..500).map(|_| File::open("/dev/null").unwrap()).collect();
    assert!(value("process_open_fds") > 500.0);
    // The folder itself is open while its entries are counted.
    assert_near("process_open_fds", 0.0, || entries("/proc/self/fd") - 1.0);
    drop(files);
    assert_near("process_open_fds", 0.0, || entries("/proc/self/fd") - 1.0);
}

#[test]
fn limits_are_those_of_the_system() {
    let soft = |resource| getrlimit(resource).current.unwrap_or(u64::MAX) as f64;
    assert_eq!(value("process_max_fds"), soft(Resource::Nofile));
    assert_eq!(value("process_virtual_memory_max_bytes"), soft(Resource::As));
}

#[test]
fn threads_are_counted() {
    const MORE: usize = 40;
    let (begin, end) = (Barrier::new(MORE + 1), Barrier::new(MORE + 1));
    thread::scope(|scope| {
        for _ in 0..MORE {
            scope.spawn(|| {
                begin.wait();
                end.wait();
            });
        }
        begin.wait();
        assert!(value("process_threads") > MORE as f64);
        assert_near("process_threads", 0.0, || entries("/proc/self/task"));
        end.wait();
    });
}

#[test]
fn memory_is_what_is_used() {
    let pages = |place: usize| {
        let pages = fs::read_to_string("/proc/self/statm").unwrap();
        let pages: f64 = pages.split(' ').nth(place).unwrap().parse().unwrap();
        pages * rustix::param::page_size() as f64
    };
    let memory = black_box(vec![1_u8; 200 << 20]);
    assert!(value("process_resident_memory_bytes") > memory.len() as f64);
    assert_near("process_resident_memory_bytes", 0.02, || pages(1));
    assert_near("process_virtual_memory_bytes", 0.02, || pages(0));
    // Data and stack; the stack of the first thread is counted apart elsewhere.
    assert!(value("process_heap_bytes") > memory.len() as f64);
    assert_near("process_heap_bytes", 0.02, || pages(5));
}

#[test]
fn processor_time_is_what_was_used() {
    let used = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    // User and system time are each cut off to a tick.
    let tick = 1.0 / rustix::param::clock_ticks_per_second() as f64;
    assert_eq!(tick, 0.01);
    let first = used();
    while used() < first + 0.3 {
        black_box((0..100_000_u64).map(black_box).sum::<u64>());
    }
    let before = used();
    let found = value("process_cpu_seconds_total");
    assert!(found >= before - 2.0 * tick, "{found} {before}");
    assert!(found <= used() + 2.0 * tick, "{found} {}", used());
}

#[test]
fn the_start_is_what_ps_says() {
    let id = std::process::id().to_string();
    let Ok(output) = Command::new("ps").args(["-o", "etimes=", "-p", &id]).output() else {
        return crate::missing::skip_without("ps");
    };
    let elapsed: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let started = value("process_start_time_seconds");
    // Both cut off seconds, and `ps` itself takes some time.
    assert!((now - elapsed - started).abs() < 30.0, "{started}, {elapsed} seconds before {now}");

    // The processor time was zero then.
    let families = families();
    let cpu = families.iter().find(|family| family.name == "process_cpu_seconds_total").unwrap();
    let zero = cpu.children[0].started.unwrap().duration_since(UNIX_EPOCH).unwrap();
    assert!((zero.as_secs_f64() - started).abs() < 1e-6);
}

#[test]
fn the_page_has_the_names_of_other_libraries() {
    let registry = registry();
    process::register_in(&registry);
    assert_eq!(registry.check(), []);

    // Registered twice, it is there once.
    let families = registry.gather();
    let failures = families.iter().find(|it| it.name == "caas_metrics_collector_failures_total");
    let children = &failures.unwrap().children;
    assert!(children.iter().all(|child| child.labels[0].1 == "process"), "{children:?}");
    assert_eq!(children.len(), 3);

    let mut page = Vec::new();
    registry.encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let heads = [
        "HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.",
        "TYPE process_cpu_seconds_total counter",
        "HELP process_heap_bytes Process heap size in bytes.",
        "TYPE process_heap_bytes gauge",
        "HELP process_max_fds Maximum number of open file descriptors.",
        "TYPE process_max_fds gauge",
        "HELP process_open_fds Number of open file descriptors.",
        "TYPE process_open_fds gauge",
        "HELP process_resident_memory_bytes Resident memory size in bytes.",
        "TYPE process_resident_memory_bytes gauge",
        "HELP process_start_time_seconds Start time of the process since unix epoch in seconds.",
        "TYPE process_start_time_seconds gauge",
        "HELP process_threads Number of OS threads in the process.",
        "TYPE process_threads gauge",
        "HELP process_virtual_memory_bytes Virtual memory size in bytes.",
        "TYPE process_virtual_memory_bytes gauge",
        "HELP process_virtual_memory_max_bytes Maximum amount of virtual memory available in bytes.",
        "TYPE process_virtual_memory_max_bytes gauge",
    ];
    let found = page.lines().filter_map(|line| line.strip_prefix("# "));
    let found: Vec<_> = found.filter(|head| head[5..].starts_with("process_")).collect();
    assert_eq!(found, heads);
    promtool::assert_accepts(&page);

    let described = registry.descriptors().filter(|it| it.name.starts_with("process_"));
    let described: Vec<_> = described.map(|it| (it.name, it.unit, it.metric_type)).collect();
    let returned = families.iter().filter(|it| it.name.starts_with("process_"));
    let returned: Vec<(&str, _, MetricType)> =
        returned.map(|it| (&*it.name, it.unit.as_deref(), it.metric_type)).collect();
    assert_eq!(described, returned);
}

#[test]
fn families_of_others_stay() {
    let registry = registry();
    registry.register(|| vec![FamilySnapshot::gauge("process_open_fds", "Mine.").with(&[], 7.0)]);
    assert_eq!(registry.check(), []);
    let families = registry.gather();
    let named = |name: &str| {
        let families: Vec<_> = families.iter().filter(|family| family.name == name).collect();
        let [family] = families[..] else { panic!("{name}: {families:?}") };
        (family.help.clone(), family.children.len(), family.children[0].value.clone())
    };
    assert_eq!(named("process_open_fds"), ("Mine.".to_owned(), 1, 7.0.into()));
    assert_eq!(named("process_max_fds").1, 1, "the others are there");
}
