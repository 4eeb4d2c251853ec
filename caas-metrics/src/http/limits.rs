//! What clients may do, in numbers.
//!
//! Not here: what happens beyond (`connection`, `connections`). Invariant: no limit is zero, so every
//! client can be served.

use std::time::Duration;

/// The most connections of a server that was not given another limit.
pub const MAX_CONNECTIONS: usize = 256;

/// How many connections there may be, and how long each may take for what it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// To send a request line and headers.
    pub(super) header: Duration,
    /// To send its next request after an answer.
    pub(super) idle: Duration,
    /// To go without reading any of an answer.
    pub(super) stall: Duration,
    /// To read a whole answer.
    pub(super) response: Duration,
    /// To stay open, over all its requests.
    pub(super) age: Duration,
    /// To close its side after we have closed ours.
    pub(super) linger: Duration,
    /// To read its answer after the server was asked to stop.
    pub(super) shutdown: Duration,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self {
        connections: MAX_CONNECTIONS,
        header: Duration::from_secs(5),
        idle: Duration::from_secs(75),
        stall: Duration::from_secs(10),
        response: Duration::from_secs(60),
        age: Duration::from_secs(600),
        linger: Duration::from_secs(1),
        shutdown: Duration::from_secs(5),
    };

    /// The longest time that can be added to any moment: far more than a program runs.
    pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// The most bytes of a request line and its headers.
    pub(super) const HEAD_BYTES: usize = 16 * 1024;
    /// The most headers.
    pub(super) const HEADERS: usize = 64;
    /// Bytes that may wait for a slow client, besides the last piece of the page.
    pub(super) const WRITE_BUFFER: usize = 16 * 1024;

    /// The same limits if all of them can be kept; what is wrong otherwise.
    pub(super) fn checked(self) -> Result<Self, String> {
        if self.connections == 0 {
            return Err("max_connections is 0, which would serve nobody".to_owned());
        }
        let times = [
            ("header_timeout", self.header),
            ("idle_timeout", self.idle),
            ("stall_timeout", self.stall),
            ("response_timeout", self.response),
            ("max_connection_age", self.age),
        ];
        match times.iter().find(|(_, time)| time.is_zero()) {
            Some((name, _)) => Err(format!("{name} is zero, which would serve nobody")),
            None => Ok(self.capped()),
        }
    }

    /// `Duration::MAX` means for ever, but can't be added to a moment.
    fn capped(self) -> Self {
        let cap = |time: Duration| time.min(Self::LONGEST);
        Self {
            connections: self.connections,
            header: cap(self.header),
            idle: cap(self.idle),
            stall: cap(self.stall),
            response: cap(self.response),
            age: cap(self.age),
            linger: cap(self.linger),
            shutdown: cap(self.shutdown),
        }
    }
}
