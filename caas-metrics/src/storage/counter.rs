//! The time-stamp counter of the processor.
//!
//! Here for its `unsafe`. Not here: how long a tick is (`clock.rs`).

use std::arch::x86_64::{__cpuid, _rdtsc};

/// Whether the counter always goes at one rate, whatever the processor's speed, also in sleep.
pub(crate) fn is_steady() -> bool {
    const LAST: u32 = 0x8000_0000;
    const POWER: u32 = 0x8000_0007;
    __cpuid(LAST).eax >= POWER && __cpuid(POWER).edx & (1 << 8) != 0
}

#[inline]
pub(crate) fn ticks() -> u64 {
    // SAFETY: each processor of this architecture has the instruction, and it touches no memory.
    unsafe { _rdtsc() }
}
