//! The scenarios: each measures one part of the table for every contender that has it.
//!
//! Timings are taken in short rounds, contender after contender, all in this process; memory is
//! measured in a process for each contender. Invariant: a scenario knows no library.

pub mod footprint;
pub mod growth;
pub mod repeat;
pub mod scrape;
pub mod stall;
pub mod updates;

use crate::contender::Contender;

/// How much is measured.
pub struct Effort {
    pub contenders: Vec<&'static Contender>,
    /// Rounds of each contender.
    pub rounds: usize,
    /// Milliseconds of a round.
    pub milliseconds: f64,
    /// Series of a large family.
    pub series: usize,
    /// Children of the family of histograms.
    pub histograms: usize,
}

/// Series that the large families have room for: those that are made in advance, and those that
/// are made while it is measured.
pub const ROOM: usize = 1_200_000;
