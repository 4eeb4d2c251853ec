//! The clock of timers: the time-stamp counter with the feature `tsc`, else the standard library's.
//!
//! Not here: what is done with the time. Invariant: durations are never negative; a clock that
//! goes backwards gives zero.

use core::time::Duration;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(source::Moment);

impl Instant {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(source::now())
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        source::between(self.0, source::now())
    }
}

/// The time-stamp counter, scaled when a difference is taken.
///
/// A clock of our own: `quanta::Instant::now` asks a thread-local for a substitute of tests, and
/// panics while thread-locals are torn down.
#[cfg(feature = "tsc")]
mod source {
    use core::time::Duration;
    use std::sync::LazyLock;

    pub(super) type Moment = u64;

    static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);

    #[inline]
    pub(super) fn now() -> Moment {
        CLOCK.raw()
    }

    #[inline]
    pub(super) fn between(start: Moment, end: Moment) -> Duration {
        Duration::from_nanos(CLOCK.delta_as_nanos(start, end))
    }
}

/// The clock of the standard library.
#[cfg(not(feature = "tsc"))]
mod source {
    use core::time::Duration;

    pub(super) use std::time::Instant as Moment;

    #[inline]
    pub(super) fn now() -> Moment {
        Moment::now()
    }

    #[inline]
    pub(super) fn between(start: Moment, end: Moment) -> Duration {
        end.saturating_duration_since(start)
    }
}

/// Calibrates the clock, which may take some milliseconds, before a request has to wait for it.
pub(crate) fn calibrate() {
    Instant::now();
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_time() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}
