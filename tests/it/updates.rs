//! Updates: what each one changes, and what is refused.

use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::{Child, Timer, metrics};

metrics! {
    namespace = "updates";

    /// Events.
    pub counter EventsTotal { kind: &str }

    /// Bytes that went out.
    pub counter SentBytesTotal<f64>;

    /// Jobs in the queue.
    pub gauge QueueLength { queue: &str }

    /// How full the queue is.
    pub gauge QueueRatio<f64>;

    /// Requests in flight.
    #[updown]
    pub gauge RequestsInFlight { route: &str }

    /// Load in flight.
    #[updown]
    pub gauge LoadInFlight<f64>;

    /// Time of a run in seconds.
    #[buckets(0.01, 0.05, 0.1, 0.5, 1, 5)]
    pub histogram RunSeconds { step: &str }

    /// Size of a page in bytes.
    #[buckets(linear(100, 100, 3))]
    pub histogram PageBytes;

    /// Refusals.
    #[buckets(1)]
    pub histogram FragileRatio;

    /// Fragile sum.
    pub counter FragileTotal<f64>;

    /// Fragile level.
    pub gauge FragileLevel<f64>;

    /// The build.
    pub info BuildInfo { version: &str }

    /// Time of the last success in seconds since the epoch.
    pub gauge LastSuccessTimestampSeconds;

    /// The same with a fraction.
    pub gauge LastTryTimestampSeconds<f64>;
}

fn refused(family: &str) -> u64 {
    let families = caas_metrics::registry().gather();
    let refused = families.iter().find(|f| f.name == "caas_metrics_refused_total").unwrap();
    let label = vec![("family".to_owned(), family.to_owned())];
    let sample = refused.children.iter().find(|s| s.labels == label).unwrap();
    match sample.value {
        caas_metrics::sample::OwnedValue::Number(n) => n.as_f64() as u64,
        _ => panic!("not a number"),
    }
}

#[test]
fn counter() {
    EventsTotal { kind: "a" }.inc();
    EventsTotal { kind: "a" }.inc_by(41);
    assert_eq!(EventsTotal { kind: "a" }.get(), Some(42));
    assert_eq!(EventsTotal { kind: "never" }.get(), None);
    EventsTotal { kind: "zero" }.init();
    assert_eq!(EventsTotal { kind: "zero" }.get(), Some(0));
    SentBytesTotal.inc();
    SentBytesTotal.inc_by(0.5);
    assert_eq!(SentBytesTotal.get(), Some(1.5));
}

#[test]
fn gauges() {
    let mail = QueueLength { queue: "mail" };
    mail.set(10);
    mail.inc();
    mail.inc_by(5);
    mail.dec();
    mail.dec_by(20);
    assert_eq!(mail.get(), Some(-5));
    QueueRatio.set(0.5);
    QueueRatio.dec_by(0.25);
    assert_eq!(QueueRatio.get(), Some(0.25));
}

#[test]
fn updown_gauges_add_over_threads() {
    let route = RequestsInFlight { route: "/" };
    route.inc_by(3);
    thread::spawn(|| RequestsInFlight { route: "/" }.dec_by(5)).join().unwrap();
    assert_eq!(route.get(), Some(-2));
    LoadInFlight.inc_by(1.5);
    thread::spawn(|| LoadInFlight.dec()).join().unwrap();
    assert_eq!(LoadInFlight.get(), Some(0.5));
}

#[test]
fn bounds_are_inclusive_and_durations_exact() {
    let run = RunSeconds { step: "bounds" };
    for bound in [0.01, 0.05, 0.1, 0.5, 1.0, 5.0] {
        run.observe(bound);
    }
    run.observe(5.000_001);
    assert_eq!(run.get().unwrap().buckets, [1; 7]);

    let run = RunSeconds { step: "durations" };
    for milliseconds in [10, 50, 100, 500, 1_000, 5_000] {
        run.observe(Duration::from_millis(milliseconds));
    }
    run.observe(Duration::from_secs(5) + Duration::from_nanos(1));
    let reading = run.get().unwrap();
    assert_eq!(reading.buckets, [1; 7]);
    assert_eq!(reading.sum, 11.660_000_001);
    assert_eq!(reading.count(), 7);
}

#[test]
fn negative_and_integer_observations() {
    PageBytes.observe(-5);
    PageBytes.observe(200_u64);
    PageBytes.observe(201.0_f32);
    PageBytes.observe(301);
    let reading = PageBytes.get().unwrap();
    assert_eq!(reading.buckets, [1, 1, 1, 1]);
    assert_eq!(reading.sum, 697.0);
}

#[test]
fn what_would_spoil_a_number_is_refused_and_counted() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        FragileRatio.observe(bad);
        FragileTotal.inc_by(bad);
        FragileLevel.inc_by(bad);
    }
    FragileTotal.inc_by(-1.0);
    FragileRatio.observe(0.5);
    FragileTotal.inc_by(2.0);
    FragileLevel.inc_by(3.0);
    let reading = FragileRatio.get().unwrap();
    assert_eq!((reading.count(), reading.sum), (1, 0.5));
    assert_eq!(FragileTotal.get(), Some(2.0));
    assert_eq!(FragileLevel.get(), Some(3.0));
    assert_eq!(refused("updates_fragile_ratio"), 3);
    assert_eq!(refused("updates_fragile_total"), 4);
    assert_eq!(refused("updates_fragile_level"), 3);
    // A gauge may be set to anything, and is healed by the next `set`.
    FragileLevel.set(f64::NAN);
    assert!(FragileLevel.get().unwrap().is_nan());
}

#[test]
fn timers() {
    let run = RunSeconds { step: "timers" };
    let began = Instant::now();
    {
        let _timer = run.start_timer();
        thread::sleep(Duration::from_millis(60));
    }
    run.start_timer().discard();
    let stopped = run.child().start_timer().stop();
    let timer = Timer::start();
    let observed = timer.observe(RunSeconds { step: "timers" });
    // The standard library's clock around all of it is the bound, however slow the machine is.
    let most = began.elapsed().as_secs_f64() * 1.01 + 0.001;
    let reading = run.get().unwrap();
    assert_eq!(reading.count(), 3);
    let slept = reading.sum - (stopped + observed).as_secs_f64();
    assert!(slept > 0.059, "{slept}");
    assert!(reading.sum < most, "{} of {most}", reading.sum);
}

#[test]
fn timer_observes_while_unwinding() {
    let run = RunSeconds { step: "panic" };
    let result = std::panic::catch_unwind(|| {
        let _timer = RunSeconds { step: "panic" }.start_timer();
        panic!("work failed");
    });
    assert!(result.is_err());
    assert_eq!(run.get().unwrap().count(), 1);
}

#[test]
fn info_and_times() {
    assert_eq!(BuildInfo { version: "1.0" }.get(), None);
    BuildInfo { version: "1.0" }.set();
    assert_eq!(BuildInfo { version: "1.0" }.get(), Some(1));
    LastSuccessTimestampSeconds.set_to_current_time();
    LastTryTimestampSeconds.set_to_current_time();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!((now - LastSuccessTimestampSeconds.get().unwrap() as f64).abs() < 5.0);
    assert!((now - LastTryTimestampSeconds.get().unwrap()).abs() < 5.0);
}

#[test]
fn child_is_a_small_copy_that_crosses_threads() {
    let child: Child<EventsTotal<'static>> = EventsTotal { kind: "child" }.child();
    let copy = child;
    thread::spawn(move || copy.inc_by(2)).join().unwrap();
    child.inc();
    assert_eq!(EventsTotal { kind: "child" }.get(), Some(3));
    assert!(size_of_val(&child) <= 16);
}

/// Updates while a thread's locals are torn down go to cells that all such threads share.
#[test]
fn update_in_a_thread_local_destructor() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            EventsTotal { kind: "destructor" }.inc();
        }
    }
    thread_local!(static LAST: Last = const { Last });
    for order in [false, true] {
        thread::spawn(move || {
            if order {
                EventsTotal { kind: "destructor" }.inc();
            }
            LAST.with(|_| ());
            EventsTotal { kind: "destructor" }.inc();
        })
        .join()
        .unwrap();
    }
    assert_eq!(EventsTotal { kind: "destructor" }.get(), Some(5));
}
