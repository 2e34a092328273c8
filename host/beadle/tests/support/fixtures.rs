//! Recorded answers of real services, which lie beside the project and not in it.

use std::path::{Path, PathBuf};

/// Returns the folder of the recordings; says why and returns nothing where there is none.
///
/// # Panics
/// Without it where `BEADLE_REQUIRE_FIXTURES=1`.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
pub(crate) fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("BEADLE_FIXTURES").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().find(|folder| folder.join("rust-toolchain.toml").is_file())?;
        Some(root.parent()?.join("shared/fixtures"))
    });
    let folder = root.filter(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(
            std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"),
            "no recorded answers in ../shared/fixtures, and BEADLE_REQUIRE_FIXTURES is set"
        );
        eprintln!("skipped: no recorded answers in ../shared/fixtures");
    }
    folder
}
