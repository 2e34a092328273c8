//! The system under a CSV file: what it can do to make a write safe, and what its refusals mean.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::table::Trouble;

/// Names a file beside another, to be renamed over it.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or(path.as_os_str()));
    name.push(".new");
    path.with_file_name(name)
}

/// Makes a rename last through a power cut. Where the system cannot do that, the header is made again at next use.
pub(super) fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Tells whether an open file is the one that stands at a path. An editor renames its own file over the one it has read.
pub(super) fn stands_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let place = |found: fs::Metadata| (found.dev(), found.ino());
        file.metadata().ok().map(place) == fs::metadata(path).ok().map(place)
    }
    #[cfg(not(unix))]
    {
        // A file that is open cannot be replaced there.
        let _ = (file, path);
        true
    }
}

/// Says what a refusal means, and what to do about it.
pub(super) fn refused(path: &Path, error: &io::Error) -> Trouble {
    let path = path.display();
    if passes(error) {
        return Trouble::busy(format!("{path} cannot be used now: {error}"));
    }
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "make the folder, or change `file`",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "let the host's user write there",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room on the disk"
        }
        io::ErrorKind::IsADirectory => "name a file, not a folder",
        _ => "look at the disk and the file",
    };
    Trouble::held(format!("{path} cannot be used: {error}"), advice)
}

/// Tells whether a refusal passes by itself: what is missing is not the file but a moment of rest.
fn passes(error: &io::Error) -> bool {
    /// Too many files are open, in the whole system and in this process: the numbers of Linux, macOS and the BSDs.
    const TOO_MANY: [i32; 2] = [23, 24];
    let kind = error.kind();
    let rest = [
        io::ErrorKind::Interrupted,
        io::ErrorKind::ResourceBusy,
        io::ErrorKind::StaleNetworkFileHandle,
        io::ErrorKind::TimedOut,
        io::ErrorKind::WouldBlock,
    ];
    rest.contains(&kind) || cfg!(unix) && error.raw_os_error().is_some_and(|number| TOO_MANY.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_waits_or_says_what_to_do() {
        let said = |error: io::Error| match refused(Path::new("p.csv"), &error) {
            Trouble::Busy { cause, .. } => format!("busy: {cause}"),
            Trouble::Held { advice, .. } => format!("held: {advice}"),
            other => format!("{other:?}"),
        };
        for (kind, want) in [
            (io::ErrorKind::NotFound, "held: make the folder, or change `file`"),
            (io::ErrorKind::PermissionDenied, "held: let the host's user write there"),
            (io::ErrorKind::ReadOnlyFilesystem, "held: let the host's user write there"),
            (io::ErrorKind::StorageFull, "held: make room on the disk"),
            (io::ErrorKind::QuotaExceeded, "held: make room on the disk"),
            (io::ErrorKind::IsADirectory, "held: name a file, not a folder"),
            (io::ErrorKind::Other, "held: look at the disk and the file"),
            (io::ErrorKind::ResourceBusy, "busy: p.csv cannot be used now"),
            (io::ErrorKind::TimedOut, "busy: p.csv cannot be used now"),
            (io::ErrorKind::StaleNetworkFileHandle, "busy: p.csv cannot be used now"),
        ] {
            assert!(said(kind.into()).starts_with(want), "{kind}: {}", said(kind.into()));
        }
        #[cfg(unix)]
        for too_many in [23, 24] {
            assert!(said(io::Error::from_raw_os_error(too_many)).starts_with("busy: "), "{too_many}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_replaced_or_removed_stands_there_no_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("p.csv"), folder.path().join("other"));
        fs::write(&path, "a").and_then(|()| fs::write(&other, "a")).expect("two files");
        let open = File::open(&path).expect("it is there");
        assert!(stands_at(&open, &path));
        fs::rename(&other, &path).expect("replaced");
        assert!(!stands_at(&open, &path));
        fs::remove_file(&path).expect("removed");
        assert!(!stands_at(&open, &path));
    }
}
