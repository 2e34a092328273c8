//! One table of the file, read against its shape.

use std::cell::RefCell;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::suggest::closest;
use super::{Item, Reader, Value};
use crate::mask::is_secret_key;
use crate::problem::write_line;
use crate::sections;
use crate::shape::{Key, Kind, Shape};

/// A table of the file, with the shape it is read against.
pub(crate) struct Section<'a> {
    pub(crate) reader: &'a Reader<'a>,
    /// `schedule[online]`; empty for the file itself.
    pub(crate) path: String,
    /// Where the table begins, for what is missing in it.
    pub(crate) span: Range<usize>,
    pub(crate) shape: &'static Shape,
    table: &'a DeTable<'a>,
    /// Keys that do not belong to the section's kind have been reported once.
    refused: RefCell<Vec<&'static str>>,
    /// Keys that were meant by a misspelt one, which has been reported: they are not reported missing as well.
    meant: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// Opens a table and reports every key that its shape does not have.
    pub(crate) fn open(
        reader: &'a Reader<'a>,
        path: String,
        span: Range<usize>,
        table: &'a DeTable<'a>,
        shape: &'static Shape,
    ) -> Self {
        let section = Self { reader, path, span, shape, table, refused: RefCell::default(), meant: RefCell::default() };
        for (key, value) in table {
            if shape.key(key.get_ref()).is_none() {
                section.unknown(key.get_ref(), key.span(), value);
            }
        }
        section
    }

    /// Returns the value of a key, if it stands there.
    pub(crate) fn item(&self, name: &'static str) -> Option<Item<'a>> {
        let spec = self.shape.key(name).expect("a section asks only for keys of its shape");
        let value = self.table.get(name)?;
        Some(Item { reader: self.reader, path: self.path_of(name), spec, value })
    }

    /// Returns the value of a key; reports it when it is missing.
    pub(crate) fn required(&self, name: &'static str) -> Option<Item<'a>> {
        let item = self.item(name);
        if item.is_none() && !self.is_meant(name) {
            let example = self.shape.key(name).map_or("…", |key| key.example);
            self.missing(name, format!("{} has no {name}", self.label()), write_line(name, example));
        }
        item
    }

    /// Reports something that should stand in the section.
    pub(crate) fn missing(&self, name: &str, message: String, fix: String) {
        self.reader.error(self.span.clone(), &self.path_of(name), message, fix);
    }

    /// Returns which one of the shape's alternatives stands here; reports none and several.
    pub(crate) fn exactly_one(&self) -> Option<&'static str> {
        let choices = self.shape.one_of;
        let present: Vec<&str> = choices.iter().copied().filter(|name| self.table.contains_key(*name)).collect();
        let lines = || {
            let line = |name: &&str| write_line(name, self.shape.key(name).map_or("…", |key| key.example));
            choices.iter().map(line).collect::<Vec<_>>().join("\nor ")
        };
        match present.as_slice() {
            [one] => Some(*one),
            [] if choices.iter().any(|name| self.is_meant(name)) => None,
            [] => {
                let message = format!("{} has neither {}", self.label(), choices.join(" nor "));
                self.missing(choices[0], message, lines());
                None
            }
            [first, second, ..] => {
                let item = self.item(second)?;
                item.error(
                    format!("{} has both {first} and {second}", self.label()),
                    format!("keep one of them: {}", choices.join(" or ")),
                );
                None
            }
        }
    }

    /// Reports a key that has no meaning for this kind of section.
    pub(crate) fn refuse(&self, name: &'static str, why: &str) {
        let done = self.refused.borrow().contains(&name);
        if let Some(item) = self.item(name).filter(|_| !done) {
            self.refused.borrow_mut().push(name);
            item.error(format!("{} {why}", item.path), format!("remove the line: {name} = …"));
        }
    }

    /// Whether a key is missing only because it was misspelt.
    pub(crate) fn is_meant(&self, name: &str) -> bool {
        self.meant.borrow().contains(&name)
    }

    /// Returns the full path of a key.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Names the section in messages.
    pub(crate) fn label(&self) -> &str {
        if self.path.is_empty() { "the file" } else { &self.path }
    }

    fn unknown(&self, name: &str, span: Range<usize>, value: &Value<'_>) {
        let path = self.path_of(name);
        if let Some(known) = self.shape.elsewhere.iter().find(|elsewhere| elsewhere.key == name) {
            self.meant.borrow_mut().extend(known.meant);
            self.reader.error(span, &path, format!("{path}: {}", known.why), known.fix.to_owned());
            return;
        }
        let near = closest(name, self.shape.keys.iter().map(|key| key.name));
        let message = format!("unknown key {name:?} in {}", self.label());
        let fix = match near.and_then(|near| self.shape.key(near)) {
            Some(key) => {
                self.meant.borrow_mut().push(key.name);
                format!("did you mean {}? {}", key.name, self.spelled(key, value))
            }
            None => self.homes(name),
        };
        self.reader.error(span, &path, message, fix);
    }

    /// Writes the line with the key that was meant, and the value that was written.
    fn spelled(&self, key: &Key, value: &Value<'_>) -> String {
        match key.kind {
            Kind::List(_) => format!("write: [[{}]]", key.name),
            Kind::Named(_) => format!("write: [{}.NAME]", key.name),
            Kind::Table(_) | Kind::Free if self.path.is_empty() => format!("write: [{}]", key.name),
            _ if is_secret_key(key.name) && !matches!(value.get_ref(), DeValue::Table(_)) => {
                write_line(key.name, key.example)
            }
            _ => match self.reader.source.shown(value.span()) {
                // A table under its own header, or under a dotted key, is no value that could be repeated.
                _ if matches!(value.get_ref(), DeValue::Table(_)) => format!("write: {} = {{ … }}", key.name),
                text if text.contains("\n") || text.chars().count() > 100 => format!("write: {} = …", key.name),
                text => write_line(key.name, &text),
            },
        }
    }

    /// Says where a key of that name belongs, or which keys there are.
    fn homes(&self, name: &str) -> String {
        let homes: Vec<&str> =
            sections::all().into_iter().filter(|shape| shape.key(name).is_some()).map(|shape| shape.title).collect();
        if homes.is_empty() {
            let keys: Vec<&str> = self.shape.keys.iter().map(|key| key.name).collect();
            format!("known here: {}", keys.join(", "))
        } else {
            format!("{name} belongs under {}", homes.join(" or "))
        }
    }
}
