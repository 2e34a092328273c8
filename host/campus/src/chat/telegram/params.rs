//! Parameters, which may come as JSON, as a form, or in the query, and then numbers may be texts.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The parameters of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    pub(super) fields: Map<String, Value>,
    /// Whether they came as JSON; in a form every value is a text.
    pub(super) typed: bool,
}

impl Params {
    /// Reads the parameters of a query and a body.
    pub(super) fn read(query: &str, kind: &str, body: &[u8]) -> Result<Self, Refusal> {
        let pairs = |text: &[u8]| -> Vec<(String, Value)> {
            let parsed = url::form_urlencoded::parse(text);
            parsed.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
        };
        let mut fields: Map<String, Value> = pairs(query.as_bytes()).into_iter().collect();
        let typed = kind.starts_with("application/json");
        if typed && !body.is_empty() {
            let parsed = serde_json::from_slice(body).map_err(|_| Refusal::bad("can't parse JSON object"))?;
            let Value::Object(object) = parsed else { return Err(Refusal::bad("expected an Object")) };
            fields.extend(object);
        } else if kind.starts_with("multipart/") {
            return Err(Refusal::unsupported("multipart bodies"));
        } else {
            fields.extend(pairs(body));
        }
        // Null is the same as absent.
        fields.retain(|_, value| !value.is_null());
        Ok(Self { fields, typed })
    }

    pub(super) fn text(&self, name: &str) -> String {
        match self.fields.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        ["true", "1", "yes", "t", "y"].contains(&self.text(name).to_ascii_lowercase().as_str())
    }

    /// Refuses what this service does not know.
    pub(super) fn without(&self, unknown: &[&str]) -> Result<(), Refusal> {
        match unknown.iter().find(|name| self.fields.contains_key(**name)) {
            Some(name) => Err(Refusal::unsupported(name)),
            None => Ok(()),
        }
    }
}
