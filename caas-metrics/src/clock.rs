//! The clock of timers: on x86-64 with the feature `tsc` the time-stamp counter, else the standard
//! library's.
//!
//! Not here: start times (`epoch.rs`) and what is done with the time. Invariant: durations are never negative; a clock that
//! goes backwards gives zero.

use core::time::Duration;

use crate::epoch;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(source::Moment);

impl Instant {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(source::now())
    }

    /// The nanoseconds since then; 584 years for anything longer.
    #[inline]
    pub(crate) fn nanoseconds(self) -> u64 {
        source::nanoseconds(self.0, source::now())
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(self.nanoseconds())
    }
}

/// The time-stamp counter, scaled when a difference is taken; nanoseconds of the standard library's
/// clock where the processor has no steady counter.
#[cfg(all(feature = "tsc", target_arch = "x86_64"))]
mod source {
    use core::time::Duration;
    use std::{sync::LazyLock, thread, time::Instant};

    use crate::storage::counter::{is_steady, ticks};

    pub(super) type Moment = u64;

    static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::new);

    struct Clock {
        is_steady: bool,
        begun: Instant,
        /// Nanoseconds of a tick, times 2^32.
        scale: u64,
    }

    impl Clock {
        /// How long the counter is compared with the standard library's clock. A reading of both is
        /// some tens of nanoseconds wide, so durations are right to a few millionths.
        const CALIBRATION: Duration = Duration::from_millis(10);

        fn new() -> Self {
            let begun = Instant::now();
            let scale = if is_steady() { scale() } else { None };
            Self { is_steady: scale.is_some(), begun, scale: scale.unwrap_or(1 << 32) }
        }
    }

    /// Nanoseconds of a tick, times 2^32; `None` if the counter does not move as it should.
    fn scale() -> Option<u64> {
        let (from, start) = anchor();
        thread::sleep(Clock::CALIBRATION);
        let (to, end) = anchor();
        let passed = to.checked_sub(from).filter(|passed| *passed > 0)?;
        let scale = ((end - start).as_nanos() << 32) / u128::from(passed);
        u64::try_from(scale).ok().filter(|scale| *scale > 0)
    }

    /// Both clocks at one moment: of some tries the one that took the least time, since the thread may
    /// be suspended between the readings.
    fn anchor() -> (u64, Instant) {
        let attempt = |_| {
            let before = ticks();
            let instant = Instant::now();
            let took = ticks().saturating_sub(before);
            (took, before + took / 2, instant)
        };
        let first = attempt(0);
        let least = (1..16).map(attempt).fold(first, |a, b| if b.0 < a.0 { b } else { a });
        (least.1, least.2)
    }

    #[inline]
    pub(super) fn now() -> Moment {
        let clock = &*CLOCK;
        if clock.is_steady {
            ticks()
        } else {
            u64::try_from(clock.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }
    }

    #[inline]
    pub(super) fn nanoseconds(start: Moment, end: Moment) -> u64 {
        let scaled = u128::from(end.saturating_sub(start)) * u128::from(CLOCK.scale);
        u64::try_from(scaled >> 32).unwrap_or(u64::MAX)
    }

    #[cfg(test)]
    mod tests {
        use super::{Duration, Instant, nanoseconds, now, thread};

        /// Over a tenth of a second both clocks agree to a thousandth, or the thread was suspended
        /// between two readings, which does not happen each time.
        #[test]
        fn a_second_is_a_second() {
            let is_right = |_| {
                let (start, begun) = (now(), Instant::now());
                thread::sleep(Duration::from_millis(100));
                let (end, real) = (now(), begun.elapsed().as_secs_f64());
                let measured = Duration::from_nanos(nanoseconds(start, end)).as_secs_f64();
                (measured / real - 1.0).abs() < 1e-3
            };
            assert!((0..10).any(is_right));
        }

        #[test]
        fn a_clock_that_goes_back_gives_zero() {
            assert_eq!(nanoseconds(2, 1), 0);
            assert!(nanoseconds(0, u64::MAX) > nanoseconds(0, 1 << 40));
        }
    }
}

/// The clock of the standard library.
#[cfg(not(all(feature = "tsc", target_arch = "x86_64")))]
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

/// Calibrates the clock, which may take some milliseconds, before a request has to wait for it.
pub(crate) fn calibrate() {
    epoch::begun();
    Instant::now();
}
