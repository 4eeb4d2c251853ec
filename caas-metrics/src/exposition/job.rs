//! The page of a job: what a program leaves with a server when it ends, for Prometheus to find there.
//!
//! Not here: how it gets to that server (`textfile.rs`, `push/`). Invariant: what contradicts the labels
//! that the server sets is found before anything is sent.

use std::{io, sync::Arc, time::Duration};

use crate::{
    encode::{Encoder, Format, Options},
    filter::Filter,
    registry::Registry,
    sample::{FamilyHead, Sample, Sink},
};

/// What the page of a job is like.
#[derive(Debug)]
pub(crate) struct JobPage<'a> {
    pub(crate) format: Format,
    /// How long to wait for collectors.
    pub(crate) patience: Duration,
    /// A label of all samples.
    pub(crate) label: Option<&'a (String, String)>,
    /// Labels that the server sets on all samples.
    pub(crate) grouping: &'a [(String, String)],
    /// Whether the server keeps pages of several programs apart only if they describe a family alike.
    /// Then it gets no help of our own families, since versions of this crate may differ in it.
    pub(crate) compares_help: bool,
}

/// A sample has a label that the server would set to another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clash {
    pub(crate) family: String,
    pub(crate) label: String,
    pub(crate) value: String,
}

impl JobPage<'_> {
    /// Writes the page in pieces of about 64 KiB. Returns the first clash; the page is of no use then.
    pub(crate) fn write(
        &self,
        registry: &Registry,
        writer: &mut impl io::Write,
    ) -> io::Result<Option<Clash>> {
        let shared = registry.shared();
        let mut snapshot = shared.request(&Filter::Job).wait_for(self.patience);
        if let Some(label) = self.label {
            snapshot = Arc::new(shared.labelled(&snapshot, label));
        }
        let mut scrape = shared.scrape(snapshot, Filter::Job);
        let mut encoder = Encoder::new(self.format, Options::default());
        let mut watched = Watched::default();
        loop {
            let mut is_left = true;
            while is_left && !encoder.is_full() {
                is_left = scrape.step(&mut Watch {
                    page: self,
                    watched: &mut watched,
                    to: encoder.sink(),
                });
            }
            if !is_left {
                encoder.finish();
            }
            writer.write_all(encoder.buffer())?;
            encoder.buffer().clear();
            if !is_left {
                shared.pages.count(self.format, None);
                return Ok(watched.clash);
            }
        }
    }
}

/// What was seen of the page so far.
#[derive(Default)]
struct Watched {
    family: String,
    /// The places of labels that the server sets: in the samples, and in the grouping.
    places: Vec<(usize, usize)>,
    clash: Option<Clash>,
}

/// Passes samples on and looks for clashes.
struct Watch<'a> {
    page: &'a JobPage<'a>,
    watched: &'a mut Watched,
    to: &'a mut dyn Sink,
}

impl Sink for Watch<'_> {
    fn family(&mut self, family: &FamilyHead<'_>) {
        self.watched.places.clear();
        family.name.clone_into(&mut self.watched.family);
        let has_help = !(self.page.compares_help && is_ours(family.name));
        self.to.family(&FamilyHead { help: if has_help { family.help } else { "" }, ..*family });
    }

    fn labels(&mut self, names: &[&str]) {
        self.watched.places.clear();
        for (place, name) in names.iter().enumerate() {
            let grouping = self.page.grouping.iter().position(|(known, _)| known == name);
            self.watched.places.extend(grouping.map(|grouping| (place, grouping)));
        }
        self.to.labels(names);
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        for (place, grouping) in &self.watched.places {
            let (value, (label, set)) =
                (sample.labels.values[*place], &self.page.grouping[*grouping]);
            // An empty label is none.
            if self.watched.clash.is_none() && !value.is_empty() && value != set {
                let (family, label) = (self.watched.family.clone(), label.clone());
                self.watched.clash = Some(Clash { family, label, value: value.to_owned() });
            }
        }
        self.to.sample(sample);
    }
}

/// Whether a family is described by this crate.
fn is_ours(name: &str) -> bool {
    let prefixes = ["caas_metrics_", "function_", "functions_", "tokio_"];
    name == "build_info" || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
