//! Requests against the published description of the Bot API.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::params::Params;

/// The file's name.
const FILE: &str = "telegram-bot-api-10.1-subset.json";

/// Methods and types, as far as the description goes.
#[derive(Debug, Deserialize)]
pub(super) struct Spec {
    methods: BTreeMap<String, Described>,
    types: BTreeMap<String, Described>,
}

#[derive(Debug, Deserialize)]
struct Described {
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Field {
    name: String,
    types: Vec<String>,
    required: bool,
}

impl Spec {
    pub(super) fn load(folder: &Path) -> io::Result<Self> {
        let file = folder.join(FILE);
        let text = std::fs::read_to_string(&file)?;
        serde_json::from_str(&text)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.display())))
    }

    /// Returns what is wrong with a call.
    pub(super) fn complaints(&self, method: &str, params: &Params) -> Vec<String> {
        match self.methods.iter().find(|(name, _)| name.eq_ignore_ascii_case(method)) {
            Some((name, described)) => self.object(name, described, &params.fields, params.typed),
            None => vec![format!("{method}: the description has no such method")],
        }
    }

    fn object(&self, at: &str, known: &Described, fields: &Map<String, Value>, typed: bool) -> Vec<String> {
        let missing = known.fields.iter().filter(|field| field.required && !fields.contains_key(&field.name));
        let mut found: Vec<String> = missing.map(|field| format!("{at}: {} is missing", field.name)).collect();
        for (name, value) in fields {
            match known.fields.iter().find(|field| field.name == *name) {
                Some(field) => found.extend(self.field(&format!("{at}.{name}"), field, value, typed)),
                None => found.push(format!("{at}: unknown field {name}")),
            }
        }
        found
    }

    /// Returns why a value is of none of the types of its field.
    fn field(&self, at: &str, field: &Field, value: &Value, typed: bool) -> Vec<String> {
        let mut tries: Vec<Vec<String>> = field.types.iter().map(|kind| self.value(at, kind, value, typed)).collect();
        match tries.len() {
            1 => tries.remove(0),
            _ if tries.iter().any(Vec::is_empty) => Vec::new(),
            _ => vec![format!("{at}: {value} is no {}", field.types.join(" or "))],
        }
    }

    /// Returns why a value is not of a type; in a form, which is not typed, texts stand for all.
    fn value(&self, at: &str, kind: &str, value: &Value, typed: bool) -> Vec<String> {
        let unless = |fits: bool| if fits { Vec::new() } else { vec![format!("{at}: {value} is no {kind}")] };
        match (kind, value) {
            ("String", Value::String(_)) | ("Boolean", Value::Bool(_)) => Vec::new(),
            ("Integer", Value::String(text)) if !typed => unless(text.parse::<i64>().is_ok()),
            ("Boolean", Value::String(text)) if !typed => unless(["true", "false", "0", "1"].contains(&text.as_str())),
            ("Integer", value) => unless(value.is_i64() || value.is_u64()),
            ("String" | "Boolean", _) => unless(false),
            (_, Value::String(text)) if !typed => match serde_json::from_str(text) {
                Ok(inner) => self.value(at, kind, &inner, true),
                Err(_) => unless(false),
            },
            (kind, Value::Array(items)) => match kind.strip_prefix("Array of ") {
                Some(inner) => items.iter().flat_map(|item| self.value(at, inner, item, typed)).collect(),
                None => unless(false),
            },
            (kind, Value::Object(fields)) if !kind.starts_with("Array of ") => match self.types.get(kind) {
                Some(known) => self.object(at, known, fields, typed),
                // A type that the subset leaves out.
                None => Vec::new(),
            },
            _ => unless(false),
        }
    }
}
