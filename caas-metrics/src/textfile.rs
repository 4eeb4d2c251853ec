//! Files for `node_exporter`'s textfile collector: how a job's page gets onto the machine's page.
//!
//! Not here: what is on the page of a job (`exposition/job.rs`). Invariant: whoever reads the file sees all
//! of a page or all of the one before.

use std::{
    borrow::Borrow,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use caas_metrics_model::{is_label_name, reserved_for};

use crate::{encode::Format, exposition::JobPage, registry::Registry, storage::flag::Tally};

/// A file for the textfile collector of `node_exporter`, which adds it to the machine's page.
///
/// It is for jobs that end before anybody scrapes them: cron jobs, backups. `node_exporter` reads all files
/// in the directory of `--collector.textfile.directory` that end in `.prom`.
/// [`Registry::write_textfile`] is the same with the defaults.
///
/// ```
/// use caas_metrics::{Textfile, metrics};
///
/// metrics! {
///     /// When the backup last succeeded, in Unix time.
///     gauge BackupLastSuccessTimestampSeconds;
/// }
///
/// # fn main() -> std::io::Result<()> {
/// # let directory = std::env::temp_dir();
/// let textfile = Textfile::new(directory.join("nightly_backup.prom"))?;
/// // … the backup …
/// BackupLastSuccessTimestampSeconds.set_to_current_time();
/// textfile.write()?;
/// # let page = std::fs::read_to_string(directory.join("nightly_backup.prom"))?;
/// # assert!(page.contains("backup_last_success_timestamp_seconds{textfile=\"nightly_backup\"} "));
/// # std::fs::remove_file(directory.join("nightly_backup.prom"))
/// # }
/// ```
///
/// The alert `time() - backup_last_success_timestamp_seconds > 1.5 * 86400` fires however a nightly job fails,
/// also if nothing starts it any more, as long as the file of the last success stays. So write it after a
/// success only, as here, or give the gauge a file of its own.
///
/// # Several jobs on one machine
///
/// `node_exporter` has one page for all files, and one series on it only once. So each sample gets the label
/// `textfile`, with the name of the file: two jobs may count in the same families, with the same labels.
/// [`label`](Self::label) chooses another one. A family that has a label of this name keeps its own.
///
/// `node_exporter` also leaves out samples of a family that another file describes with another help text. So
/// our own families (`caas_metrics_…`, `function_…`) come without one, and jobs may be built with different
/// versions of this crate. Families of yours that several jobs have must have the same help in each.
///
/// What is only true while the program runs is left out: `process_…`, which `node_exporter` has of itself, and
/// what `caas_metrics_…` says of pages. What it says of lost numbers stays.
///
/// # The file
///
/// The page is in the text format, 0.0.4, without timestamps, which `node_exporter` refuses. It is written
/// to a file of another name in the same directory, synced, and renamed, so nobody reads half a page. After
/// an error the file before stays as it was. Everybody may read it (mode 0644), since `node_exporter` runs as
/// another user.
///
/// Histograms have their classic buckets only, and no exemplars: the format has no more.
#[derive(Clone)]
pub struct Textfile {
    path: PathBuf,
    label: (String, String),
    registry: Arc<dyn Borrow<Registry> + Send + Sync>,
}

impl Textfile {
    /// A file at this path, for the process's registry. Nothing is written yet.
    ///
    /// # Errors
    ///
    /// If the name does not end in `.prom`: `node_exporter` would not read it.
    ///
    /// ```
    /// use caas_metrics::Textfile;
    ///
    /// let error = Textfile::new("/var/lib/prometheus/node-exporter/backup.txt").unwrap_err();
    /// assert!(error.to_string().ends_with("its name must end in `.prom`"));
    /// ```
    pub fn new(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let stem = path.file_stem().filter(|_| path.extension().is_some_and(|it| it == "prom"));
        let Some(stem) = stem else {
            return Err(invalid(&path, "its name must end in `.prom`"));
        };
        let label = ("textfile".to_owned(), stem.to_string_lossy().into_owned());
        Ok(Self { path, label, registry: Arc::new(crate::registry()) })
    }

    /// Adds this label to each sample instead of `textfile`, to keep the files of several jobs apart.
    ///
    /// `job` and `instance` are bad choices: Prometheus sets them to those of `node_exporter`.
    ///
    /// # Errors
    ///
    /// If the name is not one that a label can have.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let textfile = caas_metrics::Textfile::new("backup.prom")?.label("database", "billing")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn label(self, name: impl Into<String>, value: impl Into<String>) -> io::Result<Self> {
        let label = (name.into(), value.into());
        let bad = |reason| invalid(&self.path, &format!("label `{}`: {reason}", label.0));
        if !is_label_name(&label.0) {
            return Err(bad("it is not a label name"));
        }
        if let Some(reason) = reserved_for(&label.0) {
            return Err(bad(reason));
        }
        Ok(Self { label, ..self })
    }

    /// Writes a registry of your own: a `&'static`, an `Arc` or the registry itself. Default: the
    /// process's.
    ///
    /// ```
    /// use caas_metrics::{Registry, Textfile};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let textfile = Textfile::new("backup.prom")?.registry(Registry::new());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn registry(self, registry: impl Borrow<Registry> + Send + Sync + 'static) -> Self {
        Self { registry: Arc::new(registry), ..self }
    }

    /// Writes the file, or replaces it. Waits for the collectors, at most until their deadlines, and for
    /// the disk.
    ///
    /// # Errors
    ///
    /// Those of the file system. The message names the file.
    ///
    /// ```no_run
    /// # fn main() -> std::io::Result<()> {
    /// caas_metrics::Textfile::new("/var/lib/prometheus/node-exporter/backup.prom")?.write()
    /// # }
    /// ```
    pub fn write(&self) -> io::Result<()> {
        self.write_from((*self.registry).borrow())
    }

    fn write_from(&self, registry: &Registry) -> io::Result<()> {
        write(registry, &self.path, &self.label)
            .map_err(|error| named(error.kind(), &self.path, &error))
    }
}

impl fmt::Debug for Textfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Textfile")
            .field("path", &self.path)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// Writes a file for the textfile collector of `node_exporter`, as [`Textfile`] does by default.
    ///
    /// # Errors
    ///
    /// If the name does not end in `.prom`, and those of the file system. The message names the file.
    ///
    /// ```no_run
    /// # fn main() -> std::io::Result<()> {
    /// let path = "/var/lib/prometheus/node-exporter/nightly_backup.prom";
    /// caas_metrics::registry().write_textfile(path)
    /// # }
    /// ```
    pub fn write_textfile(&self, path: impl AsRef<Path>) -> io::Result<()> {
        Textfile::new(path.as_ref())?.write_from(self)
    }
}

fn invalid(path: &Path, reason: &str) -> io::Error {
    named(io::ErrorKind::InvalidInput, path, &reason)
}

fn named(kind: io::ErrorKind, path: &Path, reason: &dyn fmt::Display) -> io::Error {
    io::Error::new(kind, format!("can't write {}: {reason}", path.display()))
}

fn write(registry: &Registry, path: &Path, label: &(String, String)) -> io::Result<()> {
    let page = JobPage {
        format: Format::Text,
        patience: Duration::MAX,
        label: Some(label),
        grouping: &[],
        compares_help: true,
    };
    let (mut file, unfinished) = Unfinished::beside(path)?;
    page.write(registry, &mut file)?;
    let_all_read(&file)?;
    // Else a machine that fails may come back with an empty file.
    file.sync_all()?;
    drop(file);
    fs::rename(&unfinished.0, path)
}

/// Whatever the umask is.
#[cfg(unix)]
fn let_all_read(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn let_all_read(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// A file that is removed unless it has got its name.
struct Unfinished(PathBuf);

impl Unfinished {
    /// In the same directory, since only within a file system renaming is atomic; with a name that does
    /// not end in `.prom`, and that no other writer has.
    fn beside(path: &Path) -> io::Result<(fs::File, Self)> {
        static WRITES: Tally = Tally::new();
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}-{}.tmp", std::process::id(), WRITES.add(1)));
        let path = path.with_file_name(name);
        let file = fs::File::create_new(&path)?;
        Ok((file, Self(path)))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Not there any more if all went well.
        let _ = fs::remove_file(&self.0);
    }
}
