//! Files of channels: one that is somebody else's would be written into for ever.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::reader::Reader;
use crate::secret::SecretRef;
use crate::sections::{ChatService, Sheet, Store};

/// Reports channels whose file is the configuration, the store, the key of the pseudonyms or a sheet.
pub(super) fn check(reader: &Reader<'_>, config: &Config) {
    for (name, chat) in &config.chats {
        let ChatService::File { file } = &chat.service else { continue };
        if let Some(whose) = owner(reader, config, file) {
            let message = format!("the file of chats.{name} is {whose}, and messages would be written into it");
            let fix = Some(format!("write: file = \"{name}.log\""));
            reader.add(config.problem(&["chats", name.as_str(), "file"], message, fix));
        }
    }
}

fn owner(reader: &Reader<'_>, config: &Config, file: &Path) -> Option<String> {
    let is = |other: &Path| real(other) == real(file);
    if is(reader.source.path()) {
        return Some("this configuration".to_owned());
    }
    if let Store::Sqlite(store) = &config.host.store {
        // What the database keeps beside its file begins with its name.
        let store = real(store);
        if real(file).to_string_lossy().starts_with(&*store.to_string_lossy()) {
            return Some("the store".to_owned());
        }
    }
    if matches!(&config.host.key, SecretRef::File(key) if is(key)) {
        return Some("the key of the pseudonyms".to_owned());
    }
    config.sheets.iter().find_map(|(name, sheet)| match sheet {
        Sheet::Csv { file } if is(file) => Some(format!("sheet {name}")),
        _ => None,
    })
}

/// Returns a path as the system knows it, also of a file that is not there yet.
fn real(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (path.canonicalize(), folder.canonicalize(), path.file_name()) {
        (Ok(real), _, _) => real,
        (_, Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
