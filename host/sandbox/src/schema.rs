//! A plugin's schema of its settings, compiled only where that and its use are sure to end.
//!
//! A schema is a program: references that turn in a circle use up the stack of whoever follows them, references that double at each
//! step use up its time, and a pattern can use up both. It comes from the plugin, and is used before anything is granted to it.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// The most parts of a schema, each reference written out; the largest of ours has 60.
const MOST: usize = 10_000;

/// How deep a schema may be, each reference written out.
const DEEPEST: usize = 64;

/// The size of a compiled pattern, in bytes.
const PATTERN: usize = 256 << 10;

/// The most patterns of a schema.
const PATTERNS: usize = 100;

/// What would lead to another place than the one written down.
const ELSEWHERE: [&str; 5] = ["$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$recursiveAnchor"];

/// Compiles a schema. The error follows after "the schema of its settings ".
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    let mut walk = Walk { root: schema, parts: 0, patterns: 0, following: Vec::new() };
    walk.part(schema, 0)?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN))
        .offline()
        .build(schema)
        .map_err(|error| format!("is not a JSON schema: {error}"))
}

/// A walk over a schema with each reference written out.
struct Walk<'a> {
    root: &'a Value,
    parts: usize,
    patterns: usize,
    following: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn part(&mut self, part: &'a Value, depth: usize) -> Result<(), String> {
        self.parts += 1;
        if self.parts > MOST {
            return Err(format!("has more than {MOST} parts, references written out"));
        }
        if depth > DEEPEST {
            return Err(format!("is nested deeper than {DEEPEST}, references written out"));
        }
        match part {
            Value::Array(parts) => parts.iter().try_for_each(|part| self.part(part, depth + 1)),
            Value::Object(parts) => parts.iter().try_for_each(|(key, part)| self.keyword(key, part, depth)),
            _ => Ok(()),
        }
    }

    fn keyword(&mut self, key: &'a str, part: &'a Value, depth: usize) -> Result<(), String> {
        match (key, part) {
            ("$ref", Value::String(target)) => return self.reference(target, depth),
            // At the top it is only the schema's name.
            ("$id", Value::String(_)) if depth > 0 => return Err("uses $id inside, which is not taken".to_owned()),
            (key, Value::String(_)) if ELSEWHERE.contains(&key) => {
                return Err(format!("uses {key}, which is not taken"));
            }
            ("pattern", Value::String(_)) => self.patterns += 1,
            ("patternProperties", Value::Object(patterns)) => self.patterns += patterns.len(),
            _ => {}
        }
        if self.patterns > PATTERNS {
            return Err(format!("has more than {PATTERNS} patterns, references written out"));
        }
        self.part(part, depth + 1)
    }

    fn reference(&mut self, target: &'a str, depth: usize) -> Result<(), String> {
        if self.following.contains(&target) {
            return Err(format!("turns in a circle at {target:?}"));
        }
        let found = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let Some(found) = found else {
            return Err(format!("refers to {target:?}, which does not stand in it"));
        };
        self.following.push(target);
        self.part(found, depth + 1)?;
        self.following.pop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(schema: &Value) -> String {
        compile(schema).map(|_| ()).expect_err("nobody should follow that")
    }

    #[test]
    fn ordinary_schemas_are_taken() {
        let duration = json!({ "type": "string", "pattern": "^[0-9]+(s|m|h)$" });
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://school.example/settings", "type": "object",
            "properties": { "window": { "$ref": "#/$defs/duration" }, "gap": { "$ref": "#/$defs/duration" } },
            "$defs": { "duration": duration },
        });
        let compiled = compile(&schema).expect("a schema");
        assert!(compiled.is_valid(&json!({ "window": "5m", "gap": "1h" })));
        assert!(!compiled.is_valid(&json!({ "window": "soon" })));
    }

    #[test]
    fn what_has_no_end_is_not_followed() {
        let doubling: serde_json::Map<String, Value> = (0..40)
            .map(|n| {
                let next = json!({ "$ref": format!("#/$defs/{}", n + 1) });
                (n.to_string(), json!({ "allOf": [next, next] }))
            })
            .chain([("40".to_owned(), json!({}))])
            .collect();
        let deep = (0..DEEPEST).fold(json!({}), |inner, _| json!({ "not": inner }));
        let patterns: Vec<Value> = (0..=PATTERNS).map(|n| json!({ "pattern": n.to_string() })).collect();
        for (schema, part) in [
            (json!({ "$ref": "#" }), "turns in a circle"),
            (
                json!({ "properties": { "a": { "$ref": "#/properties/b" }, "b": { "$ref": "#/properties/a" } } }),
                "circle",
            ),
            (json!({ "$ref": "#/$defs/0", "$defs": doubling }), "references written out"),
            (json!({ "items": deep }), "nested deeper"),
            (json!({ "$ref": "https://elsewhere.example/schema" }), "does not stand in it"),
            (json!({ "$ref": "#there" }), "does not stand in it"),
            (json!({ "$dynamicRef": "#meta" }), "uses $dynamicRef"),
            (json!({ "items": { "$id": "other" } }), "uses $id inside"),
            (json!({ "allOf": patterns }), "patterns"),
            (json!({ "pattern": "((a{1000}){1000}){1000}" }), "is not a JSON schema"),
            (json!({ "type": "lamp" }), "is not a JSON schema"),
        ] {
            let text = refused(&schema);
            assert!(text.contains(part), "{schema}: {text}");
        }
    }

    #[test]
    fn a_pattern_takes_no_longer_than_its_text() {
        let compiled = compile(&json!({ "pattern": "^(a|a)*$" })).expect("a schema");
        assert!(!compiled.is_valid(&json!(format!("{}b", "a".repeat(100_000)))));
    }
}
