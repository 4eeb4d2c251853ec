//! Who calls collectors, who waits for them, and what those that fail cost. Here are a collector that
//! stops where a test wants it to, and what the tests read from pages.

mod calls;
mod failures;
mod names;
mod over_http;

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::sample::{FamilySnapshot, Number, OwnedValue};
use caas_metrics::{CollectorOptions, Registry};

/// A limit for what happens soon, on a machine that has much else to do.
const SOON: Duration = Duration::from_secs(20);

/// A collector of the gauge `g`, which counts its calls. While it is shut, calls do not return.
#[derive(Clone)]
struct Gate(Arc<(Mutex<State>, Condvar)>);

struct State {
    /// The number of the last call that may return.
    last: u32,
    begun: u32,
    ended: u32,
}

/// Opens a gate in the end, so that no thread outlives its test.
struct Open(Gate);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open();
    }
}

impl Gate {
    fn new() -> (Self, Open) {
        let state = State { last: u32::MAX, begun: 0, ended: 0 };
        let gate = Self(Arc::new((Mutex::new(state), Condvar::new())));
        (gate.clone(), Open(gate))
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn shut(&self) {
        self.let_through(0);
    }

    /// Has calls return up to this one.
    fn let_through(&self, call: u32) {
        self.change(|state| state.last = call);
    }

    fn open(&self) {
        self.let_through(u32::MAX);
    }

    /// Waits until this many calls have begun.
    fn wait_for_calls(&self, calls: u32) {
        let state = self.0.0.lock().unwrap();
        let waited = self.0.1.wait_timeout_while(state, SOON, |state| state.begun < calls);
        assert!(!waited.unwrap().1.timed_out(), "{calls} calls have not begun");
    }

    fn calls(&self) -> u32 {
        self.0.0.lock().unwrap().begun
    }

    /// A call: returns its number as the gauge's value.
    fn collect(&self) -> Vec<FamilySnapshot> {
        let mut state = self.0.0.lock().unwrap();
        state.begun += 1;
        let number = state.begun;
        assert_eq!(state.begun, state.ended + 1, "two calls at the same time");
        self.0.1.notify_all();
        let mut state = self.0.1.wait_while(state, |state| number > state.last).unwrap();
        state.ended += 1;
        vec![FamilySnapshot::gauge("g", "Calls.").with(&[], f64::from(number))]
    }

    fn register(&self, registry: &Registry, options: CollectorOptions) {
        let gate = self.clone();
        registry.register_with(options, move || gate.collect());
    }
}

fn well() -> Vec<FamilySnapshot> {
    vec![FamilySnapshot::gauge("well", "Well.").with(&[], 1.0)]
}

/// The number of a series; none if it is not there.
fn number(families: &[FamilySnapshot], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let family = families.iter().find(|family| family.name == name)?;
    let is_it = |(label, value): &(String, String)| labels.contains(&(label, value));
    let mut samples = family.children.iter();
    let sample = samples.find(|it| it.labels.len() == labels.len() && it.labels.iter().all(is_it));
    match sample?.value {
        OwnedValue::Number(Number::Float(n)) => Some(n),
        OwnedValue::Number(number) => Some(number.as_f64()),
        _ => None,
    }
}

/// Waits until something is so.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[track_caller]
fn assert_soon(start: Instant) {
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

/// A deadline that no test reaches.
fn patient() -> CollectorOptions {
    CollectorOptions::new("gate").deadline(Duration::from_secs(1000))
}

/// Long enough for a call that does nothing, and short enough to wait for.
const SHORT: Duration = Duration::from_secs(1);

fn impatient() -> CollectorOptions {
    CollectorOptions::new("gate").deadline(SHORT)
}
