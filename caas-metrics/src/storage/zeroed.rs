//! Arrays of atomics that start at zero and cost memory only where they are touched.
//!
//! No growth, no ownership protocol: just the allocation. Invariant: an array has the asked length
//! or is `None`; it never aborts the process.

use super::sync::{AtomicU32, AtomicU64};

/// An atomic integer for which all-zero bytes are the value 0.
///
/// # Safety
/// All-zero bytes must be a valid value of the type.
pub(super) unsafe trait Zeroable: Sized {
    /// The value 0.
    #[cfg(loom)]
    fn zero() -> Self;
}

// SAFETY: `AtomicU32` has the same in-memory representation as `u32`, which may be zero.
unsafe impl Zeroable for AtomicU32 {
    #[cfg(loom)]
    fn zero() -> Self {
        Self::new(0)
    }
}

// SAFETY: `AtomicU64` has the same in-memory representation as `u64`, which may be zero.
unsafe impl Zeroable for AtomicU64 {
    #[cfg(loom)]
    fn zero() -> Self {
        Self::new(0)
    }
}

/// `len` zeros straight from the allocator: the operating system lends a page of a large array
/// when it is first written. `None` when the allocator has no room.
#[cfg(not(loom))]
pub(super) fn zeroed<T: Zeroable>(len: usize) -> Option<Box<[T]>> {
    use std::alloc::{Layout, alloc_zeroed};

    let layout = Layout::array::<T>(len).ok()?;
    if layout.size() == 0 {
        return Some(Box::new([]));
    }
    // SAFETY: the layout has a size above zero.
    let start = unsafe { alloc_zeroed(layout) }.cast::<T>();
    if start.is_null() {
        return None;
    }
    // SAFETY: `start` comes from the global allocator with the layout of `[T; len]`, which is the
    // layout `Box<[T]>` frees it with; its bytes are zero, a valid value for each `T: Zeroable`.
    Some(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, len)) })
}

#[cfg(loom)]
pub(super) fn zeroed<T: Zeroable>(len: usize) -> Option<Box<[T]>> {
    Some((0..len).map(|_| T::zero()).collect())
}
