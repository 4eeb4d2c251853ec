//! The macros, with their examples.
//!
//! rustdoc shows the text here first, and below it that of the macro itself, which is in
//! `caas-metrics-macros/src/lib.rs`: the arguments and rules. Examples are here because only this crate
//! can run them. Invariant: nothing here does anything by itself.

mod build_info;
#[cfg(feature = "tower")]
mod grpc_metrics;
#[cfg(feature = "tower")]
mod http_metrics;

/// Declares families of metrics. Each becomes a struct whose fields are its labels.
///
/// ```
/// use caas_metrics::metrics;
///
/// metrics! {
///     namespace = "shop";
///
///     /// Orders placed.
///     pub counter OrdersPlacedTotal { country: &str, express: bool }
/// }
///
/// OrdersPlacedTotal { country: "at", express: true }.inc();
/// // shop_orders_placed_total{country="at",express="true"} 1
/// ```
///
/// The doc comment is the help text of the page. A block may hold families of all types:
///
/// ```
/// use caas_metrics::{Timer, metrics};
/// use std::time::Duration;
///
/// metrics! {
///     /// Energy used in joules.
///     pub counter EnergyJoulesTotal<f64>;
///
///     /// Jobs that wait.
///     pub gauge JobsWaiting { queue: &str }
///
///     /// Jobs that run.
///     #[updown]
///     pub gauge JobsRunning;
///
///     /// How long a job takes, in seconds.
///     #[buckets(0.1, 1, 10, 60)]
///     pub histogram JobDurationSeconds { queue: &str }
///
///     /// The program that runs.
///     pub info BuildInfo { version: &str }
/// }
///
/// EnergyJoulesTotal.inc_by(0.5);
/// JobsWaiting { queue: "mail" }.set(12);
/// JobsRunning.inc();
/// JobDurationSeconds { queue: "mail" }.observe(Duration::from_millis(250));
/// BuildInfo { version: env!("CARGO_PKG_VERSION") }.set();
///
/// let timer = Timer::start();
/// // … the job …
/// JobsRunning.dec();
/// timer.observe(JobDurationSeconds { queue: "mail" });
/// ```
///
/// A value can be read, a series can be removed, and a handle saves the look-up:
///
/// ```
/// use caas_metrics::metrics;
///
/// metrics! {
///     /// Messages sent.
///     counter MessagesSentTotal { server: &str }
/// }
///
/// let sent = MessagesSentTotal { server: "a" }.child();
/// sent.inc_by(3);
/// assert_eq!(MessagesSentTotal { server: "a" }.get(), Some(3));
///
/// MessagesSentTotal { server: "a" }.remove();
/// MessagesSentTotal { server: "b" }.inc();
/// MessagesSentTotal::retain(|series| series.server == "b");
/// assert_eq!(MessagesSentTotal { server: "a" }.get(), None);
/// ```
///
/// The children that some labels pick are removed at once; `retain` keeps them instead:
///
/// ```
/// use caas_metrics::metrics;
///
/// metrics! {
///     /// Orders placed.
///     counter OrdersTotal { tenant: &str, country: &str }
/// }
///
/// OrdersTotal { tenant: "acme", country: "at" }.inc();
/// OrdersTotal { tenant: "acme", country: "de" }.inc();
/// OrdersTotal { tenant: "other", country: "at" }.inc();
/// assert_eq!(OrdersTotal::remove_matching(|labels| labels.tenant == "acme"), 2);
/// assert_eq!(OrdersTotal { tenant: "other", country: "at" }.get(), Some(1));
/// ```
///
/// Both look at each child of the family, and take its lock only for those that go. Where series are born
/// together, those that are picked go back to zero, unless all of them are. To remove a value's series from
/// all families, and keep late updates from bringing them back, there is [`Scope`](crate::Scope).
///
/// # Gauges that cannot leak
///
/// A gauge that is taken up by `inc` and down by `dec` stays up for good if a path is forgotten, a future is
/// dropped, or a panic comes between. `hold` returns a [`GaugeGuard`](crate::GaugeGuard) instead, which takes
/// the gauge down when it is dropped. `#[held]` leaves no other way:
///
/// ```
/// use caas_metrics::metrics;
///
/// metrics! {
///     /// Connections that are open.
///     #[held]
///     gauge ConnectionsOpen { server: &str }
///
///     /// Bytes in buffers.
///     #[held]
///     gauge BufferedBytes;
/// }
///
/// let connection = ConnectionsOpen { server: "a" }.hold();
/// let buffer = BufferedBytes.hold_by(4096);
/// assert_eq!((ConnectionsOpen { server: "a" }.get(), BufferedBytes.get()), (Some(1), Some(4096)));
/// drop((connection, buffer));
/// assert_eq!((ConnectionsOpen { server: "a" }.get(), BufferedBytes.get()), (Some(0), Some(0)));
/// ```
///
/// ```compile_fail,E0277
/// # caas_metrics::metrics! {
/// #     /// Connections that are open.
/// #     #[held]
/// #     gauge ConnectionsOpen { server: &str }
/// # }
/// ConnectionsOpen { server: "a" }.inc(); // this gauge is `#[held]`: it only goes up by `hold()`
/// ```
///
/// # Syntax
///
/// A block begins with settings, `namespace = "…";` and `crate = path;`. Families follow:
/// `pub counter Name { label: Type, … }` or `pub counter Name;`, with `gauge`, `histogram` or `info`
/// in place of `counter`, and `Name<f64>` for counters and gauges of floats. The name on the page is
/// the namespace and the family's name in snake case. A label's type is anything that implements
/// [`Label`](trait@crate::Label). Attributes of a family:
///
/// - `#[name = "…"]`: the metric's full name, instead of namespace and name in snake case
/// - `#[buckets(0.1, 0.5, 1)]`, `#[buckets(linear(start, width, count))]`,
///   `#[buckets(exponential(start, factor, count))]`: the upper bounds of a histogram. With a bound
///   below zero, OpenMetrics leaves out `_sum` and `_count`, because the sum can shrink; the text
///   format has them. `check` reports that, unless `#[legacy]` is there
/// - `#[native]`, `#[native(schema = 3, from = 1e-6, to = 1e5, max_buckets = 160)]`: the histogram is
///   native too, with eight buckets in each doubling; see [below](#native-histograms)
/// - `#[buckets(none)]` beside `#[native]`: no classic buckets. The text format and OpenMetrics then only
///   have that of `+Inf`
/// - `#[limit = 500]`: the most living series of a family with open labels; 2,000 by default
/// - `#[unit = "seconds"]`: the unit, where the name does not end in it
/// - `#[updown]`: a gauge that only moves by `inc` and `dec`; threads that share it do not slow each
///   other down
/// - `#[held]`: a gauge that only goes up by `hold()` and `hold_by(amount)`, whose guard takes it down again;
///   its threads do not slow each other down either
/// - `#[zeroed(label, …)]`: in a family with open labels, the series of these closed labels are born
///   together, at zero; `#[zeroed]` alone: those of all closed labels. A family with closed labels
///   only is then exported from the start, however many series it has
/// - `#[lazy]`: a family with closed labels only is not exported before its first event
/// - `#[exemplars]`: updates of a counter or a histogram leave exemplars, of the current trace or with
///   labels of yours; see [`exemplars`](crate::exemplars)
/// - `#[legacy(reason = "…")]`: the family must stay as it is, although its name breaks the naming
///   rules, a label is called `job` or `instance` like those of Prometheus' targets, or a bound is
///   below zero
/// - `#[cfg(…)]`, lint levels, `#[deprecated]` and `#[doc(…)]`, which are passed through
///
/// # Native histograms
///
/// ```
/// caas_metrics::metrics! {
///     /// Time to send a message in seconds.
///     #[native]
///     #[buckets(0.01, 0.1, 1)]
///     pub histogram SendSeconds { tenant: &str }
/// }
///
/// SendSeconds { tenant: "acme" }.observe(0.25);
/// ```
///
/// On a page in protobuf, such a series is one sample with up to 160 buckets, instead of a series for each
/// bound: any quantile is off by at most 4.4 %, and no bound has to be chosen. Classic buckets beside
/// them keep the other formats complete, and old dashboards alive.
///
/// **A server that scrapes native histograms no longer has the classic series**: queries of `…_bucket`,
/// `…_sum` and `…_count` return nothing, unless its scrape configuration says
/// `always_scrape_classic_histograms: true` (`scrape_classic_histograms` before Prometheus 3). So switch
/// dashboards and rules to `histogram_quantile(0.99, sum(rate(send_seconds[5m])))` first, or let it keep
/// both.
///
/// `schema` is the resolution, from -4 to 8: each step doubles the number of buckets. Values that are at
/// most as far from zero as `from`, rounded down to a power of two, are in the zero bucket; those
/// farther than `to`, rounded up, in the last one. If more than `max_buckets` of a series are in use, neighbours
/// are merged, which is exact. Values below zero have buckets of their own. A thread takes 128 bytes for
/// each two doublings in which it observes, and eight for each two of the range.
///
/// # Cost
///
/// An update is one load and one store in memory of its own thread, after the look-up. Labels that are
/// all closed are looked up by arithmetic; otherwise the values are hashed and compared, without a lock.
/// A thread's first update near a series takes memory. So does the first use of a label set, which
/// also takes a lock.
///
/// # What is refused
///
/// Names against Prometheus' rules, a missing help text, reserved or repeated labels, buckets that do
/// not increase, options that do not fit the type. All mistakes of a block are reported at once, each
/// where it is. A missing label, an unknown one or a value of a wrong type is rustc's own error:
///
/// ```compile_fail,E0560
/// use caas_metrics::metrics;
///
/// metrics! {
///     /// Requests.
///     counter RequestsTotal { status: u16 }
/// }
///
/// RequestsTotal { statsu: 200 }.inc();
/// ```
#[macro_export]
macro_rules! metrics {
    ($($block:tt)*) => { $crate::__private::metrics! { $crate; $($block)* } };
}

/// Makes a type a label: an enum without fields, or a struct with one field.
///
/// ```
/// use caas_metrics::{Label, metrics};
///
/// #[derive(Label, Clone, Copy)]
/// enum Reason {
///     WrongPassword,
///     Locked,
/// }
///
/// metrics! {
///     /// Logins refused.
///     counter LoginsRefusedTotal { reason: Reason }
/// }
///
/// LoginsRefusedTotal { reason: Reason::Locked }.inc();
/// // logins_refused_total{reason="wrong_password"} 0
/// // logins_refused_total{reason="locked"} 1
/// ```
///
/// Such an enum is a closed label: all its values are known, so they are exported at zero before the
/// first event, and look-ups are arithmetic. Texts are chosen for the enum or for a variant, and one
/// variant can take all texts that are not known:
///
/// ```
/// use caas_metrics::Label;
///
/// #[derive(Label, Clone, Copy, PartialEq, Debug)]
/// #[label(rename_all = "SCREAMING_SNAKE_CASE")]
/// enum Method {
///     Get,
///     #[label(rename = "M-SEARCH")]
///     Search,
///     #[label(other)]
///     Other,
/// }
///
/// assert_eq!(Method::Get.text().to_string(), "GET");
/// assert_eq!(Method::from_label("M-SEARCH"), Method::Search);
/// assert_eq!(Method::from_label("BREW"), Method::Other);
/// ```
///
/// A struct with one field has the texts of that field. It gives a plain string a name and a length:
///
/// ```
/// use caas_metrics::{Label, metrics};
///
/// #[derive(Label)]
/// #[label(max_bytes = 64)]
/// struct Tenant<'a>(&'a str);
///
/// metrics! {
///     /// Logins.
///     counter LoginsTotal { tenant: Tenant<'_> }
/// }
///
/// LoginsTotal { tenant: Tenant("blue") }.inc();
/// assert_eq!(LoginsTotal { tenant: Tenant("blue") }.get(), Some(1));
/// ```
///
/// Such a type also says which families have a label of its kind. So a [`Scope`](crate::Scope) can remove
/// the series of one value from all of them:
///
/// ```
/// use caas_metrics::{Label, Scope, metrics};
///
/// #[derive(Label)]
/// struct Peer(u64);
///
/// metrics! {
///     /// Messages received.
///     counter MessagesReceivedTotal { peer: Peer }
/// }
///
/// let peer = Scope::of(Peer(7));
/// MessagesReceivedTotal { peer: Peer(7) }.inc();
/// drop(peer);
/// assert_eq!(MessagesReceivedTotal { peer: Peer(7) }.get(), None);
/// ```
///
pub use caas_metrics_macros::Label;

/// Observes how long each call takes, in seconds, in a histogram.
///
/// ```
/// use caas_metrics::timed;
///
/// #[timed]
/// fn load(user: u64) -> String {
///     format!("user {user}")
/// }
///
/// load(7);
/// // function_duration_seconds_count{module="my_service",function="load"} 1
/// ```
///
/// With a histogram of your own, labels are taken from the arguments. An `async fn` is timed to its
/// end:
///
/// ```
/// use caas_metrics::{metrics, timed};
///
/// metrics! {
///     /// How long a page takes to render, in seconds.
///     #[buckets(0.001, 0.01, 0.1, 1)]
///     histogram RenderDurationSeconds { template: &str }
/// }
///
/// #[timed(RenderDurationSeconds { template: template })]
/// async fn render(template: &str) -> String {
///     format!("<h1>{template}</h1>")
/// }
/// ```
///
/// On an `impl` or `trait` block it times each function in it:
///
/// ```
/// use caas_metrics::{skip, timed};
///
/// struct Store(Vec<u64>);
///
/// #[timed]
/// impl Store {
///     fn sum(&self) -> u64 {
///         self.0.iter().sum()
///     }
///
///     #[skip]
///     fn len(&self) -> usize {
///         self.0.len()
///     }
/// }
/// ```
///
/// `on` picks the calls that are observed. Calls of both kinds are kept apart by two attributes:
///
/// ```
/// use caas_metrics::{metrics, timed};
///
/// metrics! {
///     /// How long it takes to answer, in seconds.
///     histogram AnswerDurationSeconds;
///
///     /// How long it takes to fail, in seconds.
///     histogram FailureDurationSeconds;
/// }
///
/// #[timed(AnswerDurationSeconds, on(ok))]
/// #[timed(FailureDurationSeconds, on(err, panic))]
/// fn answer(question: &str) -> Result<u32, std::num::ParseIntError> {
///     question.parse()
/// }
///
/// answer("42").unwrap();
/// assert_eq!(AnswerDurationSeconds.get().unwrap().count(), 1);
/// assert_eq!(FailureDurationSeconds.get().unwrap().count(), 0);
/// ```
///
/// # Exemplars
///
/// In a family with [`#[exemplars]`](crate::exemplars) an observation belongs to the trace that is current when
/// the call ends. Write this attribute above `#[tracing::instrument]`, so that it measures inside the function's
/// span; below that attribute, only the span of the caller is current. So it is for `#[counted]`.
///
/// # Cost
///
/// Two reads of the clock and one observation. In the built-in family a function has 9 series: a bucket
/// for each decade from 100 µs to 10 s, `+Inf`, sum and count.
///
pub use caas_metrics_macros::timed;

/// Counts each call when it ends, by how it ended.
///
/// ```
/// use caas_metrics::counted;
///
/// #[counted]
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// parse("42").unwrap();
/// parse("many").unwrap_err();
/// // function_calls_total{module="my_service",function="parse",outcome="ok"} 1
/// // function_calls_total{module="my_service",function="parse",outcome="err"} 1
/// // function_calls_total{module="my_service",function="parse",outcome="panic"} 0
/// ```
///
/// With a counter of your own, a label's value is an expression over the arguments, or `_` for how the
/// call ended:
///
/// ```
/// use caas_metrics::{Outcome, counted, metrics};
///
/// metrics! {
///     /// Logins.
///     counter LoginsTotal { tenant: &str, outcome: Outcome }
/// }
///
/// #[counted(LoginsTotal { tenant: tenant, outcome: _ })]
/// fn login(tenant: &str, password: &str) -> Result<u64, String> {
///     if password == "open" { Ok(7) } else { Err("wrong password".into()) }
/// }
///
/// login("blue", "open").unwrap();
/// login("blue", "shut").unwrap_err();
/// assert_eq!(LoginsTotal { tenant: "blue", outcome: Outcome::Err }.get(), Some(1));
/// ```
///
/// A closure takes the value from what was returned. `on` picks the calls, `by` adds more than one:
///
/// ```
/// use caas_metrics::{counted, metrics};
///
/// metrics! {
///     /// Pages made, by size.
///     counter PagesTotal { kilobytes: usize }
///
///     /// Bytes of all pages.
///     counter PageBytesTotal;
/// }
///
/// #[counted(PagesTotal { kilobytes: |page: &String| page.len() / 1024 }, on(ok))]
/// #[counted(PageBytesTotal, by = |page: &String| page.len() as u64, on(ok))]
/// fn page(words: usize) -> Result<String, std::fmt::Error> {
///     Ok("word ".repeat(words))
/// }
///
/// page(1_000).unwrap();
/// assert_eq!(PagesTotal { kilobytes: 4 }.get(), Some(1));
/// assert_eq!(PageBytesTotal.get(), Some(5_000));
/// ```
///
/// Labels of your own are made from the error by [`FromExit`](crate::FromExit):
///
/// ```
/// use caas_metrics::{Exit, FromExit, Label, counted, metrics};
/// use std::num::{IntErrorKind, ParseIntError};
///
/// #[derive(Label, Clone, Copy)]
/// enum Reason {
///     Empty,
///     Other,
/// }
///
/// impl FromExit<ParseIntError> for Reason {
///     fn from_exit(exit: Exit<'_, ParseIntError>) -> Self {
///         match exit {
///             Exit::Err(error) if *error.kind() == IntErrorKind::Empty => Self::Empty,
///             _ => Self::Other,
///         }
///     }
/// }
///
/// metrics! {
///     /// Numbers refused.
///     counter NumbersRefusedTotal { reason: Reason }
/// }
///
/// #[counted(NumbersRefusedTotal { reason: _ }, on(err))]
/// fn number(text: &str) -> Result<u32, ParseIntError> {
///     text.parse()
/// }
///
/// number("").unwrap_err();
/// assert_eq!(NumbersRefusedTotal { reason: Reason::Empty }.get(), Some(1));
/// ```
///
/// # Cost
///
/// One update of a counter. In the built-in family a function has 2 to 4 series, one for each ending
/// that it can have, at zero from the start.
///
pub use caas_metrics_macros::counted;

/// Counts the calls that have begun and not ended, in a gauge.
///
/// ```
/// use caas_metrics::in_flight;
///
/// #[in_flight]
/// async fn upload(file: &str) -> usize {
///     file.len()
/// }
/// // functions_in_flight{module="my_service",function="upload"} 0
/// ```
///
/// With a gauge of your own:
///
/// ```
/// use caas_metrics::{in_flight, metrics};
///
/// metrics! {
///     /// Uploads that run.
///     #[updown]
///     gauge UploadsInFlight { tenant: &str }
/// }
///
/// #[in_flight(UploadsInFlight { tenant: tenant })]
/// fn upload(tenant: &str) {
///     assert_eq!(UploadsInFlight { tenant }.get(), Some(1));
/// }
///
/// upload("blue");
/// assert_eq!(UploadsInFlight { tenant: "blue" }.get(), Some(0));
/// ```
///
/// # Cost
///
/// A [`GaugeGuard`](crate::GaugeGuard): one update up and one down, cheapest where the gauge has an open label
/// and `#[updown]` or `#[held]`. In the built-in family a function has one series.
///
pub use caas_metrics_macros::in_flight;

/// Leaves a function out of the attribute on its block.
///
/// ```
/// use caas_metrics::{counted, skip};
///
/// struct Account(i64);
///
/// #[counted]
/// impl Account {
///     fn deposit(&mut self, cents: i64) {
///         self.0 += cents;
///     }
///
///     #[skip]
///     fn balance(&self) -> i64 {
///         self.0
///     }
/// }
/// ```
///
pub use caas_metrics_macros::skip;
