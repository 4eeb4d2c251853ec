//! The clock of timers and of start times: the time-stamp counter with the feature `tsc`, else the
//! standard library's.
//!
//! Not here: what is done with the time. Invariant: durations are never negative; if a clock goes
//! backwards, they are zero.

use core::time::Duration;
use std::sync::LazyLock;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(source::Moment);

impl Instant {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(source::now())
    }

    /// The nanoseconds since then, at most 584 years.
    #[inline]
    pub(crate) fn nanoseconds(self) -> u64 {
        source::nanoseconds(self.0, source::now())
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(self.nanoseconds())
    }
}

/// The time-stamp counter, scaled when a difference is taken.
///
/// A clock of our own, because `quanta::Instant::now` looks for a test's substitute in a thread-local,
/// and panics while thread-locals are torn down.
#[cfg(feature = "tsc")]
mod source {
    use std::sync::LazyLock;

    pub(super) type Moment = u64;

    static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);

    #[inline]
    pub(super) fn now() -> Moment {
        CLOCK.raw()
    }

    #[inline]
    pub(super) fn nanoseconds(start: Moment, end: Moment) -> u64 {
        CLOCK.delta_as_nanos(start, end)
    }
}

/// The clock of the standard library.
#[cfg(not(feature = "tsc"))]
mod source {
    pub(super) use std::time::Instant as Moment;

    #[inline]
    pub(super) fn now() -> Moment {
        Moment::now()
    }

    #[inline]
    pub(super) fn nanoseconds(start: Moment, end: Moment) -> u64 {
        u64::try_from(end.saturating_duration_since(start).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The moment of the first call. It is of the standard library's clock: the other one may need to be
/// calibrated first, and `second` is called under a lock.
static BEGUN: LazyLock<(std::time::Instant, Duration)> =
    LazyLock::new(|| (std::time::Instant::now(), unix_time()));

/// Notes the time, if nothing has done so yet. Called before a program's first update, so that no series
/// begins after something was counted.
pub(crate) fn begin() {
    LazyLock::force(&BEGUN);
}

/// Calibrates the clock. That may take some milliseconds, so no request should wait for it.
pub(crate) fn calibrate() {
    begin();
    Instant::now();
}

/// Whole seconds since the first call, by the quick clock.
#[inline]
pub(crate) fn quick_second() -> u32 {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    (FIRST.nanoseconds() / 1_000_000_000) as u32
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_time() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// The second of the Unix time at the first call, which stands for the start of the program.
pub(crate) fn begun() -> u32 {
    second_of(BEGUN.1)
}

/// The present second of the Unix time: `begun` and what has passed since. It does not follow the
/// system's time when that is set back.
pub(crate) fn second() -> u32 {
    let (instant, time) = *BEGUN;
    second_of(time + instant.elapsed())
}

/// Four bytes are enough until 2106.
fn second_of(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
