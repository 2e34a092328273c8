//! Compiled code, kept on disk. Compiling a script engine takes seconds, mapping the result a few milliseconds.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::LoadError;

/// A folder of compiled components, named by the digest of their source and by what the engine requires of them.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Uses a folder, which is made and kept private to this user: what stands in it is run as machine code. Without a folder, or
    /// where it cannot be made or belongs to somebody else, each start compiles anew.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        let folder = folder.and_then(|folder| match make_private(folder) {
            Ok(()) => Some(folder.to_owned()),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "compiled plugins are not kept");
                None
            }
        });
        Self { folder }
    }

    /// Returns the compiled component, from the folder where it stands there.
    pub(crate) fn compile(&self, engine: &Engine, source: &[u8]) -> Result<Component, LoadError> {
        let malformed = |error: wasmtime::Error| LoadError::Malformed(format!("{error:#}"));
        let Some(folder) = &self.folder else { return Component::new(engine, source).map_err(malformed) };
        let mut required = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut required);
        let path = folder.join(format!("{}-{:016x}.cwasm", hex::encode(Sha256::digest(source)), required.finish()));
        if let Some(component) = open(engine, &path) {
            return Ok(component);
        }
        let compiled = engine.precompile_component(source).map_err(malformed)?;
        if let Err(error) = write(&path, &compiled) {
            tracing::warn!(file = %path.display(), %error, "the compiled plugin is not kept");
            return Component::new(engine, source).map_err(malformed);
        }
        open(engine, &path).map_or_else(|| Component::new(engine, source).map_err(malformed), Ok)
    }
}

/// Maps a compiled component. A file that does not fit is taken away and made anew.
fn open(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.is_file() {
        return None;
    }
    #[expect(unsafe_code, reason = "a compiled component is machine code; the folder is private and written only here")]
    // SAFETY: the folder belongs to this user, nobody else can write to it (checked when the cache was made), and files come into it
    // whole, by rename, from `precompile_component` of an engine with the same compatibility hash.
    let component = unsafe { Component::deserialize_file(engine, path) };
    match component {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::debug!(file = %path.display(), error = %format!("{error:#}"), "a compiled plugin does not fit");
            let _ = fs::remove_file(path);
            None
        }
    }
}

/// Writes a file whole or not at all. Two that write the same at once must not share the file before the rename.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, path)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::io::{Error, ErrorKind};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    match fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        return Err(Error::new(ErrorKind::NotADirectory, "it is not a folder"));
    }
    // A file made in it belongs to whoever runs this; a folder of somebody else could hold somebody else's code.
    let probe = folder.join(format!(".{}.probe", std::process::id()));
    let me = fs::write(&probe, b"").and_then(|()| fs::metadata(&probe)).map(|probe| probe.uid());
    let _ = fs::remove_file(&probe);
    if found.uid() != me? {
        return Err(Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}
