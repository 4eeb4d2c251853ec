//! An induced failure leads to an alert and a notification, and its end to another notification.

use std::fs;

use rustix::process::Signal;

use crate::alerting::{Alerting, Notified};
use crate::config::deploy;
use crate::deploy::replace_durations;
use crate::load::Load;
use crate::pipeline::Pipeline;
use crate::process::{TempDir, lacks, within};
use crate::prometheus::Prometheus;
use crate::service::Service;

/// The shipped rules with other durations, everywhere: windows, `for`, intervals, and the names of
/// recorded series, which contain them. Thresholds are as shipped.
const HURRIED: [(&str, &str); 10] = [
    ("1m", "2s"),
    ("2m", "4s"),
    ("5m", "8s"),
    ("10m", "9s"),
    ("15m", "10s"),
    ("30m", "12s"),
    ("1h", "15s"),
    ("2h", "16s"),
    ("6h", "20s"),
    ("1d", "25s"),
];

#[test]
fn an_error_alert_fires_and_resolves() {
    if lacks("an_error_alert_fires_and_resolves", &["prometheus", "prometheus-alertmanager"]) {
        return;
    }
    let mut pipeline = Pipeline::start();
    let alerting = Alerting::start();
    let dir = TempDir::new("hurried");
    let rules = dir.path().join("alerts.yml");
    let shipped = fs::read_to_string(deploy().join("alerts.yml")).unwrap();
    fs::write(&rules, replace_durations(&shipped, &HURRIED)).unwrap();
    let mut config = pipeline.config(Some(alerting.address), None);
    config.rules(&rules);
    let prometheus = Prometheus::with(&config.0.to_string());
    let _load = Load::start(&pipeline, 40);

    // All is well for a while.
    let ratio = "sum(namespace_app:caas_http_failures_per_requests:ratio_rate15s{app='gateway'})";
    prometheus.expect(ratio, 0.0);
    prometheus.expect("count_over_time(up{app='gateway'}[1m]) >= bool 10", 1.0);
    assert_eq!(prometheus.query("ALERTS{alertname='CaasErrorBudgetBurn'}").len(), 0);

    // Without billing the gateway can't take messages in any more.
    let [address, admin] =
        [pipeline.billing.address, pipeline.billing.admin].map(|address| address.to_string());
    pipeline.billing.process.signal(Signal::KILL);
    pipeline.billing.process.exit();
    let is_ours = |alert: &&Notified| {
        alert.labels["alertname"] == "CaasErrorBudgetBurn"
            && alert.labels["app"] == "gateway"
            && alert.labels["window"] == "15s"
    };
    let wait_for = |status: &str| {
        within(60, status, || {
            let notified = alerting.notified();
            let found = notified.iter().filter(is_ours).find(|alert| alert.status == status);
            found.cloned().ok_or_else(|| format!("{notified:#?}"))
        })
    };
    let fired = wait_for("firing");
    assert_eq!(fired.receiver, "page");
    assert_eq!(fired.labels["severity"], "page");
    assert_eq!(fired.labels["namespace"], "caas");
    // The label of this Prometheus alone is left out, that of all its replicas is there.
    assert_eq!(
        (&fired.labels["replica"].is_null(), &fired.labels["cluster"]),
        (&true, &"caas-1".into())
    );
    let status = "max(caas_http_requests_total{app='gateway',status='503'})";
    assert!(prometheus.number(status) > Some(10.0));

    pipeline.billing = Service::start_at(&address, &admin, "billing", &[]);
    let resolved = wait_for("resolved");
    assert_eq!(resolved.labels, fired.labels);
    assert_eq!(resolved.receiver, "page");
}
