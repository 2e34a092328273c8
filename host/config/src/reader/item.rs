//! One value of the file: read as what its key takes, or reported.

use std::time::Duration;

use toml::de::DeValue;

use super::suggest::{closest, list};
use super::{Reader, Section, Value};
use crate::problem::write_line;
use crate::shape::{Key, Kind, Shape};
use crate::values;

/// A value with its place and what its key takes.
#[derive(Clone)]
pub(crate) struct Item<'a> {
    pub(crate) reader: &'a Reader<'a>,
    /// `schedule[online].timezone`.
    pub(crate) path: String,
    pub(crate) spec: &'static Key,
    pub(crate) value: &'a Value<'a>,
}

impl<'a> Item<'a> {
    pub(crate) fn error(&self, message: String, fix: impl Into<Option<String>>) {
        self.reader.error(self.value.span(), &self.path, message, fix);
    }

    pub(crate) fn warning(&self, message: String, fix: impl Into<Option<String>>) {
        self.reader.warning(self.value.span(), &self.path, message, fix);
    }

    /// Returns `write: KEY = VALUE` for this key; the value is TOML.
    pub(crate) fn write(&self, value: &str) -> String {
        write_line(self.spec.name, value)
    }

    /// Returns `write: KEY = "TEXT"`.
    pub(crate) fn write_text(&self, text: &str) -> String {
        self.write(&values::quoted(text))
    }

    /// Returns `write: KEY = ` with the example of the reference.
    pub(crate) fn write_example(&self) -> String {
        self.write(self.spec.example)
    }

    /// Reports a value of another type than the key takes.
    pub(crate) fn wrong_type(&self, fix: String) {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("{} is {found}; it takes {}", self.path, self.spec.kind.words()), fix);
    }

    /// Reads a text, which may not be empty.
    pub(crate) fn text(&self) -> Option<&'a str> {
        let Some(text) = self.value.get_ref().as_str() else {
            self.wrong_type(match self.value.get_ref() {
                DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_)
                    if matches!(self.spec.kind, Kind::Text) =>
                {
                    self.write_text(&self.reader.source.shown(self.value.span()))
                }
                _ => self.write_example(),
            });
            return None;
        };
        if text.trim().is_empty() {
            self.error(format!("{} is empty", self.path), self.write_example());
            return None;
        }
        Some(text)
    }

    /// Reads one of the words that the key takes.
    pub(crate) fn choice<T: Copy>(&self, meanings: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, meaning)) = meanings.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let words: Vec<&str> = meanings.iter().map(|(word, _)| *word).collect();
        let fix = match closest(text, words.iter().copied()) {
            Some(near) => self.write_text(near),
            None => words.iter().map(|word| self.write_text(word)).collect::<Vec<_>>().join("\nor "),
        };
        self.error(format!("unknown value {text:?} for {}", self.path), fix);
        None
    }

    /// Reads a whole number in the key's range.
    pub(crate) fn whole(&self) -> Option<u64> {
        let Kind::Whole(least, most) = self.spec.kind else { return None };
        let number = match self.value.get_ref() {
            DeValue::Integer(integer) => i128::from_str_radix(integer.as_str(), integer.radix()).ok(),
            DeValue::String(text) if text.trim().parse::<i128>().is_ok() => {
                self.wrong_type(self.write(text.trim()));
                return None;
            }
            _ => {
                self.wrong_type(self.write_example());
                return None;
            }
        };
        let found =
            number.and_then(|number| u64::try_from(number).ok()).filter(|number| (least..=most).contains(number));
        if found.is_none() {
            let nearest = number.map_or(most, |number| u64::try_from(number.max(0)).unwrap_or(most).clamp(least, most));
            let shown = self.reader.source.shown(self.value.span());
            let words = self.spec.kind.words();
            self.error(format!("{} is {shown}; it takes {words}", self.path), self.write(&nearest.to_string()));
        }
        found
    }

    /// Reads a number above zero.
    pub(crate) fn number(&self) -> Option<f64> {
        let text = match self.value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => {
                self.wrong_type(self.write_example());
                return None;
            }
        };
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
        if number.is_none() {
            self.error(format!("{} is {text}; it takes {}", self.path, self.spec.kind.words()), self.write_example());
        }
        number
    }

    /// Reads `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            DeValue::String(text) if matches!(text.as_ref(), "true" | "false") => {
                self.wrong_type(self.write(text));
                None
            }
            _ => {
                self.wrong_type(self.write_example());
                None
            }
        }
    }

    /// Reads a duration between two bounds, both included.
    pub(crate) fn duration(&self, least: Duration, most: Duration) -> Option<Duration> {
        let text = match self.value.get_ref() {
            DeValue::String(text) => text,
            DeValue::Integer(integer) if integer.radix() == 10 => {
                self.wrong_type(self.write_text(&format!("{}s", integer.as_str().trim_start_matches(['-', '+']))));
                return None;
            }
            _ => {
                self.wrong_type(self.write_example());
                return None;
            }
        };
        match values::duration(text) {
            Ok(duration) if (least..=most).contains(&duration) => Some(duration),
            Ok(duration) => {
                let nearest = values::duration_text(duration.clamp(least, most));
                let (least, most) = (values::duration_text(least), values::duration_text(most));
                let message = format!("{} is {text:?}; it takes a duration from {least} to {most}", self.path);
                self.error(message, self.write_text(&nearest));
                None
            }
            Err(problem) => {
                let fix = match text.trim().parse::<u64>() {
                    // Seconds are what is mostly meant; where they cannot be, the usual value tells the form.
                    Ok(seconds) if (least..=most).contains(&Duration::from_secs(seconds)) => {
                        self.write_text(&format!("{seconds}s"))
                    }
                    Ok(_) => self.write_example(),
                    Err(_) => self.write_example(),
                };
                self.error(format!("{text:?} is no duration for {} ({problem})", self.path), fix);
                None
            }
        }
    }

    /// Reads a number of bytes between two bounds, both included.
    pub(crate) fn size(&self, least: u64, most: u64) -> Option<u64> {
        let bytes = match self.value.get_ref() {
            DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix()).ok(),
            DeValue::String(text) => values::size(text),
            _ => {
                self.wrong_type(self.write_example());
                return None;
            }
        };
        let found = bytes.filter(|bytes| (least..=most).contains(bytes));
        if found.is_none() {
            let (least, most) = (values::size_text(least), values::size_text(most));
            let shown = self.reader.source.shown(self.value.span());
            let message = format!("{} is {shown}; it takes a size from {least} to {most}", self.path);
            self.error(message, self.write_example());
        }
        found
    }

    /// Reads a list of texts, each with its own place.
    pub(crate) fn texts(&self) -> Option<Vec<Item<'a>>> {
        match self.value.get_ref() {
            DeValue::Array(array) => {
                let items = array.iter().map(|value| Item { value, ..self.clone() });
                Some(
                    items
                        .filter(|item| match item.value.get_ref() {
                            DeValue::String(text) if !text.trim().is_empty() => true,
                            _ => {
                                let words = self.spec.kind.words();
                                item.error(
                                    format!("{} holds something else than texts; it takes {words}", self.path),
                                    self.write_example(),
                                );
                                false
                            }
                        })
                        .collect(),
                )
            }
            DeValue::String(text) => {
                self.wrong_type(self.write(&format!("[{}]", values::quoted(text))));
                None
            }
            _ => {
                self.wrong_type(self.write_example());
                None
            }
        }
    }

    /// Reads a table.
    pub(crate) fn table(&self, shape: &'static Shape) -> Option<Section<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => {
                Some(Section::open(self.reader, self.path.clone(), self.value.span(), table, shape))
            }
            _ => {
                self.wrong_type(self.write_example());
                None
            }
        }
    }

    /// Looks a name up among those configured in another section; reports it with what was meant.
    pub(crate) fn known(&self, what: &str, names: &[String], section: &str) -> Option<&'a str> {
        let text = self.text()?;
        if names.iter().any(|name| name == text) {
            return Some(text);
        }
        let fix = match closest(text, names.iter().map(String::as_str)) {
            Some(near) if matches!(self.spec.kind, Kind::Texts) => format!("write: {near:?} instead of {text:?}"),
            Some(near) => self.write_text(near),
            None if values::is_name(text) => {
                format!("configured are: {}; to add it write: [{section}.{text}]", list(names))
            }
            None => format!("configured are: {}", list(names)),
        };
        self.error(format!("unknown {what} {text:?} for {}", self.path), fix);
        None
    }
}
