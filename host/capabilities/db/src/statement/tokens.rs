//! A statement cut into tokens that keep their text.

use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

use crate::{DbError, Dialect};

/// A token and the text that it was read from.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(super) token: Token,
    pub(super) text: &'a str,
}

impl Piece<'_> {
    pub(super) fn is_comment(&self) -> bool {
        matches!(self.token, Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)))
    }

    pub(super) fn is_space(&self) -> bool {
        matches!(self.token, Token::Whitespace(_))
    }

    /// Returns the word in upper case if it is one without quotes.
    pub(super) fn word(&self) -> Option<String> {
        match &self.token {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            _ => None,
        }
    }
}

/// Cuts a statement into tokens.
pub(super) fn pieces(dialect: Dialect, statement: &str) -> Result<Vec<Piece<'_>>, DbError> {
    let tokens = match dialect {
        Dialect::Mysql => Tokenizer::new(&MySqlDialect {}, statement).tokenize_with_location(),
        Dialect::Postgres => Tokenizer::new(&PostgreSqlDialect {}, statement).tokenize_with_location(),
        Dialect::Sqlite => Tokenizer::new(&SQLiteDialect {}, statement).tokenize_with_location(),
    };
    let tokens = tokens.map_err(|error| DbError::Invalid(format!("the statement cannot be read: {error}")))?;
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut place = Place { text: statement, byte: 0, at: Location::new(1, 1) };
    for token in tokens {
        let start = place.byte;
        place.advance(token.span.end);
        pieces.push(Piece { token: token.token, text: &statement[start..place.byte] });
    }
    // Were the tokenizer to lose count of lines and columns, texts would not belong to their tokens.
    if place.byte != statement.len() {
        return Err(DbError::Invalid(
            "the statement cannot be read: a literal in it is written in an unusual way".into(),
        ));
    }
    Ok(pieces)
}

/// A place in a text, by bytes and by lines and columns.
struct Place<'a> {
    text: &'a str,
    byte: usize,
    at: Location,
}

impl Place<'_> {
    fn advance(&mut self, to: Location) {
        for c in self.text[self.byte..].chars() {
            if self.at >= to {
                return;
            }
            self.byte += c.len_utf8();
            if c == '\n' {
                self.at = Location::new(self.at.line + 1, 1);
            } else {
                self.at.column += 1;
            }
        }
    }
}
