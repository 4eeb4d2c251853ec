//! What readers cost who do not read on, counted by the global allocator of this test program.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use caas_metrics::Registry;
use caas_metrics::http::{Body, respond_from};
use caas_metrics::sample::FamilySnapshot;
use http::HeaderMap;
use http_body_util::BodyExt;
use tokio::runtime::Runtime;

/// Counts the bytes that live in the process.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A scrape of which the first piece was read.
fn stalled(registry: &Registry, runtime: &Runtime) -> Body {
    let mut body = respond_from(registry, &HeaderMap::new()).into_body();
    let piece = runtime.block_on(body.frame()).unwrap().unwrap().into_data().unwrap();
    assert!(piece.len() > 60_000);
    body
}

/// One after the other, for the counts are of the whole process.
#[test]
fn readers_cost_little() {
    #[cfg(target_os = "linux")]
    threads_are_for_collectors();
    forty_readers_that_stall_hold_a_few_snapshots();
}

#[cfg(target_os = "linux")]
fn threads_are_for_collectors() {
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.starts_with("caas-")).count()
    };
    let registry = Registry::with_declared();
    assert!(!registry.gather().is_empty());
    assert_eq!(threads(), 0, "without a collector");
    registry.register(Vec::new);
    assert_eq!(threads(), 0, "before the first scrape");
    let wait_for = |number| {
        let start = std::time::Instant::now();
        while threads() != number {
            assert!(start.elapsed() < std::time::Duration::from_secs(20), "{}", threads());
            std::thread::yield_now();
        }
    };
    for _ in 0..3 {
        let _ = registry.gather();
        wait_for(2);
    }
    drop(registry);
    wait_for(0);
}

/// They come one after the other, so each could have made the collector return new values.
fn forty_readers_that_stall_hold_a_few_snapshots() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let registry = Registry::new();
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let calls = || CALLS.load(Ordering::Relaxed);
    registry.register(|| {
        CALLS.fetch_add(1, Ordering::Relaxed);
        let family = FamilySnapshot::gauge("large", "Large.");
        let numbers = (0..100_000_u32).map(|n| n.to_string());
        vec![numbers.fold(family, |family, n| family.with(&[("n", &n)], 1.0))]
    });
    let before = live();
    drop(stalled(&registry, &runtime));
    // The registry keeps the last values.
    let size = live() - before;
    assert!((5_000_000..100_000_000).contains(&size), "{size}");

    let readers: Vec<_> = (0..40).map(|_| stalled(&registry, &runtime)).collect();
    let held = live() - before;
    println!("a snapshot has {size} bytes, and forty readers hold {held}");
    assert!(calls() < 10, "{} calls", calls());
    // Three, and one more for each ten seconds that this has taken.
    assert!(held < 6 * size + readers.len() * 400_000, "{held} bytes instead of {size}");

    // Whoever reads on gets all of it, and then it is freed.
    for reader in readers {
        let page = runtime.block_on(reader.collect()).unwrap().to_bytes();
        assert!(page.ends_with(b"\nlarge{n=\"99999\"} 1\n"));
    }
    let shared = calls();
    drop(stalled(&registry, &runtime));
    assert_eq!(calls(), shared + 1, "now each scrape has new values again");
    let after = live() - before;
    assert!(after < 2 * size, "{after} bytes instead of {size}");
}
