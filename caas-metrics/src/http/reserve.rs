//! File descriptors that the server holds only to give them up.
//!
//! When the process has used up its descriptors, a connection can't be accepted, and the page that would
//! show it can't be read. Then the server closes one of these, and has one for the connection.
//! Not here: when that happens (`connections`). Invariant: nothing else uses them.

/// What a reserve consists of: a socket that is connected to nothing.
///
/// A duplicate of another descriptor would do if the process has too many, but not if the system has.
#[cfg(unix)]
type Spare = std::os::unix::net::UnixDatagram;
/// Elsewhere only memory limits how many there are.
#[cfg(not(unix))]
struct Spare;

#[cfg(unix)]
fn spare() -> std::io::Result<Spare> {
    Spare::unbound()
}
#[cfg(not(unix))]
fn spare() -> std::io::Result<Spare> {
    Ok(Spare)
}

/// A few spare descriptors.
pub(super) struct Reserve(Vec<Spare>);

impl Reserve {
    /// Enough for the clients that one usually has: two servers that scrape, and somebody who looks why
    /// they complain. The rest of the program may be quicker to take one that was given up.
    const FULL: usize = 4;

    /// Takes what it can get.
    pub(super) fn new() -> Self {
        let mut reserve = Self(Vec::with_capacity(Self::FULL));
        reserve.refill();
        reserve
    }

    /// Takes back what was given up, if it can be had.
    pub(super) fn refill(&mut self) {
        while !self.is_full() {
            let Ok(spare) = spare() else { return };
            self.0.push(spare);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() == Self::FULL
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives up one of them, if there is one.
    pub(super) fn release(&mut self) {
        self.0.pop();
    }
}
