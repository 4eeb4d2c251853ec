//! A job that ends before anybody scrapes it: counts the words of the files in a directory.
//!
//! ```sh
//! cargo run --example batch_job -- examples/deploy --textfile /tmp/words.prom
//! cargo run --example batch_job -- examples/deploy --gateway http://localhost:9091
//! ```
//!
//! Look at the guard in `main`: it pushes at the end, after a `?`, and after a panic. A run that fails leaves
//! the time of the last success as it was, in the gateway and in the file. So the alert for a nightly job is
//! `time() - words_last_success_timestamp_seconds > 1.5 * 86400`, however it fails.

use std::error::Error;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use caas_metrics::push::Pushgateway;
use caas_metrics::{Label, Textfile, metrics, timed};
use clap::Parser;

/// How a file was.
#[derive(Label, Clone, Copy)]
enum Kind {
    Counted,
    /// Not text, or a directory.
    Skipped,
    Unreadable,
}

metrics! {
    namespace = "words";

    /// Files seen.
    counter FilesTotal { kind: Kind }

    /// Words counted.
    counter CountedTotal;

    /// When all words were last counted, in Unix time; missing in runs that fail.
    #[lazy]
    gauge LastSuccessTimestampSeconds;
}

/// Counts words, and leaves with Prometheus how that went.
#[derive(Parser)]
struct Arguments {
    /// The directory.
    directory: PathBuf,
    /// The URL of a Pushgateway.
    #[arg(long)]
    gateway: Option<String>,
    /// A file in the directory that the node exporter reads.
    #[arg(long)]
    textfile: Option<PathBuf>,
}

#[timed]
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
}

#[timed]
fn count(files: &[PathBuf]) -> u64 {
    let words = files.iter().map(|file| match fs::read_to_string(file) {
        Ok(text) => {
            FilesTotal { kind: Kind::Counted }.inc();
            text.split_whitespace().count() as u64
        }
        Err(error) => {
            let is_no_text =
                matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::IsADirectory);
            FilesTotal { kind: if is_no_text { Kind::Skipped } else { Kind::Unreadable } }.inc();
            0
        }
    });
    words.sum()
}

fn run(directory: &Path) -> io::Result<()> {
    let words = count(&list(directory)?);
    CountedTotal.inc_by(words);
    println!("{words} words");
    LastSuccessTimestampSeconds.set_to_current_time();
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    // URL and path are checked before any work is done.
    let gateway = arguments.gateway.map(|url| Pushgateway::new(url, "words")).transpose()?;
    let textfile = arguments.textfile.map(Textfile::new).transpose()?;
    let _push = gateway.as_ref().map(Pushgateway::add_on_exit);

    run(&arguments.directory)?;
    if let Some(textfile) = textfile {
        textfile.write()?;
    }
    Ok(())
}
