//! From a server's rows to values, one room for each backend.

pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::{DbError, Rows, Value};

/// The rows of a statement, and how many bytes they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The rows.
    pub rows: Rows,
    /// What they take in the guest's memory.
    pub bytes: usize,
}

/// A value's fixed part in the guest's memory: its kind, and a number or an address with a length.
const FIXED: usize = 16;

/// Rows as they come in, counted against the limits of their connection.
pub(crate) struct Collector {
    answer: Answer,
    most_rows: usize,
    most_bytes: usize,
    connection: String,
}

impl Collector {
    pub(crate) fn new(connection: &str, most_rows: usize, most_bytes: usize) -> Self {
        let rows = Rows { columns: Vec::new(), rows: Vec::new() };
        Self { answer: Answer { rows, bytes: 0 }, most_rows, most_bytes, connection: connection.to_owned() }
    }

    /// Tells whether nothing has come in yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.answer.rows.rows.is_empty()
    }

    pub(crate) fn columns<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        self.answer.rows.columns = names.map(str::to_owned).collect();
    }

    pub(crate) fn push(&mut self, row: Vec<Value>) -> Result<(), DbError> {
        let name = &self.connection;
        if self.answer.rows.rows.len() >= self.most_rows {
            let most = self.most_rows;
            return Err(DbError::Invalid(format!(
                "the answer has more than {most} rows: ask for fewer, or raise rows under [databases.{name}]"
            )));
        }
        self.answer.bytes += row.iter().map(size).sum::<usize>();
        if self.answer.bytes > self.most_bytes {
            let most = self.most_bytes / 1024;
            return Err(DbError::Invalid(format!(
                "the answer is larger than {most} KiB: ask for less, or raise bytes under [databases.{name}]"
            )));
        }
        self.answer.rows.rows.push(row);
        Ok(())
    }

    pub(crate) fn done(self) -> Answer {
        self.answer
    }
}

fn size(value: &Value) -> usize {
    FIXED
        + match value {
            Value::Decimal(text) | Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Null | Value::Boolean(_) | Value::Signed(_) | Value::Unsigned(_) | Value::Float(_) => 0,
        }
}

/// Takes bytes as text where they are UTF-8.
fn text_or_bytes(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(bytes.to_owned()),
    }
}

/// Says that a value did not have the form that its type promises.
fn malformed(column: &str, kind: &str) -> DbError {
    DbError::Invalid(format!("column {column}: the server sent a {kind} that cannot be read; cast it to a text"))
}
