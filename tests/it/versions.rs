//! Two versions of this crate in one program: Cargo refuses them. Each would have a registry of its
//! own, and the page only the families of one.

use std::{fs, path::Path, process::Command};

/// A program that depends on the crate and, with `other`, on another version of it.
fn resolve(other: bool) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let crate_path = root.join("caas-metrics");
    let both = if other { "new = { package = \"caas-metrics\", path = \"new\" }" } else { "" };
    let program = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{both}\n\
         old = {{ package = \"caas-metrics\", path = '{}', default-features = false }}\n",
        crate_path.display()
    );
    write("Cargo.toml", &program);
    write("src/main.rs", "fn main() {}\n");
    // Any later version has the same line `links`.
    let manifest = fs::read_to_string(crate_path.join("Cargo.toml")).unwrap();
    let links = manifest.lines().find(|line| line.starts_with("links")).unwrap_or_default();
    let package = "[package]\nname = \"caas-metrics\"\nversion = \"99.0.0\"\nedition = \"2024\"\n";
    write("new/Cargo.toml", &format!("{package}{links}\n"));
    write("new/build.rs", "fn main() {}\n");
    write("new/src/lib.rs", "");
    // The versions of everything else are those that have been built here.
    fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    // Unlike `metadata`, `tree` does not ask for packages of other platforms, which nothing has fetched.
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn two_versions_in_one_program_are_refused() {
    let (is_resolved, said) = resolve(false);
    assert!(is_resolved, "{said}");
    let (is_resolved, said) = resolve(true);
    assert!(!is_resolved);
    assert!(said.contains("links to the native library `caas-metrics`"), "{said}");
    for who in ["caas-metrics v99.0.0", "path dependency `new` of package `program"] {
        assert!(said.contains(who), "{who}: {said}");
    }
}
