//! Exemplars: which are kept, for how long, and where they come from.

mod calls;
mod kept;
mod refused;
mod sources;

use std::cell::Cell;
use std::sync::Once;

use caas_metrics::exemplars::{TraceContext, set_source};
use caas_metrics::registry;
use caas_metrics::sample::{ChildSnapshot, Exemplar};

/// What the source of this program says on a thread.
#[derive(Clone, Copy)]
enum Says {
    Nothing,
    Trace(u64),
    /// It panics.
    Panics,
    /// It first does this.
    After(fn(), u64),
}

thread_local! {
    static SAYS: Cell<Says> = const { Cell::new(Says::Nothing) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

fn trace(number: u64) -> TraceContext {
    TraceContext::new(number.into(), number).expect("it is not zero")
}

/// Does something while the source says this.
fn saying<R>(says: Says, act: impl FnOnce() -> R) -> R {
    static SET: Once = Once::new();
    SET.call_once(|| set_source(source).expect("it is the only one"));
    SAYS.set(says);
    let result = act();
    SAYS.set(Says::Nothing);
    result
}

fn source() -> Option<TraceContext> {
    ASKED.set(ASKED.get() + 1);
    match SAYS.get() {
        Says::Nothing => None,
        Says::Trace(number) => Some(trace(number)),
        Says::Panics => panic!("on purpose"),
        Says::After(act, number) => {
            act();
            Some(trace(number))
        }
    }
}

fn in_trace<R>(number: u64, act: impl FnOnce() -> R) -> R {
    saying(Says::Trace(number), act)
}

/// The children of a family.
fn children(name: &str) -> Vec<ChildSnapshot> {
    let families = registry().gather();
    families.into_iter().find(|family| family.name == name).map_or(vec![], |family| family.children)
}

/// The exemplars of a family's child with this label value, or of its only child.
fn exemplars(name: &str, value: &str) -> Vec<Exemplar> {
    let is_it = |child: &ChildSnapshot| child.labels.iter().all(|(_, own)| own == value);
    children(name).into_iter().find(is_it).map_or(vec![], |child| child.exemplars)
}

/// The traces of these exemplars.
fn traces(exemplars: &[Exemplar]) -> Vec<u64> {
    let id = |exemplar: &Exemplar| {
        let (name, id) = exemplar.labels.first().expect("it has labels");
        assert_eq!((name.as_str(), id.len()), ("trace_id", 32));
        u64::from_str_radix(id, 16).expect("digits")
    };
    exemplars.iter().map(id).collect()
}
