//! The page of a large family: copies of ready-made pieces of a fixed length, and numbers by hand.
//!
//! Invariant: a piece is copied with a fixed length, for which there is room, and the next piece
//! overwrites what was too much.

use std::{io::Write as _, ops::Range, ptr, sync::atomic::Ordering::Relaxed};

use super::{
    arena::SLACK,
    large::{Family, HISTOGRAM, Record},
    threads,
};
use crate::{
    contender::{Page, sure},
    labels::{Method, Status},
    large::Shape,
    workload::BOUNDS,
};

/// Bytes after which a page is written, and the most that a series adds.
const FULL: usize = 64 * 1024;
const MOST: usize = 4096;

/// What a scrape leaves for the next one: the pieces, how many short texts were known when they were
/// made, and the buffer.
pub(super) struct Layout {
    words: usize,
    pieces: Pieces,
    out: Out,
}

impl Layout {
    fn new(family: &Family) -> Self {
        let out = Out { bytes: vec![0; FULL + MOST].into_boxed_slice(), len: 0 };
        Self { words: words(family), pieces: Pieces::new(family), out }
    }
}

/// How many short texts a family knows.
fn words(family: &Family) -> usize {
    family.firsts.len() + family.thirds.len()
}

pub(super) fn write(family: &Family, page: &mut Page) {
    let mut kept = family.page.lock().unwrap();
    if kept.as_ref().is_none_or(|layout| layout.words != words(family)) {
        *kept = Some(Layout::new(family));
    }
    let Some(Layout { pieces, out, .. }) = &mut *kept else { return };
    out.len = 0;
    out.text(&pieces.help);
    let len = family.len();
    for first in (0..len).step_by(threads::SERIES) {
        let all = family.threads.lock().unwrap();
        let chunk = first / threads::SERIES;
        let cells: Vec<_> =
            all.iter().filter_map(|thread| thread.lock().unwrap().get(chunk).copied()).collect();
        drop(all);
        let numbers = first..len.min(first + threads::SERIES);
        if let [cells] = cells[..] {
            let value = |place: usize| cells.get(place).map_or(0, |cell| cell.load(Relaxed));
            pieces.chunk(family, numbers, value, out, page);
        } else {
            let each = |place| cells.iter().filter_map(move |cells| cells.get(place));
            let value = |place: usize| each(place).map(|cell| cell.load(Relaxed)).sum();
            pieces.chunk(family, numbers, value, out, page);
        }
    }
    sure(page.write_all(&out.bytes[..out.len]));
}

/// A text that is copied as a whole 64 bytes, whatever its length.
struct Piece {
    bytes: [u8; SLACK],
    len: usize,
}

impl Piece {
    fn new(text: &str) -> Self {
        let mut bytes = [0; SLACK];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Self { bytes, len: text.len() }
    }
}

/// The pieces that all lines are made of.
struct Pieces {
    help: String,
    firsts: Vec<Piece>,
    thirds: Vec<Piece>,
    end: Piece,
    bounds: Vec<Piece>,
    names: [String; 3],
}

impl Pieces {
    fn new(family: &Family) -> Self {
        let counter = match family.shape {
            Shape::Closed => "closed_requests_total",
            Shape::Sparse => "sparse_requests_total",
            Shape::Mixed => "mixed_requests_total",
            Shape::Strings | Shape::Unique => "strings_requests_total",
        };
        let (name, metric_type) = if family.cells == 1 {
            (counter, "counter")
        } else {
            ("many_run_seconds", "histogram")
        };
        let text = |word: u64| {
            String::from_utf8_lossy(&word.to_le_bytes()).trim_end_matches('\0').to_owned()
        };
        let (firsts, thirds): (Vec<String>, Vec<String>) = if family.shape.is_strings() {
            let texts =
                |words: &super::arena::Words| (0..256).map(|n| text(words.word(n))).collect();
            (texts(&family.firsts), texts(&family.thirds))
        } else if family.shape == Shape::Mixed {
            let numbers = (0..600).map(|n| n.to_string()).collect();
            (Method::TEXTS.iter().map(ToString::to_string).collect(), numbers)
        } else {
            let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            (owned(Method::TEXTS), owned(Status::TEXTS))
        };
        let first = |text: &String| {
            // A histogram's lines begin with different names.
            let name = if family.cells == 1 { name } else { "" };
            Piece::new(&format!("{name}{{method=\"{text}\",path=\""))
        };
        let third = |text: &String| {
            let end = if family.cells == 1 { "} " } else { "" };
            Piece::new(&format!("\",status=\"{text}\"{end}"))
        };
        let bounds = BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        Self {
            help: format!("# HELP {name} Requests.\n# TYPE {name} {metric_type}\n"),
            firsts: firsts.iter().map(first).collect(),
            thirds: thirds.iter().map(third).collect(),
            end: Piece::new("} "),
            bounds: bounds.map(|bound| Piece::new(&format!(",le=\"{bound}\"}} "))).collect(),
            names: ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")),
        }
    }

    /// The lines of some series, with a function to their cells.
    #[inline(always)]
    fn chunk(
        &self,
        family: &Family,
        numbers: Range<usize>,
        value: impl Fn(usize) -> u64,
        out: &mut Out,
        page: &mut Page,
    ) {
        let mut labels = Out { bytes: vec![0; 256].into_boxed_slice(), len: 0 };
        for number in numbers {
            let Some(record) = family.record(number) else { continue };
            let place = number % threads::SERIES * family.cells;
            if family.cells == 1 {
                self.head(family, record, out);
                out.integer(value(place));
            } else {
                labels.len = 0;
                self.head(family, record, &mut labels);
                self.histogram(&labels, out, |cell| value(place + cell));
            }
            if out.len > FULL {
                sure(page.write_all(&out.bytes[..out.len]));
                out.len = 0;
            }
        }
    }

    /// The labels of a series; of a counter the whole of the line but its number.
    #[inline(always)]
    fn head(&self, family: &Family, record: Record, out: &mut Out) {
        out.copy::<64>(&self.firsts[record.first()]);
        let (place, len) = record.text();
        // SAFETY: the bytes after each text can be read.
        unsafe { out.copy_from::<48>(family.arena.start(place), len) };
        out.copy::<32>(&self.thirds[record.third()]);
    }

    fn histogram(&self, labels: &Out, out: &mut Out, cell: impl Fn(usize) -> u64) {
        let line = |out: &mut Out, name: usize, end: &Piece| {
            out.text(&self.names[name]);
            out.bytes[out.len..out.len + 128].copy_from_slice(&labels.bytes[..128]);
            out.len += labels.len;
            out.copy::<64>(end);
        };
        let mut count = 0;
        for (bucket, bound) in self.bounds.iter().enumerate() {
            line(out, 0, bound);
            count += cell(bucket);
            out.integer(count);
        }
        line(out, 1, &self.end);
        out.seconds(cell(HISTOGRAM - 1));
        line(out, 2, &self.end);
        out.integer(count);
    }
}

struct Out {
    bytes: Box<[u8]>,
    len: usize,
}

impl Out {
    #[inline(always)]
    fn copy<const ROOM: usize>(&mut self, piece: &Piece) {
        // SAFETY: a piece has no less than that.
        unsafe { self.copy_from::<ROOM>(piece.bytes.as_ptr(), piece.len) };
    }

    /// Copies a fixed number of bytes, of which the first count.
    ///
    /// # Safety
    /// That number of bytes can be read.
    #[inline(always)]
    unsafe fn copy_from<const ROOM: usize>(&mut self, from: *const u8, len: usize) {
        debug_assert!(len <= ROOM && ROOM <= SLACK && self.len + ROOM <= self.bytes.len());
        // SAFETY: the caller's promise; and after `FULL` there is room for a series.
        unsafe { ptr::copy_nonoverlapping(from, self.bytes.as_mut_ptr().add(self.len), ROOM) };
        self.len += len;
    }

    fn text(&mut self, text: &str) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
    }

    /// A number and the end of the line.
    #[inline(always)]
    fn integer(&mut self, n: u64) {
        if n < 10 {
            self.bytes[self.len] = b'0' + n as u8;
            self.bytes[self.len + 1] = b'\n';
            self.len += 2;
            return;
        }
        let mut digits = [b'\n'; 24];
        let (mut rest, mut start) = (n, 23);
        while rest > 0 {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.copy_digits(&digits[start..]);
    }

    fn copy_digits(&mut self, digits: &[u8]) {
        self.bytes[self.len..self.len + digits.len()].copy_from_slice(digits);
        self.len += digits.len();
    }

    /// Nanoseconds as seconds, and the end of the line.
    fn seconds(&mut self, nanoseconds: u64) {
        self.integer(nanoseconds / 1_000_000_000);
        let mut rest = nanoseconds % 1_000_000_000;
        if rest == 0 {
            return;
        }
        let mut digits = *b".000000000";
        for digit in digits[1..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let used = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        self.len -= 1;
        self.copy_digits(&digits[..used]);
        self.copy_digits(b"\n");
    }
}
