//! Reading a row with serde. A database may answer a count as signed, unsigned, decimal or text; a plugin asks for a number.

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::Value;

/// One row on its way into a type.
pub(super) struct Row<'c> {
    pub(super) columns: &'c [String],
    pub(super) values: Vec<Value>,
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let columns = self.columns.iter().map(String::as_str);
        visitor.visit_map(MapDeserializer::new(columns.zip(self.values.into_iter().map(Cell))))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.values.into_iter().map(Cell)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct enum identifier ignored_any
    }
}

/// One value on its way into a field.
struct Cell(Value);

impl<'de> IntoDeserializer<'de, Error> for Cell {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Cell {
    /// Reads the cell as a whole number: from its digits where it came as text or decimal.
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Text(digits) | Value::Decimal(digits) => {
                let whole = digits.split_once('.').map_or(digits.as_str(), |(whole, rest)| {
                    if rest.bytes().all(|digit| digit == b'0') { whole } else { digits.as_str() }
                });
                match (whole.parse::<i64>(), whole.parse::<u64>()) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (_, Ok(number)) => visitor.visit_u64(number),
                    _ => Err(Error::invalid_type(Unexpected::Other("text"), &visitor)),
                }
            }
            value => Self(value).deserialize_any(visitor),
        }
    }
}

macro_rules! numbers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.number(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Cell {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Boolean(value) => visitor.visit_bool(value),
            Value::Signed(value) => visitor.visit_i64(value),
            Value::Unsigned(value) => visitor.visit_u64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::Decimal(value) | Value::Text(value) => visitor.visit_string(value),
            Value::Bytes(value) => visitor.visit_byte_buf(value),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(Self(value)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Signed(value) => visitor.visit_bool(value != 0),
            Value::Unsigned(value) => visitor.visit_bool(value != 0),
            value => Self(value).deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::{Rows, Value};

    fn rows(values: Vec<Value>) -> Rows {
        Rows { columns: vec!["id".into(), "lastip".into(), "deleted".into()], rows: vec![values] }
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct User {
        id: u64,
        lastip: Option<String>,
        deleted: bool,
    }

    #[test]
    fn tuples_read_by_position_and_structs_by_name() {
        let values = vec![Value::Signed(7), Value::Text("10.0.0.1".into()), Value::Signed(0)];
        let tuples: Vec<(u64, String, u8)> = rows(values.clone()).rows_as().expect("they fit");
        assert_eq!(tuples, [(7, "10.0.0.1".to_owned(), 0)]);
        let users: Vec<User> = rows(values).rows_as().expect("they fit");
        assert_eq!(users, [User { id: 7, lastip: Some("10.0.0.1".into()), deleted: false }]);
    }

    #[test]
    fn numbers_read_from_whatever_a_database_answers() {
        for id in [Value::Unsigned(7), Value::Text("7".into()), Value::Decimal("7.00".into())] {
            let users: Vec<User> = rows(vec![id, Value::Null, Value::Boolean(true)]).rows_as().expect("they fit");
            assert_eq!(users, [User { id: 7, lastip: None, deleted: true }]);
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error_that_names_the_row_and_no_value() {
        let error = rows(vec![Value::Text("Ada".into()), Value::Null, Value::Signed(0)])
            .rows_as::<User>()
            .expect_err("a name is no number");
        let text = error.to_string();
        assert!(text.starts_with("row 1 of the answer: ") && !text.contains("Ada"), "{text}");
        assert!(rows(vec![Value::Signed(-1), Value::Null, Value::Signed(0)]).rows_as::<User>().is_err());
    }
}
