//! What the stories share: an operator's folder with the program in it, and a school beside it.
//!
//! The program under test is the binary as it is shipped, in a process of its own: what an operator sees is lines, files and exit
//! codes, and what kills a host is a signal. A story never waits for time to pass; it waits for a line of the log, with an end
//! that only a broken program reaches.

#![allow(dead_code, reason = "every test binary uses another part of it, so that no expectation holds in all of them")]

pub(crate) mod canaries;
pub(crate) mod files;
pub(crate) mod fixtures;
pub(crate) mod hall;
pub(crate) mod host;
pub(crate) mod reckoning;
pub(crate) mod school;
pub(crate) mod script;
pub(crate) mod steady;
pub(crate) mod tables;
pub(crate) mod term;
pub(crate) mod trial;
pub(crate) mod visits;
pub(crate) mod vitals;
pub(crate) mod way;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use host::Host;
use tempfile::TempDir;
use tokio::process::Command;

/// How long a story waits for something that a working program does at once. A busy machine compiles all plugins in a sixth of it, and
/// a disk that stalls was seen to take as long for one flush.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The shipped configuration.
pub(crate) const SHIPPED: &str = include_str!("../../../../schedules.toml");

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Expects an exit code, and returns what was printed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }

    /// Expects a failure with this exit code, and returns what was complained about.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self.err
    }

    /// Reads what was printed as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

/// An operator's folder.
pub(crate) struct House {
    folder: TempDir,
    env: Vec<(String, String)>,
}

impl House {
    /// Makes an empty folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("beadle-story-").tempdir().expect("a folder");
        Self { folder, env: Vec::new() }
    }

    /// Makes a folder with this `schedules.toml`.
    pub(crate) fn with(config: &str) -> Self {
        let house = Self::new();
        house.write("schedules.toml", config);
        house
    }

    /// Sets a variable for all commands from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file as an editor does: whole, and renamed over the old one.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.file(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder");
        }
        let fresh = path.with_extension("edited");
        std::fs::write(&fresh, text).expect("a file");
        std::fs::rename(&fresh, &path).expect("a file");
    }

    /// Writes a secret, which nobody else may read.
    pub(crate) fn secret(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        std::fs::set_permissions(self.file(name), std::fs::Permissions::from_mode(0o600)).expect("its rights");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Changes a part of a file that stands in it once.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {text}");
        self.write(name, text.replace(from, to));
    }

    /// Returns the command with its arguments, in this folder and with nothing of the caller's environment that it listens to.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.args(args);
        self.prepare(command)
    }

    /// Returns the command as a shell starts it that has done something before, such as setting a limit.
    pub(crate) fn command_after(&self, before: &str, args: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_beadle")]).args(args);
        self.prepare(command)
    }

    fn prepare(&self, mut command: Command) -> Command {
        command.current_dir(self.path()).env_clear();
        for kept in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.env("HOME", self.path()).env("TZ", "UTC").envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        let child = self.command(args).spawn().expect("the program starts");
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output());
        let output = output.await.unwrap_or_else(|_| panic!("`beadle {}` does not end", args.join(" ")));
        let output = output.expect("the program ends");
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts to serve, and waits until it does.
    pub(crate) async fn serve(&self) -> Host {
        let mut host = Host::start(self.command(&["serve"]));
        host.line("serving schedules.toml").await;
        host
    }
}

/// Returns the `[host]` section of most stories: UTC, and one compile cache for all of them.
pub(crate) fn host_section() -> String {
    format!("[host]\ntimezone = \"UTC\"\ncache = {:?}\n", cache().display().to_string())
}

/// Returns the folder of the compile cache that all stories share.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("beadle-cache")
}
