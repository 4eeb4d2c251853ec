//! Which isolation a thread is in.
//!
//! The innermost of: what was entered on the thread, and what the runtime is in that the thread works for.
//! Not here: what an isolation has (`world.rs`). Invariants: what a thread has entered, it leaves, also by
//! a panic; while a thread makes room for an isolation, its updates count for the program, so a global
//! allocator may count.

use std::{
    cell::{Cell, RefCell},
    marker::PhantomData,
    sync::{Arc, Once},
};

use super::{
    attached::Attached,
    runtime::{self, Runtime},
    world::{Twin, World, has_any},
};
use crate::storage::update::At;

thread_local! {
    static ENTERED: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
    /// The isolation that the thread was last in by its runtime. While the thread is in one of its twins,
    /// that must not go to another isolation.
    static LAST: RefCell<Option<Arc<World>>> = const { RefCell::new(None) };
    static IS_AWAY: Cell<bool> = const { Cell::new(false) };
}

/// What a thread has entered.
struct Frame {
    number: u64,
    isolation: Isolation,
    /// The runtime that it worked for then.
    runtime: Option<Runtime>,
}

/// Values of their own for tests: see [the module](crate::testing).
///
/// A handle, cheap to clone. The isolation lasts as long as its handles, its guards, and what was made in
/// it.
#[derive(Clone)]
pub struct Isolation {
    /// Absent for the program itself.
    world: Option<Arc<World>>,
}

impl std::fmt::Debug for Isolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.world.as_ref().map(|world| world.number);
        f.debug_tuple("Isolation").field(&number).finish()
    }
}

impl Isolation {
    /// A new isolation, in which nothing has been counted.
    ///
    /// ```
    /// use caas_metrics::testing::Isolation;
    ///
    /// caas_metrics::metrics! {
    ///     /// Jobs done.
    ///     pub counter JobsDoneTotal;
    /// }
    ///
    /// let isolation = Isolation::new();
    /// isolation.run(|| JobsDoneTotal.inc());
    /// assert_eq!(isolation.run(|| JobsDoneTotal.get()), Some(1));
    /// assert_eq!(JobsDoneTotal.get(), Some(0));
    /// ```
    #[must_use]
    #[allow(clippy::new_without_default, reason = "each one is another")]
    pub fn new() -> Self {
        Self { world: Some(away(World::new)) }
    }

    /// The isolation of the calling thread or task. Outside of all isolations it stands for the program.
    #[must_use]
    pub fn current() -> Self {
        Self { world: world() }
    }

    /// Runs a closure in this isolation.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _inside = self.enter();
        work()
    }

    /// Brings the calling thread into this isolation, until the guard is dropped. For threads and executors
    /// of your own.
    ///
    /// ```
    /// use caas_metrics::testing::{Isolation, isolated};
    ///
    /// caas_metrics::metrics! {
    ///     /// Files read.
    ///     pub counter FilesReadTotal;
    /// }
    ///
    /// isolated(|| {
    ///     let isolation = Isolation::current();
    ///     let reader = std::thread::spawn(move || {
    ///         let _inside = isolation.enter();
    ///         FilesReadTotal.inc();
    ///     });
    ///     reader.join().unwrap();
    ///     assert_eq!(FilesReadTotal.get(), Some(1));
    /// });
    /// ```
    pub fn enter(&self) -> Entered {
        thread_local! {
            static NUMBER: Cell<u64> = const { Cell::new(0) };
        }
        let number = NUMBER.get();
        NUMBER.set(number + 1);
        let frame = Frame { number, isolation: self.clone(), runtime: runtime::current() };
        let push = |entered: &RefCell<Vec<_>>| {
            if let Ok(mut entered) = entered.try_borrow_mut() {
                entered.push(frame);
            }
        };
        // It fails only while the thread ends.
        let _ = away(|| ENTERED.try_with(push));
        Entered { number, thread: PhantomData }
    }

    /// A future that is polled, and dropped, in this isolation, wherever that happens.
    pub fn attach<F: Future>(&self, future: F) -> Attached<F> {
        Attached::new(self.clone(), future)
    }

    /// Takes it out of a guard that is forgotten.
    pub(crate) fn take(&mut self) -> Self {
        Self { world: self.world.take() }
    }

    pub(super) fn world(&self) -> Option<&Arc<World>> {
        self.world.as_ref()
    }
}

/// Until it is dropped, its thread is in an isolation: see [`Isolation::enter`].
#[derive(Debug)]
#[must_use = "the thread leaves the isolation when this is dropped"]
pub struct Entered {
    number: u64,
    /// Another thread cannot leave what this one has entered.
    thread: PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let take = |entered: &RefCell<Vec<Frame>>| {
            let mut entered = entered.try_borrow_mut().ok()?;
            let place = entered.iter().rposition(|frame| frame.number == self.number)?;
            Some(entered.remove(place))
        };
        // The frame may be the last that knows its isolation; it is dropped when nothing is borrowed.
        let frame = ENTERED.try_with(take);
        away(|| drop(frame));
    }
}

/// Does something whose own updates count for the program.
pub(super) fn away<R>(work: impl FnOnce() -> R) -> R {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            IS_AWAY.set(self.0);
        }
    }
    let _back = Back(IS_AWAY.replace(true));
    work()
}

/// The isolation that the thread is in.
fn world() -> Option<Arc<World>> {
    if IS_AWAY.get() || !has_any() {
        return None;
    }
    let runtime = runtime::current();
    let top = |entered: &RefCell<Vec<Frame>>| {
        let entered = entered.try_borrow().ok()?;
        entered.last().map(|frame| (frame.isolation.clone(), frame.runtime))
    };
    let entered = ENTERED.try_with(top).ok().flatten();
    match entered {
        Some((isolation, of)) if of == runtime => isolation.world,
        entered => match runtime.and_then(runtime::world) {
            Some(world) => {
                stay(&world);
                Some(world)
            }
            None => entered.and_then(|(isolation, _)| isolation.world),
        },
    }
}

/// Lets an isolation last as long as the thread may be in its twins.
fn stay(world: &Arc<World>) {
    let replace = |last: &RefCell<Option<Arc<World>>>| {
        let mut last = last.try_borrow_mut().ok()?;
        let is_it = last.as_ref().is_some_and(|last| Arc::ptr_eq(last, world));
        if is_it { None } else { last.replace(Arc::clone(world)) }
    };
    let before = LAST.try_with(replace);
    away(|| drop(before));
}

/// What stands for a static here.
pub(crate) fn here<T: Twin>(of: &'static T) -> &'static T {
    let Some(world) = world() else { return of };
    world.known(of).unwrap_or_else(|| away(|| world.make(of)))
}

/// Whether the thread is in an isolation.
pub(crate) fn is_isolated() -> bool {
    world().is_some()
}

/// Does what each isolation, and the program, needs once.
pub(crate) fn once(work: impl FnOnce()) {
    static PROGRAM: Once = Once::new();
    match world() {
        Some(world) => world.once.call_once(work),
        None => PROGRAM.call_once(work),
    }
}

/// Where a handle that was made elsewhere has its child here; found once for each isolation.
pub(super) fn handle(made_of: usize, find: impl FnOnce() -> At) -> At {
    static PROGRAM: std::sync::LazyLock<World> = std::sync::LazyLock::new(World::of_program);
    let isolated = world();
    let world = isolated.as_deref().unwrap_or_else(|| &PROGRAM);
    world.handle(made_of).unwrap_or_else(|| {
        let at = find();
        if at != At::NOWHERE && !at.is_overflow() {
            away(|| world.remember(made_of, at));
        }
        at
    })
}
