//! A Pushgateway, for jobs that end before Prometheus scrapes them.
//!
//! Not here: what is on the page of a job (`exposition/job.rs`). In `gateway`: what users call; in `group`:
//! which group of the gateway is meant; in `request`: the HTTP client; in `on_thread`: pushes as futures; in
//! `on_exit`: the guard. Invariant: no push takes longer than its time-out, and none panics.
//!
//! ```no_run
//! use std::time::Duration;
//! use caas_metrics::{metrics, push::Pushgateway};
//!
//! metrics! {
//!     /// When the backup last succeeded, in Unix time.
//!     #[lazy]
//!     gauge BackupLastSuccessTimestampSeconds;
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let gateway = Pushgateway::new("http://pushgateway:9091", "nightly_backup")?
//!         .grouping("instance", "db-1")?
//!         .timeout(Duration::from_secs(5));
//!     // Pushes at the end of `main`, after a `?`, and when this thread panics.
//!     let _push = gateway.add_on_exit();
//!     back_up()?;
//!     BackupLastSuccessTimestampSeconds.set_to_current_time();
//!     Ok(())
//! }
//! # fn back_up() -> std::io::Result<()> { Ok(()) }
//! ```
//!
//! # When a job last succeeded
//!
//! The alert `time() - backup_last_success_timestamp_seconds > 1.5 * 86400` fires however a nightly job fails,
//! also if nothing starts it any more. For that the time must outlast a run that fails, as it does above: the
//! gauge is `#[lazy]`, so it is not there before it is set, and [`add`](Pushgateway::add) leaves alone what
//! is not there. With [`push`](Pushgateway::push), and without `#[lazy]`, a run that fails sets it to 0, and
//! the alert fires at once.
//!
//! # The gateway
//!
//! The gateway keeps what was pushed for ever, in groups: one for each job and each set of
//! [grouping labels](Pushgateway::grouping). Prometheus scrapes it with `honor_labels: true`, so that `job` and
//! `instance` are those of the group. The gateway adds `push_time_seconds` and `push_failure_time_seconds`
//! to each group: an alert on the age of the first one also sees a job whose pushes no longer arrive. We
//! count no failed pushes, because that count would not arrive either.
//!
//! Services are for scraping: what a gateway has does not go away with the process. A job that belongs to one
//! machine had better write a [`Textfile`](crate::Textfile), which needs no gateway.
//!
//! # What is pushed
//!
//! All families of the registry, but for what is only true while the program runs: `process_…`, of which the
//! gateway has its own, and what `caas_metrics_…` says of pages. What `caas_metrics_…` says of lost numbers is
//! pushed, since nobody could ask for it later.
//!
//! The page is protobuf, so that native histograms arrive. It has no timestamps, which a gateway refuses. Other
//! receivers of pushes only read text: [`Pushgateway::text`] is for them.
//!
//! # Connections
//!
//! Each push has a connection of its own. Proxies that the environment names (`HTTP_PROXY`) are not used: they
//! are for the world outside. Redirects are not followed, since the password would go with them; the error
//! names the new URL. `https://` needs the feature `push-tls`, which trusts the certificates that the system
//! trusts.

mod error;
mod gateway;
mod group;
mod on_exit;
mod on_thread;
mod request;

pub use self::{error::PushError, gateway::Pushgateway, on_exit::PushOnExit};
