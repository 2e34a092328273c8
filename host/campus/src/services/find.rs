//! Where the programs of a database server lie. Distributions put them outside of `PATH`, so `PATH` alone finds nothing.

use std::env;
use std::path::{Path, PathBuf};

/// Folders that hold server programs but are often missing from `PATH`.
const USUAL: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin"];

/// Returns the first of `names` in the folders of `PATH`, in `more`, and in the usual folders.
pub(super) fn program(names: &[&str], more: &[PathBuf]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = more.iter().cloned().chain(env::split_paths(&path)).chain(USUAL.iter().map(PathBuf::from));
    folders.flat_map(|folder| names.iter().map(move |name| folder.join(name))).find(|program| program.is_file())
}

/// Returns the program that an environment variable names: itself, or the first of `names` in the folder that it names.
pub(super) fn named_by(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let named = PathBuf::from(env::var_os(variable).filter(|value| !value.is_empty())?);
    if named.is_dir() {
        return names.iter().map(|name| named.join(name)).find(|program| program.is_file());
    }
    Some(named)
}

/// Returns the folders beside a program where its companions may lie: its own, with links followed, and the neighbours `bin`,
/// `sbin` and `scripts`.
pub(super) fn beside(program: &Path) -> Vec<PathBuf> {
    let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    let Some(own) = real.parent() else { return Vec::new() };
    let mut folders = vec![own.to_owned()];
    if let Some(prefix) = own.parent() {
        folders.extend(["bin", "sbin", "scripts"].map(|name| prefix.join(name)));
    }
    folders
}

/// Returns the folders of all PostgreSQL versions that Debian keeps side by side, the newest first.
pub(super) fn postgres_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let version = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut versions: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(version(path)));
    versions.into_iter().map(|path| path.join("bin")).collect()
}

/// Returns the user and group ids of the first of these accounts that the machine has.
pub(super) fn account(names: &[&str]) -> Option<(u32, u32)> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    names.iter().find_map(|name| {
        let mut fields = accounts
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
