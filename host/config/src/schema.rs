//! The JSON schema from which editors complete and check the file while it is written.
//!
//! It is generated from the same tables that the reader works by, and checked in as `docs/schedules.schema.json`.

use serde_json::{Map, Value as Json, json};

use crate::sections::ROOT;
use crate::shape::{Key, Kind, Shape};

/// Returns the JSON schema of `schedules.toml`, draft 2020-12.
pub fn schema() -> Json {
    let mut schema = table(&ROOT);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        object.insert("title".into(), "schedules.toml of a Beadle host".into());
    }
    schema
}

fn table(shape: &Shape) -> Json {
    let properties: Map<String, Json> = shape.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": shape.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(object) = schema.as_object_mut() {
        if !required.is_empty() {
            object.insert("required".into(), required.into());
        }
        if !shape.one_of.is_empty() {
            object.insert("oneOf".into(), shape.one_of.iter().map(|name| json!({ "required": [name] })).collect());
        }
    }
    schema
}

fn property(key: &Key) -> Json {
    let mut schema = value(&key.kind);
    if let Some(object) = schema.as_object_mut() {
        let doc = match key.default {
            Some(default) => format!("{} Default: {}.", key.doc, default.replace('`', "")),
            None => key.doc.to_owned(),
        };
        object.insert("description".into(), doc.replace('`', "").into());
    }
    schema
}

fn value(kind: &Kind) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Whole(least, u64::MAX) => json!({ "type": "integer", "minimum": least }),
        Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Number => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Duration => json!({ "type": "string", "pattern": "[0-9]" }),
        Kind::Size => json!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^\\s*[0-9]+\\s*([KkMmGg]([Ii]?[Bb])|[Bb])?\\s*$" },
            ]
        }),
        Kind::Secret => table(&crate::secret::SECRET),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }),
        Kind::Table(shape) => table(shape),
        Kind::TextOr(shape) => json!({ "anyOf": [{ "type": "string", "minLength": 1 }, table(shape)] }),
        Kind::Named(shape) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$" },
            "additionalProperties": table(shape),
        }),
        Kind::List(shape) => json!({ "type": "array", "items": table(shape) }),
        Kind::Free => json!({ "type": "object" }),
    }
}

#[cfg(test)]
mod tests;
