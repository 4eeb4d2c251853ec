//! A global allocator that counts, in isolations too: it must neither hang nor recurse.

use std::alloc::{GlobalAlloc, Layout, System};

use caas_metrics::testing;

caas_metrics::metrics! {
    namespace = "allocator";

    /// Allocations.
    counter AllocationsTotal;

    /// Bytes by class.
    counter AllocatedBytesTotal { class: &str }

    /// Blocks in use.
    gauge BlocksUsed;
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        AllocationsTotal.inc();
        BlocksUsed.inc();
        if layout.size() > 4096 {
            AllocatedBytesTotal { class: "large" }.inc_by(layout.size() as u64);
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BlocksUsed.dec();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[test]
fn an_allocator_counts_in_isolations() {
    let _metrics = testing::isolate();
    AllocationsTotal.inc();
    AllocatedBytesTotal { class: "large" }.init();
    let before = testing::snapshot();
    for _ in 0..10 {
        drop(std::hint::black_box(vec![1_u8; 10_000]));
    }
    let delta = before.delta();
    assert!(delta.by("allocator_allocations_total", []) >= 10.0, "{delta}");
    assert!(delta.by("allocator_allocated_bytes_total", [("class", "large")]) >= 1e5, "{delta}");
}

#[test]
fn also_in_those_of_runtimes() {
    let tests: Vec<_> = (0..20)
        .map(|_| {
            std::thread::spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let _metrics = testing::isolate();
                    let allocate = || AllocatedBytesTotal { class: "task" }.inc_by(1);
                    tokio::spawn(async move { allocate() }).await.unwrap();
                    tokio::task::spawn_blocking(allocate).await.unwrap();
                    assert_eq!(AllocatedBytesTotal { class: "task" }.get(), Some(2));
                });
            })
        })
        .collect();
    for test in tests {
        test.join().expect("it passes");
    }
}
