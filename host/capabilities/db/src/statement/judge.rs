//! Whether a statement is one, and only reads.

use sqlparser::tokenizer::{Token, Whitespace};

use super::tables;
use super::tokens::Piece;
use crate::{DbError, Dialect};

/// Functions that act, hold locks, read the server's files, run texts as statements, or only wait. The other gates stop most of
/// them too; here the plugin's author learns why. An ending `*` stands for any ending.
const ACTING: [&str; 46] = [
    "benchmark",
    "currval",
    "cursor_to_xml*",
    "dblink*",
    "fts3_tokenizer",
    "get_lock",
    "is_free_lock",
    "lastval",
    "load_extension",
    "load_file",
    "lo_*",
    "loread",
    "lowrite",
    "master_gtid_wait",
    "master_pos_wait",
    "nextval",
    "pg_advisory_*",
    "pg_cancel_backend",
    "pg_create_*",
    "pg_drop_*",
    "pg_export_snapshot",
    "pg_file_*",
    "pg_log_*",
    "pg_logical_*",
    "pg_ls_*",
    "pg_notify",
    "pg_promote",
    "pg_read_*",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_sleep*",
    "pg_stat_file",
    "pg_stat_reset*",
    "pg_switch_wal",
    "pg_terminate_backend",
    "pg_try_advisory_*",
    "query_to_xml*",
    "readfile",
    "release_all_locks",
    "release_lock",
    "set_config",
    "setval",
    "sleep",
    "sys_eval",
    "sys_exec",
    "writefile",
];

/// Returns the pieces of the one statement, without what ends it.
pub(super) fn one<'p, 'a>(pieces: &'p [Piece<'a>]) -> Result<&'p [Piece<'a>], DbError> {
    let end = pieces.iter().position(|piece| piece.token == Token::SemiColon).unwrap_or(pieces.len());
    let (statement, rest) = pieces.split_at(end);
    if rest.iter().any(|piece| !piece.is_space() && piece.token != Token::SemiColon) {
        return Err(DbError::Invalid("there is more than one statement; send them one by one".into()));
    }
    if statement.iter().all(Piece::is_space) {
        return Err(DbError::Invalid("the statement is empty".into()));
    }
    Ok(statement)
}

/// Refuses a statement that does more than to read.
pub(super) fn reads(dialect: Dialect, home: Option<&str>, pieces: &[Piece<'_>]) -> Result<(), DbError> {
    for piece in pieces {
        if let Token::Whitespace(Whitespace::MultiLineComment(comment)) = &piece.token
            && (comment.starts_with(['!', '+']) || comment.starts_with("M!"))
        {
            return Err(denied("hints and comments that a server runs are not taken"));
        }
    }
    let pieces: Vec<_> = pieces.iter().filter(|piece| !piece.is_space()).collect();
    let first = pieces.iter().find(|piece| piece.token != Token::LParen);
    let kinds: &[&str] = match dialect {
        Dialect::Mysql => &["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"],
        Dialect::Postgres => &["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"],
        Dialect::Sqlite => &["SELECT", "WITH", "VALUES", "EXPLAIN"],
    };
    let word = first.and_then(|piece| piece.word());
    if !word.as_deref().is_some_and(|word| kinds.contains(&word)) {
        let what = word.unwrap_or_else(|| "this".into());
        return Err(denied(&format!("{what} does not only read; statements begin with {}", kinds.join(", "))));
    }
    (0..pieces.len()).try_for_each(|at| judge(dialect, &pieces, at))?;
    tables::own(dialect, home, &pieces)
}

/// Judges one token among its neighbours.
fn judge(dialect: Dialect, pieces: &[&Piece<'_>], at: usize) -> Result<(), DbError> {
    let token = |at: usize| pieces.get(at).map(|piece| &piece.token);
    let before = at.checked_sub(1).and_then(token);
    let called = token(at + 1) == Some(&Token::LParen);
    match &pieces[at].token {
        Token::Word(word) if called => {
            let name = word.value.to_ascii_lowercase();
            if ACTING.iter().any(|acting| matches(acting, &name)) || name.contains('\\') {
                return Err(denied(&format!("the function {name} does not only read")));
            }
        }
        Token::Word(word) if word.quote_style.is_some() => {
            let escaped = before == Some(&Token::Ampersand)
                && at.checked_sub(2).and_then(|at| pieces[at].word()).is_some_and(|word| word == "U");
            if escaped {
                return Err(DbError::Invalid("names written as U&\"…\" are not taken; write the letters".into()));
            }
        }
        // What follows a period is a column.
        Token::Word(_) if before == Some(&Token::Period) => {}
        Token::Word(_) => {
            let next = pieces.get(at + 1).and_then(|piece| piece.word());
            let previous = at.checked_sub(1).and_then(|at| pieces[at].word());
            match pieces[at].word().as_deref() {
                Some(word @ ("INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE" | "INTO")) => {
                    return Err(denied(&format!("{word} does not only read; if it is a name, quote it")));
                }
                Some("SHARE") if matches!(previous.as_deref(), Some("FOR" | "KEY")) => {
                    return Err(denied("FOR SHARE locks rows"));
                }
                Some("LOCK") if next.as_deref() == Some("IN") => return Err(denied("LOCK IN SHARE MODE locks rows")),
                _ => {}
            }
        }
        Token::Assignment if dialect == Dialect::Mysql => return Err(denied(":= sets a variable of the session")),
        Token::LBrace => {
            return Err(DbError::Invalid("the statement has a brace; the table prefix is written {prefix}user".into()));
        }
        Token::HexStringLiteral(digits) if !digits.chars().all(|c| c.is_ascii_hexdigit()) => {
            return Err(DbError::Invalid("a literal x'…' has more than hexadecimal digits".into()));
        }
        Token::Placeholder(name) if !name.starts_with('?') => {
            return Err(DbError::Invalid(format!("{name}: parameters have no names or numbers here, write ?")));
        }
        _ => {}
    }
    Ok(())
}

fn matches(acting: &str, name: &str) -> bool {
    match acting.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == acting,
    }
}

fn denied(why: &str) -> DbError {
    DbError::Denied(format!("{why}: plugins only read databases"))
}
