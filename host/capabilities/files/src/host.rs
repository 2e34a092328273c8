//! The interface `beadle:files/files` on a borrowed view.

use std::fmt;
use std::time::Instant;

use beadle_plan::{Denial, Stage};
use wasmtime::component::{HasData, Linker};

use crate::{Folder, ReadError};
use bindings::beadle::files::files::{self, Error, File};

/// What `bindgen!` makes of `wit/files`. The sandbox maps the interface to `bindings::beadle::files::files`.
#[expect(missing_docs, reason = "generated; the words stand in wit/files/files.wit")]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "../../../wit/files",
        world: "uses-files",
        imports: { default: async | trappable },
        additional_derives: [PartialEq],
    });
}

/// A file's fixed part in the guest's memory, when it is listed: the address and length of its path, and its size.
const LISTED: usize = 16;

/// A plugin's folder as one run sees it.
pub struct FilesView<'a> {
    /// The snapshot; none where the operator gave the plugin no folder.
    pub folder: Option<&'a Folder>,
    /// The name under which the operator configured the plugin.
    pub plugin: &'a str,
    /// Where calls are counted and reads are noted.
    pub stage: &'a mut Stage,
}

impl fmt::Debug for FilesView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilesView").field("folder", &self.folder).field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// Says that a store's data lends a [`FilesView`].
#[derive(Debug)]
pub struct HasFiles;

impl HasData for HasFiles {
    type Data<'a> = FilesView<'a>;
}

/// Links the interface.
///
/// # Errors
/// When it is linked already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> FilesView<'_>,
) -> wasmtime::Result<()> {
    files::add_to_linker::<T, HasFiles>(linker, view)
}

impl FilesView<'_> {
    fn denial(&self) -> Denial {
        let plugin = self.plugin;
        Denial {
            what: format!("plugin {plugin} has no folder to read from"),
            allow: Some(format!("under [plugins.{plugin}]: folder = \"{plugin}/\"")),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreadable { .. } => Self::Unavailable(error.to_string()),
            ReadError::Outside(_) | ReadError::NoFile { .. } | ReadError::LeftOut { .. } => {
                Self::Invalid(error.to_string())
            }
        }
    }
}

impl files::Host for FilesView<'_> {
    async fn list(&mut self) -> wasmtime::Result<Result<Vec<File>, Error>> {
        self.stage.call()?;
        let Some(folder) = self.folder else { return Ok(Ok(Vec::new())) };
        let files: Vec<_> = folder.list().map(|(path, size)| File { path: path.to_owned(), size }).collect();
        self.stage.respond(files.iter().map(|file| LISTED + file.path.len()).sum())?;
        Ok(Ok(files))
    }

    async fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        self.stage.call()?;
        let Some(folder) = self.folder else { return Ok(Err(Error::Denied(self.denial().to_string()))) };
        let began = Instant::now();
        let read = folder.read(&path);
        let size = read.as_ref().map_or(0, |bytes| bytes.len());
        let error = read.as_ref().err().map(ToString::to_string);
        self.stage.read(format!("files:{path}"), began.elapsed(), size as u64, error);
        match read {
            Ok(bytes) => {
                self.stage.respond(size)?;
                Ok(Ok(bytes.to_vec()))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}
