//! The thread that calls collectors, and what happens when it does not come back.
//!
//! Not here: which collectors are called (`registry/shared.rs`). Invariant: waits for a collector until
//! its deadline and no longer; each collector holds at most one thread.

use std::{
    cell::Cell,
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
};

use super::source::{Failure, Source};

/// The thread that calls the collectors of one registry. It is started when it is needed, and ends when
/// this is dropped.
#[derive(Debug)]
pub(crate) struct Caller {
    /// A number of the registry.
    registry: usize,
    thread: Option<Link>,
}

/// The ends of the channels to a thread.
#[derive(Debug)]
struct Link {
    work: Sender<Arc<Source>>,
    done: Receiver<()>,
}

impl Caller {
    pub(super) fn new(registry: usize) -> Self {
        Self { registry, thread: None }
    }

    /// Has a collector called, and returns when it has returned or its deadline has passed.
    pub(crate) fn call(&mut self, source: &Arc<Source>) {
        if !source.begin() {
            return;
        }
        let link = match self.thread.take().map_or_else(|| start(self.registry), Ok) {
            Ok(link) => link,
            Err(_) => return source.give_up(Failure::Thread),
        };
        if link.work.send(Arc::clone(source)).is_err() {
            return source.give_up(Failure::Thread);
        }
        match link.done.recv_timeout(source.options.deadline) {
            Ok(()) => self.thread = Some(link),
            // The thread is left to the collector. It ends when the call returns, for there is
            // nobody any more who would give it work.
            Err(RecvTimeoutError::Timeout) => source.time_out(),
            // Only what the collector panicked with can do that, by panicking itself.
            Err(RecvTimeoutError::Disconnected) => source.give_up(Failure::Panic),
        }
    }
}

fn start(registry: usize) -> io::Result<Link> {
    let (work, sources) = mpsc::channel::<Arc<Source>>();
    let (finished, done) = mpsc::channel();
    let run = move || {
        enter(registry);
        for source in sources {
            source.call();
            // Before it is said that the call is over: this may be the last one who has it.
            drop(source);
            if finished.send(()).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("caas-collectors".to_owned()).spawn(run)?;
    Ok(Link { work, done })
}

thread_local! {
    /// The registry whose collectors this thread calls.
    static REGISTRY: Cell<usize> = const { Cell::new(0) };
}

/// From now on this thread must not wait for the collectors of a registry.
pub(super) fn enter(registry: usize) {
    // Fails only when the thread ends.
    let _ = REGISTRY.try_with(|known| known.set(registry));
}

/// Whether this thread must not wait for the collectors of a registry.
pub(super) fn is_inside(registry: usize) -> bool {
    REGISTRY.try_with(|known| known.get() == registry).unwrap_or(true)
}
