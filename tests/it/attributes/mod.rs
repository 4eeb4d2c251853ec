//! `#[timed]`, `#[counted]`, `#[in_flight]`: they fit every function, and each call is recorded
//! once.
//!
//! The list below has what broke attributes of other crates, and the tests that keep it from breaking
//! these. A name in backticks is a test in this folder, as another test checks; `ui` is
//! `tests/ui/attributes`, `body` is `tests/ui/body`, `hygiene` is the crates in `tests/hygiene`,
//! `crates` is `tests/attributes_on_crates.py`, which annotates published crates.
//!
//! | what | where |
//! |---|---|
//! | **1. Return types and values** | |
//! | 1.1–1.3 `impl Trait`, nested, with `use<…>` | `impl_trait_is_erased_at_every_depth` |
//! | 1.4 unnameable closures | `closures_are_returned` |
//! | 1.5, 1.6 reborrows, lifetimes from arguments | `reborrows_are_returned` |
//! | 1.7 unsizing at return | `values_are_coerced_to_the_return_type` |
//! | 1.8 inference from the return type | `the_return_type_drives_inference` |
//! | 1.9 `-> !` | `never_returns` |
//! | 1.10 diverging tails | `bodies_may_diverge` |
//! | 1.11 unit | `unit_is_not_bound` |
//! | 1.12 aliases of `Result`, types called so | `results_are_told_by_type`, `results_in_other_types` |
//! | 1.13 associated types, `Self` | `associated_types_are_returned` |
//! | 1.14 values that borrow | `reborrows_are_returned` |
//! | 1.15 errors without any trait | `errors_need_no_traits` |
//! | 1.16 `#[must_use]` | the attribute stays: `attributes_compose` |
//! | **2. Control flow** | |
//! | 2.1–2.4 `return`, in macros, `?`, labels, `let else` | `every_way_out_is_counted_once` |
//! | 2.5 precedence | the body stays in its braces: `every_way_out_is_counted_once` |
//! | 2.6 temporaries of the tail | `temporaries_of_the_tail_live_as_long_as_before` |
//! | 2.7, 2.8 macros in the body, `self` in them | `macros_in_bodies_see_their_tokens` |
//! | 2.9 items in the body | `items_stay_in_front`, hygiene |
//! | 2.10 inner attributes | `inner_attributes_stay_first` |
//! | 2.11 `select!`, `join!` | `select_and_join` |
//! | 2.12 generator-like bodies | only the making of the stream is measured, as the docs of `timed` say |
//! | 2.13 recursion | `recursion_counts_each_call` |
//! | 2.14 servers that never return | `in_flight_counts_what_has_not_ended` |
//! | **3. Arguments** | |
//! | 3.1, 3.2 `mut`, patterns | `arguments_keep_their_patterns` |
//! | 3.3 when arguments are dropped | `arguments_are_dropped_in_the_same_order` |
//! | 3.4 `_x` is not used by us | hygiene: `clippy::used_underscore_binding` |
//! | 3.5 re-assigned arguments | `reassigned_arguments` |
//! | 3.6 arguments move into the future | `futures_own_their_arguments` |
//! | 3.7 `#[cfg]` on arguments | `attributes_of_arguments_stay` |
//! | 3.8 receivers | `receivers_of_every_kind` |
//! | 3.9 metrics in `self` | families are statics: nothing to test |
//! | 3.10 partial moves | `partial_moves` |
//! | 3.11 raw identifiers | `raw_identifiers` |
//! | 3.12, 3.13 `impl Trait`, `dyn`, unsized | `arguments_of_every_kind` |
//! | 3.14 variadics | can't be defined on stable Rust |
//! | 3.15 unknown options | ui: `arguments/unknown.rs` |
//! | 3.16 labels that borrow what the body moves | `early_labels_of_moved_arguments` |
//! | **4. Generics, traits, items** | |
//! | 4.1, 4.2 const generics, `where`, lifetimes | `generics_of_every_kind` |
//! | 4.3 a static is shared by all instances | `instances_count_apart` |
//! | 4.4 methods of traits | `trait_implementations` |
//! | 4.5 methods without body | ui: `place/wrong_items.rs`; skipped in `whole_blocks` |
//! | 4.6 default methods | `default_methods_count_by_implementor` |
//! | 4.7 `default fn` | unstable; the qualifier is passed on unread |
//! | 4.8 whole blocks | `whole_blocks` |
//! | 4.9, 4.10 functions made by macros | `functions_made_by_macros` |
//! | 4.11 several attributes | `attributes_compose` |
//! | 4.12 `Drop`, `Deref` | `destructors_and_operators` |
//! | **5. Qualifiers and other attributes** | |
//! | 5.1 `const fn` | ui: `place/const_fn.rs`; skipped in `whole_blocks` |
//! | 5.2, 5.3 `unsafe`, `extern`, `async unsafe` | `qualifiers` |
//! | 5.4 `#[track_caller]` | `the_caller_is_still_seen` |
//! | 5.5–5.7 `#[inline]`, `#[target_feature]`, `#[no_mangle]` | `other_attributes_stay` |
//! | 5.8 `#[cfg]`, `cfg_attr` | `conditional_functions` |
//! | 5.9 docs | hygiene: `missing_docs`; nothing is added |
//! | 5.10 `#[deprecated]`, `#[expect]` | `other_attributes_stay` |
//! | 5.11 `#[test]`, `#[tokio::test]` | `tokio_test_above`, `tokio_test_below` |
//! | 5.12, 5.13 `#[async_trait]` | `async_trait_in_either_order`, `patterns_of_async_trait_are_in_scope` |
//! | 5.14 futures written by hand | `futures_written_by_hand`, `returned_futures_are_measured_to_their_end` |
//! | 5.15 `#[naked]` and the like | ui: `place/special_functions.rs` |
//! | **6. Async** | |
//! | 6.1, 6.8 `Send` | `futures_stay_send` |
//! | 6.2 errors about `Send` | they are rustc's, at the user's await: body |
//! | 6.3–6.5 cancelled, never polled, panics | `a_dropped_future_is_cancelled`, `a_future_never_polled_is_no_call`, `panics_while_polled` |
//! | 6.6, 6.7 size of futures | `futures_grow_by_the_guard` |
//! | 6.9 `async fn` in traits | `async_functions_in_traits` |
//! | 6.10 `async` closures as arguments | `arguments_of_every_kind` |
//! | 6.11 lints of async code | hygiene |
//! | 6.12 what is timed | `time_runs_from_the_first_poll` |
//! | 6.13 callers | not tracked |
//! | 6.14 other threads | `spawned_on_other_threads` |
//! | **7. Hygiene** | |
//! | 7.1–7.7 names, preludes, macros | hygiene, `names_of_ours_are_free` |
//! | 7.8 renamed dependency | hygiene |
//! | 7.9 editions | hygiene |
//! | 7.10 imported under another name | `attributes_under_other_names` |
//! | 7.11 imports | hygiene: `unused_imports` |
//! | 7.12 features | the expansion does not depend on any |
//! | 7.13 versions | the dependency is exact: `Cargo.toml` |
//! | 7.14 `no_std` | expansions name `__private` only: hygiene |
//! | **8. Lints** | hygiene, crates |
//! | **9. Diagnostics and tools** | |
//! | 9.1, 9.3, 9.5 errors in bodies | body |
//! | 9.2 spans of ours on tokens of theirs | only the call of the guard is at the family, so that rustc's errors are |
//! | 9.4 unfinished bodies | ui: `place/unfinished.rs` |
//! | 9.6–9.8 coverage, lines, names | `the_body_keeps_its_lines_and_names`: the body's tokens keep their spans |
//! | 9.9 docs | everything is inside of the body |
//! | 9.10 panics of the macro | unit tests of the macro crate damage its input |
//! | 9.11 compile time | the benchmarks |
//! | 9.12, 9.13 environment, counters | a macro is a pure function of its tokens |
//! | 9.14 minimal versions | two dependencies, both at their current version |
//! | **10. Run time** | |
//! | 10.1 panics | `panics_pass_untouched` |
//! | 10.2 thread-local destruction | `calls_in_thread_local_destructors` |
//! | 10.3 `abort`, `forget` | not recorded; documented |
//! | 10.4 foreign threads | no lock, no allocation after first use: `tests/allocations/` |
//! | 10.5 races of first calls | `first_calls_race` |
//! | 10.6 instrumented code inside of the recorder | `labels_that_are_counted_themselves` |
//! | 10.7 clocks | `Instant` saturates |
//! | 10.8 two declarations | `equal_sites_are_summed` |
//! | 10.9 stack | `guards_are_small` |
//! | 10.10 order of drops | `arguments_are_dropped_in_the_same_order` |
//! | 10.11 disabled at run time | there is no such switch |
//! | **11. Real crates** (N1–N18) | crates; N16 `futures_grow_by_the_guard`, N17 the benchmarks |

mod arguments;
mod bodies;
mod calls;
mod futures;
mod generics;
mod items;
mod labels;
mod polled;
mod returned_futures;
mod runtime;
mod values;

use caas_metrics::sample::{FamilySnapshot, OwnedValue};

/// The children of a built-in family in this module's functions, by `function` and `outcome`.
fn built_in(family: &str, module: &str) -> Vec<(String, String, OwnedValue)> {
    let families = caas_metrics::registry().gather();
    let family = families.into_iter().find(|found| found.name == family);
    let samples = family.map_or_else(Vec::new, |family: FamilySnapshot| family.children);
    let rows = samples.into_iter().filter_map(|sample| {
        let label = |name: &str| {
            let found = sample.labels.iter().find(|(label, _)| label == name);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        let row = (label("function"), label("outcome"), sample.value.clone());
        (label("module") == module).then_some(row)
    });
    rows.collect()
}

fn number(value: &OwnedValue) -> u64 {
    match value {
        OwnedValue::Number(number) => number.as_f64() as u64,
        OwnedValue::Histogram { buckets, .. } => buckets.iter().sum(),
        other => panic!("no family of ours has {other:?}"),
    }
}

/// How the calls of a function ended so far: `ok 2, err 1`.
fn how_calls_ended(module: &str, function: &str) -> String {
    let rows = built_in("function_calls_total", module);
    let count = |outcome: &str| {
        let row = rows.iter().find(|row| row.0 == function && row.1 == outcome)?;
        let count = number(&row.2);
        (count > 0).then(|| format!("{outcome} {count}"))
    };
    let outcomes = ["ok", "err", "panic", "cancelled", "unknown"];
    outcomes.into_iter().filter_map(count).collect::<Vec<_>>().join(", ")
}

/// How many calls of a function were timed so far.
fn timed_calls(module: &str, function: &str) -> u64 {
    let rows = built_in("function_duration_seconds", module);
    rows.iter().filter(|row| row.0 == function).map(|row| number(&row.2)).sum()
}

/// The functions of a module that a built-in family shows.
fn functions(family: &str, module: &str) -> Vec<String> {
    let mut names: Vec<_> = built_in(family, module).into_iter().map(|row| row.0).collect();
    names.dedup();
    names
}

macro_rules! endings {
    ($function:expr) => {
        super::how_calls_ended(module_path!(), $function)
    };
}
use endings;

/// The table above names tests that exist.
#[test]
fn the_table_names_tests() {
    let files = [
        include_str!("arguments.rs"),
        include_str!("bodies.rs"),
        include_str!("calls.rs"),
        include_str!("futures.rs"),
        include_str!("generics.rs"),
        include_str!("items.rs"),
        include_str!("labels.rs"),
        include_str!("polled.rs"),
        include_str!("returned_futures.rs"),
        include_str!("runtime.rs"),
        include_str!("values.rs"),
    ];
    let sources = files.concat();
    let rows = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let words = rows
        .flat_map(|row| row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2));
    let tests: Vec<_> = words
        .filter(|w| {
            w.contains('_')
                && w.starts_with(char::is_lowercase)
                && w.chars().all(|c| c.is_lowercase() || c == '_')
        })
        .collect();
    assert!(tests.len() > 50, "{tests:?}");
    let lints = ["unused_must_use", "missing_docs", "unused_imports", "no_std"];
    for test in tests.into_iter().filter(|test| !lints.contains(test)) {
        assert!(sources.contains(&format!("fn {test}()")), "there is no test `{test}`");
    }
}
