//! Pages: a scrape of a registry, encoded in a format, in pieces of about 64 KiB.
//!
//! The one place that knows both the registry and the encoders. Not here: HTTP.
//! Invariant: a page needs the same memory however long it is, beside the values of collectors, which
//! pages share.

mod job;

use std::{
    io, mem,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

#[cfg_attr(
    not(feature = "push"),
    allow(unused_imports, reason = "a textfile clashes with nothing")
)]
pub(crate) use self::job::{Clash, JobPage};
use crate::{
    clock::Instant,
    encode::{Encoder, Format, Options},
    filter::Filter,
    isolation::Isolation,
    pages::Last,
    registry::{Registry, Scrape, Shared},
    runs::{Request, Snapshot},
};

/// A page that is being written.
pub(crate) struct Page {
    registry: Arc<Shared>,
    format: Format,
    filter: Filter,
    stage: Stage,
    encoder: Encoder,
    /// When it began.
    begun: Instant,
    /// The time that it has taken so far, without the time in which its reader was waited for.
    took: Duration,
    bytes: u64,
    /// Whose values it shows: those of who asked for it, whoever reads it.
    isolation: Isolation,
}

#[allow(clippy::large_enum_variant, reason = "each page is in one stage after the other")]
enum Stage {
    /// The collectors have been asked.
    Asked(Request),
    Writing(Scrape),
    Ended,
}

impl Page {
    pub(crate) fn new(registry: &Registry, format: Format, filter: Filter) -> Self {
        let registry = Arc::clone(registry.shared());
        let options = Options { created_lines: registry.has_created_lines() };
        let request = registry.request(&filter);
        let mut page = Self {
            registry,
            format,
            filter,
            stage: Stage::Ended,
            encoder: Encoder::new(format, options),
            begun: Instant::now(),
            took: Duration::ZERO,
            bytes: 0,
            isolation: Isolation::current(),
        };
        page.stage = match request.try_ready() {
            Ok(snapshot) => page.writing(snapshot),
            Err(request) => Stage::Asked(request),
        };
        page
    }

    fn writing(&mut self, snapshot: Arc<Snapshot>) -> Stage {
        let _inside = self.isolation.enter();
        let scrape = self.registry.scrape(snapshot, self.filter.clone());
        self.took = self.begun.elapsed();
        Stage::Writing(scrape)
    }

    /// Whether pieces can be had without waiting for collectors.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a body is what polls"))]
    pub(crate) fn is_ready(&self) -> bool {
        !matches!(self.stage, Stage::Asked(_))
    }

    /// Pending until pieces can be had. Until then the waker is kept.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a body is what polls"))]
    pub(crate) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Stage::Asked(request) = &mut self.stage {
            let snapshot = ready!(request.poll(context));
            self.stage = self.writing(snapshot);
        }
        Poll::Ready(())
    }

    /// Waits no longer for the collectors: the page has their last values.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a server that stops asks"))]
    pub(crate) fn stop_waiting(&mut self) {
        self.be_ready(Request::now);
    }

    /// Waits for the collectors, at most until their deadlines.
    fn wait(&mut self) {
        self.be_ready(Request::wait);
    }

    fn be_ready(&mut self, snapshot: fn(Request) -> Arc<Snapshot>) {
        match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Asked(request) => self.stage = self.writing(snapshot(request)),
            stage => self.stage = stage,
        }
    }

    /// The next piece of the page, to be taken or cleared by the caller; empty at the end, and as long
    /// as the page is not ready.
    pub(crate) fn piece(&mut self) -> &mut Vec<u8> {
        let begun = Instant::now();
        if let Stage::Writing(scrape) = &mut self.stage {
            let mut is_left = true;
            while is_left && !self.encoder.is_full() {
                is_left = scrape.step(self.encoder.sink());
            }
            if !is_left {
                self.encoder.finish();
            }
            self.bytes += self.encoder.buffer().len() as u64;
            self.took += begun.elapsed();
            if !is_left {
                self.end();
            }
        }
        self.encoder.buffer()
    }

    fn end(&mut self) {
        if let Stage::Writing(scrape) = mem::replace(&mut self.stage, Stage::Ended) {
            let last = |series: &[_]| Last {
                took: self.took,
                bytes: self.bytes,
                series: Arc::from(series),
            };
            self.registry.pages.count(self.format, scrape.series().map(last));
        }
    }
}

impl Registry {
    /// Writes the page of a scrape, in pieces of about 64 KiB. Waits for the collectors, at most until
    /// their deadlines.
    ///
    /// # Errors
    /// Only those of the writer.
    ///
    /// ```
    /// use caas_metrics::Format;
    ///
    /// let mut page = Vec::new();
    /// caas_metrics::registry().encode(Format::OpenMetrics, &mut page)?;
    /// assert!(page.ends_with(b"# EOF\n"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn encode(&self, format: Format, writer: &mut impl io::Write) -> io::Result<()> {
        write(Page::new(self, format, Filter::All), writer)
    }

    /// [`encode`](Self::encode), with only the families of these names. A counter may be named without
    /// `_total`, and an info without `_info`.
    ///
    /// A collector is asked if it does not [describe](crate::Collector::describe) its families, or if it
    /// describes one of these; to learn about collectors (`caas_metrics_…`) all are asked.
    ///
    /// # Errors
    /// Only those of the writer.
    ///
    /// ```
    /// use caas_metrics::{Format, Registry, sample::FamilySnapshot};
    ///
    /// let registry = Registry::new();
    /// let gauge = |name| FamilySnapshot::gauge(name, "").with(&[], 1.0);
    /// registry.register(move || vec![gauge("pool_size"), gauge("pool_limit")]);
    ///
    /// let mut page = Vec::new();
    /// registry.encode_families(Format::Text, ["pool_size"], &mut page)?;
    /// assert_eq!(page, b"# TYPE pool_size gauge\npool_size 1\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn encode_families<N: Into<String>>(
        &self,
        format: Format,
        names: impl IntoIterator<Item = N>,
        writer: &mut impl io::Write,
    ) -> io::Result<()> {
        let names = names.into_iter().map(Into::into).collect();
        write(Page::new(self, format, Filter::Named(names)), writer)
    }
}

fn write(mut page: Page, writer: &mut impl io::Write) -> io::Result<()> {
    page.wait();
    loop {
        let piece = page.piece();
        if piece.is_empty() {
            return Ok(());
        }
        writer.write_all(piece)?;
        piece.clear();
    }
}
