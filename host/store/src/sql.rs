//! What every database is told in the same words.
//!
//! The statements of firings, commits, the outbox and so on are the same for SQLite and PostgreSQL but for one word: how a list that
//! travels as JSON becomes rows (`each!`). So the files of the folder `sql` are compiled once for each database, as modules of
//! [`crate::sqlite`] and [`crate::postgres`], which say what `Backend`, `Database`, `Connection` and `Row` are there. Generic code would have to
//! repeat for every function what a database can encode and decode; this way the compiler checks each statement's types for both.
//!
//! Parameters are numbered, `$1` in both. Numbers are 64 bits wide and times are milliseconds, so that both read the same.

use std::borrow::Cow;

/// Returns a text that every database keeps: PostgreSQL takes no NUL character.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Makes the modules of the folder `sql` for the database around it.
macro_rules! told {
    ($($name:ident $path:literal)+) => {
        $(
            #[path = $path]
            #[allow(clippy::duplicate_mod, reason = "each database has its own")]
            mod $name;
        )+
    };
}
pub(crate) use told;
