//! How a program can end, and what its guard pushes then.

use std::process::{Command, ExitStatus};

use crate::peer::Peer;
use crate::process::Process;
use crate::service::example;

pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program to its end in one way.
pub fn run(way: &str, url: &str, environment: &[(&str, String)]) -> Ended {
    let mut command = Command::new(example("endings"));
    command.args([way, url]).envs(environment.iter().cloned());
    let mut process = Process::start("endings", &mut command);
    let status = process.exit();
    Ended { status, stdout: process.stdout(), stderr: process.stderr() }
}

/// Runs it against a gateway that takes everything, and returns how often it pushed.
fn pushes(way: &str, environment: &[(&str, String)]) -> (usize, Ended) {
    let peer = Peer::ok();
    let ended = run(way, &peer.url(), environment);
    let requests = peer.requests();
    let method = if way == "add" { "POST" } else { "PUT" };
    for request in &requests {
        let line = format!("{method} /metrics/job/endings HTTP/1.1\n");
        assert!(request.head.starts_with(&line), "{}", request.head);
        let page = String::from_utf8_lossy(&request.body);
        assert!(page.contains("endings_total") && page.contains(way), "{way}: {page}");
    }
    (requests.len(), ended)
}

#[test]
fn the_guard_pushes_once_however_the_program_ends() {
    let ways = [
        ("end", 0),
        ("add", 0),
        ("error", 1),
        ("panic", 101),
        ("finish", 0),
        ("callback_panic", 101),
        ("one", 0),
        ("one_panic", 101),
        ("many", 0),
        ("many_panic", 101),
    ];
    for (way, code) in ways {
        let (count, ended) = pushes(way, &[]);
        assert_eq!((count, ended.status.code()), (1, Some(code)), "{way}: {}", ended.stderr);
    }
}

/// As documented: nothing is dropped.
#[test]
fn who_exits_or_aborts_pushes_nothing() {
    let (count, ended) = pushes("exit", &[]);
    assert_eq!((count, ended.status.code()), (0, Some(3)));
    let (count, ended) = pushes("abort", &[]);
    assert_eq!((count, ended.status.code()), (0, None));
}

#[test]
fn an_error_at_the_end_is_a_line_or_a_call() {
    let refusing = Peer::saying("HTTP/1.1 400 B\r\nContent-Length: 3\r\n\r\nbad");
    let message = "the gateway answered 400: bad\n";
    for way in ["end", "one", "many"] {
        let ended = run(way, &refusing.url(), &[]);
        assert_eq!(ended.stderr, format!("caas-metrics: {message}"), "{way}");
        assert!(ended.status.success());
    }
    let ended = run("callback", &refusing.url(), &[]);
    assert_eq!((&*ended.stdout, &*ended.stderr), (&*format!("callback: {message}"), ""));
    let ended = run("finish", &refusing.url(), &[]);
    assert_eq!((&*ended.stdout, &*ended.stderr), (&*format!("finish: {message}"), ""));
    // The panic of a callback within a panic does not abort.
    let ended = run("callback_panic", &refusing.url(), &[]);
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    assert!(ended.stderr.contains("the callback panics"), "{}", ended.stderr);
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let proxy = Peer::ok();
    let names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let (count, ended) = pushes("finish", &names.map(|name| (name, proxy.url())));
    assert_eq!(count, 1, "{}", ended.stderr);
    assert_eq!(proxy.requests().len(), 0);
}
