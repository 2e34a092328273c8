//! Where contents are kept: a folder, a file for each, named by the SHA-256 of what it holds.
//!
//! A file appears whole or not at all: it is written beside its place, flushed, and then renamed. Texts are kept compressed, as `.gz`, so
//! that people can look at them with the tools they have.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use beadle_egress::Redactor;
use beadle_plan::ContentDigest;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::clean::clean;

/// The most bytes of one content.
pub(crate) const LARGEST: usize = 64 << 20;

/// The folder in which files are written before they get their names.
const UNFINISHED: &str = "unfinished";

/// Why content is not kept or not returned.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// It is not there.
    #[error("there is no content {0}; it was removed, or the folder is another one (host.artifacts)")]
    Missing(ContentDigest),
    /// It is there, and is something else.
    #[error("the content {0} is damaged: what is in its file has another digest")]
    Damaged(ContentDigest),
    /// The disk refuses it.
    #[error("{}: {error} (host.artifacts)", .path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many contents.
    pub contents: u64,
    /// How many bytes on the disk.
    pub bytes: u64,
}

/// The folder of contents.
#[derive(Debug, Clone)]
pub struct Content {
    folder: PathBuf,
    /// Where what is not here is read from; never written to.
    beneath: Option<PathBuf>,
    /// Knows the host's own secrets.
    secrets: Redactor,
    /// Held by those who put, so that a sweep does not remove what is just put again.
    sweeping: Arc<RwLock<()>>,
}

impl Content {
    /// Keeps contents in a folder, which is made when the first one comes.
    pub fn at(folder: impl Into<PathBuf>, secrets: Redactor) -> Self {
        Self { folder: folder.into(), beneath: None, secrets, sweeping: Arc::default() }
    }

    /// Keeps contents in another folder, and reads what is not there from this one, which stays as it is.
    pub fn over(&self, folder: impl Into<PathBuf>) -> Self {
        Self { beneath: Some(self.folder.clone()), ..Self::at(folder, self.secrets.clone()) }
    }

    /// Keeps content, once, and returns its digest and size, which are those of what is kept: texts without their secrets.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put(&self, media_type: &str, bytes: Vec<u8>) -> Result<(ContentDigest, u64), ContentError> {
        let (here, text) = (self.clone(), is_text(media_type));
        blocking(move || here.write(text, bytes)).await
    }

    /// Returns content, verified against its digest.
    ///
    /// # Errors
    /// When it is not there, or is something else.
    pub async fn get(&self, digest: ContentDigest) -> Result<Vec<u8>, ContentError> {
        let here = self.clone();
        blocking(move || here.read(digest)).await
    }

    /// Removes what was put before `before` and is none of what `referred` returns of what it is asked about.
    ///
    /// # Errors
    /// When the folder cannot be read, or what `referred` says.
    pub async fn sweep<E, F>(
        &self,
        before: SystemTime,
        mut referred: impl FnMut(Vec<ContentDigest>) -> F,
    ) -> Result<Swept, E>
    where
        E: From<ContentError>,
        F: Future<Output = Result<Vec<ContentDigest>, E>>,
    {
        let mut swept = Swept::default();
        let here = self.clone();
        for shelf in blocking(move || here.shelves()).await? {
            let old = blocking(move || on(&shelf, before)).await?;
            if old.is_empty() {
                continue;
            }
            let wanted = referred(old.iter().map(|file| file.digest).collect()).await?;
            let unwanted = old.into_iter().filter(|file| !wanted.contains(&file.digest)).collect::<Vec<_>>();
            let here = self.clone();
            let some = blocking(move || here.remove(unwanted, before)).await?;
            swept.contents += some.contents;
            swept.bytes += some.bytes;
        }
        Ok(swept)
    }

    /// Returns the digests of everything that is kept.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn digests(&self) -> Result<Vec<ContentDigest>, ContentError> {
        let here = self.clone();
        blocking(move || {
            let mut all = Vec::new();
            for shelf in here.shelves()? {
                all.extend(on(&shelf, SystemTime::now() + FAR)?.iter().map(|file| file.digest));
            }
            Ok(all)
        })
        .await
    }

    fn write(&self, text: bool, bytes: Vec<u8>) -> Result<(ContentDigest, u64), ContentError> {
        let bytes = match text {
            true => clean(&String::from_utf8_lossy(&bytes), &self.secrets).into_bytes(),
            false => bytes,
        };
        let digest = ContentDigest::new(Sha256::digest(&bytes).into());
        let size = bytes.len() as u64;
        let _no_sweep = self.sweeping.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, _)) = find(&self.folder, digest) {
            // As young as if it had just come, so that no sweep takes it for old. One that cannot be touched is written anew.
            let touched =
                File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
            if touched.is_ok() {
                return Ok((digest, size));
            }
        }
        let path = place(&self.folder, digest, text);
        let shelf = path.parent().unwrap_or(&self.folder);
        let unfinished = self.folder.join(UNFINISHED);
        for folder in [&unfinished, shelf] {
            private(folder).map_err(|error| disk(folder, error))?;
        }
        let written = tempfile::NamedTempFile::new_in(&unfinished).and_then(|mut file| {
            if text {
                let mut packed = GzEncoder::new(&mut file, Compression::fast());
                packed.write_all(&bytes)?;
                packed.finish()?;
            } else {
                file.write_all(&bytes)?;
            }
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)
        });
        written.map_err(|error| disk(&path, error))?;
        Ok((digest, size))
    }

    fn read(&self, digest: ContentDigest) -> Result<Vec<u8>, ContentError> {
        let folders = [Some(&self.folder), self.beneath.as_ref()];
        let found = folders.into_iter().flatten().find_map(|folder| find(folder, digest));
        let (path, packed) = found.ok_or(ContentError::Missing(digest))?;
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| match packed {
            // Never more than was put, whatever stands in the file.
            true => GzDecoder::new(file).take(LARGEST as u64 + 1).read_to_end(&mut bytes),
            false => file.take(LARGEST as u64 + 1).read_to_end(&mut bytes),
        });
        match read {
            Ok(_) if ContentDigest::new(Sha256::digest(&bytes).into()) == digest => Ok(bytes),
            // Of a damaged file, unpacking fails in many ways.
            Ok(_) => Err(ContentError::Damaged(digest)),
            Err(error) if packed && error.raw_os_error().is_none() => Err(ContentError::Damaged(digest)),
            Err(error) => Err(disk(&path, error)),
        }
    }

    /// Returns the folders of which each holds the contents whose digests begin alike.
    fn shelves(&self) -> Result<Vec<PathBuf>, ContentError> {
        let shelf = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() == 2) && path.is_dir();
        Ok(list(&self.folder)?.into_iter().filter(shelf).collect())
    }

    fn remove(&self, files: Vec<Kept>, before: SystemTime) -> Result<Swept, ContentError> {
        let _alone = self.sweeping.write().unwrap_or_else(PoisonError::into_inner);
        let mut swept = Swept::default();
        for file in files {
            // It may have been put once more since it was looked at.
            let Some(found) = file.path.metadata().ok().filter(|found| is_old(found, before)) else { continue };
            std::fs::remove_file(&file.path).map_err(|error| disk(&file.path, error))?;
            swept.contents += 1;
            swept.bytes += found.len();
        }
        Ok(swept)
    }
}

/// Returns where content is kept in a folder, and whether it is compressed there.
fn find(folder: &Path, digest: ContentDigest) -> Option<(PathBuf, bool)> {
    [true, false].map(|packed| (place(folder, digest, packed), packed)).into_iter().find(|(path, _)| path.exists())
}

fn place(folder: &Path, digest: ContentDigest, packed: bool) -> PathBuf {
    let name = digest.to_string();
    let (shelf, rest) = name.split_at(2);
    folder.join(shelf).join(if packed { format!("{rest}.gz") } else { rest.to_owned() })
}

/// A file of a shelf.
struct Kept {
    path: PathBuf,
    digest: ContentDigest,
}

/// Long after now: everything there is older.
const FAR: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Returns what is on a shelf since before an instant. Files that are none of ours are left alone.
fn on(shelf: &Path, before: SystemTime) -> Result<Vec<Kept>, ContentError> {
    let begins = shelf.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let kept = |path: PathBuf| {
        let name = path.file_name()?.to_str()?;
        let digest = format!("{begins}{}", name.strip_suffix(".gz").unwrap_or(name)).parse().ok()?;
        path.metadata().ok().filter(|found| found.is_file() && is_old(found, before))?;
        Some(Kept { path, digest })
    };
    Ok(list(shelf)?.into_iter().filter_map(kept).collect())
}

fn is_old(found: &Metadata, before: SystemTime) -> bool {
    found.modified().is_ok_and(|modified| modified < before)
}

/// Lists a folder, in order; one that is not there is empty.
fn list(folder: &Path) -> Result<Vec<PathBuf>, ContentError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(disk(folder, error)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort_unstable();
    Ok(paths)
}

/// Makes a folder, and those above it, that nobody else may look into: what sites answer is about people.
fn private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Tells whether content is text, which is cleaned and compressed.
fn is_text(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || ["json", "jsonl", "xml"].iter().any(|end| kind.rsplit(['/', '+']).next() == Some(end))
        || kind == "application/javascript"
}

fn disk(path: &Path, error: io::Error) -> ContentError {
    ContentError::Disk { path: path.to_owned(), error }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ContentError> + Send + 'static,
) -> Result<T, ContentError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(disk(Path::new("the disk"), io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests;
