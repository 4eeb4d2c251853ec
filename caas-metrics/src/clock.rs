//! The clock of timers: the time-stamp counter with the feature `tsc`, else the standard library's.
//!
//! Not here: what is done with the time. Invariant: durations are never negative; a clock that
//! goes backwards gives zero.

use core::time::Duration;

#[cfg(feature = "tsc")]
use quanta::Instant as Raw;
#[cfg(not(feature = "tsc"))]
use std::time::Instant as Raw;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(Raw);

impl Instant {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(Raw::now())
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        Raw::now().saturating_duration_since(self.0)
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
