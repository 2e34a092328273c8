//! Building guests from within a build script: a cargo inside cargo, for WebAssembly, so that `cargo run` is all anybody types.
//!
//! The inner cargo has a target directory of its own, because the outer one holds the lock on its; and it must not inherit what the
//! outer one was told about flags, wrappers and lints, or `cargo clippy` would check guests instead of building them.
//!
//! Other build scripts include this file by `#[path = "../builtins/build/nested.rs"] mod nested;`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// What guests are built for.
const TARGET: &str = "wasm32-wasip2";

/// The profile of the workspace that makes guests small.
const PROFILE: &str = "plugin";

/// What somebody may have told the outer cargo, that says nothing about guests.
const STRANGE: [&str; 14] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "LLVM_PROFILE_FILE",
];

/// A build of guests.
pub(crate) struct Nested {
    root: PathBuf,
    /// The same as seen from the package: a target folder may be shared by two checkouts, and each has files of its own to watch.
    up: PathBuf,
    target: PathBuf,
    watched: Vec<PathBuf>,
}

impl Nested {
    /// Prepares a build in the workspace at `root`. `out` is the `OUT_DIR` of the build script: the guests' target directory lies
    /// in the outer one, wherever that is.
    pub(crate) fn new(root: PathBuf, out: &Path) -> Self {
        let watched = ["wit", "Cargo.toml", "Cargo.lock", "plugins/sdk"].map(PathBuf::from).to_vec();
        // A build script runs in the folder of its package.
        let here = env::current_dir().unwrap_or_default();
        let up = here.strip_prefix(&root).map_or_else(|_| root.clone(), |inside| inside.iter().map(|_| "..").collect());
        Self { target: target_directory(out).join("plugins"), root, up, watched }
    }

    /// Builds again when something under this path of the workspace changes. The contract, the SDK and the lock file are watched
    /// anyway.
    pub(crate) fn watch(mut self, path: &str) -> Self {
        self.watched.push(path.into());
        self
    }

    /// Builds packages and returns their names beside their components.
    pub(crate) fn build(self, names: &[String]) -> Result<Vec<(String, PathBuf)>, String> {
        for path in &self.watched {
            println!("cargo::rerun-if-changed={}", self.up.join(path).display());
        }
        ensure_target(&self.target)?;
        let mut cargo = clean(Command::new(env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo"))));
        cargo.current_dir(&self.root).args(["build", "--profile", PROFILE, "--target", TARGET, "--target-dir"]);
        cargo.arg(&self.target);
        for name in names {
            cargo.args(["-p", name]);
        }
        // A build script's standard output is cargo's; what the inner cargo says goes where errors are shown.
        let status = cargo.stdout(Stdio::null()).status().map_err(|error| format!("cannot start cargo: {error}"))?;
        if !status.success() {
            return Err("a plugin does not build; what is wrong stands above".to_owned());
        }
        let components = self.target.join(TARGET).join(PROFILE);
        let found = names.iter().map(|name| {
            let component = components.join(format!("{}.wasm", name.replace('-', "_")));
            // Deleted means built again.
            println!("cargo::rerun-if-changed={}", component.display());
            if component.exists() {
                Ok((name.clone(), component))
            } else {
                Err(format!("{name} makes no component; its Cargo.toml needs [lib] crate-type = [\"cdylib\"]"))
            }
        });
        found.collect()
    }
}

/// Returns the workspace that holds a package: the first folder upwards with a lock file.
pub(crate) fn root(package: &Path) -> Result<PathBuf, String> {
    let found = package.ancestors().find(|folder| folder.join("Cargo.lock").exists() && folder.join("wit").exists());
    found.map(Path::to_path_buf).ok_or_else(|| format!("{} lies in no workspace with wit/", package.display()))
}

/// Copies components into `OUT_DIR` and writes an expression there that lists their names and bytes, for
/// `include!(concat!(env!("OUT_DIR"), "/LIST"))`. What is unchanged is left alone, so that nothing is compiled again for it.
pub(crate) fn embed(out: &Path, list: &str, components: &[(String, PathBuf)]) -> Result<(), String> {
    let mut text = String::from("&[\n");
    for (name, component) in components {
        let copy = out.join(format!("{name}.wasm"));
        let bytes = fs::read(component).map_err(|error| format!("cannot read {}: {error}", component.display()))?;
        write(&copy, &bytes)?;
        text += &format!("    ({name:?}, include_bytes!({:?})),\n", copy.display().to_string());
    }
    text += "]\n";
    write(&out.join(list), text.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Ends the build script with an error that cargo shows as one.
pub(crate) fn fail(problem: &str) -> ! {
    for line in problem.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}

/// Returns the target directory of the outer build. Cargo marks it; where the mark is missing it lies four folders above
/// `TARGET/PROFILE/build/PACKAGE/out`.
fn target_directory(out: &Path) -> PathBuf {
    let marked = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    marked.or_else(|| out.ancestors().nth(4)).unwrap_or(out).to_path_buf()
}

/// Takes away what the outer cargo was told, and what it tells build scripts.
fn clean(mut command: Command) -> Command {
    for name in STRANGE {
        command.env_remove(name);
    }
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_CFG_", "CARGO_FEATURE_", "CARGO_PKG_", "CARGO_MANIFEST_", "DEP_"]
            .iter()
            .any(|head| text.starts_with(head))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Sees to it that the standard library for guests is there. Several build scripts may come here at once, and rustup does not like
/// company: they go one by one.
fn ensure_target(folder: &Path) -> Result<(), String> {
    let lock = folder.join("target.lock");
    let one_by_one = fs::create_dir_all(folder).and_then(|()| fs::File::create(&lock)).and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    let _one_by_one = one_by_one.map_err(|error| format!("cannot lock {}: {error}", lock.display()))?;
    let installed = || -> Result<bool, String> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = clean(Command::new(rustc))
            .args(["--print", "sysroot"])
            .output()
            .map_err(|error| format!("cannot start rustc: {error}"))?;
        let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").exists())
    };
    if installed()? {
        return Ok(());
    }
    println!("cargo::warning=adding the target {TARGET} for the plugins: rustup target add {TARGET}");
    // Its output would be taken for words to cargo.
    let added = clean(Command::new("rustup")).args(["target", "add", TARGET]).stdout(Stdio::null()).status();
    if added.is_ok_and(|status| status.success()) && installed()? {
        return Ok(());
    }
    Err(format!("the plugins are WebAssembly and the target is missing; type: rustup target add {TARGET}"))
}
