//! Two hundred tests that use the same families at the same time, in runtimes of both flavours.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use caas_metrics::{Child, Label, assert_metrics, counted, in_flight, testing, timed};
use std::sync::LazyLock;
use tokio::task;

#[derive(Label, Clone, Copy)]
enum Kind {
    Even,
    Odd,
}

caas_metrics::metrics! {
    namespace = "parallel";

    /// Steps.
    counter StepsTotal { kind: Kind }

    /// Steps by name.
    #[limit = 10]
    counter NamesTotal { name: &str }

    /// The last step.
    gauge LastStep;

    /// Steps that run.
    #[updown]
    gauge RunningSteps { kind: Kind }

    /// Sizes.
    #[native]
    histogram StepSize { name: &str }
}

static KEPT: LazyLock<Child<NamesTotal<'static>>> =
    LazyLock::new(|| NamesTotal { name: "kept" }.child());

#[timed]
#[counted]
#[in_flight(RunningSteps { kind })]
async fn step(number: u64, kind: Kind) {
    StepsTotal { kind }.inc();
    NamesTotal { name: &number.to_string() }.inc();
    StepSize { name: "all" }.observe(number as f64);
    KEPT.inc();
    rest().await;
    LastStep.set(i64::try_from(number).unwrap_or_default());
}

async fn rest() {
    match RandomState::new().hash_one(1) % 4 {
        0 => {}
        1 => task::yield_now().await,
        micros => tokio::time::sleep(Duration::from_micros(200 * micros)).await,
    }
}

/// A test; each has another number of steps.
async fn test(seed: u64) {
    let _metrics = testing::isolate();
    let steps = 2 + seed % 29;
    rest().await;
    let kind = |number| if number % 2 == 0 { Kind::Even } else { Kind::Odd };
    let tasks: Vec<_> = (0..steps).map(|number| task::spawn(step(number, kind(number)))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    task::spawn_blocking(move || LastStep.set(i64::try_from(seed).unwrap_or_default()))
        .await
        .unwrap();
    let names = NamesTotal { name: "__overflow__" };
    assert_metrics! {
        StepsTotal { kind: Kind::Even } => steps.div_ceil(2),
        StepsTotal { kind: Kind::Odd } => steps / 2,
        RunningSteps { kind: Kind::Even } => 0,
        LastStep => i64::try_from(seed).unwrap_or_default(),
        StepSize { name: "all" } => count steps, sum (steps * (steps - 1) / 2) as f64,
        NamesTotal { name: "kept" } => steps,
    }
    // Nine names besides that of the handle.
    assert_eq!(names.get().unwrap_or(0), steps.saturating_sub(9));
    let labels = [("module", module_path!()), ("function", "step"), ("outcome", "ok")];
    let calls = testing::snapshot().value("function_calls_total", labels);
    assert_eq!(calls, Some(steps as f64));
}

macro_rules! ten {
    ($place:literal: $($name:ident $number:literal),*) => {$(
        #[tokio::test]
        async fn $name() {
            super::test($place * 10 + $number).await;
        }
    )*};
    (workers $place:literal: $($name:ident $number:literal),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            super::test($place * 10 + $number).await;
        }
    )*};
}

macro_rules! tens {
    ($($module:ident $place:literal),*) => {$(
        mod $module {
            ten! { $place: a 0, b 1, c 2, d 3, e 4 }
            ten! { workers $place: f 5, g 6, h 7, i 8, j 9 }
        }
    )*};
}

tens! {
    t0 0, t1 1, t2 2, t3 3, t4 4, t5 5, t6 6, t7 7, t8 8, t9 9,
    t10 10, t11 11, t12 12, t13 13, t14 14, t15 15, t16 16, t17 17, t18 18, t19 19
}
