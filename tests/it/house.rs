//! The rules of `ARCHITECTURE.md` that a program can check, against the sources themselves.
//!
//! The code map there is the only list of modules: what it does not name is an error, and so is a
//! module that uses one from a line below its own. Only names are read, in `use crate::…` and in paths
//! that begin with `crate::`; comments and unit tests are left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[test]
fn modules_use_only_those_above_them_in_the_code_map() {
    let map = code_map();
    let line = |module: &str| map.iter().position(|line| line.iter().any(|name| name == module));
    let mut found = Vec::new();
    for Source { file, text } in sources() {
        let module = module_of(&file);
        let Some(own) = line(module) else { panic!("ARCHITECTURE's code map lacks `{module}`") };
        for used in used_modules(&text) {
            // Else it is an item that `lib.rs` exports.
            let Some(other) = line(&used) else { continue };
            if other > own {
                found.push((file.clone(), used));
            }
        }
    }
    assert!(found.is_empty(), "what uses a module from below: {found:?}");
}

#[test]
fn the_code_map_names_modules_that_exist() {
    let modules: BTreeSet<_> =
        sources().iter().map(|source| module_of(&source.file).to_owned()).collect();
    let named: Vec<_> = code_map().into_iter().flatten().collect();
    let gone: Vec<_> = named.iter().filter(|name| !modules.contains(*name)).collect();
    assert!(gone.is_empty(), "{gone:?}");
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "named twice: {named:?}");
}

/// Invariants 1 and 12.
#[test]
fn encoders_know_only_samples_and_descriptors() {
    for Source { file, text } in sources() {
        let used = used_modules(&text);
        match module_of(&file) {
            "encode" => {
                let allowed = ["encode", "sample", "desc"];
                let others: Vec<_> =
                    used.iter().filter(|name| !allowed.contains(&&***name)).collect();
                assert!(others.is_empty(), "{file} uses {others:?}");
                assert!(!has_word(&text, "atomic"), "{file} knows atomics");
            }
            "registry" | "family" | "metric" | "storage" => {
                assert!(!used.contains("encode"), "{file} uses the encoders");
            }
            _ => {}
        }
    }
}

/// Invariant 2. `Ordering` is that of atomics; `cmp::Ordering` goes by its path where it is needed.
#[test]
fn unsafe_code_and_orderings_are_in_the_storage_only() {
    let mut in_storage = 0;
    for Source { file, text } in sources() {
        for word in ["unsafe", "Ordering"] {
            let is_there = has_word(&text, word);
            if module_of(&file) == "storage" {
                in_storage += u32::from(is_there);
            } else {
                assert!(!is_there, "{file} has `{word}`");
            }
        }
    }
    assert!(in_storage > 10, "the sources are not read any more");
}

/// A format that is missing there compiles, but no client would ever get it.
#[test]
fn every_format_can_be_negotiated() {
    let text = read("encode/mod.rs");
    let between = |from: &str, to: &str| {
        let rest = text.split_once(from).unwrap_or_else(|| panic!("no `{from}`")).1;
        rest.split_once(to).expect("it ends").0.to_owned()
    };
    let lines = between("pub enum Format {", "}");
    let variants: BTreeSet<_> =
        lines.lines().filter_map(|line| line.trim().strip_suffix(',')).map(str::to_owned).collect();
    let all = between("const ALL: &'static [Self] = &[", "]");
    let listed = all.split(',').map(|name| name.trim().trim_start_matches("Self::").to_owned());
    assert!(variants.len() >= 2, "{variants:?}");
    assert_eq!(variants, listed.filter(|name| !name.is_empty()).collect());
}

// --- reading --------------------------------------------------------------------------------------

/// A file of the runtime, by its path in `src`, without comments and without its unit tests.
struct Source {
    file: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("caas-metrics/src")
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are here") {
            let path = entry.expect("it can be read").path();
            let path_in = path.strip_prefix(root()).expect("it is inside").to_str().expect("text");
            // `lib.rs` is above all; models and tests are no part of the crate.
            if path_in == "lib.rs" || path_in.ends_with("tests.rs") || path_in.ends_with("models") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(Source { file: path_in.replace('\\', "/"), text: read(path_in) });
            }
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

fn read(file: &str) -> String {
    let text = fs::read_to_string(root().join(file)).expect("it can be read");
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).fold(
        String::new(),
        |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        },
    )
}

/// `storage/cells.rs` and `storage.rs` are the module `storage`.
fn module_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

/// The modules of the crate that a file names.
fn used_modules(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            used.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut is_first = true;
        for (at, letter) in list.char_indices() {
            if is_first && depth == 1 && !letter.is_whitespace() && letter != '}' {
                used.insert(word(&list[at..]));
                is_first = false;
            }
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_first = true,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    // `lib.rs` gives `private.rs` its public name.
    if used.remove("__private") {
        used.insert("private".to_owned());
    }
    used
}

/// The name at the start.
fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn has_word(text: &str, wanted: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == wanted)
}

/// The lines of the code map, from below to above, each with its modules.
fn code_map() -> Vec<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = fs::read_to_string(page).expect("it can be read");
    let map = page.split_once("\n## Code map\n").expect("it has a code map").1;
    let map = map.split_once("\n\n`caas-metrics-macros/src`").expect("the macros follow").0;
    let lines = map.lines().filter_map(|line| line.strip_prefix("* "));
    lines
        .map(|line| {
            let names = line.split_once(": ").expect("names, a colon, what they are").0;
            names.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/').to_owned())
        })
        .map(|names| names.filter(|name| name != "__private").collect())
        .collect()
}
