//! All rows: their names, and what each measures.
//!
//! Not here: how it is measured (`measure/`). Invariant: a row means the same with every contender.

use crate::{
    contender::{Format, Kind, Update},
    large::Shape,
    workload::{self, Request},
};

/// A row of the table. Some measurements give more than one figure, which become rows of their own.
pub struct Row {
    pub group: &'static str,
    pub name: &'static str,
    pub what: What,
}

/// What is measured.
#[derive(Clone, Copy)]
pub enum What {
    /// Nanoseconds of an update, over some requests and with some threads.
    Update(Update, Requests, usize),
    /// Milliseconds of the page of a million counters, or of ten thousand histograms.
    Page(Format, Shape, Kind),
    /// Microseconds of the page of a few counters.
    SmallPage(usize),
    /// Nanoseconds of the first use of a label set beside a million others.
    FirstUse(Shape),
    /// Updates of a family with this number of series, in random order.
    Random(Shape, usize),
    /// Bytes per series of a family with this number of series.
    Memory(Shape, Kind, usize),
    /// The same for histograms whose observations span three decades.
    DecadesMemory(Kind, usize),
    /// Kilobytes of 1,999 series that 64 threads update.
    ThreadMemory(Kind),
    /// The longest creation of a series around a million of them, beside scrapes or not.
    Stall(Beside),
    /// Nanoseconds of an update beside a scrape or not, among a million series.
    Disturbed(Beside),
}

/// What another thread does during the measurement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Nothing,
    Scrapes,
}

/// Which requests an update is done for.
#[derive(Clone, Copy)]
pub enum Requests {
    All,
    Hot,
    Spread,
    /// With latencies that span three decades.
    Decades,
}

impl Requests {
    pub fn get(self) -> &'static [Request<'static>] {
        match self {
            Self::All => &workload::ALL,
            Self::Hot => &workload::HOT,
            Self::Spread => &workload::SPREAD,
            Self::Decades => &workload::DECADES,
        }
    }
}

const fn update(name: &'static str, update: Update, requests: Requests) -> Row {
    Row { group: "updates", name, what: What::Update(update, requests, 1) }
}

const fn threads(name: &'static str, update: Update, requests: Requests) -> Row {
    Row { group: "updates", name, what: What::Update(update, requests, 2) }
}

const fn call(name: &'static str, update: Update) -> Row {
    Row { group: "attributes", name, what: What::Update(update, All, 1) }
}

const fn row(group: &'static str, name: &'static str, what: What) -> Row {
    Row { group, name, what }
}

use Requests::{All, Decades, Hot, Spread};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    update("counter inc", Update::Counter, All),
    update("counter, a child that was kept", Update::Child, All),
    update("counter, enum + string + u16, 2,600 series", Update::Route, All),
    update("counter, enum + string + u16, 16 series", Update::Route, Hot),
    update("counter, enum + 2 strings", Update::TwoStrings, All),
    update("counter, 3 strings", Update::Strings, All),
    update("counter, u32 + u16", Update::Integers, All),
    update("counter, closed labels, 45 combinations", Update::ClosedSmall, All),
    update("counter, closed labels, 4,200 combinations", Update::ClosedLarge, Spread),
    update("gauge set", Update::Set, All),
    update("gauge inc + dec", Update::GaugeUpDown, All),
    update("gauge set, enum + string", Update::SetLabelled, All),
    update("updown inc + dec", Update::UpDown, All),
    update("observe, 11 buckets", Update::Observe, All),
    update("observe, 11 buckets, three decades", Update::Observe, Decades),
    update("observe, native, three decades", Update::ObserveNative, Decades),
    update("observe, native and 11 buckets, three decades", Update::ObserveBoth, Decades),
    update("observe, enum + string", Update::ObserveLabelled, All),
    update("observe, closed labels", Update::ObserveClosed, All),
    threads("counter inc, 2 threads", Update::Counter, All),
    threads("counter, enum + string + u16, 2,600 series, 2 threads", Update::Route, All),
    threads("counter, closed labels, 45 combinations, 2 threads", Update::ClosedSmall, All),
    threads("gauge set, 2 threads", Update::Set, All),
    threads("observe, 11 buckets, 2 threads", Update::Observe, All),

    call("timed function", Update::Timed),
    call("timed function, beside the standard clock", Update::TimedStd),
    call("timed function, a label", Update::TimedLabelled),
    call("timed async function", Update::TimedAsync),
    call("timed function, bare attribute", Update::Bare),
    call("timed async function, bare attribute", Update::BareAsync),
    call("counted and timed function, bare attributes", Update::CountedTimed),
    call("counted and timed async function, bare attributes", Update::CountedTimedAsync),
    call("request through a layer of tower", Update::Layer),
    Row { group: "attributes", name: "request through a layer of tower, 16 series", what: What::Update(Update::Layer, Hot, 1) },
    Row { group: "attributes", name: "timed function, 2 threads", what: What::Update(Update::Timed, All, 2) },

    row("pages", "page of 7 series", What::SmallPage(7)),
    row("pages", "page of 70 series", What::SmallPage(70)),
    row("pages", "page of 700 series", What::SmallPage(700)),
    row("pages", "text of 10,000 histograms", What::Page(Format::Text, Shape::Unique, Kind::Histogram)),
    row("pages", "text of 1,000,000 series, closed labels", What::Page(Format::Text, Shape::Closed, Kind::Counter)),
    row("pages", "text of 1,000,000 series, shared texts", What::Page(Format::Text, Shape::Mixed, Kind::Counter)),
    row("pages", "text of 1,000,000 series, shared texts, all strings", What::Page(Format::Text, Shape::Strings, Kind::Counter)),
    row("pages", "text of 1,000,000 series, all strings, a text each", What::Page(Format::Text, Shape::Unique, Kind::Counter)),
    row("pages", "protobuf of 10,000 histograms", What::Page(Format::Protobuf, Shape::Unique, Kind::Histogram)),
    row("pages", "protobuf of 1,000,000 series, closed labels", What::Page(Format::Protobuf, Shape::Closed, Kind::Counter)),
    row("pages", "protobuf of 1,000,000 series, shared texts", What::Page(Format::Protobuf, Shape::Mixed, Kind::Counter)),
    row("pages", "protobuf of 1,000,000 series, shared texts, all strings", What::Page(Format::Protobuf, Shape::Strings, Kind::Counter)),
    row("pages", "protobuf of 1,000,000 series, all strings, a text each", What::Page(Format::Protobuf, Shape::Unique, Kind::Counter)),

    row("first", "first use at 1,000,000 series, shared texts", What::FirstUse(Shape::Mixed)),
    row("first", "first use at 1,000,000 series, shared texts, all strings", What::FirstUse(Shape::Strings)),
    row("first", "first use at 1,000,000 series, all strings, a text each", What::FirstUse(Shape::Unique)),
    row("first", "update of one of 20,000 series, shared texts", What::Random(Shape::Mixed, 20_000)),
    row("first", "update of one of 1,000,000 series, shared texts", What::Random(Shape::Mixed, MILLION)),
    row("first", "update of one of 1,000,000 series, all strings, a text each", What::Random(Shape::Unique, MILLION)),

    row("memory", "memory of a series, 1,000,000, closed labels", What::Memory(Shape::Closed, Kind::Counter, MILLION)),
    row("memory", "memory of a series, 1,000,000, shared texts", What::Memory(Shape::Mixed, Kind::Counter, MILLION)),
    row("memory", "memory of a series, 1,000,000, shared texts, all strings", What::Memory(Shape::Strings, Kind::Counter, MILLION)),
    row("memory", "memory of a series, 1,000,000, all strings, a text each", What::Memory(Shape::Unique, Kind::Counter, MILLION)),
    row("memory", "memory of a series, 1,000 of 1,250,000, closed labels", What::Memory(Shape::Closed, Kind::Counter, 1_000)),
    row("memory", "memory of a series, 1,000 of 1,250,000, shared texts", What::Memory(Shape::Mixed, Kind::Counter, 1_000)),
    row("memory", "memory of a series, 1,000 of 1,250,000, shared texts, all strings", What::Memory(Shape::Strings, Kind::Counter, 1_000)),
    row("memory", "memory of a series, 1,000 of 1,250,000, all strings, a text each", What::Memory(Shape::Unique, Kind::Counter, 1_000)),
    row("memory", "memory of a histogram child, 12,000 of 15,000", What::Memory(Shape::Unique, Kind::Histogram, 12_000)),
    row("memory", "memory of a histogram child, three decades", What::DecadesMemory(Kind::Histogram, 2_000)),
    row("memory", "memory of a native histogram child, three decades", What::DecadesMemory(Kind::Native, 2_000)),
    row("memory", "memory of 64 threads × 1,999 counters, 1 of 540 a path", What::ThreadMemory(Kind::Counter)),
    row("memory", "memory of 64 threads × 1,999 histograms, 1 of 540 a path", What::ThreadMemory(Kind::Histogram)),

    row("stall", "longest creation from 900,000 to 1,100,000 series", What::Stall(Beside::Nothing)),
    row("stall", "longest creation from 900,000 to 1,100,000 series, beside scrapes", What::Stall(Beside::Scrapes)),
    row("stall", "update among 1,000,000 series", What::Disturbed(Beside::Nothing)),
    row("stall", "update among 1,000,000 series, beside scrapes", What::Disturbed(Beside::Scrapes)),
];

pub const MILLION: usize = 1_000_000;
