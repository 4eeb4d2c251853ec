//! What guards do while a program runs: panics, threads, memory.

use std::cell::RefCell;
use std::panic::{Location, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Barrier, Mutex};

use caas_metrics::{Label, LabelText, StoredLabel, counted, in_flight, metrics, timed};

use super::endings;

#[timed]
#[counted]
#[in_flight]
fn panics_with(payload: u32) -> u32 {
    if payload > 0 {
        std::panic::panic_any(payload);
    }
    payload
}

static SEEN: Mutex<Vec<(String, u32)>> = Mutex::new(Vec::new());

#[test]
fn panics_pass_untouched() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let location = info.location().map(Location::line).unwrap_or_default();
        if info.payload().downcast_ref() == Some(&77_u32) {
            let file = info.location().map_or("", Location::file).to_owned();
            SEEN.lock().unwrap().push((file, location));
        } else {
            previous(info);
        }
    }));
    let payload = catch_unwind(|| panics_with(77)).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&77_u32));
    assert_eq!(panics_with(0), 0);
    assert_eq!(endings!("panics_with"), "ok 1, panic 1");
    let seen = SEEN.lock().unwrap().clone();
    let line =
        include_str!("runtime.rs").lines().position(|line| line.contains("panic_any(payload)"));
    assert_eq!(seen, [(file!().to_owned(), line.unwrap() as u32 + 1)]);
    let rows = super::built_in("functions_in_flight", module_path!());
    let row = rows.iter().find(|row| row.0 == "panics_with").unwrap();
    assert_eq!(super::number(&row.2), 0);
}

#[timed]
#[counted]
#[in_flight]
fn in_a_destructor() {}

struct CallsWhenDropped;

impl Drop for CallsWhenDropped {
    fn drop(&mut self) {
        in_a_destructor();
    }
}

thread_local! {
    static FIRST: RefCell<Option<CallsWhenDropped>> = const { RefCell::new(None) };
}

#[test]
fn calls_in_thread_local_destructors() {
    for warm in [true, false] {
        std::thread::spawn(move || {
            FIRST.set(Some(CallsWhenDropped));
            if warm {
                in_a_destructor();
            }
        })
        .join()
        .unwrap();
    }
    assert_eq!(endings!("in_a_destructor"), "ok 3");
    assert_eq!(super::timed_calls(module_path!(), "in_a_destructor"), 3);
}

#[timed]
#[counted]
fn raced() {}

#[test]
fn first_calls_race() {
    let gate = Arc::new(Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let gate = Arc::clone(&gate);
            std::thread::spawn(move || {
                gate.wait();
                for _ in 0..1000 {
                    raced();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(endings!("raced"), "ok 8000");
    assert_eq!(super::timed_calls(module_path!(), "raced"), 8000);
}

/// A label whose text is made by code that is counted itself, in the same family.
struct Counts(u8);

impl Label for Counts {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        if self.0 > 0 {
            recursing(Counts(self.0 - 1));
        }
        LabelText::from(u32::from(self.0))
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

metrics! {
    namespace = "attribute_runtime";

    /// Calls by depth.
    counter DepthTotal { depth: Counts }
}

#[counted(DepthTotal { depth: Counts(depth.0) })]
#[allow(clippy::needless_pass_by_value)]
fn recursing(depth: Counts) {}

#[test]
fn labels_that_are_counted_themselves() {
    recursing(Counts(0));
    recursing(Counts(1));
    assert!(DepthTotal { depth: Counts(0) }.get() >= Some(2));
    assert_eq!(DepthTotal { depth: Counts(1) }.get(), Some(1));
}

mod twice {
    macro_rules! handler {
        ($module:ident) => {
            pub mod $module {
                #[caas_metrics::counted(name = "shared")]
                #[caas_metrics::timed(name = "shared")]
                pub fn handler() {}
            }
        };
    }
    handler!(first);

    #[caas_metrics::counted(name = "shared")]
    #[caas_metrics::timed(name = "shared")]
    pub fn one() {}

    #[caas_metrics::counted(name = "shared")]
    #[caas_metrics::timed(name = "shared")]
    pub fn other() {}
}

#[test]
fn equal_sites_are_summed() {
    twice::one();
    twice::other();
    twice::other();
    twice::first::handler();
    let module = concat!(module_path!(), "::twice");
    assert_eq!(super::how_calls_ended(module, "shared"), "ok 3");
    assert_eq!(super::timed_calls(module, "shared"), 3);
    assert_eq!(super::how_calls_ended(&format!("{module}::first"), "shared"), "ok 1");
    // Each series is on the page once.
    let mut page = Vec::new();
    caas_metrics::registry().encode(caas_metrics::Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let series = format!("module=\"{module}\",function=\"shared\",outcome=\"ok\"");
    assert_eq!(page.lines().filter(|line| line.contains(&series)).count(), 1);
}

#[counted]
#[timed]
#[in_flight]
fn never_called() -> Result<(), ()> {
    Ok(())
}

/// A site is on the page before its first call.
#[test]
fn sites_are_seen_at_zero() {
    let _: fn() -> Result<(), ()> = never_called;
    let rows = super::built_in("function_calls_total", module_path!());
    let rows: Vec<_> = rows.iter().filter(|row| row.0 == "never_called").collect();
    let shown: Vec<_> = rows.iter().map(|row| (row.1.as_str(), super::number(&row.2))).collect();
    assert_eq!(shown, [("ok", 0), ("err", 0), ("panic", 0)]);
    for family in ["function_duration_seconds", "functions_in_flight"] {
        let rows = super::built_in(family, module_path!());
        let row = rows.iter().find(|row| row.0 == "never_called").expect(family);
        assert_eq!(super::number(&row.2), 0);
    }
}

metrics! {
    namespace = "attribute_guards";

    /// Calls by path.
    counter PathsTotal { path: &str }

    /// Time by path in seconds.
    histogram PathSeconds { path: &str }

    /// Calls that run, by path.
    gauge PathsRunning { path: &str }
}

/// The guards that the attributes put in front of bodies, as their expansion makes them.
#[test]
fn guards_are_small() {
    use caas_metrics::__private::{self as private, Phase, endings};

    // A site has the slots of its measure: a guard of another one would write into its neighbour's.
    const FUNCTION: private::Function = private::named("guards_are_small");
    static CALLS: private::Site = private::calls_site("guards", FUNCTION, endings::NONE);
    static DURATION: private::Site = private::duration_site("guards", FUNCTION);
    static IN_FLIGHT: private::Site = private::flight_site("guards", FUNCTION);

    let path = "/";
    let sizes = [
        ("duration", size_of_val(&DURATION.__caas_duration())),
        ("flight", size_of_val(&IN_FLIGHT.__caas_flight())),
        ("calls", size_of_val(&CALLS.__caas_calls(Phase::Runs))),
        ("timed", size_of_val(&private::timed(PathSeconds { path }, private::EachCall))),
        ("counted", size_of_val(&private::counted(PathsTotal { path }, private::EachCall))),
        ("in_flight", size_of_val(&private::in_flight(PathsRunning { path }, private::EachCall))),
        (
            "on",
            size_of_val(&private::on(
                private::counted(PathsTotal { path }, private::EachCall),
                endings::OK,
                Phase::Runs,
            )),
        ),
    ];
    for (guard, size) in sizes {
        assert!(size <= 24, "{guard} has {size} bytes");
    }
}
