//! Whose tables a statement reads: those of the database that was granted. What its user may see beside them is the server's own
//! business (accounts, settings, what others ask), or other programs' data; a grant that names one database does not mean it.
//!
//! This is a gate of words: what the user may not see is refused by the server in any case.

use sqlparser::tokenizer::Token;

use super::tokens::Piece;
use crate::{DbError, Dialect};

/// Schemas that belong to the server.
const SERVERS: [&str; 6] = ["information_schema", "mysql", "performance_schema", "sys", "pg_catalog", "pg_toast"];

/// What MySQL shows of the granted database. `GRANTS` would show how the password is kept.
const SHOWN: [&str; 9] = ["TABLES", "COLUMNS", "FIELDS", "INDEX", "INDEXES", "KEYS", "FULL", "EXTENDED", "WARNINGS"];

/// Refuses tables of other schemas. `home` is the granted database's name, where the address says it.
pub(super) fn own(dialect: Dialect, home: Option<&str>, pieces: &[&Piece<'_>]) -> Result<(), DbError> {
    for (at, piece) in pieces.iter().enumerate() {
        if let Some(name) = name(piece) {
            servers(dialect, &name, pieces.get(at + 1).map(|piece| &piece.token))?;
        }
    }
    if dialect != Dialect::Mysql {
        return Ok(());
    }
    if pieces.first().and_then(|piece| piece.word()).as_deref() == Some("SHOW") {
        return shown(pieces);
    }
    in_table_places(pieces, |name, next| match next {
        Some(Token::Period) if !home.is_some_and(|home| home.eq_ignore_ascii_case(name)) => Err(denied(&format!(
            "{name} is another database; tables of this one are written without its name, and another needs its own [databases.…]"
        ))),
        _ => Ok(()),
    })
}

/// Refuses a name that is one of the server's own.
fn servers(dialect: Dialect, name: &str, next: Option<&Token>) -> Result<(), DbError> {
    let schema = next == Some(&Token::Period) && SERVERS.contains(&name);
    // On PostgreSQL they need no schema: pg_shadow, pg_stat_activity; pg_typeof() is harmless and useful.
    let bare = dialect == Dialect::Postgres && name.starts_with("pg_") && name != "pg_typeof";
    if schema || bare {
        return Err(denied(&format!("{name} belongs to the database server")));
    }
    Ok(())
}

/// Takes of MySQL's SHOW what is about the granted database.
fn shown(pieces: &[&Piece<'_>]) -> Result<(), DbError> {
    let words = |piece: &&Piece<'_>| piece.word();
    let what = pieces.iter().skip(1).find_map(words).unwrap_or_default();
    let tables = pieces.iter().take(4).filter_map(words).any(|word| word == "TABLES");
    let from = pieces.iter().filter_map(words).filter(|word| word == "FROM" || word == "IN").count();
    let qualified = pieces.iter().any(|piece| piece.token == Token::Period);
    // The first FROM of SHOW COLUMNS names the table, a second one its database, and the only one of SHOW TABLES as well.
    if !SHOWN.contains(&what.as_str()) || qualified || from > usize::from(!tables) {
        return Err(denied("SHOW is taken for TABLES, COLUMNS and INDEX of this database"));
    }
    Ok(())
}

/// One pair of parentheses, or the statement itself.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Whether a SELECT stands in it: the FROM of `EXTRACT(YEAR FROM …)` names no table.
    selects: bool,
    /// Whether this is a list of tables.
    tables: bool,
    /// Whether the next name is a table's.
    expects: bool,
}

/// Hands on each name that stands where a table's does, with what follows it.
fn in_table_places(
    pieces: &[&Piece<'_>],
    mut check: impl FnMut(&str, Option<&Token>) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let mut levels = vec![Level { selects: true, ..Level::default() }];
    let mut before = None;
    for (at, piece) in pieces.iter().enumerate() {
        let word = piece.word();
        let inner = levels.len() > 1;
        let Some(level) = levels.last_mut() else { return Ok(()) };
        match (&piece.token, word.as_deref()) {
            (Token::LParen, _) => {
                let inner = Level { selects: false, tables: level.expects, expects: level.expects };
                level.expects = false;
                levels.push(inner);
            }
            (Token::RParen, _) if inner => drop(levels.pop()),
            (Token::Comma, _) => level.expects = level.tables,
            (_, Some("SELECT")) => *level = Level { selects: true, tables: false, expects: false },
            // `a IS DISTINCT FROM b` names no table either.
            (_, Some("FROM")) if level.selects && before.as_deref() != Some("DISTINCT") => {
                (level.tables, level.expects) = (true, true);
            }
            (_, Some("JOIN" | "STRAIGHT_JOIN")) => (level.tables, level.expects) = (true, true),
            (_, Some("TABLE" | "DESCRIBE" | "DESC" | "EXPLAIN")) if at == 0 => level.expects = true,
            (
                _,
                Some("WHERE" | "GROUP" | "HAVING" | "ORDER" | "LIMIT" | "UNION" | "EXCEPT" | "INTERSECT" | "WINDOW"),
            ) => {
                (level.tables, level.expects) = (false, false);
            }
            (_, Some("LATERAL" | "TABLE")) => {}
            (Token::Word(name), _) if level.expects => {
                level.expects = false;
                check(&name.value, pieces.get(at + 1).map(|piece| &piece.token))?;
            }
            _ => {}
        }
        before = word;
    }
    Ok(())
}

/// Returns the name that a piece is, in lower case, in quotes or without.
fn name(piece: &Piece<'_>) -> Option<String> {
    match &piece.token {
        Token::Word(word) => Some(word.value.to_ascii_lowercase()),
        _ => None,
    }
}

fn denied(why: &str) -> DbError {
    DbError::Denied(format!("{why}: a grant is for the tables of one database"))
}
