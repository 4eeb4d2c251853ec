//! Several versions of Prometheus scrape one gateway in each format, and all see the same.
//!
//! The newer ones are those of `servers/install.sh`. Not here: start times.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Value, json};

use crate::http::{escape, request};
use crate::process::{eventually, lacks, say, version};
use crate::prometheus::{Labels, Prometheus, Start, labels};
use crate::server::Server;
use crate::service::Service;
use crate::version::Version;
use crate::{OPENMETRICS, send_requests};

/// The system's one, and those that `servers/install.sh` gets.
pub const PROGRAMS: [&str; 4] =
    ["prometheus", "prometheus-2.53", "prometheus-3.5", "prometheus-3.16"];

/// The jobs of a server, one a format, and what Prometheus calls the format.
const FORMATS: [(&str, &str); 3] = [
    ("text", "PrometheusText0.0.4"),
    ("openmetrics", "OpenMetricsText1.0.0"),
    ("protobuf", "PrometheusProto"),
];

/// All but what changes with each scrape.
const NAMES: &str = "__name__=~'(caas|function)_.*', __name__!~'caas_metrics_.*'";

#[test]
fn all_versions_see_the_same_in_all_formats() {
    if lacks("all_versions_see_the_same_in_all_formats", &PROGRAMS) {
        return;
    }
    let gateway = Service::start("gateway", &[]);
    send_requests(&gateway);
    let relays =
        [relay(gateway.admin, "text/plain;version=0.0.4"), relay(gateway.admin, OPENMETRICS)];
    let servers = PROGRAMS.map(|program| scrape(program, gateway.admin, &relays));
    for (program, prometheus) in PROGRAMS.iter().zip(&servers) {
        let version = version(program);
        say(&format!("{program} is {}.{}", version.0, version.1));
        for (job, _) in FORMATS {
            // Before 2.45 a histogram with native buckets has no others.
            let has_classic = job != "protobuf" || version.classic_option().is_some();
            let at = format!("{program}, {job}");
            eventually(&at, || same_series(prometheus, job, &page(&gateway), has_classic));
            assert_native(prometheus, job, has_classic, &at);
            assert_exemplars(prometheus, job, &gateway, &at);
        }
        let lost = "scrape_samples_scraped != scrape_samples_post_metric_relabeling";
        for promql in [lost, "up == 0 or min_over_time(up[5m]) == 0"] {
            assert_eq!(prometheus.query(promql), BTreeMap::new(), "{program}: {promql}");
        }
        assert_eq!(prometheus.complaints(), [""; 0], "{program}");
    }
}

/// Starts a server with a job for each format, which all take what the format has.
fn scrape(program: &'static str, gateway: SocketAddr, relays: &[Server; 2]) -> Prometheus {
    let version = version(program);
    let jobs = FORMATS.map(|(name, protocol)| {
        let mut job = json!({ "job_name": name });
        let mut target = gateway;
        if version >= Version(2, 49) {
            job["scrape_protocols"] = json!([protocol]);
        } else if let Some(relay) = FORMATS.iter().zip(relays).find(|(f, _)| f.0 == name) {
            target = relay.1.address; // else it asks for protobuf, since it takes native histograms
        }
        job["static_configs"] = json!([{ "targets": [target] }]);
        if let Some(option) = version.classic_option() {
            job[option] = json!(true);
        }
        if version >= Version(3, 8) {
            job["scrape_native_histograms"] = json!(true);
        }
        job
    });
    let native = version < Version(3, 8);
    let features = if native { "exemplar-storage,native-histograms" } else { "exemplar-storage" };
    let global = json!({ "scrape_interval": "1s", "scrape_timeout": "900ms" });
    let config = json!({ "global": global, "scrape_configs": jobs });
    Prometheus::run(Start { program, features: features.to_owned() }, &config.to_string())
}

/// Passes a page on, always in one format: a server from before `scrape_protocols` cannot choose.
fn relay(gateway: SocketAddr, accept: &'static str) -> Server {
    let page = move || request(gateway, "GET", "/metrics", &[("accept", accept)], "");
    let answer = async move || {
        let page = tokio::task::spawn_blocking(page).await.unwrap();
        let head = page.head.to_lowercase();
        let format = head.lines().find_map(|line| line.strip_prefix("content-type: "));
        ([(CONTENT_TYPE, format.unwrap().to_owned())], page.body)
    };
    Server::start(Router::new().route("/metrics", get(answer)))
}

type Series = BTreeMap<Labels, f64>;

/// What the page says in the text format.
fn page(gateway: &Service) -> Series {
    let page = crate::http::get(gateway.admin, "/metrics").body;
    page.lines().filter(|line| !line.starts_with('#')).map(sample).collect()
}

/// Reads a line whose label values have no escapes, as those of the gateway.
fn sample(line: &str) -> (Labels, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, list) = series.split_once('{').unwrap_or((series, "}"));
    let pairs = list.strip_suffix('}').unwrap().split("\",").filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (label, value) = pair.split_once("=\"").unwrap();
        (label.to_owned(), value.trim_end_matches('"').to_owned())
    });
    let name = ("__name__".to_owned(), name.to_owned());
    (pairs.chain([name]).collect(), value.parse().unwrap())
}

/// Whether a job has all series of the page and no others, with the values of the page.
fn same_series(
    prometheus: &Prometheus,
    job: &str,
    page: &Series,
    has_classic: bool,
) -> Result<(), String> {
    let native = prometheus.native_series(&format!("{{job='{job}', {NAMES}}}"));
    let native: BTreeSet<&str> = native.iter().map(|labels| labels["__name__"].as_str()).collect();
    let is_kept = |labels: &Labels| {
        let name = labels["__name__"].as_str();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        has_classic || !family.is_some_and(|family| native.contains(family))
    };
    let is_compared = |labels: &Labels| {
        let name = &labels["__name__"];
        (name.starts_with("caas_") && !name.starts_with("caas_metrics_"))
            || name.starts_with("function_")
    };
    let expected: Series = page
        .iter()
        .filter(|(l, _)| is_compared(l) && is_kept(l))
        .map(|(l, v)| (l.clone(), *v))
        .collect();
    let found = prometheus.query(&format!("{{job='{job}', {NAMES}}}"));
    let found: Series = found.into_iter().map(|(l, value)| (l, value.parse().unwrap())).collect();
    if found != expected {
        let of = |a: &Series, b: &Series| -> Vec<_> {
            a.iter().filter(|(l, v)| b.get(*l) != Some(*v)).map(|(l, v)| (l.clone(), *v)).collect()
        };
        let (missing, more) = (of(&expected, &found), of(&found, &expected));
        return Err(format!("not there: {missing:?}, only there: {more:?}"));
    }
    // Our own families too, whose values differ from scrape to scrape.
    let all = page.keys().filter(|labels| is_kept(labels)).count();
    let native = prometheus.native_series(&format!("{{job='{job}'}}")).len();
    let scraped = prometheus.number(&format!("scrape_samples_scraped{{job='{job}'}}"));
    if scraped == Some((all + native) as f64) {
        Ok(())
    } else {
        Err(format!("{scraped:?} samples instead of {all} + {native}"))
    }
}

/// Native histograms come with protobuf only. They have the count and sum of the classic ones, and
/// each quantile is in the bucket in which it is there.
fn assert_native(prometheus: &Prometheus, job: &str, has_classic: bool, at: &str) {
    for family in ["caas_request_duration_seconds", "function_duration_seconds"] {
        let native = prometheus.native_series(&format!("{family}{{job='{job}'}}"));
        assert_eq!(native.is_empty(), job != "protobuf", "{at}: {family}: {native:?}");
        if native.is_empty() || !has_classic {
            continue;
        }
        let h = format!("{family}{{job='{job}'}}");
        let classic = |part: &str| format!("{family}{part}{{job='{job}'}}");
        let none = |promql: &str| {
            assert_eq!(prometheus.query(promql), BTreeMap::new(), "{at}: {promql}");
        };
        none(&format!("histogram_count({h}) != {}", classic("_count")));
        none(&format!("abs(histogram_sum({h}) - {}) > 1e-12", classic("_sum")));
        for quantile in [0.1, 0.5, 0.9, 0.99] {
            let native = prometheus.query(&format!("histogram_quantile({quantile}, {h})"));
            let buckets = prometheus.query(&classic("_bucket"));
            for (series, value) in native {
                let value: f64 = value.parse().unwrap();
                if value.is_nan() {
                    continue; // nothing has been observed
                }
                let (low, high) = bucket_of(&buckets, &series, quantile);
                // A native bucket spans 2^(1/8) at the finest; it may straddle a classic bound.
                let is_close = value >= low / 1.1 && value <= high * 1.1;
                assert!(is_close, "{at}: {family}, {quantile}: {value} not in {low}..{high}");
            }
        }
    }
}

/// The bounds of the classic bucket that a quantile of a series is in.
fn bucket_of(buckets: &BTreeMap<Labels, String>, series: &Labels, quantile: f64) -> (f64, f64) {
    let bound = |labels: &Labels| labels["le"].parse::<f64>().unwrap();
    let own =
        buckets.iter().filter(|(labels, _)| series.iter().all(|(n, v)| labels.get(n) == Some(v)));
    let mut own: Vec<(f64, f64)> =
        own.map(|(l, count)| (bound(l), count.parse().unwrap())).collect();
    own.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rank = quantile * own.last().expect("the series has classic buckets").1;
    let place = own.iter().position(|(_, count)| *count >= rank).unwrap();
    (if place == 0 { 0.0 } else { own[place - 1].0 }, own[place].0)
}

/// The traces that the page has for durations are those that the server has kept; text has none.
fn assert_exemplars(prometheus: &Prometheus, job: &str, gateway: &Service, at: &str) {
    let page = request(gateway.admin, "GET", "/metrics", &[("accept", OPENMETRICS)], "").body;
    let traces =
        page.lines().filter(|line| line.starts_with("caas_request_duration_seconds_bucket"));
    let traces = traces.filter_map(|line| line.split("trace_id=\"").nth(1)?.split('"').next());
    let traces: BTreeSet<String> = traces.map(str::to_owned).collect();
    assert!(!traces.is_empty(), "{page}");
    let expected = if job == "text" { BTreeSet::new() } else { traces };

    let selector = format!("{{__name__=~'caas_request_duration_seconds(_bucket)?', job='{job}'}}");
    let path = format!("query_exemplars?query={}&start=0&end=4102444800", escape(&selector));
    eventually(&format!("{at}: exemplars"), || {
        let answer = prometheus.api(&path);
        let series = answer.as_array().unwrap().iter();
        let exemplars = series.flat_map(|series| series["exemplars"].as_array().unwrap());
        let traces = exemplars.map(|exemplar| trace(&exemplar["labels"]));
        let found: BTreeSet<String> = traces.collect();
        if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
    });
}

fn trace(exemplar: &Value) -> String {
    labels(exemplar)["trace_id"].clone()
}
