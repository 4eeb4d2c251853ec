//! Memory that may not be there: zeros from the allocator, and arrays that grow page by page.
//!
//! What is taken here is kept for good, as families are; only its owner may use it again. Not here:
//! what it is used for. Invariants: no memory is `None` or `false`, never the end of the process;
//! nothing relies on zeros that cost nothing until they are touched.

use std::ptr;

use super::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, constant};

/// Bytes of a page or a chunk, unless a single item is larger: little for a family with few
/// series, and much more than what the allocator adds.
pub(super) const PAGE: usize = 1024;

/// How many items of some bytes a page has: a power of two, so that an item is found by shifting.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) const fn per_page(bytes: usize) -> u32 {
    if cfg!(loom) {
        // Two items show all that can go wrong at the end of a page.
        return 2;
    }
    match (PAGE / bytes).checked_ilog2() {
        Some(bits) => 1 << bits,
        None => 1,
    }
}

/// Types for which zero bytes are a value.
///
/// # Safety
/// All-zero bytes must be a valid value of the type.
pub(super) unsafe trait Zero: Sized + 'static {
    /// That value.
    #[cfg(loom)]
    fn zero() -> Self;
}

macro_rules! zero {
    ($type:ty, $zero:expr $(, $generic:ident)?) => {
        // SAFETY: an atomic has the representation of what it holds; 0 and null are zero bytes.
        unsafe impl$(<$generic: 'static>)? Zero for $type {
            #[cfg(loom)]
            fn zero() -> Self {
                $zero
            }
        }
    };
}

zero!(AtomicU32, Self::new(0));
zero!(AtomicU64, Self::new(0));
zero!(AtomicPtr<T>, Self::new(ptr::null_mut()), T);

/// `len` zeros, or `None` if the allocator has no room.
#[cfg(not(loom))]
pub(super) fn zeros<T: Zero>(len: usize) -> Option<Box<[T]>> {
    if len == 0 {
        return Some(Box::default());
    }
    let start = bytes(std::alloc::Layout::array::<T>(len).ok()?)?.cast::<T>();
    // SAFETY: the memory comes from the global allocator with the layout of `len` values, and its
    // bytes are zero, a valid value of `T: Zero`.
    Some(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(start.as_ptr(), len)) })
}

#[cfg(loom)]
pub(super) fn zeros<T: Zero>(len: usize) -> Option<Box<[T]>> {
    Some((0..len).map(|_| T::zero()).collect())
}

/// Zero bytes of a layout that has a size.
#[cfg(not(loom))]
pub(super) fn bytes(layout: std::alloc::Layout) -> Option<ptr::NonNull<u8>> {
    // SAFETY: the layout has a size above zero.
    let take = || unsafe { std::alloc::alloc_zeroed(layout) };
    if layout.size() == 0 { None } else { ptr::NonNull::new(take()) }
}

/// Where an array begins that is kept for good.
pub(super) fn keep<T>(array: Box<[T]>) -> *mut T {
    Box::into_raw(array).cast()
}

/// A value that is kept for good.
#[cfg(not(loom))]
pub(super) fn kept<T>(value: T) -> Option<&'static T> {
    let place = bytes(std::alloc::Layout::new::<T>())?.cast::<T>();
    // SAFETY: the memory has the layout of the value and is never given back.
    unsafe {
        place.write(value);
        Some(place.as_ref())
    }
}

#[cfg(loom)]
pub(super) fn kept<T>(value: T) -> Option<&'static T> {
    Some(Box::leak(Box::new(value)))
}

/// An array whose items never move: it grows by pages, which a directory finds.
///
/// An outgrown directory is kept, since a reader may be in it. It is half as long as the next one,
/// so all of them together are as long as the last. The next one ends with a pointer to it, so that
/// programs that look for lost memory see that it is not.
pub(super) struct Pages<T: 'static> {
    /// Where each page begins.
    directory: AtomicPtr<AtomicPtr<T>>,
    /// How many pages there are, and how many the directory has a place for.
    len: AtomicU32,
    places: AtomicU32,
}

impl<T: Zero> Pages<T> {
    constant! {
        pub(super) fn new() -> Self {
            let (len, places) = (AtomicU32::new(0), AtomicU32::new(0));
            Self { directory: AtomicPtr::new(ptr::null_mut()), len, places }
        }
    }

    /// How many pages there are.
    #[inline]
    pub(super) fn pages(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// Where a page begins.
    ///
    /// # Safety
    /// The page must exist, and the caller must know so by an acquire load.
    #[inline]
    pub(super) unsafe fn page(&self, page: usize) -> *const T {
        let directory = self.directory.load(Ordering::Acquire);
        // SAFETY: the directory has a place for each page that exists.
        unsafe { (*directory.add(page)).load(Ordering::Relaxed) }
    }

    /// Adds a page of so many zeros; `false` without memory. Only under the writer's lock.
    pub(super) fn grow(&self, len: usize) -> bool {
        let pages = self.len.load(Ordering::Relaxed);
        if pages == self.places.load(Ordering::Relaxed) && !self.grow_directory(pages) {
            return false;
        }
        let Some(page) = zeros(len) else { return false };
        let directory = self.directory.load(Ordering::Relaxed);
        // SAFETY: there are more places than pages.
        let place = unsafe { &*directory.add(pages as usize) };
        place.store(keep(page), Ordering::Relaxed);
        // Whoever sees the page counted sees its place filled.
        self.len.store(pages + 1, Ordering::Release);
        true
    }

    /// Moves to a directory that is twice as long.
    fn grow_directory(&self, pages: u32) -> bool {
        let places = (2 * pages).max(FIRST_PLACES);
        let Some(new) = zeros::<AtomicPtr<T>>(places as usize + 1) else { return false };
        let old = self.directory.load(Ordering::Relaxed);
        for (page, place) in new.iter().take(pages as usize).enumerate() {
            // SAFETY: the old directory has a place for each page.
            let page = unsafe { (*old.add(page)).load(Ordering::Relaxed) };
            place.store(page, Ordering::Relaxed);
        }
        new[places as usize].store(old.cast(), Ordering::Relaxed);
        self.directory.store(keep(new), Ordering::Release);
        self.places.store(places, Ordering::Relaxed);
        true
    }
}

/// Places of the first directory.
const FIRST_PLACES: u32 = if cfg!(loom) { 1 } else { 4 };
