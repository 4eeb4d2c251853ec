//! What allocates and what doesn't, counted by the global allocator of this test program.

mod requests;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use caas_metrics::{Format, Label, Outcome, counted, in_flight, metrics, registry, timed};

/// Counts the allocations of each thread, and the bytes that live in the process.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn note(bytes: usize) {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[derive(Label, Clone, Copy)]
enum Side {
    Left,
    Right,
}

metrics! {
    /// Closed.
    counter ClosedTotal { side: Side }

    /// Open.
    counter OpenTotal { side: Side, path: &str, status: u16 }

    /// Rendered on each look-up.
    counter AddressTotal { address: std::net::IpAddr, n: u64 }

    /// Floats.
    counter FloatTotal<f64> { path: &str }

    /// With exemplars, of which there are none.
    #[exemplars]
    counter TracedTotal { path: &str }

    /// Gauge.
    gauge Level { path: &str }

    /// Up and down.
    #[updown]
    gauge Balance { path: &str }

    /// Histogram.
    histogram RunSeconds { path: &str }

    /// Limited.
    #[limit = 1]
    counter LimitedTotal { path: &str }

    /// Many series.
    #[limit = 100_000]
    counter ManyTotal { n: u32, path: &str }

    /// Churned.
    counter ChurnedTotal { id: &str }

    /// Calls by path and outcome.
    counter CalledTotal { path: &str, outcome: Outcome }

    /// Results by size.
    counter ResultsTotal { path: &str, size: usize }
}

/// As many are updated by `update_everything`, those of the bare attributes included.
const FAMILIES: usize = 13;

#[timed]
#[in_flight]
#[counted]
#[timed(RunSeconds { path })]
#[in_flight(Balance { path })]
#[counted(OpenTotal { side: Side::Right, path, status: 200 })]
#[counted(CalledTotal { path: &path[..8], outcome: _ })]
#[counted(ResultsTotal { path: &path[..8], size: |size| *size }, on(ok))]
fn annotated(path: &str) -> Result<usize, ()> {
    Ok(path.len())
}

fn update_everything() {
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    let path = "/messages/{id}/with/a/long/template/that/needs/more/than/sixteen/bytes";
    ClosedTotal { side: Side::Left }.inc();
    ClosedTotal { side: Side::Right }.inc();
    OpenTotal { side: Side::Left, path, status: 200 }.inc();
    AddressTotal { address, n: u64::MAX }.inc_by(2);
    FloatTotal { path }.inc_by(0.5);
    FloatTotal { path }.inc_by(f64::NAN);
    Level { path }.set(1);
    Level { path }.dec();
    Balance { path }.inc();
    RunSeconds { path }.observe(0.5);
    RunSeconds { path }.observe(Duration::from_millis(3));
    drop(RunSeconds { path }.start_timer());
    LimitedTotal { path }.inc();
    LimitedTotal { path: "beyond" }.inc();
    OpenTotal { side: Side::Left, path, status: 200 }.child().inc();
    annotated(path).unwrap();
}

/// One test, so that no other thread of this program allocates meanwhile.
#[test]
fn allocations_are_where_they_are_documented() {
    updates_of_children_that_exist_do_not_allocate();
    updates_without_an_exemplar_do_not_allocate();
    requests::measured_ones_do_not_allocate();
    a_scrape_allocates_independently_of_the_series();
    threads_have_cells_near_what_they_update();
    churn_leaves_memory_flat();
}

/// A wide label: most of its combinations with a path and a method are never used.
#[derive(Label, Clone, Copy)]
#[rustfmt::skip]
enum Method { Get, Head, Post, Put, Delete, Connect, Options, Trace, Patch }

metrics! {
    /// One of many series for each path.
    counter WideTotal { path: u32, method: Method, status: u16 }

    /// The same, observed.
    histogram WideSeconds { path: u32, method: Method, status: u16 }

    /// Few series of a family with room for many.
    #[limit = 1_200_000]
    counter RoomyTotal { path: u32, method: Method, status: u16 }
}

/// Bytes that are taken and kept by what some threads do at once.
fn kept(threads: usize, work: fn()) -> usize {
    let before = LIVE.load(Ordering::Relaxed);
    let barrier = std::sync::Barrier::new(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                work();
                barrier.wait();
            });
        }
    });
    LIVE.load(Ordering::Relaxed) - before
}

fn threads_have_cells_near_what_they_update() {
    const SERIES: u32 = 1_999;
    let counters = kept(64, || {
        (0..SERIES).for_each(|path| WideTotal { path, method: Method::Post, status: 201 }.inc());
    });
    assert!(counters <= 2_000_000, "{counters} bytes for 64 threads with {SERIES} counters each");
    let histograms = kept(64, || {
        for path in 0..SERIES {
            WideSeconds { path, method: Method::Post, status: 201 }.observe(0.5);
        }
    });
    let each = histograms / (64 * SERIES as usize);
    assert!(each <= 150, "{each} bytes for a histogram and a thread");
    let roomy = kept(1, || {
        (0..1000).for_each(|path| RoomyTotal { path, method: Method::Get, status: 200 }.inc());
    });
    assert!(roomy <= 150_000, "{roomy} bytes for 1,000 series");
}

fn updates_without_an_exemplar_do_not_allocate() {
    // The first time takes memory, also for the thread's context of `opentelemetry`.
    TracedTotal { path: "/" }.inc();
    let again = allocations(|| TracedTotal { path: "/" }.inc());
    assert_eq!(again, 0, "updates that look for a trace");
}

fn updates_of_children_that_exist_do_not_allocate() {
    // The thread's first updates take cells, and the children are made.
    assert!(allocations(update_everything) > 0);
    assert_eq!(allocations(|| (0..1000).for_each(|_| update_everything())), 0, "warm");
    // A thread that starts cold takes its share of each family once, with a directory and a chunk.
    let cold = thread::spawn(|| (allocations(update_everything), allocations(update_everything)));
    let (first, second) = cold.join().unwrap();
    assert!(first <= 3 * FAMILIES, "first updates of a thread: {first} allocations");
    assert_eq!(second, 0, "second");
    let next = thread::spawn(|| allocations(update_everything)).join().unwrap();
    assert_eq!(next, 0, "a thread that takes over what another one had");
}

/// Counts what is written and keeps nothing.
struct Sink(usize);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Allocations, peak of the heap above its level before, and bytes of a scrape.
fn scrape(format: Format) -> (usize, usize, usize) {
    let mut sink = Sink(0);
    let live = LIVE.load(Ordering::Relaxed);
    PEAK.store(live, Ordering::Relaxed);
    let count = allocations(|| registry().encode(format, &mut sink).unwrap());
    (count, PEAK.load(Ordering::Relaxed) - live, sink.0)
}

fn a_scrape_allocates_independently_of_the_series() {
    for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
        ManyTotal { n: 0, path: "/some/path" }.inc();
        scrape(format);
        let (few, _, small) = scrape(format);
        for n in 0..100_000 {
            ManyTotal { n, path: "/some/path" }.inc();
        }
        scrape(format);
        let (many, peak, large) = scrape(format);
        assert!(large > small + 3_000_000, "{small} and {large} bytes");
        // The buffers of a piece grow to its size in a few steps.
        assert!(many <= few + 16, "allocations of a scrape: {few}, then {many}");
        assert!(peak < 512 * 1024, "the heap grew by {peak} bytes for a page of {large}");
        ManyTotal::clear();
    }
}

fn churn_leaves_memory_flat() {
    const ALL: u32 = 10_000_000;
    let mut id = String::new();
    let mut after_the_first_part = 0;
    for n in 0..ALL {
        id.clear();
        std::fmt::Write::write_fmt(&mut id, format_args!("user-{n}")).unwrap();
        let set = ChurnedTotal { id: &id };
        set.inc();
        assert!(set.remove());
        if n == ALL / 10 {
            after_the_first_part = LIVE.load(Ordering::Relaxed);
        }
    }
    let end = LIVE.load(Ordering::Relaxed);
    assert!(end <= after_the_first_part + 4096, "{after_the_first_part} -> {end} bytes");
    assert_eq!(ChurnedTotal { id: "user-1" }.get(), None);
}
