//! Builds the plugins that come with Beadle and writes a list of their bytes.
//!
//! Every folder of `plugins/` is one, under its package's name, but for `sdk`. `BEADLE_SKIP_PLUGINS=1` leaves all of them out, for
//! editors that want types and no components.

#![expect(clippy::print_stdout, reason = "that is how a build script speaks to cargo")]

mod nested;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use nested::Nested;

fn main() {
    if let Err(problem) = build() {
        nested::fail(&problem);
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR: this is a build script")?);
    println!("cargo::rerun-if-env-changed=BEADLE_SKIP_PLUGINS");
    // Not `env!`: a target folder may be shared or copied, and with it this script.
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR: this is a build script")?;
    let root = nested::root(Path::new(&package))?;
    let plugins = if env::var_os("BEADLE_SKIP_PLUGINS").is_some_and(|value| value == "1") {
        Vec::new()
    } else {
        let names = names(&root.join("plugins")).map_err(|error| format!("cannot list {}: {error}", root.display()))?;
        Nested::new(root, &out).watch("plugins").build(&names)?
    };
    nested::embed(&out, "plugins.rs", &plugins)
}

/// Returns the names of all plugins, in order.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "sdk")
        .collect();
    names.sort();
    Ok(names)
}
