//! What the compiler says about a wrong `assert_metrics!`. rustc's part of a message belongs to one compiler,
//! `tests/ui/compiler.txt`; with another one this is skipped, or fails with `CAAS_UI=required`.

#[path = "../ui/compiler.rs"]
mod compiler;

#[test]
fn messages_of_the_compiler() {
    if compiler::is_the_one_that_blessed() {
        trybuild::TestCases::new().compile_fail("ui/*.rs");
    }
}
