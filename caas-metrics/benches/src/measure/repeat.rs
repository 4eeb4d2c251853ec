//! Repeats one path of ours: `instructions.py` runs this under callgrind.
//!
//! Start and warm-up take the same in every run, so the difference of two runs with other numbers of
//! repeats is what the path takes. Invariant: nothing depends on the time.

use super::{fill, pages::write};
use crate::{
    contender::{Contender, Format, Kind, Page, Update},
    large::{Large, Shape},
    rows::Requests,
};

/// A path, and how much one time of it is.
#[derive(Clone, Copy)]
enum Path {
    /// Updates for every request.
    Updates(Update, Requests),
    /// Calls of an annotated function for every request.
    Calls(Update),
    /// A page with this number of counters.
    Counters(Format, Shape, usize),
    /// A page with this number of histograms.
    Histograms(Format, usize),
    /// The first use of this number of label sets.
    FirstUses(Shape, usize),
}

use Requests::{All, Decades, Spread};

#[rustfmt::skip]
const PATHS: &[(&str, Path)] = &[
    ("counter inc", Path::Updates(Update::Counter, All)),
    ("counter, kept child", Path::Updates(Update::Child, All)),
    ("counter, enum + string + u16", Path::Updates(Update::Route, All)),
    ("counter, enum + 2 strings", Path::Updates(Update::TwoStrings, All)),
    ("counter, 3 strings", Path::Updates(Update::Strings, All)),
    ("counter, u32 + u16", Path::Updates(Update::Integers, All)),
    ("counter, closed labels", Path::Updates(Update::ClosedSmall, All)),
    ("counter, 4,200 closed labels", Path::Updates(Update::ClosedLarge, Spread)),
    ("gauge set", Path::Updates(Update::Set, All)),
    ("gauge inc + dec", Path::Updates(Update::GaugeUpDown, All)),
    ("gauge set, enum + string", Path::Updates(Update::SetLabelled, All)),
    ("updown inc + dec", Path::Updates(Update::UpDown, All)),
    ("observe", Path::Updates(Update::Observe, All)),
    ("observe, native", Path::Updates(Update::ObserveNative, Decades)),
    ("observe, native and classic", Path::Updates(Update::ObserveBoth, Decades)),
    ("observe, enum + string", Path::Updates(Update::ObserveLabelled, All)),
    ("observe, closed labels", Path::Updates(Update::ObserveClosed, All)),
    ("timed function", Path::Calls(Update::Timed)),
    ("timed function, a label", Path::Calls(Update::TimedLabelled)),
    ("timed async function", Path::Calls(Update::TimedAsync)),
    ("timed function, bare", Path::Calls(Update::Bare)),
    ("timed async function, bare", Path::Calls(Update::BareAsync)),
    ("counted and timed function", Path::Calls(Update::CountedTimed)),
    ("counted and timed async function", Path::Calls(Update::CountedTimedAsync)),
    ("text of a counter, closed labels", Path::Counters(Format::Text, Shape::Closed, 50_000)),
    ("text of a counter, shared texts", Path::Counters(Format::Text, Shape::Mixed, 50_000)),
    ("text of a counter, all strings", Path::Counters(Format::Text, Shape::Strings, 50_000)),
    ("text of a counter, a text each", Path::Counters(Format::Text, Shape::Unique, 50_000)),
    ("text of a histogram", Path::Histograms(Format::Text, 500)),
    ("protobuf of a counter, closed labels", Path::Counters(Format::Protobuf, Shape::Closed, 50_000)),
    ("protobuf of a counter, shared texts", Path::Counters(Format::Protobuf, Shape::Mixed, 50_000)),
    ("protobuf of a counter, a text each", Path::Counters(Format::Protobuf, Shape::Unique, 50_000)),
    ("protobuf of a histogram", Path::Histograms(Format::Protobuf, 500)),
    ("first use, shared texts", Path::FirstUses(Shape::Mixed, 2_000)),
    ("first use, all strings", Path::FirstUses(Shape::Strings, 2_000)),
    ("first use, a text each", Path::FirstUses(Shape::Unique, 2_000)),
];

/// The names of the paths, how often one time of each does what it is about, and how many times
/// are enough for a figure: the clock is calibrated for some milliseconds, which must not show.
pub fn list() {
    for (name, path) in PATHS {
        let (each, times) = match *path {
            Path::Calls(_) => (All.get().len(), 200),
            Path::Updates(_, requests) => (requests.get().len(), 20),
            Path::Counters(.., n) => (n, 10),
            Path::Histograms(_, n) => (n, 300),
            Path::FirstUses(_, n) => (n, 20),
        };
        println!("{name}\t{each}\t{times}");
    }
}

/// Does a path once to warm up, and then this often. `false` if there is no such path.
pub fn run(contender: &Contender, name: &str, times: &str) -> bool {
    let path = PATHS.iter().find(|(known, _)| *known == name).map(|(_, path)| *path);
    let (Some(path), Ok(times)) = (path, times.parse::<usize>()) else { return false };
    match path {
        Path::Updates(update, requests) => updates(contender, update, requests, times),
        Path::Calls(update) => updates(contender, update, All, times),
        Path::Counters(format, shape, n) => {
            pages(contender, format, (shape, Kind::Counter), n, times)
        }
        Path::Histograms(format, n) => {
            pages(contender, format, (Shape::Unique, Kind::Histogram), n, times)
        }
        Path::FirstUses(shape, n) => {
            let Some(family) = (contender.family)(shape, Kind::Counter) else { return false };
            fill(&*family, &Large::new(shape, n * (times + 1)), 0..n * (times + 1));
            true
        }
    }
}

fn updates(contender: &Contender, update: Update, requests: Requests, times: usize) -> bool {
    let Some(run) = contender.update(update) else { return false };
    (0..=times).for_each(|_| run(std::hint::black_box(requests.get())));
    true
}

fn pages(
    contender: &Contender,
    format: Format,
    (shape, kind): (Shape, Kind),
    children: usize,
    times: usize,
) -> bool {
    let Some(family) = (contender.family)(shape, kind) else { return false };
    fill(&*family, &Large::new(shape, children), 0..children);
    (0..=times).all(|_| write(&*family, format, &mut Page::default()))
}
