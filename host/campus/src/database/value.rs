//! Values inside of statements that are written out.

use super::Dialect;

/// Writes a text as a literal.
pub(super) fn text(dialect: Dialect, raw: &str) -> String {
    let doubled = raw.replace('\'', "''");
    match dialect {
        // A backslash escapes there, unless the server was told otherwise.
        Dialect::MariaDb => format!("'{}'", doubled.replace('\\', "\\\\")),
        Dialect::Sqlite | Dialect::Postgres => format!("'{doubled}'"),
    }
}

/// Writes a text or NULL.
pub(super) fn optional(dialect: Dialect, raw: Option<&str>) -> String {
    raw.map_or_else(|| "NULL".into(), |raw| text(dialect, raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_end_a_literal() {
        assert_eq!(text(Dialect::Postgres, r"O'Marrow \"), r"'O''Marrow \'");
        assert_eq!(text(Dialect::MariaDb, r"O'Marrow \"), r"'O''Marrow \\'");
    }
}
