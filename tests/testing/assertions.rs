//! What a failed `assert_metrics!` says, and where.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::Mutex,
};

use caas_metrics::{assert_metrics, testing};

caas_metrics::metrics! {
    namespace = "shop";

    /// Orders.
    counter OrdersTotal { kind: &str, paid: bool }

    /// Latency in seconds.
    histogram LatencySeconds { route: &str }

    /// Temperature in degrees Celsius.
    gauge TemperatureCelsius<f64>;

    /// Carts.
    gauge CartsOpen { shop: u16 }

    /// Parcels.
    counter ParcelsTotal { to: &str }
}

/// The message of an assertion that fails.
fn failure(assertion: impl FnOnce()) -> String {
    let panicked = panic::catch_unwind(AssertUnwindSafe(assertion)).expect_err("it fails");
    panicked.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn all_that_differs_is_reported_with_what_there_is() {
    let _metrics = testing::isolate();
    OrdersTotal { kind: "new", paid: true }.inc();
    for (kind, orders) in [("change", 2), ("cancel", 3), ("returned", 4), ("renew", 5)] {
        OrdersTotal { kind, paid: false }.inc_by(orders);
    }
    LatencySeconds { route: "/" }.observe(0.5);
    TemperatureCelsius.set(20.0);
    CartsOpen { shop: 7 }.set(-2);
    let message = failure(|| {
        assert_metrics! {
            OrdersTotal { kind: "new", paid: true } => 2,
            OrdersTotal { kind: "renew", paid: false } => 5,
            OrdersTotal { kind: "changed", paid: false } => 1,
            LatencySeconds { route: "/" } => count 1,
            LatencySeconds { route: "/" } => count 2, sum 0.5,
            LatencySeconds { route: "/" } => sum 0.75,
            LatencySeconds { route: "/x" } => count 1,
            TemperatureCelsius => 21.5,
            CartsOpen { shop: 7 } => none,
            ParcelsTotal { to: "a\"b" } => 1,
        }
    });
    assert_eq!(
        message,
        r#"these metrics differ:
  shop_orders_total{kind="new",paid="true"}: expected 2, found 1
  shop_orders_total{kind="changed",paid="false"}: expected 1, found no such series; the family has
    shop_orders_total{kind="change",paid="false"} 2
    shop_orders_total{kind="cancel",paid="false"} 3
    shop_orders_total{kind="renew",paid="false"} 5
    and 2 more
  shop_latency_seconds_count{route="/"}: expected 2, found 1
  shop_latency_seconds_sum{route="/"}: expected 0.75, found 0.5
  shop_latency_seconds_count{route="/x"}: expected 1, found no such series; the family has
    shop_latency_seconds_count{route="/"} 1
  shop_temperature_celsius: expected 21.5, found 20
  shop_carts_open{shop="7"}: expected none, found -2
  shop_parcels_total{to="a\"b"}: expected 1, found no such series; the family has none"#
    );
}

#[test]
fn changes_are_compared_since_a_snapshot() {
    let _metrics = testing::isolate();
    OrdersTotal { kind: "new", paid: true }.inc_by(10);
    CartsOpen { shop: 1 }.set(5);
    LatencySeconds { route: "/" }.observe(1.0);
    let before = testing::snapshot();
    OrdersTotal { kind: "new", paid: true }.inc_by(2);
    OrdersTotal { kind: "new", paid: false }.inc();
    CartsOpen { shop: 1 }.set(3);
    LatencySeconds { route: "/" }.observe(0.25);
    assert_metrics! {
        since before;
        OrdersTotal { kind: "new", paid: true } => 2,
        OrdersTotal { kind: "new", paid: false } => 1,
        OrdersTotal { kind: "never", paid: false } => 0,
        CartsOpen { shop: 1 } => -2,
        LatencySeconds { route: "/" } => count 1, sum 0.25,
        ParcelsTotal { to: "x" } => none,
    }
    OrdersTotal::clear();
    let message = failure(|| {
        assert_metrics! {
            since before;
            OrdersTotal { kind: "new", paid: true } => 1,
            CartsOpen { shop: 1 } => 0
        }
    });
    assert_eq!(
        message,
        "these metrics differ:\n  \
         shop_orders_total{kind=\"new\",paid=\"true\"}: expected a change of 1, found -10 (from 10 to none)\n  \
         shop_carts_open{shop=\"1\"}: expected a change of 0, found -2 (from 5 to 3)"
    );
}

#[test]
fn numbers_have_the_type_of_the_family_and_words_may_be_names() {
    let _metrics = testing::isolate();
    let (count, sum, none) = (6_000_000_000, 21.5, 3);
    ParcelsTotal { to: "far" }.inc_by(count);
    TemperatureCelsius.set(sum);
    CartsOpen { shop: 1 }.set(none);
    assert_metrics! {
        ParcelsTotal { to: "far" } => 6_000_000_000,
        ParcelsTotal { to: "far" } => count,
        TemperatureCelsius => sum,
        CartsOpen { shop: 1 } => { none },
    }
}

#[test]
fn a_failure_is_at_the_line_of_the_assertion() {
    static PLACE: Mutex<Option<(String, u32)>> = Mutex::new(None);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("asserts") {
            let place = info.location().map(|place| (place.file().to_owned(), place.line()));
            *PLACE.lock().unwrap() = place;
        } else {
            before(info);
        }
    }));
    let asserts = || {
        let _metrics = testing::isolate();
        assert_metrics! {
            ParcelsTotal { to: "near" } => 1,
        }
    };
    let line = line!() - 4;
    let failed = std::thread::Builder::new().name("asserts".into()).spawn(asserts).unwrap().join();
    assert!(failed.is_err());
    let (file, found) = PLACE.lock().unwrap().clone().expect("it has a place");
    assert!(file.ends_with("assertions.rs"), "{file}");
    assert_eq!(found, line);
}
