//! What happens when the allocator has no memory left, and when it counts itself in a family.
//!
//! A program of its own, since it has its own allocator. There is only one test, so that nothing else
//! in the program takes memory meanwhile.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ptr,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use caas_metrics::{
    Problem, metrics, registry,
    sample::{Number, OwnedValue},
};

metrics! {
    /// Memory taken, counted by the allocator itself.
    counter TakenTotal;

    /// Bytes taken.
    counter TakenBytesTotal { size: SizeClass }

    /// Without labels.
    counter PlainTotal;

    /// With a label.
    counter PathsTotal { path: &str }

    /// A gauge that is set.
    gauge Level { path: &str }

    /// Held, with a label.
    #[held]
    gauge SessionsOpen { path: &str }

    /// Held, without labels.
    #[held]
    gauge ConnectionsOpen;

    /// Can be set, without labels.
    gauge QueueLength;

    /// Can be set, with a label.
    gauge RoutesKnown { path: &str }

    /// With exemplars.
    #[exemplars]
    counter RetriesTotal;

    /// With native buckets, whose counters take memory.
    #[native]
    #[exemplars]
    #[buckets(10)]
    histogram SizeBytes;
}

/// How much memory is taken at once.
#[derive(caas_metrics::Label, Clone, Copy)]
enum SizeClass {
    Small,
    Large,
}

thread_local! {
    /// Whether this thread gets no memory.
    static IS_POOR: Cell<bool> = const { Cell::new(false) };
    /// Whether the allocator counts what this thread takes.
    static IS_COUNTED: Cell<bool> = const { Cell::new(false) };
}

static TAKEN: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call is passed on to the system's allocator as it came, or gives no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IS_POOR.try_with(Cell::get).unwrap_or(false) {
            return ptr::null_mut();
        }
        if IS_COUNTED.try_with(Cell::get).unwrap_or(false) {
            let size = if layout.size() < 1024 { SizeClass::Small } else { SizeClass::Large };
            TAKEN.fetch_add(1, Ordering::Relaxed);
            TakenTotal.inc();
            TakenBytesTotal { size }.inc_by(layout.size() as u64);
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Does something for which there is no memory.
fn poor(work: impl FnOnce()) {
    IS_POOR.set(true);
    work();
    IS_POOR.set(false);
}

fn lost(family: &str) -> u64 {
    let problems = registry().check();
    let lost = problems.iter().find_map(|problem| match problem {
        Problem::NoMemory { name, lost, .. } if *name == family => Some(*lost),
        _ => None,
    });
    lost.unwrap_or(0)
}

#[test]
fn memory_is_counted_and_runs_out() {
    an_allocator_counts_itself();
    updates_without_memory_are_lost_and_told();
    exemplars_without_memory_are_lost_and_told();
    native_buckets_without_memory_are_lost_and_told();
    what_was_not_held_for_want_of_memory_is_not_taken_back();
}

fn an_allocator_counts_itself() {
    let take = || {
        IS_COUNTED.set(true);
        let all: Vec<Vec<u8>> = (0..1000).map(|n| Vec::with_capacity(1 + 3 * n)).collect();
        IS_COUNTED.set(false);
        all.len()
    };
    for _ in 0..4 {
        assert_eq!(thread::spawn(take).join().unwrap(), 1000);
    }
    assert_eq!(TakenTotal.get(), Some(TAKEN.load(Ordering::Relaxed)));
    let bytes = [SizeClass::Small, SizeClass::Large].map(|size| TakenBytesTotal { size }.get());
    assert!(bytes.iter().all(|bytes| bytes.is_some_and(|bytes| bytes > 100_000)), "{bytes:?}");
}

fn updates_without_memory_are_lost_and_told() {
    poor(|| {
        PlainTotal.inc();
        PlainTotal.inc();
        PathsTotal { path: "a" }.inc();
        Level { path: "a" }.set(7);
    });
    assert_eq!([lost("plain_total"), lost("paths_total"), lost("level")], [2, 1, 1]);
    assert_eq!(PathsTotal { path: "a" }.get(), None);
    let families = registry().gather();
    let told = families.iter().find(|family| family.name == "caas_metrics_lost_total").unwrap();
    assert_eq!(told.children[0].value, OwnedValue::Number(Number::Unsigned(4)));

    // With memory again, all goes on from zero.
    PlainTotal.inc();
    PathsTotal { path: "a" }.inc();
    Level { path: "a" }.set(1);
    assert_eq!((PlainTotal.get(), PathsTotal { path: "a" }.get()), (Some(1), Some(1)));
    assert_eq!(Level { path: "a" }.get(), Some(1));

    // What is known needs no memory.
    poor(|| {
        PlainTotal.inc();
        PathsTotal { path: "a" }.inc();
        Level { path: "a" }.set(2);
    });
    assert_eq!((PlainTotal.get(), PathsTotal { path: "a" }.get()), (Some(2), Some(2)));
    assert_eq!(Level { path: "a" }.get(), Some(2));
    assert_eq!(lost("plain_total"), 2);
}

fn exemplars_without_memory_are_lost_and_told() {
    let lost = || {
        let families = registry().gather();
        let lost =
            families.iter().find(|it| it.name == "caas_metrics_exemplars_lost_total").unwrap();
        let memory = lost.children.iter().find(|child| child.labels[0].1 == "memory").unwrap();
        memory.value.clone()
    };
    RetriesTotal.inc();
    poor(|| RetriesTotal.inc_with_exemplar([("a", "1")]));
    assert_eq!(RetriesTotal.get(), Some(2));
    assert_eq!(lost(), OwnedValue::Number(Number::Unsigned(1)));
    RetriesTotal.inc_with_exemplar([("a", "2")]);
    let families = registry().gather();
    let retries = families.iter().find(|family| family.name == "retries_total").unwrap();
    assert_eq!(retries.children[0].exemplars[0].labels[0].1, "2");
}

fn native_buckets_without_memory_are_lost_and_told() {
    SizeBytes.observe(100);
    poor(|| {
        SizeBytes.observe(100);
        SizeBytes.observe(5);
        SizeBytes.observe(-100);
        SizeBytes.observe_with_exemplar(5, [("a", "1")]);
    });
    assert_eq!(lost("size_bytes"), 3);
    // What was lost is in no bucket and in no sum.
    let reading = SizeBytes.get().unwrap();
    assert_eq!((&*reading.buckets, reading.sum), (&[0, 2][..], 200.0));
    assert_eq!(reading.native.unwrap().count(), 2);
    SizeBytes.observe(5);
    assert_eq!(SizeBytes.get().unwrap().native.unwrap().count(), 3);
}

fn what_was_not_held_for_want_of_memory_is_not_taken_back() {
    let path = "a";
    let level = || RoutesKnown { path };
    let mut guards = Vec::with_capacity(4);
    let mut levels = Vec::with_capacity(4);
    let mut others = Vec::with_capacity(4);
    poor(|| {
        guards.push(SessionsOpen { path }.hold());
        levels.push(level().hold());
        others.push((ConnectionsOpen.hold(), QueueLength.hold()));
    });
    let families = ["sessions_open", "routes_known", "connections_open", "queue_length"];
    assert_eq!(families.map(lost), [1; 4]);
    let _kept = (SessionsOpen { path }.hold(), level().hold(), ConnectionsOpen.hold());
    drop((guards, levels, others));
    assert_eq!((SessionsOpen { path }.get(), level().get()), (Some(1), Some(1)));
    assert_eq!((ConnectionsOpen.get(), QueueLength.get()), (Some(1), Some(0)));

    // The same on a thread that has no cells, where the series are known.
    let hold = || {
        poor(|| {
            drop((SessionsOpen { path }.hold(), level().hold(), ConnectionsOpen.hold()));
        });
    };
    thread::scope(|threads| threads.spawn(hold).join().unwrap());
    assert_eq!((SessionsOpen { path }.get(), level().get()), (Some(1), Some(1)));
    assert_eq!(ConnectionsOpen.get(), Some(1));
    assert!(lost("sessions_open") > 1 && lost("connections_open") > 1);
}
