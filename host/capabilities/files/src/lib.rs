//! The capability `files`: the plugin's own folder, read-only.
//!
//! An operator puts a table of rooms beside a plugin, and the plugin shall see that and nothing else of the machine. A path
//! that is checked and then opened can have become another one in between, and a file that is read twice can have changed. So
//! the host takes a snapshot once: [`Folder::open`] walks the folder, follows no way out of it, and keeps what it read. Its
//! digest covers names and contents; what the operator activated, what `describe` saw and what a run reads is the same.
//!
//! Left out of a snapshot, and told as such when somebody asks for them: links that lead out of the folder, links to
//! folders, names that are not UTF-8, and what is neither file nor folder. What begins with a period is passed over altogether:
//! editors and version control keep their own there.
//!
//! ```
//! use beadle_files::Folder;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let place = tempfile::tempdir()?;
//! # let place = place.path();
//! std::fs::write(place.join("rooms.csv"), "192.168.1.45,Lab 2\n")?;
//! let folder = Folder::open(place)?;
//! assert_eq!(folder.list().next(), Some(("rooms.csv", 19)));
//! assert_eq!(&*folder.read("rooms.csv")?, b"192.168.1.45,Lab 2\n");
//! assert!(folder.read("../secrets.toml").is_err());
//! # Ok(()) }
//! ```

mod folder;
mod host;
mod path;
#[cfg(test)]
mod tests;

pub use folder::{Folder, FolderError, FolderLimits, ReadError};
pub use host::{FilesView, HasFiles, add_to_linker, bindings};
