//! Seconds of the Unix time, for when series began.
//!
//! Not here: how long something takes (`clock.rs`). Invariant: the present second does not go back.

use core::time::Duration;
use std::sync::LazyLock;

/// When the program first asked. By the standard library's clock, since that of timers may have to be
/// calibrated first, and the second is asked for under a lock.
static BEGUN: LazyLock<(std::time::Instant, Duration)> =
    LazyLock::new(|| (std::time::Instant::now(), unix_time()));

/// Seconds since the Unix epoch.
pub(crate) fn unix_time() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// The second of the Unix time in which the program began, as far as its metrics are concerned.
pub(crate) fn begun() -> u32 {
    second_of(BEGUN.1)
}

/// The present second of the Unix time: what `begun` is, and what has passed since. It does not go
/// back with the system's time.
pub(crate) fn second() -> u32 {
    let (instant, time) = *BEGUN;
    second_of(time + instant.elapsed())
}

/// Four bytes are enough until 2106.
fn second_of(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
