//! What a plugin wrote, read before any server sees it: pure.
//!
//! A server may see more in a text than whoever checked it: `/*! … */` runs on MySQL, two minus signs start a comment here and
//! not there, a backslash ends a literal or does not. So the text is cut into tokens by the dialect's rules, judged, and put
//! together again without its comments; what could be read in two ways is refused, and each backend sets the session so that
//! literals end where they end here.

mod judge;
mod tables;
mod tokens;

use crate::{DbError, Dialect};
use tokens::{Piece, pieces};

/// 1 MiB: room for some ten thousand parameters; a server takes 16 MiB and more.
const LONGEST: usize = 1 << 20;

/// 32,766: what SQLite takes; the others take 65,535.
const MOST_PARAMETERS: usize = 32_766;

/// A statement as its server shall see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) parameters: usize,
}

impl Statement {
    /// Takes one of the host's own statements as it stands.
    pub(crate) fn own(text: impl Into<String>) -> Self {
        Self { text: text.into(), parameters: 0 }
    }
}

/// Reads one statement: replaces `{prefix}`, refuses what is not one reading statement on the tables of the database `home`, and writes
/// each `?` as the dialect does.
pub(crate) fn read(dialect: Dialect, home: Option<&str>, prefix: &str, statement: &str) -> Result<Statement, DbError> {
    if statement.len() > LONGEST {
        return Err(DbError::Invalid(format!("the statement is longer than {} KiB", LONGEST / 1024)));
    }
    if statement.contains('\0') {
        return Err(DbError::Invalid("the statement contains a zero byte".into()));
    }
    // The prefix has letters, digits and underscores only, so that it changes no token's kind.
    let statement = statement.replace("{prefix}", prefix);
    let pieces = pieces(dialect, &statement)?;
    let pieces = judge::one(&pieces)?;
    judge::reads(dialect, home, pieces)?;
    write(dialect, pieces)
}

fn write(dialect: Dialect, pieces: &[Piece<'_>]) -> Result<Statement, DbError> {
    let mut text = String::new();
    let mut parameters = 0;
    for piece in pieces {
        if piece.is_comment() {
            text.push(' ');
            continue;
        }
        let part = match piece.text.strip_prefix('?') {
            None => piece.text,
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
                return Err(DbError::Invalid(format!("{}: parameters have no numbers here, write ?", piece.text)));
            }
            Some(rest) => {
                parameters += 1;
                match dialect {
                    Dialect::Postgres => text.push_str(&format!("${parameters}")),
                    Dialect::Mysql | Dialect::Sqlite => text.push('?'),
                }
                rest
            }
        };
        let comment = (text.ends_with('-') && part.starts_with('-')) || (text.ends_with('/') && part.starts_with('*'));
        if comment {
            return Err(DbError::Invalid(format!(
                "two signs stand together that some servers take for a comment; write a space before {part:?}"
            )));
        }
        text.push_str(part);
    }
    if parameters > MOST_PARAMETERS {
        return Err(DbError::Invalid(format!("the statement has more than {MOST_PARAMETERS} parameters")));
    }
    Ok(Statement { text: text.trim().to_owned(), parameters })
}

#[cfg(test)]
mod tests;
