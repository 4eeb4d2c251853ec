//! Pages: a scrape of a registry, encoded in a format, in pieces of about 64 KiB.
//!
//! The one place that knows both the registry and the encoders. Not here: HTTP.
//! Invariant: a page needs the same memory however long it is.

use std::io;

use crate::{
    encode::{Encoder, Format, Options},
    registry::{Registry, Scrape},
};

/// A page that is being written.
pub(crate) struct Page {
    scrape: Scrape,
    encoder: Encoder,
    ended: bool,
}

impl Page {
    pub(crate) fn new(registry: &Registry, format: Format) -> Self {
        let options = Options { created_lines: registry.has_created_lines() };
        Self { scrape: registry.scrape(), encoder: Encoder::new(format, options), ended: false }
    }

    /// The next piece of the page, to be taken or cleared by the caller; empty at the end.
    pub(crate) fn piece(&mut self) -> &mut Vec<u8> {
        while !self.ended && !self.encoder.is_full() {
            if !self.scrape.step(self.encoder.sink()) {
                self.encoder.finish();
                self.ended = true;
            }
        }
        self.encoder.buffer()
    }
}

impl Registry {
    /// Writes the page of a scrape, in pieces of about 64 KiB.
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
        let mut page = Page::new(self, format);
        loop {
            let piece = page.piece();
            if piece.is_empty() {
                return Ok(());
            }
            writer.write_all(piece)?;
            piece.clear();
        }
    }
}
