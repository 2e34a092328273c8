//! Secrets by reference.
//!
//! A secret in the file ends up in backups, in version control and on projectors. So the file only says where a secret is; the value
//! is read when it is used, never kept in the configuration, and never printed.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::Env;
use crate::mask;
use crate::reader::{Item, Section};
use crate::shape::{Key, Kind, Shape};
use crate::values::quoted;

/// The largest secret that is read from a file, in bytes. 64 KiB: a service account's key takes 2.4 KiB.
const LARGEST: u64 = 64 << 10;

/// Where a secret is: the name of an environment variable, or a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// `{ env = "MOODLE_TOKEN" }`.
    Env(String),
    /// `{ file = "moodle.token" }`; already joined with the configuration's folder.
    File(PathBuf),
}

/// Why a secret could not be had. Never holds its value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The environment variable is not set, or empty.
    #[error("the environment variable {0} is not set; set it, or name a file with {{ file = \"…\" }}")]
    MissingVariable(String),
    /// The file cannot be read.
    #[error("the file {} cannot be read: {problem}", path.display())]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
    /// The file holds nothing, no text, or far too much.
    #[error("the file {} holds {problem}", path.display())]
    UnusableFile {
        /// The file.
        path: PathBuf,
        /// What it holds instead of a secret.
        problem: &'static str,
    },
}

impl SecretRef {
    /// Reads the secret; a newline at the end of a file does not belong to it.
    ///
    /// # Errors
    /// Names the variable that is not set, or the file that is missing, empty, no text, or larger than 64 KiB.
    pub fn resolve(&self, env: &Env<'_>) -> Result<SecretString, ConfigError> {
        match self {
            Self::Env(name) => match env(name) {
                Some(value) if !value.is_empty() => Ok(value.into()),
                _ => Err(ConfigError::MissingVariable(name.clone())),
            },
            Self::File(path) => read_file(path),
        }
    }
}

impl fmt::Display for SecretRef {
    /// Writes the reference as it stands in the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "{{ env = {} }}", quoted(name)),
            Self::File(path) => write!(f, "{{ file = {} }}", quoted(&path.display().to_string())),
        }
    }
}

fn read_file(path: &Path) -> Result<SecretString, ConfigError> {
    let unusable = |problem| ConfigError::UnusableFile { path: path.to_owned(), problem };
    let unreadable =
        |error: std::io::Error| ConfigError::UnreadableFile { path: path.to_owned(), problem: error.to_string() };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unusable("other files: it is a folder"));
    }
    if metadata.len() > LARGEST {
        return Err(unusable("more than 64 KiB, which is no secret"));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| unusable("no UTF-8 text"))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() { Err(unusable("nothing")) } else { Ok(secret.into()) }
}

pub(crate) static SECRET: Shape = Shape {
    title: "a secret",
    doc: "Where a secret is; its value never stands in this file.",
    keys: &[
        Key::new("env", Kind::Text, "\"MOODLE_TOKEN\"", "The environment variable that holds it."),
        Key::new(
            "file",
            Kind::Text,
            "\"moodle.token\"",
            "The file that holds it, relative to this file's folder; readable by the host's user only. A newline at its end does \
             not belong to the secret.",
        ),
    ],
    one_of: &["env", "file"],
    elsewhere: &[],
};

/// Returns a file's path for messages.
fn shown(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name.len() > mask::LONGEST_NAME {
        true => path.with_file_name("***").display().to_string(),
        false => path.display().to_string(),
    }
}

impl Item<'_> {
    /// Reads a reference to a secret and looks whether the secret is there.
    pub(crate) fn secret(&self) -> Option<SecretRef> {
        let secret = self.secret_to_come()?;
        if let Err(problem) = secret.resolve(self.reader.env) {
            let (message, fix) = match (&secret, &problem) {
                (SecretRef::Env(name), _) => (
                    format!("the environment variable {name} for {} is not set", self.path),
                    format!("set it before the host starts, or write: {} = {{ file = \"…\" }}", self.spec.name),
                ),
                (SecretRef::File(path), ConfigError::UnreadableFile { .. }) if !path.exists() => (
                    format!("the file {} for {} does not exist", shown(path), self.path),
                    format!("make the file, or write: {} = {{ env = \"…\" }}", self.spec.name),
                ),
                (SecretRef::File(_), problem) => {
                    (format!("{problem} ({})", self.path), "put the secret into that file".into())
                }
            };
            self.error(message, fix);
        } else if let SecretRef::File(path) = &secret
            && readable_by_others(path)
        {
            let message =
                format!("the file {} for {} may be read by every user of this machine", path.display(), self.path);
            self.warning(message, format!("run: chmod 600 {}", path.display()));
        }
        Some(secret)
    }

    /// Reads a reference to a secret that need not be there yet.
    pub(crate) fn secret_to_come(&self) -> Option<SecretRef> {
        let Some(table) = self.value.get_ref().as_table() else {
            let message =
                format!("secret written in clear: {} takes a reference to a secret, never its value", self.path);
            let fix = format!(
                "write: {} = {}\nand change the secret if others have seen this file",
                self.spec.name, self.spec.example
            );
            self.error(message, fix);
            return None;
        };
        let section = Section::open(self.reader, self.path.clone(), self.value.span(), table, &SECRET);
        let which = section.exactly_one()?;
        let reference = section.item(which)?;
        let text = reference.text()?;
        if which == "file" {
            return Some(SecretRef::File(self.reader.path(text)));
        }
        if !crate::mask::is_variable_name(text) {
            let message = format!(
                "secret written in clear: {} takes the name of an environment variable, and this is none",
                reference.path
            );
            reference.error(message, format!("write: {} = {}", self.spec.name, self.spec.example));
            return None;
        }
        Some(SecretRef::Env(text.to_owned()))
    }
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_file_loses_its_last_newline_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (content, expected) in
            [("abc\n", Some("abc")), ("abc\r\n", Some("abc")), (" a b ", Some(" a b ")), ("\n", None)]
        {
            std::fs::write(&path, content).unwrap();
            let secret = SecretRef::File(path.clone()).resolve(&|_| None);
            assert_eq!(secret.ok().as_ref().map(|secret| secret.expose_secret()), expected, "{content:?}");
        }
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(SecretRef::File(path.clone()).resolve(&|_| None).is_err());
        assert!(SecretRef::File(folder.path().to_owned()).resolve(&|_| None).is_err());
    }

    #[test]
    fn an_empty_variable_is_none() {
        let reference = SecretRef::Env("TOKEN".to_owned());
        assert!(reference.resolve(&|_| None).is_err());
        assert!(reference.resolve(&|_| Some(String::new())).is_err());
        let found = reference.resolve(&|name| Some(format!("value of {name}"))).unwrap();
        assert_eq!(found.expose_secret(), "value of TOKEN");
    }
}
