//! A cell: what was entered, what it is, how it shows.
//!
//! `RAW` keeps texts as they are; `USER_ENTERED` does what typing does: hash prefixes such as `00123456` become numbers, `=…` runs.
//! A client that uses the wrong one must see its keys change here as they would change in the field.

use serde_json::{Number, Value};

use super::formula;

/// One cell's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// A number and how it shows.
    Number {
        /// The value.
        value: f64,
        /// The display text.
        shown: String,
    },
    /// A date or an instant as the days since 1899-12-30, and how it shows.
    Date {
        /// The serial number.
        serial: f64,
        /// The display text.
        shown: String,
    },
    /// A truth value.
    Bool(bool),
    /// A formula and what it came to.
    Formula {
        /// The text with its `=`.
        source: String,
        /// The result; an error shows as its code.
        result: Result<f64, &'static str>,
    },
}

/// How written texts are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// As they are.
    Raw,
    /// As if somebody typed them.
    UserEntered,
}

/// How values are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Render {
    /// As shown.
    Formatted,
    /// As values; dates as texts where `dates_as_text`.
    Unformatted {
        /// Whether dates are answered as texts instead of serial numbers.
        dates_as_text: bool,
    },
    /// Formulas as their text, the rest as values.
    Formula {
        /// Whether dates are answered as texts instead of serial numbers.
        dates_as_text: bool,
    },
}

impl Cell {
    /// Takes a JSON value as a cell; `None` for null, which leaves a cell as it was, and `Err` for lists and objects.
    pub(super) fn read(value: &Value, input: Input) -> Result<Option<Self>, ()> {
        Ok(Some(match value {
            Value::Null => return Ok(None),
            Value::Bool(b) => Self::Bool(*b),
            Value::Number(n) => Self::number(n.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) if text.is_empty() => Self::Empty,
            Value::String(text) => match input {
                Input::Raw => Self::Text(text.clone()),
                Input::UserEntered => Self::typed(text),
            },
            Value::Array(_) | Value::Object(_) => return Err(()),
        }))
    }

    /// Takes a text as if somebody typed it.
    pub(super) fn typed(text: &str) -> Self {
        if let Some(rest) = text.strip_prefix('\'') {
            return Self::Text(rest.to_owned());
        }
        if let Some(formula) = text.strip_prefix('=') {
            return Self::Formula { source: text.to_owned(), result: formula::evaluate(formula) };
        }
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("true") || trimmed.eq_ignore_ascii_case("false") {
            return Self::Bool(trimmed.eq_ignore_ascii_case("true"));
        }
        if let Some(serial) = serial(trimmed) {
            return Self::Date { serial, shown: trimmed.to_owned() };
        }
        match number(trimmed) {
            Some((value, true)) => Self::Number { value, shown: trimmed.to_owned() },
            Some((value, false)) => Self::number(value),
            None => Self::Text(text.to_owned()),
        }
    }

    /// Makes a number in the general format.
    pub(super) fn number(value: f64) -> Self {
        Self::Number { value, shown: general(value) }
    }

    /// Returns whether nothing stands there.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Returns what a person sees.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number { shown, .. } | Self::Date { shown, .. } => shown.clone(),
            Self::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
            Self::Formula { result: Ok(value), .. } => general(*value),
            Self::Formula { result: Err(code), .. } => (*code).to_owned(),
        }
    }

    /// Returns the value as an answer carries it.
    pub(super) fn render(&self, render: Render) -> Value {
        let dates_as_text = match render {
            Render::Formatted => return Value::String(self.shown()),
            Render::Unformatted { dates_as_text } => dates_as_text,
            Render::Formula { dates_as_text } => {
                if let Self::Formula { source, .. } = self {
                    return Value::String(source.clone());
                }
                dates_as_text
            }
        };
        match self {
            Self::Number { value, .. } | Self::Formula { result: Ok(value), .. } => json(*value),
            Self::Date { serial, .. } if !dates_as_text => json(*serial),
            Self::Bool(b) => Value::Bool(*b),
            _ => Value::String(self.shown()),
        }
    }
}

/// Writes a whole number without a fraction, as the service does.
fn json(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 10^15, so it fits")]
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or_else(|| Value::String("#NUM!".to_owned()), Value::Number)
}

/// Shows a number as an unformatted cell does.
fn general(value: f64) -> String {
    if !value.is_finite() {
        "#NUM!".to_owned()
    } else if value != 0.0 && !(1e-9..1e15).contains(&value.abs()) {
        format!("{value:.5E}")
    } else {
        format!("{value}")
    }
}

/// Reads a typed number and whether it keeps its own display (thousands separators, per cent).
fn number(text: &str) -> Option<(f64, bool)> {
    let (body, percent) = text.strip_suffix('%').map_or((text, false), |body| (body, true));
    let digits = body.strip_prefix(['+', '-']).unwrap_or(body);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | 'e' | 'E' | '+' | '-'));
    if !plain {
        return None;
    }
    let grouped = body.contains(',');
    if grouped && !well_grouped(digits) {
        return None;
    }
    let value: f64 = body.replace(',', "").parse().ok()?;
    Some((if percent { value / 100.0 } else { value }, grouped || percent))
}

/// Returns whether commas stand where thousands end.
fn well_grouped(digits: &str) -> bool {
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let mut groups = whole.split(',');
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

/// Reads `2026-11-20`, or that with a time of day, as days since 1899-12-30.
fn serial(text: &str) -> Option<f64> {
    let zero = jiff::civil::date(1899, 12, 30);
    // Eight digits alone are a number to people, though ISO 8601 would read a date in them.
    if text.as_bytes().get(4) != Some(&b'-') || text.contains(['T', 'Z', '[']) {
        return None;
    }
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    let days = (date.parse::<jiff::civil::Date>().ok()? - zero).get_days();
    let seconds = match time {
        None => 0.0,
        Some(time) => {
            let time: jiff::civil::Time = time.parse().ok()?;
            f64::from(i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second()))
        }
    };
    Some(f64::from(days) + seconds / 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::{Cell, Input, Render};
    use serde_json::{Value, json};

    fn seen(text: &str, input: Input, render: Render) -> Value {
        Cell::read(&json!(text), input).expect("a scalar").unwrap_or_default().render(render)
    }

    #[test]
    fn raw_keeps_every_text() {
        for text in ["00123456", "12e45678", "=1+1", "TRUE", "2026-11-20", "'x", " y "] {
            assert_eq!(seen(text, Input::Raw, Render::Formatted), json!(text));
        }
    }

    #[test]
    fn typing_changes_what_looks_like_something_else() {
        for (text, want) in [
            ("00123456", "123456"),
            ("12e45678", "#NUM!"),
            ("12e4", "120000"),
            ("=1+1", "2"),
            ("=IMPORTXML(\"http://x.example\")", "#NAME?"),
            ("=1/0", "#DIV/0!"),
            ("true", "TRUE"),
            ("'=1+1", "=1+1"),
            ("2,000,000.01", "2,000,000.01"),
            ("1,2", "1,2"),
            ("a3f9c12b", "a3f9c12b"),
            ("12%", "12%"),
        ] {
            assert_eq!(seen(text, Input::UserEntered, Render::Formatted), json!(want), "{text}");
        }
    }

    #[test]
    fn renders_dates_and_formulas_by_option() {
        let unformatted = |dates_as_text| Render::Unformatted { dates_as_text };
        assert_eq!(seen("2020-01-01", Input::UserEntered, unformatted(false)), json!(43831));
        assert_eq!(seen("2020-01-01", Input::UserEntered, unformatted(true)), json!("2020-01-01"));
        assert_eq!(seen("1899-12-31 12:00:00", Input::UserEntered, unformatted(false)), json!(1.5));
        assert_eq!(seen("=3/2", Input::UserEntered, unformatted(false)), json!(1.5));
        assert_eq!(seen("=3/2", Input::UserEntered, Render::Formula { dates_as_text: false }), json!("=3/2"));
        assert_eq!(seen("= 1 / 1024", Input::UserEntered, Render::Formatted), json!("0.0009765625"));
    }
}
