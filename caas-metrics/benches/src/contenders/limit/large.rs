//! Large families by hand: records of twelve bytes, texts in one arena, pages by copying.
//!
//! Room for all series is taken at the start, as untouched memory. Invariant: a record is written
//! before its entry in the table, and never changes.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{
        Mutex,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{HISTOGRAM, hash};
use crate::{
    contender::{Exposed, Page, sure},
    workload::{BOUNDS, Method, Request, Shape, Status},
};

const SERIES: usize = 1_200_000;

pub(super) fn counters(shape: Shape) -> Box<dyn Exposed> {
    Box::new(Family::new(SERIES, 1, shape))
}

pub(super) fn histograms() -> Box<dyn Exposed> {
    Box::new(Family::new(12_000, HISTOGRAM, Shape::Unique))
}

struct Family {
    /// The slots of all children.
    slots: Box<[AtomicU64]>,
    /// For each child the first word of its text, the text's length, and its closed labels.
    records: Box<[AtomicU64]>,
    /// Hash table of numbers of children plus one.
    table: Box<[AtomicU32]>,
    /// The texts in words.
    words: Box<[AtomicU64]>,
    len: AtomicUsize,
    per_child: usize,
    /// Texts that children share, and the next free word.
    writer: Mutex<(HashMap<String, usize>, usize)>,
    shape: Shape,
}

fn zeros<T>(len: usize, zero: fn() -> T) -> Box<[T]> {
    std::iter::repeat_with(zero).take(len).collect()
}

impl Family {
    fn new(children: usize, per_child: usize, shape: Shape) -> Self {
        let words = match shape {
            Shape::Shared | Shape::Strings => children / 8,
            Shape::Unique => children * 4,
        };
        Self {
            slots: zeros(children * per_child, AtomicU64::default),
            records: zeros(children, AtomicU64::default),
            table: zeros((children * 3 / 2).next_power_of_two(), AtomicU32::default),
            words: zeros(words, AtomicU64::default),
            len: AtomicUsize::new(0),
            per_child,
            writer: Mutex::default(),
            shape,
        }
    }

    fn child(&self, request: &Request<'_>) -> usize {
        let closed = (request.method as u64) << 4 | request.status as u64;
        let hash = super::fold(hash(request.path) ^ closed);
        let mut place = hash as usize;
        loop {
            let number = self.table[place & (self.table.len() - 1)].load(Ordering::Acquire);
            match number.checked_sub(1) {
                None => return self.insert(request, closed, hash as usize),
                Some(child) if self.is(child as usize, request.path, closed) => {
                    return child as usize;
                }
                Some(_) => place = place.wrapping_add(1),
            }
        }
    }

    fn is(&self, child: usize, path: &str, closed: u64) -> bool {
        let record = self.records[child].load(Ordering::Relaxed);
        if record & 0xffff != (path.len() as u64) << 8 | closed {
            return false;
        }
        let words = &self.words[(record >> 16) as usize..];
        let same =
            |(chunk, word): (&[u8], &AtomicU64)| padded(chunk) == word.load(Ordering::Relaxed);
        path.as_bytes().chunks(8).zip(words).all(same)
    }

    #[cold]
    fn insert(&self, request: &Request<'_>, closed: u64, hash: usize) -> usize {
        let mut writer = self.writer.lock().unwrap();
        let child = self.len.load(Ordering::Relaxed);
        let (texts, next) = &mut *writer;
        let mut store = || {
            let start = *next;
            for (chunk, word) in request.path.as_bytes().chunks(8).zip(&self.words[start..]) {
                word.store(padded(chunk), Ordering::Relaxed);
                *next += 1;
            }
            start
        };
        let start = match self.shape {
            Shape::Unique => store(),
            Shape::Shared | Shape::Strings => match texts.get(request.path) {
                Some(start) => *start,
                None => *texts.entry(request.path.to_owned()).or_insert_with(store),
            },
        };
        let record = (start as u64) << 16 | (request.path.len() as u64) << 8 | closed;
        self.records[child].store(record, Ordering::Relaxed);
        let mut place = hash;
        while self.table[place & (self.table.len() - 1)].load(Ordering::Relaxed) != 0 {
            place = place.wrapping_add(1);
        }
        self.table[place & (self.table.len() - 1)].store(child as u32 + 1, Ordering::Release);
        self.len.store(child + 1, Ordering::Release);
        child
    }
}

fn padded(chunk: &[u8]) -> u64 {
    match chunk.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

impl Exposed for Family {
    fn update(&self, request: &Request<'_>) {
        let first = self.child(request) * self.per_child;
        if self.per_child == 1 {
            self.slots[first].fetch_add(1, Ordering::Relaxed);
            return;
        }
        let bucket: usize = BOUNDS.iter().map(|bound| usize::from(request.seconds > *bound)).sum();
        self.slots[first + bucket].fetch_add(1, Ordering::Relaxed);
        let sum = &self.slots[first + HISTOGRAM - 1];
        let added = f64::from_bits(sum.load(Ordering::Relaxed)) + request.seconds;
        sum.store(added.to_bits(), Ordering::Relaxed);
    }

    fn write(&self, page: &mut Page) {
        let mut out = Out::new();
        let fragments = if self.per_child == 1 {
            Fragments::new("requests_total")
        } else {
            Fragments::new("run_seconds_bucket")
        };
        for child in 0..self.len.load(Ordering::Acquire) {
            self.write_child(child, &fragments, &mut out);
            if out.len > Out::PIECE {
                sure(page.write_all(&out.bytes[..out.len]));
                out.len = 0;
            }
        }
        sure(page.write_all(&out.bytes[..out.len]));
    }
}

impl Family {
    fn write_child(&self, child: usize, fragments: &Fragments, out: &mut Out) {
        let record = self.records[child].load(Ordering::Relaxed);
        let first = child * self.per_child;
        let start = out.len;
        out.append(&fragments.methods[(record >> 4 & 15) as usize]);
        let words = &self.words[(record >> 16) as usize..];
        let len = (record >> 8 & 0xff) as usize;
        let end = out.len + len;
        for word in &words[..len.div_ceil(8)] {
            out.bytes[out.len..out.len + 8]
                .copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
            out.len += 8;
        }
        out.len = end;
        out.append(&fragments.statuses[(record & 15) as usize]);
        if self.per_child == 1 {
            out.append(&fragments.end);
            out.integer(self.slots[first].load(Ordering::Relaxed));
            return;
        }
        let head = start..out.len;
        out.len = start;
        let mut count = 0;
        for (bucket, bound) in fragments.bounds.iter().enumerate() {
            out.repeat(head.clone());
            out.append(bound);
            count += self.slots[first + bucket].load(Ordering::Relaxed);
            out.integer(count);
        }
        let sum = f64::from_bits(self.slots[first + HISTOGRAM - 1].load(Ordering::Relaxed));
        out.repeat(head.clone());
        out.append(&fragments.end);
        let mut rest = &mut out.bytes[out.len..];
        let before = rest.len();
        sure(writeln!(rest, "{sum}"));
        out.len += before - rest.len();
        out.repeat(head);
        out.append(&fragments.end);
        out.integer(count);
    }
}

/// A text that is copied as a whole 64 bytes, whatever its length.
struct Fragment {
    bytes: [u8; 64],
    len: usize,
}

impl Fragment {
    fn new(text: &str) -> Self {
        let mut bytes = [0; 64];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Self { bytes, len: text.len() }
    }
}

/// What all lines are made of.
struct Fragments {
    methods: Vec<Fragment>,
    statuses: Vec<Fragment>,
    bounds: Vec<Fragment>,
    end: Fragment,
}

impl Fragments {
    fn new(name: &str) -> Self {
        let method = |method: Method| format!("{name}{{method=\"{}\",path=\"", method.text());
        let bounds = BOUNDS.iter().map(|bound| format!(",le=\"{bound}\"}} "));
        Self {
            methods: Method::ALL.iter().map(|m| Fragment::new(&method(*m))).collect(),
            statuses: Status::ALL
                .iter()
                .map(|status| Fragment::new(&format!("\",status=\"{}\"", status.text())))
                .collect(),
            bounds: bounds
                .chain([",le=\"+Inf\"} ".to_owned()])
                .map(|bound| Fragment::new(&bound))
                .collect(),
            end: Fragment::new("} "),
        }
    }
}

struct Out {
    bytes: Box<[u8]>,
    len: usize,
}

impl Out {
    const PIECE: usize = 64 * 1024;

    fn new() -> Self {
        Self { bytes: vec![0; Self::PIECE + 8192].into_boxed_slice(), len: 0 }
    }

    fn append(&mut self, fragment: &Fragment) {
        self.bytes[self.len..self.len + 64].copy_from_slice(&fragment.bytes);
        self.len += fragment.len;
    }

    fn repeat(&mut self, part: std::ops::Range<usize>) {
        let len = part.len();
        self.bytes.copy_within(part, self.len);
        self.len += len;
    }

    fn integer(&mut self, n: u64) {
        let mut digits = [b'0'; 20];
        let (mut rest, mut start) = (n, 20);
        loop {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let text = &digits[start..];
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
        self.bytes[self.len] = b'\n';
        self.len += 1;
    }
}
