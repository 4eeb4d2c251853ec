//! Does nothing. A package that has `links` must have a build script, and `links` is what refuses two
//! versions of this crate in one program; see `Cargo.toml`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
