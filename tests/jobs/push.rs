//! Pushes to a real Pushgateway.

use std::process::Command;
use std::sync::Arc;

use caas_metrics::desc::Native;
use caas_metrics::push::{PushError, Pushgateway};
use caas_metrics::sample::{ChildSnapshot, FamilySnapshot, NativeCounts, OwnedValue};
use caas_metrics::{MetricType, Registry};

use crate::process::{TempDir, eventually, lacks, skip};
use crate::prometheus::{Labels, Prometheus};
use crate::pushgateway::{Gateway, PROGRAM};

/// A registry with gauges.
fn gauges(values: &'static [(&str, f64)]) -> Registry {
    let registry = Registry::new();
    registry.register(move || {
        let gauge =
            |(name, value): &(&str, f64)| FamilySnapshot::gauge(name, "A.").with(&[], *value);
        values.iter().map(gauge).collect::<Vec<_>>()
    });
    registry
}

/// The lines of a gateway that are not our own.
fn page(gateway: &Gateway) -> Vec<String> {
    let page = gateway.page();
    let lines =
        page.lines().filter(|it| !it.starts_with("caas_metrics_") && !it.starts_with("push_"));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_push_replaces_the_group_and_an_add_its_families() {
    if lacks("a_push_replaces_the_group_and_an_add_its_families", &[PROGRAM]) {
        return;
    }
    let gateway = Gateway::start();
    let first = Pushgateway::new(gateway.url(), "j").unwrap();
    let first = first.registry(gauges(&[("a_items", 1.0), ("b_items", 2.0)]));
    let second = first.clone().registry(gauges(&[("b_items", 3.0)]));
    let line = |name: &str, value: &str| format!("{name}{{instance=\"\",job=\"j\"}} {value}");

    first.push().unwrap();
    assert_eq!(page(&gateway), [line("a_items", "1"), line("b_items", "2")]);
    second.add().unwrap();
    assert_eq!(page(&gateway), [line("a_items", "1"), line("b_items", "3")]);
    second.push().unwrap();
    assert_eq!(page(&gateway), [line("b_items", "3")]);

    let other = Pushgateway::new(gateway.url(), "other").unwrap().registry(gauges(&[("c", 4.0)]));
    other.push().unwrap();
    second.delete().unwrap();
    eventually("the group is gone", || match &page(&gateway)[..] {
        [line] if line == "c{instance=\"\",job=\"other\"} 4" => Ok(()),
        lines => Err(format!("{lines:?}")),
    });
    second.delete().unwrap();
    assert!(!gateway.log().contains("level=error"), "{}", gateway.log());
}

/// Removes the only group, which the gateway does after it has answered.
fn delete(gateway: &Gateway, group: &Pushgateway) {
    group.delete().unwrap();
    eventually("the group is gone", || {
        let groups = gateway.groups();
        if groups.is_empty() { Ok(()) } else { Err(format!("{groups:?}")) }
    });
}

#[test]
fn every_text_can_be_a_grouping_value() {
    if lacks("every_text_can_be_a_grouping_value", &[PROGRAM]) {
        return;
    }
    let gateway = Gateway::start();
    let values = [
        "db-1",
        "",
        "/",
        "/var/tmp/",
        "a/b",
        ".",
        "..",
        " ",
        "a b",
        "100%",
        "%2F",
        "?x=1#y",
        "a+b&c",
        "Προμηθεύς",
        "日本",
        "\"q\"",
        "\\",
        "a\nb",
        "a@base64",
        "=",
        "~a",
        ";,:$!*'()",
        "\u{1F980}/\u{fffd}",
    ];
    for value in values {
        let at = || Pushgateway::new(gateway.url(), "j").unwrap();
        let group = at().grouping("v", value).unwrap().registry(gauges(&[("a", 1.0)]));
        group.push().unwrap_or_else(|error| panic!("{value:?}: {error}"));
        let expected = |labels: &[(&str, &str)]| -> Vec<Labels> {
            let labels =
                labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            vec![labels.collect()]
        };
        assert_eq!(gateway.groups(), expected(&[("job", "j"), ("v", value)]), "{value:?}");
        delete(&gateway, &group);
        if value.is_empty() {
            continue;
        }
        // The job's name too.
        let job = Pushgateway::new(gateway.url(), value).unwrap().registry(gauges(&[("a", 1.0)]));
        job.push().unwrap_or_else(|error| panic!("{value:?}: {error}"));
        assert_eq!(gateway.groups(), expected(&[("job", value)]), "{value:?}");
        delete(&gateway, &job);
    }
}

#[test]
fn a_label_of_the_group_in_a_family_is_an_error() {
    if lacks("a_label_of_the_group_in_a_family_is_an_error", &[PROGRAM]) {
        return;
    }
    let gateway = Gateway::start();
    let registry = Registry::new();
    registry.register(|| {
        let shards = FamilySnapshot::gauge("shard_items", "Items.");
        vec![shards.with(&[("shard", "")], 1.0).with(&[("shard", "1")], 2.0)]
    });
    let registry = Arc::new(registry);
    let at = |shard: &str| {
        let group = Pushgateway::new(gateway.url(), "j").unwrap().grouping("shard", shard).unwrap();
        group.registry(Arc::clone(&registry))
    };
    let error = at("2").push().unwrap_err();
    let PushError::Label { family, label, value, .. } = &error else { panic!("{error:?}") };
    assert_eq!([&**family, &**label, &**value], ["shard_items", "shard", "1"]);
    assert!(error.to_string().contains("`shard_items` has the label `shard=\"1\"`"), "{error}");
    assert_eq!(gateway.groups(), Vec::<Labels>::new());

    // Two series that the gateway would make one: it says so.
    let error = at("1").push().unwrap_err();
    let PushError::Refused { status: 400, message, .. } = &error else { panic!("{error:?}") };
    assert!(message.contains("was collected before"), "{message}");
    assert_eq!(page(&gateway), [""; 0]);
}

#[test]
fn the_gateways_reason_is_in_the_error() {
    if lacks("the_gateways_reason_is_in_the_error", &[PROGRAM]) {
        return;
    }
    let gateway = Gateway::start();
    let counter = Registry::new();
    counter.register(|| vec![FamilySnapshot::counter("items_total", "I.").with(&[], 1_u64)]);
    Pushgateway::new(gateway.url(), "a").unwrap().registry(counter).push().unwrap();
    let gauge = gauges(&[("items_total", 1.0)]);
    let error = Pushgateway::new(gateway.url(), "b").unwrap().registry(gauge).push().unwrap_err();
    let PushError::Refused { status: 400, message, .. } = &error else { panic!("{error:?}") };
    assert!(message.contains("inconsistent") && message.contains("items_total"), "{message}");
    assert_eq!(error.to_string(), format!("the gateway answered 400: {message}"));
}

/// Why protobuf is pushed.
#[test]
fn native_histograms_arrive_at_prometheus() {
    if lacks("native_histograms_arrive_at_prometheus", &[PROGRAM, "prometheus"]) {
        return;
    }
    let registry = Registry::new();
    registry.register(|| {
        // One in the zero bucket, three between 1 and 2, two between 4 and 8.
        let counts = NativeCounts::new(1, vec![3, 0, 2], vec![]);
        let mut native = FamilySnapshot::histogram("step_seconds", "Steps.", &[2.0]);
        native.native = Some(Native::new().with_schema(0).with_range(1.0, 16.0));
        let value = OwnedValue::histogram(vec![4, 2], 12.5).with_native(counts);
        native.children.push(ChildSnapshot::new(&[("step", "sort")], value));
        let summary = OwnedValue::summary(vec![(0.5, 1.5)], 9.0, 4);
        let mut waits = FamilySnapshot::new(MetricType::Summary, "wait_seconds", "Waits.");
        waits.push(&[], summary);
        vec![native, waits]
    });
    let gateway = Gateway::start();
    let group = Pushgateway::new(gateway.url(), "nightly").unwrap().registry(registry);
    group.push().unwrap();
    let prometheus = Prometheus::native(gateway.address);
    prometheus.expect("histogram_count(step_seconds{step='sort'})", 6.0);
    prometheus.expect("histogram_quantile(1, step_seconds{exported_job='nightly'})", 8.0);
    prometheus.expect("wait_seconds{quantile='0.5'}", 1.5);
    assert_eq!(prometheus.complaints(), [""; 0]);
}

#[test]
fn the_programs_own_families_arrive() {
    if lacks("the_programs_own_families_arrive", &[PROGRAM]) {
        return;
    }
    let gateway = Gateway::start();
    crate::ItemsTotal { outcome: "pushed" }.inc_by(3);
    for group in [
        Pushgateway::new(gateway.url(), "p").unwrap(),
        Pushgateway::new(gateway.url(), "t").unwrap().text(),
    ] {
        group.push().unwrap();
    }
    let page = gateway.page();
    for job in ["p", "t"] {
        let line =
            format!("jobs_items_total{{instance=\"\",job=\"{job}\",outcome=\"pushed\"}} 3\n");
        assert!(page.contains(&line), "{page}");
    }
    assert!(!gateway.log().contains("overlap"), "{}", gateway.log());
}

#[test]
fn a_gateway_may_have_a_path_and_a_password() {
    if lacks("a_gateway_may_have_a_path_and_a_password", &[PROGRAM]) {
        return;
    }
    // The first test vector of crypt_blowfish.
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let web = format!("basic_auth_users: {{backup: '{hash}'}}\n");
    let gateway = Gateway::with(&["--web.route-prefix=/tools/pg"], &web);
    let url = format!("{}/tools/pg/", gateway.url());
    let group = || Pushgateway::new(&url, "j").unwrap().registry(gauges(&[("a", 1.0)]));
    for group in [group(), group().basic_auth("backup", "wrong").unwrap()] {
        let error = group.push().unwrap_err();
        assert!(matches!(error, PushError::Refused { status: 401, .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("wrong"));
    }
    let group = group().basic_auth("backup", "U*U").unwrap();
    group.push().unwrap();
    group.delete().unwrap();
}

/// The certificate is trusted by a program that is started with it.
#[test]
fn a_gateway_may_have_a_certificate() {
    if lacks("a_gateway_may_have_a_certificate", &[PROGRAM]) {
        return;
    }
    let dir = TempDir::new("certificate");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let certify = |name: &str, more: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl
            .args(["req", "-x509", "-days", "2", "-subj", &format!("/CN={name}"), "-nodes"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-keyout", &path(&format!("{name}.key")), "-out", &path(&format!("{name}.pem"))])
            .args(more);
        openssl.output().is_ok_and(|output| output.status.success())
    };
    let (ca, key) = (path("ca.pem"), path("ca.key"));
    let name = "subjectAltName=DNS:localhost";
    let leaf =
        ["-CA", &ca, "-CAkey", &key, "-addext", name, "-addext", "basicConstraints=CA:FALSE"];
    if !certify("ca", &[]) || !certify("leaf", &leaf) {
        return skip("a_gateway_may_have_a_certificate", "openssl 3");
    }
    let web = format!(
        "tls_server_config: {{cert_file: {}, key_file: {}}}\n",
        path("leaf.pem"),
        path("leaf.key")
    );
    let gateway = Gateway::with(&[], &web);
    let url = format!("https://localhost:{}", gateway.address.port());

    let error = Pushgateway::new(&url, "j").unwrap().push().unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");

    let trusting = [("SSL_CERT_FILE", ca)];
    let ended = crate::ends::run("finish", &url, &trusting);
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
}
