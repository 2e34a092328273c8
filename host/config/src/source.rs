//! The file as text: read with care, found again by line and column, shown without its secrets.
//!
//! What an operator may hand over instead of a file: nothing, a folder, an empty file, a picture, something endless. Each has a
//! message of its own.

use std::fmt;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::mask;
use crate::problem::ConfigErrors;

/// The largest file that is read, in bytes. 4 MiB: a hundred schools with a table of a thousand rooms each.
const LARGEST: u64 = 4 << 20;

/// The longest line that is shown whole, in characters.
const LONGEST_LINE: usize = 200;

/// Where something stands in the file, and the line to show for it, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line as it may be shown: secrets are `***`, control characters blanks.
    #[serde(skip)]
    pub text: String,
    /// How many characters of `text` stand before the place.
    #[serde(skip)]
    pub(crate) indent: usize,
    /// How many characters of `text` the place takes.
    #[serde(skip)]
    pub(crate) width: usize,
}

/// A `schedules.toml` as it was read, not yet understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    path: PathBuf,
    text: String,
    masks: Vec<Range<usize>>,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Source {
    /// Reads the file.
    ///
    /// # Errors
    /// Says what stands at the path if it is no readable text: nothing, a folder, bytes that are not UTF-8, too much of it.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let name = path.display().to_string();
        let refuse = |message: &str, fix: &str| ConfigErrors::whole(&name, message.to_owned(), fix);
        let no_file = "run `beadle init` to write one, or name another with --config FILE";
        let file = std::fs::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => refuse("there is no such file", no_file),
            std::io::ErrorKind::PermissionDenied => {
                refuse("the file may not be read by this user", "give the host's user the right to read it")
            }
            _ => refuse(&format!("the file cannot be opened: {error}"), no_file),
        })?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            let inside = path.join("schedules.toml");
            let fix = format!("name a file, such as {}", inside.display());
            return Err(refuse("this is a folder, not a file", &fix));
        }
        let mut bytes = Vec::new();
        let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| {
            refuse(&format!("the file cannot be read: {error}"), "look after the disk, then try again")
        })?;
        if bytes.len() as u64 > LARGEST {
            let fix = "put long tables of rooms into the plugin's folder (folder = \"rooms/\")";
            return Err(refuse("the file is larger than 4 MiB", fix));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count();
            refuse(&format!("the file is not UTF-8 text (line {line})"), "save it as UTF-8 without other encodings")
        })?;
        Ok(Self::from_text(path, text))
    }

    /// Takes a text as if it stood at that path, which need not exist; files that the text names are relative to the path's folder.
    pub fn from_text(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        Self { path: path.into(), masks: mask::secrets(&text), lines, text }
    }

    /// Returns the path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the folder to which files named in the text are relative; empty for the current one.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Returns the SHA-256 of the text in hex, so that a watcher sees whether an edit changed anything.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text.as_bytes()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Returns a message from elsewhere without what the file hides: whoever wrote it may have quoted values.
    pub(crate) fn without_secrets(&self, message: &str) -> String {
        // A word of three letters is no secret, and would spoil the message wherever it stands in another.
        let secrets = self.masks.iter().map(|mask| &self.text[mask.clone()]).filter(|secret| secret.len() > 3);
        secrets.fold(message.to_owned(), |message, secret| message.replace(secret, "***"))
    }

    /// Returns the piece of text in a span, secrets masked.
    pub(crate) fn shown(&self, span: Range<usize>) -> String {
        self.pieces(span).map(|(_, shown)| shown).collect()
    }

    /// Returns the line of a byte, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Finds the line and column of a span of bytes. A span over several lines is shown by its first.
    pub(crate) fn location(&self, span: Range<usize>) -> Location {
        let mut at = span.start.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line(at);
        let start = self.lines[line - 1];
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let (mut text, mut indent, mut width) = (String::new(), 0, 0);
        for (position, piece) in self.pieces(start..end) {
            if position < at {
                indent += piece.chars().count();
            } else if position < span.end {
                width += piece.chars().count();
            }
            text.push_str(&piece);
        }
        text.truncate(text.trim_end().len());
        let (text, indent) = shorten(text, indent);
        let width = width.min(text.chars().count().saturating_sub(indent)).max(1);
        Location { line, column: 1 + self.text[start..at].chars().count(), text, indent, width }
    }

    /// Yields the characters of a span with their positions, each masked secret as one piece.
    fn pieces(&self, span: Range<usize>) -> impl Iterator<Item = (usize, String)> + '_ {
        let mut last_mask = None;
        let text = self.text.get(span.clone()).unwrap_or_default();
        text.char_indices().filter_map(move |(offset, letter)| {
            let position = span.start + offset;
            // The masks are in order and disjoint.
            let next = self.masks.partition_point(|mask| mask.end <= position);
            match self.masks.get(next).filter(|mask| mask.contains(&position)) {
                Some(_) if last_mask == Some(next) => None,
                Some(_) => {
                    last_mask = Some(next);
                    Some((position, "***".to_owned()))
                }
                None => Some((position, if letter.is_control() { ' ' } else { letter }.to_string())),
            }
        })
    }
}

impl fmt::Debug for Source {
    /// Shows no text: a broken file may hold a secret in clear.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("path", &self.path).field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// Cuts a very long line around the place that matters.
fn shorten(text: String, indent: usize) -> (String, usize) {
    if text.chars().count() <= LONGEST_LINE {
        return (text, indent);
    }
    let skip = indent.saturating_sub(LONGEST_LINE / 4);
    let mut cut: String = text.chars().skip(skip).take(LONGEST_LINE).collect();
    cut.push('…');
    if skip == 0 { (cut, indent) } else { (format!("…{cut}"), indent - skip + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let source = Source::from_text("x.toml", "a = 1\r\n\tnäme = \"ö\"\r\n");
        let start = source.text().find("\"ö\"").unwrap();
        let place = source.location(start..start + 4);
        assert_eq!((place.line, place.column, place.indent, place.width), (2, 9, 8, 3));
        assert_eq!(place.text, " näme = \"ö\"");
    }

    #[test]
    fn a_masked_value_moves_the_caret() {
        let source = Source::from_text("x.toml", "token = \"abcdefghij\", other = 1");
        let start = source.text().find("other").unwrap();
        let place = source.location(start..start + 5);
        assert_eq!(place.text, "token = \"***\", other = 1");
        assert_eq!((place.column, place.indent, place.width), (start + 1, 15, 5));
    }

    #[test]
    fn a_message_from_elsewhere_loses_what_the_file_hides() {
        let source = Source::from_text("x.toml", "settings = { api-key = \"s3cret value\", pin-token = \"1\" }");
        let message = "1 is no schema for {\"api-key\":\"s3cret value\"}";
        assert_eq!(source.without_secrets(message), "1 is no schema for {\"api-key\":\"***\"}");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let source = Source::from_text("x.toml", format!("{}here{}", "a".repeat(1_000), "b".repeat(1_000)));
        let place = source.location(1_000..1_004);
        assert_eq!(place.text.chars().skip(place.indent).take(place.width).collect::<String>(), "here");
        assert!(place.text.chars().count() <= LONGEST_LINE + 2);
    }
}
