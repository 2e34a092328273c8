//! Recorded answers of a real site, for the tests of plugins, where they are at hand.

use std::path::{Path, PathBuf};

/// Returns the body of a recorded answer, or none, with a word about it, on a machine without the recordings.
///
/// # Panics
/// Where it is not there though `BEADLE_REQUIRE_FIXTURES` is 1, or is no JSON.
pub fn body(name: &str) -> Option<String> {
    let recorded: serde_json::Value = serde_json::from_str(&text(name)?).expect("a recording is JSON");
    Some(recorded["body"].to_string())
}

/// Returns a recording that is no JSON, as it was sent; or none, with a word about it, on a machine without the recordings.
///
/// # Panics
/// Where it is not there though `BEADLE_REQUIRE_FIXTURES` is 1.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
pub fn text(name: &str) -> Option<String> {
    let path = folder().join("moodle").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(std::env::var_os("BEADLE_REQUIRE_FIXTURES").is_none_or(|value| value != "1"), "there is no {name}");
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    Some(text)
}

fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("BEADLE_FIXTURES") {
        return folder.into();
    }
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|folder| folder.join("rust-toolchain.toml").exists());
    root.and_then(Path::parent).unwrap_or(Path::new("/")).join("shared/fixtures")
}
