//! Paths as guests write them: pure.

use crate::ReadError;

/// Reads a path inside the folder: parts between `/`, where `.` stands for nothing.
///
/// # Errors
/// When it is empty, begins at the root, or goes up.
pub(crate) fn inside(path: &str) -> Result<String, ReadError> {
    // A drive, a network share and a second kind of slash are ways out on other machines; no file of a folder needs them.
    let outside = path.starts_with('/') || path.contains(['\\', '\0']) || path.split('/').any(|part| part == "..");
    if outside {
        return Err(ReadError::Outside(path.to_owned()));
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() || path.ends_with('/') {
        return Err(ReadError::NoFile { path: path.to_owned(), known: String::new() });
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_paths_inside_are_read() {
        for (path, read) in
            [("rooms.csv", "rooms.csv"), ("./a/./b", "a/b"), ("a//b", "a/b"), ("...", "..."), ("a/..b", "a/..b")]
        {
            assert_eq!(inside(path).as_deref(), Ok(read));
        }
        for path in ["..", "../x", "a/../b", "a/..", "/", "/etc/passwd", "//x", "\\x", "C:\\x", "a\\..\\b", "a\0b"] {
            assert_eq!(inside(path), Err(ReadError::Outside(path.into())), "{path:?}");
        }
        for path in ["", ".", "./", "a/"] {
            assert!(matches!(inside(path), Err(ReadError::NoFile { .. })), "{path:?}");
        }
    }

    proptest! {
        /// Whatever is taken has only ordinary parts.
        #[test]
        fn what_is_taken_stays_inside(path in "[a./\\\\\0]{0,12}") {
            if let Ok(read) = inside(&path) {
                prop_assert!(read.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
                prop_assert!(!read.starts_with('/'));
            }
        }
    }
}
