//! Guards that time a call: two reads of a clock, and a scan of integer bounds.
//!
//! A call that does nothing falls into the first bucket, so the scan ends at once. Invariant: the
//! bounds are in the unit of the clock, so that an update converts nothing.

use std::{
    sync::{LazyLock, atomic::AtomicU64},
    time::{Duration, Instant},
};

use super::cells::{Fresh, add, cells, families};
use crate::workload::BOUNDS;

families! {
    static TICKS: Calls<false>;
    static NANOSECONDS: Calls<true>;
}

/// Bounds in the unit of the clock, the buckets' counts, and calls by how they ended.
struct Calls<const IN_NANOSECONDS: bool> {
    bounds: [u64; BOUNDS.len()],
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
    ends: [AtomicU64; 2],
}

impl<const IN_NANOSECONDS: bool> Calls<IN_NANOSECONDS> {
    #[inline(always)]
    fn observe(&self, time: u64) {
        let mut bucket = 0;
        while bucket < BOUNDS.len() && time > self.bounds[bucket] {
            bucket += 1;
        }
        add(&self.buckets[bucket], 1);
        add(&self.sum, time);
    }
}

impl<const IN_NANOSECONDS: bool> Fresh for Calls<IN_NANOSECONDS> {
    fn fresh() -> Box<Self> {
        let second = if IN_NANOSECONDS { 1e9 } else { *TICKS_OF_A_SECOND };
        Box::new(Self {
            bounds: BOUNDS.map(|bound| (bound * second) as u64),
            buckets: Default::default(),
            sum: AtomicU64::new(0),
            ends: Default::default(),
        })
    }
}

/// A timed call, by the time-stamp counter.
pub(super) struct Timed(u64);

impl Timed {
    #[inline(always)]
    pub(super) fn start() -> Self {
        Self(ticks())
    }
}

impl Drop for Timed {
    #[inline(always)]
    fn drop(&mut self) {
        let time = ticks().wrapping_sub(self.0);
        TICKS.with(cells).observe(time);
    }
}

/// A timed call, by the standard clock.
pub(super) struct TimedStd(Instant);

impl TimedStd {
    #[inline(always)]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Drop for TimedStd {
    #[inline(always)]
    fn drop(&mut self) {
        let time = self.0.elapsed().as_nanos() as u64;
        NANOSECONDS.with(cells).observe(time);
    }
}

/// A call that is counted and timed; also by whether it panicked.
pub(super) struct CountedTimed(u64);

impl CountedTimed {
    #[inline(always)]
    pub(super) fn start() -> Self {
        Self(ticks())
    }
}

impl Drop for CountedTimed {
    #[inline(always)]
    fn drop(&mut self) {
        let time = ticks().wrapping_sub(self.0);
        let all = TICKS.with(cells);
        all.observe(time);
        add(&all.ends[usize::from(std::thread::panicking())], 1);
    }
}

static TICKS_OF_A_SECOND: LazyLock<f64> = LazyLock::new(|| {
    let (start, first) = (Instant::now(), ticks());
    while start.elapsed() < Duration::from_millis(10) {
        std::hint::spin_loop();
    }
    ticks().wrapping_sub(first) as f64 / start.elapsed().as_secs_f64()
});

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn ticks() -> u64 {
    // SAFETY: every processor of this architecture has the counter.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn ticks() -> u64 {
    let ticks;
    // SAFETY: reads the virtual counter, which programs may.
    unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn ticks() -> u64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGUN.elapsed().as_nanos() as u64
}
