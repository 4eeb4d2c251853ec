//! What is not kept: the update counts, and the loss is counted.

use caas_metrics::{metrics, registry};

use super::{Says, exemplars, saying, trace, traces};

metrics! {
    namespace = "refused";

    /// Orders.
    #[exemplars]
    counter OrdersTotal { region: &str }

    /// Energy.
    #[exemplars]
    counter EnergyJoulesTotal<f64>;

    /// Time to wait in seconds.
    #[exemplars]
    histogram WaitSeconds;
}

/// How many exemplars were lost for a reason.
fn lost(reason: &str) -> f64 {
    let families = registry().gather();
    let family = families.iter().find(|it| it.name == "caas_metrics_exemplars_lost_total").unwrap();
    let child = family.children.iter().find(|child| child.labels[0].1 == reason).unwrap();
    let caas_metrics::sample::OwnedValue::Number(number) = &child.value else {
        panic!("a counter")
    };
    number.as_f64()
}

#[test]
fn labels_that_no_format_can_show_are_refused_and_counted() {
    let (fits, too_long) = ("x".repeat(120), "x".repeat(121));
    let bad: [&[(&str, &str)]; 5] = [
        &[("trace-id", "1")],
        &[("", "1")],
        &[("a", "1"), ("b", "2"), ("a", "3")],
        &[("trace_id", &too_long)],
        &[("trace_id", &fits), ("b", "")],
    ];
    let before = lost("labels");
    for labels in bad {
        OrdersTotal { region: "bad" }.inc_with_exemplar(labels);
    }
    assert_eq!(OrdersTotal { region: "bad" }.get(), Some(bad.len() as u64));
    assert_eq!(exemplars("refused_orders_total", "bad"), []);
    assert!(lost("labels") >= before + bad.len() as f64);
    OrdersTotal { region: "bad" }.inc_with_exemplar([("trace_id", fits.as_str())]);
    assert_eq!(exemplars("refused_orders_total", "bad").len(), 1, "a refused one takes no place");
}

#[test]
fn a_refused_update_leaves_none() {
    WaitSeconds.observe_with_exemplar(f64::NAN, trace(1));
    EnergyJoulesTotal.inc_by_with_exemplar(-1.0, trace(1));
    saying(Says::Trace(2), || WaitSeconds.observe(f64::INFINITY));
    assert_eq!(exemplars("refused_wait_seconds", ""), []);
    assert_eq!(exemplars("refused_energy_joules_total", ""), []);
}

#[test]
fn a_source_that_panics_costs_only_the_exemplar() {
    let before = lost("panic");
    let orders = OrdersTotal { region: "panic" }.child();
    saying(Says::Panics, || orders.inc());
    assert_eq!(OrdersTotal { region: "panic" }.get(), Some(1));
    assert_eq!(exemplars("refused_orders_total", "panic"), []);
    assert!(lost("panic") > before);
    saying(Says::Trace(3), || orders.inc());
    assert_eq!(traces(&exemplars("refused_orders_total", "panic")), [3], "it is asked again");
}
