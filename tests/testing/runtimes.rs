//! Isolations of tokio runtimes, and of threads and executors that know none.

use std::{panic::AssertUnwindSafe, sync::LazyLock, time::Duration};

use caas_metrics::{assert_metrics, testing, testing::Isolation};
use futures_util::FutureExt;
use tokio::{runtime::Runtime, task};

caas_metrics::metrics! {
    namespace = "runtimes";

    /// Work done.
    counter WorkTotal { by: &str }
}

fn work(by: &str) {
    WorkTotal { by }.inc();
}

#[tokio::test]
async fn a_current_thread_runtime_is_isolated() {
    let _metrics = testing::isolate();
    let local = task::LocalSet::new();
    local.run_until(async { task::spawn_local(async { work("local") }).await.unwrap() }).await;
    task::spawn(async { work("task") }).await.unwrap();
    task::spawn_blocking(|| work("blocking")).await.unwrap();
    assert_metrics! {
        WorkTotal { by: "local" } => 1,
        WorkTotal { by: "task" } => 1,
        WorkTotal { by: "blocking" } => 1,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_multi_thread_runtime_is_isolated() {
    let _metrics = testing::isolate();
    let tasks = (0..30).map(|_| {
        task::spawn(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            task::spawn_blocking(|| work("blocking")).await.unwrap();
            task::spawn(async { work("task") }).await.unwrap();
            task::block_in_place(|| work("in place"));
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_metrics! {
        WorkTotal { by: "task" } => 30,
        WorkTotal { by: "blocking" } => 30,
        WorkTotal { by: "in place" } => 30,
    }
}

#[test]
fn a_runtime_of_the_test_is_isolated_from_inside() {
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let _metrics = testing::isolate();
    runtime.block_on(async { task::spawn(async { work("entered") }).await.unwrap() });
    assert_metrics! { WorkTotal { by: "entered" } => 1 }
}

#[test]
fn a_runtime_in_an_isolated_thread_has_the_isolation_that_is_innermost() {
    let _metrics = testing::isolate();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        work("polled");
        assert_metrics! { WorkTotal { by: "polled" } => 1 }
        let _inner = testing::isolate();
        work("polled");
        task::spawn(async { work("polled") }).await.unwrap();
        testing::isolated(|| assert_metrics! { WorkTotal { by: "polled" } => none });
        assert_metrics! { WorkTotal { by: "polled" } => 2 }
    });
    assert_metrics! { WorkTotal { by: "polled" } => 1 }
}

/// It has come there after it entered its own.
#[test]
fn a_thread_that_works_for_a_runtime_is_in_the_isolation_of_that() {
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let _metrics = testing::isolate();
    let own = Isolation::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            own.run(|| {
                runtime.block_on(async { work("for the runtime") });
                runtime.block_on(own.attach(async { work("for itself") }));
                work("for itself");
            });
        });
    });
    assert_metrics! {
        WorkTotal { by: "for the runtime" } => 1,
        WorkTotal { by: "for itself" } => none,
    }
    own.run(|| assert_metrics! { WorkTotal { by: "for itself" } => 2 });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_isolation_in_a_runtime_that_has_one_gives_it_back() {
    let _metrics = testing::isolate();
    work("outer");
    {
        let _inner = testing::isolate();
        task::spawn(async { work("inner") }).await.unwrap();
        assert_metrics! { WorkTotal { by: "inner" } => 1, WorkTotal { by: "outer" } => none }
    }
    task::spawn(async { work("outer") }).await.unwrap();
    assert_metrics! { WorkTotal { by: "inner" } => none, WorkTotal { by: "outer" } => 2 }
}

/// What a runtime still does when its test is over counts for nobody.
#[test]
fn late_tasks_count_for_nobody() {
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            work("late");
        }
    }
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let _metrics = testing::isolate();
        task::spawn(async {
            let _late = OnDrop;
            std::future::pending::<()>().await;
        });
        task::yield_now().await;
    });
    let late = runtime.spawn_blocking(|| work("late"));
    runtime.block_on(late).unwrap();
    drop(runtime);
    assert_eq!(WorkTotal { by: "late" }.get(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_test_in_the_same_runtime_is_refused() {
    let _metrics = testing::isolate();
    let second = task::spawn(AssertUnwindSafe(async { drop(testing::isolate()) }).catch_unwind());
    let panicked = second.await.unwrap().unwrap_err();
    let message = panicked.downcast_ref::<&str>().expect("a text");
    assert!(message.starts_with("another test has isolated this runtime"), "{message}");
    work("after");
    assert_metrics! { WorkTotal { by: "after" } => 1 }
}

static SHARED: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

#[test]
fn tests_that_share_a_runtime_attach_their_futures() {
    let tests: Vec<_> = (0..20)
        .map(|number| {
            SHARED.spawn(Isolation::new().attach(async move {
                for _ in 0..number {
                    work("shared");
                    task::yield_now().await;
                    task::spawn(testing::propagate(async { work("spawned") })).await.unwrap();
                }
                assert_metrics! {
                    since testing::isolated(testing::snapshot);
                    WorkTotal { by: "shared" } => number,
                    WorkTotal { by: "spawned" } => number,
                }
            }))
        })
        .collect();
    for test in tests {
        SHARED.block_on(test).unwrap();
    }
    assert_eq!(WorkTotal { by: "shared" }.get(), None);
}

#[test]
fn an_attached_future_is_dropped_in_its_isolation() {
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            work("dropped");
        }
    }
    let isolation = Isolation::new();
    let on_drop = OnDrop;
    drop(isolation.attach(async move {
        let _on_drop = on_drop;
    }));
    isolation.run(|| assert_metrics! { WorkTotal { by: "dropped" } => 1 });
    assert_eq!(WorkTotal { by: "dropped" }.get(), None);
}

#[test]
fn threads_enter_an_isolation() {
    let _metrics = testing::isolate();
    let isolation = Isolation::current();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let _inside = isolation.enter();
                (0..100).for_each(|_| work("thread"));
            });
        }
        scope.spawn(|| work("other thread"));
    });
    assert_metrics! { WorkTotal { by: "thread" } => 800, WorkTotal { by: "other thread" } => none }
    let on_start = isolation.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .on_thread_start(move || std::mem::forget(on_start.enter()))
        .build()
        .unwrap();
    runtime.block_on(runtime.spawn(async { work("hook") })).unwrap();
    assert_metrics! { WorkTotal { by: "hook" } => 1 }
}

#[test]
fn the_handle_of_outside_leads_out() {
    let outside = Isolation::current();
    testing::isolated(|| outside.run(|| work("out")));
    assert_eq!(WorkTotal { by: "out" }.get(), Some(1));
}
