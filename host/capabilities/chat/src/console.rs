//! Channels for looking on: the terminal, and a file that grows.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use beadle_plan::{Clock, Instant};

use crate::channel::{Act, Channel, Draft, Once, Posted, Trouble};
use crate::render::{Dialect, Plain};
use crate::settings::Console;

/// A channel that is written on the terminal, or to the end of a file.
pub(crate) struct Local {
    chat: String,
    file: Option<PathBuf>,
    console: Console,
    clock: Arc<dyn Clock>,
    dialect: Plain,
}

impl Local {
    pub(crate) fn new(chat: &str, file: Option<PathBuf>, console: Console, clock: Arc<dyn Clock>) -> Self {
        Self { chat: chat.to_owned(), file, console, clock, dialect: Plain { limit: None } }
    }

    /// Writes what happens to a message.
    async fn write(&self, what: &str, id: &str, text: &str) -> Result<(), Trouble> {
        let Some(file) = self.file.clone() else {
            let text = text.lines().map(|line| format!("  {line}\n")).collect::<String>();
            (self.console)(&format!("{} · {what}\n{text}", self.chat));
            return Ok(());
        };
        let entry = format!("{}{text}\n\n", head(self.clock.now(), what, id));
        let written = tokio::task::spawn_blocking(move || append(&file, &entry)).await;
        written.map_err(|error| Trouble::busy(error.to_string()))?
    }
}

/// The line above an entry. By it a message is found again.
fn head(now: Instant, what: &str, id: &str) -> String {
    format!("── {now} · {what} · {id}\n")
}

fn append(file: &Path, entry: &str) -> Result<(), Trouble> {
    let mut open = std::fs::OpenOptions::new();
    open.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    // One call, so that an entry is there whole or, where the disk is full, cut off at its end.
    let done = open.open(file).and_then(|mut file| file.write_all(entry.as_bytes()).and_then(|()| file.sync_data()));
    done.map_err(|error| problem(file, &error))
}

fn problem(file: &Path, error: &std::io::Error) -> Trouble {
    let cause = format!("{}: {error}", file.display());
    match error.kind() {
        ErrorKind::NotFound => Trouble::held(cause, "make its folder, or correct `file`"),
        ErrorKind::PermissionDenied => Trouble::held(cause, "let this user write there, or correct `file`"),
        ErrorKind::IsADirectory => Trouble::held(cause, "name a file in it"),
        _ => Trouble::busy(cause),
    }
}

#[async_trait]
impl Channel for Local {
    fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| "the terminal".to_owned(), |file| file.display().to_string())
    }

    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    fn mention(&self) -> Option<String> {
        None
    }

    fn once(&self) -> Once {
        // Nobody can read a terminal; what was said there before a crash is said again.
        if self.file.is_some() { Once::Look } else { Once::Key { within: None } }
    }

    fn turn(&self, _: Act) -> Result<(), Instant> {
        Ok(())
    }

    async fn post(&self, draft: Draft<'_>) -> Result<Posted, Trouble> {
        self.write("new", draft.nonce, draft.text).await?;
        Ok(Posted { id: draft.nonce.to_owned(), text: None })
    }

    async fn edit(&self, id: &str, draft: Draft<'_>) -> Result<(), Trouble> {
        self.write("changed", id, draft.text).await
    }

    async fn delete(&self, id: &str, _: &str) -> Result<(), Trouble> {
        self.write("removed", id, "").await
    }

    async fn find(&self, draft: Draft<'_>, _: Instant) -> Result<Vec<String>, Trouble> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        match tokio::fs::read_to_string(file).await {
            Ok(text) => {
                let end = format!(" · new · {}", draft.nonce);
                let stands = text.lines().any(|line| line.starts_with("── ") && line.ends_with(&end));
                Ok(if stands { vec![draft.nonce.to_owned()] } else { Vec::new() })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(problem(file, &error)),
        }
    }

    fn struck(&self, _: &str) -> Option<String> {
        None
    }

    async fn check(&self) -> Result<String, Trouble> {
        match &self.file {
            None => Ok("the terminal".to_owned()),
            Some(file) => {
                let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                if file.is_dir() {
                    return Err(Trouble::held(format!("{} is a folder", file.display()), "name a file in it"));
                }
                match folder.is_dir() {
                    true => Ok(file.display().to_string()),
                    false => Err(Trouble::held(
                        format!("there is no folder {}", folder.display()),
                        "make it, or correct `file`",
                    )),
                }
            }
        }
    }
}
