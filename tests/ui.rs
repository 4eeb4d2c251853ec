//! What users see when they make a mistake: each file in `ui/<macro>/<theme>` has a few mistakes
//! of one theme, and its `.stderr` has every message with its place.
//!
//! The wording around our messages is rustc's, so it is compared only with the compiler that made
//! it, `ui/compiler.txt`; `CAAS_UI=required` makes another compiler a failure. `TRYBUILD=overwrite`
//! writes the files again.

#[path = "ui/compiler.rs"]
mod compiler;

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Every mistake is reported as its `.stderr` says, and what is right compiles.
#[test]
fn mistakes_are_reported() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    if compiler::is_the_one_that_blessed() {
        cases.compile_fail("tests/ui/*/*/*.rs");
    }
}

/// A type error in an annotated body is that of the plain function: all of it where the body is not
/// enclosed; elsewhere its first line, its place and what is said there, while rustc does not repeat
/// that the return type asks for it. The files of `ui/body/plain` are those of `ui/body/annotated`
/// with the attributes commented out.
#[test]
fn errors_in_bodies_are_those_of_plain_functions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/body");
    let annotated = files(&root.join("annotated"), "rs");
    assert!(annotated.len() >= 3);
    for file in annotated {
        let name = file.file_name().and_then(|name| name.to_str()).expect("its name is text");
        let plain = root.join("plain").join(name);
        assert_eq!(read(&plain), without_attributes(&read(&file)), "{}", plain.display());
        let errors = |path: &Path| read(&path.with_extension("stderr"));
        let expected = errors(&plain).replace("tests/ui/body/plain/", "tests/ui/body/annotated/");
        if name.starts_with("timed") {
            assert_eq!(errors(&file), expected.replace("// #[", "#["), "{name}");
        }
        assert!(!gist(&expected).is_empty(), "{name} has no errors");
        assert_eq!(gist(&errors(&file)), gist(&expected), "{name}");
    }
}

fn without_attributes(source: &str) -> String {
    let ours = ["#[timed]", "#[counted]", "#[in_flight]"];
    let is_ours = |line: &str| ours.iter().any(|attribute| line.starts_with(attribute));
    let line = |line: &str| format!("{}{line}\n", if is_ours(line) { "// " } else { "" });
    source.lines().map(line).collect()
}

/// The messages, their places, and what is said at the marks.
fn gist(errors: &str) -> Vec<&str> {
    let of_line = |line: &'_ str| -> Option<usize> {
        let is_message = line.starts_with("error") || line.starts_with("warning");
        let is_place = line.trim_start().starts_with("--> ");
        if is_message || is_place { Some(0) } else { line.find('^') }
    };
    errors.lines().filter_map(|line| line.get(of_line(line)?..)).collect()
}

/// README shows what rustc says of a wrong label, to the letter.
#[test]
fn readme_quotes_rustc() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (readme, errors) = (
        read(&root.join("README.md")),
        read(&root.join("tests/ui/metrics/rustc/label_sets.stderr")),
    );
    let blocks = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let quoted: Vec<&str> = blocks.filter(|block| block.starts_with("error[")).collect();
    assert_eq!(quoted.len(), 1);
    assert!(errors.contains(quoted[0]), "{}\nis not in\n{errors}", quoted[0]);
}

/// Every message in the sources of the macros occurs in some `.stderr`.
#[test]
fn every_message_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reported: String =
        files(&root.join("tests/ui"), "stderr").iter().map(|p| read(p)).collect();
    let lines: Vec<&str> = reported.lines().collect();
    let mut messages = 0;
    let mut missing = Vec::new();
    for source in files(&root.join("caas-metrics-macros/src"), "rs") {
        for message in messages_of(&read(&source), source.ends_with("promlint.rs")) {
            messages += 1;
            if !lines.iter().any(|line| is_instance(line, &message)) {
                missing.push(format!("{}: {message}", source.display()));
            }
        }
    }
    assert!(messages > 80, "found {messages} messages only: has their form changed?");
    assert!(missing.is_empty(), "no .stderr shows\n{}", missing.join("\n"));
}

/// The literals of `report!` and `error!`, and in the file of naming rules of `format!` as well.
fn messages_of(source: &str, has_problems: bool) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let macros: &[&str] =
        if has_problems { &["report!(", "error!(", "format!("] } else { &["report!(", "error!("] };
    let calls = macros.iter().flat_map(|name| code.split(name).skip(1));
    let literals = calls.filter_map(|call| literal(call.split_once('"')?.1));
    literals.filter(|literal| literal.contains(' ')).collect()
}

/// The text of a string literal whose opening quote is gone.
fn literal(source: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = source.chars().peekable();
    loop {
        match rest.next()? {
            '"' => return Some(text),
            '\\' => match rest.next()? {
                '\n' => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                escaped => text.push(escaped),
            },
            c => text.push(c),
        }
    }
}

/// Whether `line` contains the fixed parts of `message` one after the other.
fn is_instance(line: &str, message: &str) -> bool {
    let message = message.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut rest = line;
    message.split('{').enumerate().all(|(position, part)| {
        let fixed = if position == 0 { part } else { part.split_once('}').map_or("", |p| p.1) };
        let fixed = fixed.replace('\u{1}', "{").replace('\u{2}', "}");
        match rest.split_once(&fixed) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        }
    })
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file is text")
}
