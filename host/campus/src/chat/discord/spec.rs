//! Requests against the service's published specification.
//!
//! The specification forbids no fields that it does not know; a misspelt field is a complaint here all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::call::Call;

/// The file's name.
const FILE: &str = "discord-v10-messages.openapi.json";

/// What the specification says about requests, by method and path.
#[derive(Debug)]
pub(super) struct Spec {
    calls: BTreeMap<(String, String), Expected>,
}

#[derive(Debug)]
struct Expected {
    query: BTreeSet<String>,
    body: Option<(Validator, BTreeSet<String>)>,
}

impl Spec {
    pub(super) fn load(folder: &Path) -> io::Result<Self> {
        let file = folder.join(FILE);
        let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()));
        let text = std::fs::read_to_string(&file)?;
        let spec: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let paths = spec["paths"].as_object().ok_or_else(|| wrong("has no paths".to_owned()))?;
        let mut calls = BTreeMap::new();
        for (path, methods) in paths {
            for (method, operation) in
                methods.as_object().into_iter().flatten().filter(|(name, _)| *name != "parameters")
            {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let query = parameters.filter(|parameter| parameter["in"] == "query");
                let query = query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect();
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let body = (!schema.is_null()).then(|| compile(schema, &spec)).transpose().map_err(wrong)?;
                calls.insert((method.clone(), path.clone()), Expected { query, body });
            }
        }
        Ok(Self { calls })
    }

    /// Returns what is wrong with a request.
    pub(super) fn complaints(&self, call: Call<'_>, query: &[(String, String)], body: Option<&Value>) -> Vec<String> {
        let (method, path) = call.in_spec();
        let at = format!("{} {path}", method.to_uppercase());
        let Some(expected) = self.calls.get(&(method.to_owned(), path.to_owned())) else {
            return vec![format!("{at}: the specification has no such call")];
        };
        let odd = query.iter().filter(|(name, _)| !expected.query.contains(name));
        let mut found: Vec<String> = odd.map(|(name, _)| format!("{at}: unknown query parameter {name}")).collect();
        match (&expected.body, body) {
            (Some(_), None) => found.push(format!("{at}: no JSON in the body")),
            (Some((validator, known)), Some(body)) => {
                let fields = body.as_object().into_iter().flatten();
                let odd = fields.filter(|(name, _)| !known.contains(*name));
                found.extend(odd.map(|(name, _)| format!("{at}: unknown field {name}")));
                let wrong = validator.iter_errors(body);
                found.extend(wrong.map(|error| format!("{at}: {}: {error}", error.instance_path())));
            }
            (None, _) => {}
        }
        found
    }
}

/// Compiles a schema, and lists the fields that it or its choices know.
fn compile(schema: &Value, spec: &Value) -> Result<(Validator, BTreeSet<String>), String> {
    let whole = json!({ "allOf": [schema], "components": spec["components"] });
    let options = jsonschema::options().with_draft(Draft::Draft202012).offline();
    let validator = options.build(&whole).map_err(|error| error.to_string())?;
    let mut known = BTreeSet::new();
    fields(schema, spec, &mut known);
    Ok((validator, known))
}

fn fields(schema: &Value, spec: &Value, known: &mut BTreeSet<String>) {
    if let Some(target) = schema["$ref"].as_str().and_then(|path| spec.pointer(path.trim_start_matches('#'))) {
        fields(target, spec, known);
    }
    for choice in ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema[*name].as_array()).flatten() {
        fields(choice, spec, known);
    }
    known.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
}
