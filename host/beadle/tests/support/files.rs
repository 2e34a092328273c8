//! Every byte of a folder, to see what a command changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The files of a folder by their path inside it.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Reads all files, but those that a dry run may leave behind: the compile cache, and SQLite's own beside the store.
pub(crate) fn all_but_allowed(folder: &Path) -> Files {
    let mut files = all(folder);
    files.retain(|name, _| !name.starts_with(".beadle-cache/") && !name.ends_with("-shm") && !name.ends_with("-wal"));
    files
}

/// Reads all files.
pub(crate) fn all(folder: &Path) -> Files {
    let mut files = Files::new();
    walk(folder, folder, &mut files);
    files
}

/// Returns the names of all files.
pub(crate) fn names(folder: &Path) -> BTreeSet<String> {
    all(folder).into_keys().collect()
}

fn walk(root: &Path, folder: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(root, &path, files);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let name = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
            files.insert(name, bytes);
        }
    }
}

/// Expects two states of a folder to be the same byte by byte, and names the files that differ.
#[track_caller]
pub(crate) fn same(before: &Files, after: &Files) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing: Vec<&String> = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect();
    assert!(differing.is_empty(), "changed: {differing:?}");
}

/// Returns the files that hold one of these texts.
pub(crate) fn holding<'a>(files: &'a Files, texts: &[&str]) -> Vec<(&'a str, String)> {
    let mut found = Vec::new();
    for (name, bytes) in files {
        for text in texts {
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push((name.as_str(), (*text).to_owned()));
            }
        }
    }
    found
}
