//! The page of a large family: copies of ready-made pieces of a fixed length, and numbers by hand.
//!
//! Invariant: a piece is written where a longer one has room, and cut to its length by the next one.

use std::{io::Write as _, ptr, sync::atomic::Ordering::Relaxed};

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

pub(super) fn write(family: &Family, page: &mut Page) {
    let pieces = Pieces::new(family);
    let mut out = Out { bytes: vec![0; FULL + MOST].into_boxed_slice(), len: 0 };
    out.text(&pieces.help);
    let mut labels = Out { bytes: vec![0; 256].into_boxed_slice(), len: 0 };
    let len = family.len();
    for first in (0..len).step_by(threads::SERIES) {
        let chunk = first / threads::SERIES;
        let all = family.threads.lock().unwrap();
        let cells: Vec<_> =
            all.iter().filter_map(|thread| thread.lock().unwrap().get(chunk).copied()).collect();
        drop(all);
        let sum = |place: usize| -> u64 {
            cells.iter().filter_map(|cells| cells.get(place)).map(|cell| cell.load(Relaxed)).sum()
        };
        for number in first..len.min(first + threads::SERIES) {
            let Some(record) = family.record(number) else { continue };
            let place = number % threads::SERIES * family.cells;
            if family.cells == 1 {
                pieces.head(family, record, &mut out);
                out.piece(&pieces.end);
                out.integer(sum(place));
            } else {
                pieces.head(family, record, &mut labels);
                pieces.histogram(&labels, &mut out, |cell| sum(place + cell));
                labels.len = 0;
            }
            if out.len > FULL {
                sure(page.write_all(&out.bytes[..out.len]));
                out.len = 0;
            }
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

/// What all lines are made of.
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
        let bounds = BOUNDS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        Self {
            help: format!("# HELP {name} Requests.\n# TYPE {name} {metric_type}\n"),
            firsts: firsts.iter().map(first).collect(),
            thirds: thirds.iter().map(|t| Piece::new(&format!("\",status=\"{t}\""))).collect(),
            end: Piece::new("} "),
            bounds: bounds.map(|bound| Piece::new(&format!(",le=\"{bound}\"}} "))).collect(),
            names: ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")),
        }
    }

    #[inline]
    fn head(&self, family: &Family, record: Record, out: &mut Out) {
        out.piece(&self.firsts[record.first()]);
        let (place, len) = record.text();
        out.copy(family.arena.start(place), len);
        out.piece(&self.thirds[record.third()]);
    }

    fn histogram(&self, labels: &Out, out: &mut Out, cell: impl Fn(usize) -> u64) {
        let line = |out: &mut Out, name: usize, end: &Piece| {
            out.text(&self.names[name]);
            out.bytes[out.len..out.len + 128].copy_from_slice(&labels.bytes[..128]);
            out.len += labels.len;
            out.piece(end);
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
    #[inline]
    fn piece(&mut self, piece: &Piece) {
        self.copy(piece.bytes.as_ptr(), piece.len);
    }

    /// Copies 64 bytes, of which some count.
    #[inline]
    fn copy(&mut self, from: *const u8, len: usize) {
        debug_assert!(self.len + SLACK <= self.bytes.len());
        // SAFETY: pieces and texts have that many bytes, and a series fits behind `FULL`.
        unsafe { ptr::copy_nonoverlapping(from, self.bytes.as_mut_ptr().add(self.len), SLACK) };
        self.len += len;
    }

    fn text(&mut self, text: &str) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
    }

    /// A number and the end of the line.
    #[inline]
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
