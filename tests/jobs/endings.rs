//! A program that ends in one of many ways, with a guard that pushes: `endings WAY URL`.
//!
//! `tests/jobs/ends.rs` starts it.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io, process};

use caas_metrics::push::{PushOnExit, Pushgateway};

caas_metrics::metrics! {
    /// Endings that were begun.
    counter EndingsTotal { way: &str }
}

fn guard(way: &str, url: &str) -> PushOnExit {
    let gateway = Pushgateway::new(url, "endings").expect("the URL is right");
    let guard = gateway.timeout(Duration::from_secs(20)).push_on_exit();
    EndingsTotal { way }.inc();
    guard
}

fn early(way: &str, url: &str) -> Result<(), Box<dyn Error>> {
    let _push = guard(way, url);
    Err(io::Error::other("it failed"))?;
    Ok(())
}

/// Ends the program within an async runtime.
async fn within(way: &str, url: &str) {
    let _push = guard(way, url);
    tokio::task::yield_now().await;
    assert!(!way.ends_with("panic"), "it panics");
}

#[tokio::main(flavor = "current_thread")]
async fn on_one_thread(way: &str, url: &str) {
    within(way, url).await;
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn on_many_threads(way: &str, url: &str) {
    let (way, url) = (way.to_owned(), url.to_owned());
    // On a worker.
    tokio::spawn(async move { within(&way, &url).await }).await.expect("it ends well");
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(way), Some(url)) = (arguments.next(), arguments.next()) else {
        return ExitCode::FAILURE;
    };
    match &*way {
        "end" => drop(guard(&way, &url)),
        "error" => {
            if let Err(error) = early(&way, &url) {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
        "panic" => {
            let _push = guard(&way, &url);
            panic!("it panics");
        }
        "callback" => drop(guard(&way, &url).on_error(|error| println!("callback: {error}"))),
        "callback_panic" => {
            let _push = guard(&way, &url).on_error(|_| panic!("the callback panics"));
            panic!("it panics");
        }
        "finish" => {
            if let Err(error) = guard(&way, &url).finish() {
                println!("finish: {error}");
                return ExitCode::FAILURE;
            }
        }
        "add" => {
            EndingsTotal { way: &way }.inc();
            let gateway = Pushgateway::new(&*url, "endings").expect("the URL is right");
            drop(gateway.add_on_exit());
        }
        "exit" => {
            let _push = guard(&way, &url);
            process::exit(3);
        }
        "abort" => {
            let _push = guard(&way, &url);
            process::abort();
        }
        "one" | "one_panic" => on_one_thread(&way, &url),
        "many" | "many_panic" => on_many_threads(&way, &url),
        _ => return ExitCode::from(9),
    }
    ExitCode::SUCCESS
}
