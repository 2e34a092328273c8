//! A snapshot of a plugin's folder.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::path::inside;

/// How large a folder may be. A snapshot is kept in memory for as long as the plugin is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderLimits {
    /// Files and folders. 4,096: a folder with more is somebody's home, named by mistake.
    pub entries: usize,
    /// Bytes of all files. 32 MiB: a table of rooms has some KiB, a plugin's scripts with their libraries a few MiB.
    pub bytes: u64,
    /// Folders inside one another. 16: more is a loop.
    pub depth: usize,
}

impl Default for FolderLimits {
    fn default() -> Self {
        Self { entries: 4_096, bytes: 32 << 20, depth: 16 }
    }
}

/// Why a folder cannot be a plugin's.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be read: absent, not a folder, no right.
    #[error("the folder {} cannot be read: {error}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the machine said.
        error: io::Error,
    },
    /// It is over a limit.
    #[error("the folder {} has more than {limit}; is it the right one?", .path.display())]
    TooLarge {
        /// The folder.
        path: PathBuf,
        /// The limit: `4096 files`, `32 MiB`.
        limit: String,
    },
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The path leads out of the folder.
    #[error("{0:?} leads outside of the plugin's folder; paths are written from it: sub/rooms.csv")]
    Outside(String),
    /// There is no such file.
    #[error("there is no file {path:?} in the plugin's folder{known}")]
    NoFile {
        /// The path.
        path: String,
        /// What there is, as an addition to the sentence.
        known: String,
    },
    /// It was left out of the snapshot for good.
    #[error("{path:?} in the plugin's folder is not handed out: {why}")]
    LeftOut {
        /// The path.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// It could not be read when the snapshot was taken.
    #[error("{path:?} in the plugin's folder could not be read: {error}")]
    Unreadable {
        /// The path.
        path: String,
        /// What the machine said.
        error: String,
    },
}

/// A snapshot of a plugin's folder: what was in it when it was opened.
#[derive(Clone, Default)]
pub struct Folder {
    files: Arc<BTreeMap<String, Arc<[u8]>>>,
    missing: Arc<BTreeMap<String, Missing>>,
    digest: [u8; 32],
}

/// What is in the folder, but not in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Missing {
    LeftOut(&'static str),
    Unreadable(String),
}

impl Folder {
    /// Takes a snapshot within the usual limits. It reads files and so blocks.
    ///
    /// # Errors
    /// When the folder cannot be read or is too large. A single file that cannot be read is an error only for who reads it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FolderError> {
        Self::open_within(path, FolderLimits::default())
    }

    /// Takes a snapshot within these limits.
    ///
    /// # Errors
    /// See [`Folder::open`].
    pub fn open_within(path: impl AsRef<Path>, limits: FolderLimits) -> Result<Self, FolderError> {
        let path = path.as_ref();
        let unreadable = |error| FolderError::Unreadable { path: path.to_owned(), error };
        let root = path.canonicalize().map_err(unreadable)?;
        if !root.is_dir() {
            return Err(unreadable(io::ErrorKind::NotADirectory.into()));
        }
        let mut walk =
            Walk { path, root: &root, limits, entries: 0, bytes: 0, files: BTreeMap::new(), missing: BTreeMap::new() };
        walk.enter(&root, "", 0)?;
        let digest = digest(&walk.files, &walk.missing);
        Ok(Self { files: Arc::new(walk.files), missing: Arc::new(walk.missing), digest })
    }

    /// Returns the digest of all names and contents. Two folders with the same digest read the same.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Returns the files by path, with their sizes in bytes.
    pub fn list(&self) -> impl Iterator<Item = (&str, u64)> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.len() as u64))
    }

    /// Returns what is in the folder but is not handed out, with the reason, for the operator.
    pub fn left_out(&self) -> impl Iterator<Item = (&str, &str)> {
        self.missing.iter().map(|(path, missing)| match missing {
            Missing::LeftOut(why) => (path.as_str(), *why),
            Missing::Unreadable(error) => (path.as_str(), error.as_str()),
        })
    }

    /// Returns the bytes of a file.
    ///
    /// # Errors
    /// When the path leads outside, or there is no such file in the snapshot.
    pub fn read(&self, path: &str) -> Result<Arc<[u8]>, ReadError> {
        let inside = inside(path)?;
        if let Some(bytes) = self.files.get(&inside) {
            return Ok(Arc::clone(bytes));
        }
        let path = path.to_owned();
        Err(match self.missing.get(&inside) {
            Some(Missing::LeftOut(why)) => ReadError::LeftOut { path, why },
            Some(Missing::Unreadable(error)) => ReadError::Unreadable { path, error: error.clone() },
            None => ReadError::NoFile { path, known: self.known() },
        })
    }

    /// Names the first files, for a message.
    fn known(&self) -> String {
        let names: Vec<_> = self.files.keys().take(5).map(String::as_str).collect();
        match self.files.len() {
            0 => ", which is empty".into(),
            count if count > names.len() => format!("; it has {}, and others", names.join(", ")),
            _ => format!("; it has {}", names.join(", ")),
        }
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.list()).finish()
    }
}

/// A walk through a folder.
struct Walk<'a> {
    /// The folder as the operator wrote it.
    path: &'a Path,
    root: &'a Path,
    limits: FolderLimits,
    entries: usize,
    bytes: u64,
    files: BTreeMap<String, Arc<[u8]>>,
    missing: BTreeMap<String, Missing>,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), FolderError> {
        if depth > self.limits.depth {
            return Err(self.too_large(format!("{} folders inside one another", self.limits.depth)));
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => {
                return Err(FolderError::Unreadable { path: self.path.to_owned(), error });
            }
            Err(error) => {
                self.missing.insert(prefix.trim_end_matches('/').to_owned(), Missing::Unreadable(error.to_string()));
                return Ok(());
            }
        };
        for entry in entries {
            let entry = entry.map_err(|error| FolderError::Unreadable { path: self.path.to_owned(), error })?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(self.too_large(format!("{} files", self.limits.entries)));
            }
            let path = format!("{prefix}{}", name.to_string_lossy());
            if name.to_str().is_none() {
                self.missing.insert(path, Missing::LeftOut("its name is not UTF-8"));
                continue;
            }
            self.visit(&entry.path(), path, depth)?;
        }
        Ok(())
    }

    fn visit(&mut self, place: &Path, path: String, depth: usize) -> Result<(), FolderError> {
        let found = fs::symlink_metadata(place).and_then(|metadata| {
            let kind = metadata.file_type();
            if !kind.is_symlink() {
                return Ok((place.to_owned(), kind));
            }
            let target = place.canonicalize()?;
            let kind = fs::symlink_metadata(&target)?.file_type();
            Ok((target, kind))
        });
        let (target, kind) = match found {
            Ok(found) => found,
            Err(error) => {
                self.missing.insert(path, Missing::Unreadable(error.to_string()));
                return Ok(());
            }
        };
        // A link is followed to a file inside: mounted configuration comes as links into a folder beside them.
        let linked = target != place;
        let left_out = if linked && !target.starts_with(self.root) {
            Some("it is a link that leads outside")
        } else if linked && kind.is_dir() {
            Some("it is a link to a folder")
        } else if !kind.is_dir() && !kind.is_file() {
            Some("it is neither a file nor a folder")
        } else {
            None
        };
        if let Some(why) = left_out {
            self.missing.insert(path, Missing::LeftOut(why));
            return Ok(());
        }
        if kind.is_dir() {
            return self.enter(&target, &format!("{path}/"), depth + 1);
        }
        self.take(&target, path)
    }

    fn take(&mut self, place: &Path, path: String) -> Result<(), FolderError> {
        let left = self.limits.bytes - self.bytes;
        let mut bytes = Vec::new();
        // One byte more than may be left tells whether there is more.
        match File::open(place).and_then(|file| file.take(left + 1).read_to_end(&mut bytes)) {
            Ok(_) if bytes.len() as u64 > left => {
                let limit = self.limits.bytes;
                let limit = if limit < 1 << 20 { format!("{limit} bytes") } else { format!("{} MiB", limit >> 20) };
                return Err(self.too_large(limit));
            }
            Ok(_) => {
                self.bytes += bytes.len() as u64;
                self.files.insert(path, bytes.into());
            }
            Err(error) => {
                self.missing.insert(path, Missing::Unreadable(error.to_string()));
            }
        }
        Ok(())
    }

    fn too_large(&self, limit: String) -> FolderError {
        FolderError::TooLarge { path: self.path.to_owned(), limit }
    }
}

/// Digests names and contents, in the order of the names. Lengths stand before what they belong to, so that a byte cannot move from
/// one part into the next.
fn digest(files: &BTreeMap<String, Arc<[u8]>>, missing: &BTreeMap<String, Missing>) -> [u8; 32] {
    let mut sha = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    part(b"beadle folder 1");
    part(&(files.len() as u64).to_be_bytes());
    for (path, bytes) in files {
        part(path.as_bytes());
        part(bytes);
    }
    // Reading these answers with their reason, which is part of what a plugin sees.
    for (path, missing) in missing {
        part(path.as_bytes());
        part(match missing {
            Missing::LeftOut(why) => why.as_bytes(),
            Missing::Unreadable(_) => b"unreadable",
        });
    }
    sha.finalize().into()
}
