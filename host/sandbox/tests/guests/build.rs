//! Builds the guests of the tests as plugins are built. Only tests depend on this crate, so that no other build waits for it.

#[path = "../../../builtins/build/nested.rs"]
mod nested;

use std::env;
use std::path::{Path, PathBuf};

use nested::Nested;

fn main() {
    if let Err(problem) = build() {
        nested::fail(&problem);
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR: this is a build script")?);
    println!("cargo::rerun-if-env-changed=BEADLE_SKIP_PLUGINS");
    // Asked when it runs: a folder that was copied or moved builds its own guests.
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR: this is a build script")?;
    let root = nested::root(Path::new(&package))?;
    let guests = if env::var_os("BEADLE_SKIP_PLUGINS").is_some_and(|value| value == "1") {
        Vec::new()
    } else {
        Nested::new(root, &out).watch("host/sandbox/tests/guests").build(&["unruly".to_owned(), "parrot".to_owned()])?
    };
    nested::embed(&out, "guests.rs", &guests)
}
