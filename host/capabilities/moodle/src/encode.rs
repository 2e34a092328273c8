//! JSON arguments in PHP's notation: `{"options": [{"name": "x", "value": true}]}` becomes `options[0][name]=x&options[0][value]=1`.
//!
//! Moodle refuses the words `true` and `false`, refuses parameters it does not know, and PHP silently drops everything beyond a number
//! of parameters. What cannot be said in this notation is an error here, not a surprise there.

use serde_json::{Map, Value};

/// PHP stops reading after `max_input_vars` parameters, 5,000 where Moodle's own installation check is heeded; some are the host's.
const MOST_PARAMETERS: usize = 4_990;

/// PHP drops parameters nested deeper than 64.
const DEEPEST: usize = 60;

/// Names that are the host's business. Another token or another function in the arguments would be merged with the host's own.
const RESERVED: [&str; 3] = ["wstoken", "wsfunction", "moodlewsrestformat"];

/// Reads a call's arguments: a JSON object, or nothing at all.
///
/// # Errors
/// Says what is wrong with the text.
pub(crate) fn read(arguments: &str) -> Result<Map<String, Value>, String> {
    if arguments.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(arguments) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err("the arguments are no JSON object; write {\"courseid\": 1}".to_owned()),
        Err(error) => Err(format!("the arguments are no JSON: {error}")),
    }
}

/// Writes arguments as pairs of name and value, in order.
///
/// Absent optional parameters are what PHP's notation has for `null`, so a `null` in an object is left out; so are empty lists and
/// objects, which it cannot say.
///
/// # Errors
/// Says which name or value cannot be written.
pub(crate) fn pairs(arguments: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (name, value) in arguments {
        let name = named(name)?;
        if RESERVED.contains(&name) {
            return Err(format!("{name} is the host's business"));
        }
        put(&mut pairs, name.to_owned(), value, 1)?;
    }
    Ok(pairs)
}

fn put(pairs: &mut Vec<(String, String)>, name: String, value: &Value, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("the arguments are nested deeper than {DEEPEST}"));
    }
    let text = match value {
        Value::Null => return Ok(()),
        // Only the digits are understood.
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                if value.is_null() {
                    return Err(format!("{name}[{index}] is null, which a list cannot hold; leave it out"));
                }
                put(pairs, format!("{name}[{index}]"), value, depth + 1)?;
            }
            return Ok(());
        }
        Value::Object(map) => {
            for (key, value) in map {
                put(pairs, format!("{name}[{}]", named(key)?), value, depth + 1)?;
            }
            return Ok(());
        }
    };
    if pairs.len() == MOST_PARAMETERS {
        return Err(format!(
            "the call has more than {MOST_PARAMETERS} parameters, of which PHP would drop some; split it"
        ));
    }
    pairs.push((name, text));
    Ok(())
}

/// Refuses names that PHP would read as something else: brackets nest, dots and spaces become underscores.
fn named(name: &str) -> Result<&str, String> {
    let well =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if well {
        Ok(name)
    } else {
        Err(format!("{name:?} cannot be the name of a parameter: letters, digits, _ and - only"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn form(arguments: &str) -> Result<String, String> {
        let pairs = pairs(&read(arguments)?)?;
        Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    }

    #[test]
    fn table() {
        for (arguments, expected) in [
            ("", ""),
            ("{}", ""),
            (r#"{"courseid": 4}"#, "courseid=4"),
            (r#"{"courseids": [2, 3]}"#, "courseids[0]=2&courseids[1]=3"),
            (r#"{"criteria": [{"key": "email", "value": "%"}]}"#, "criteria[0][key]=email&criteria[0][value]=%"),
            (
                r#"{"events": {"courseids": [2]}, "options": {"timestart": 0}}"#,
                "events[courseids][0]=2&options[timestart]=0",
            ),
            (r#"{"a": true, "b": false}"#, "a=1&b=0"),
            (r#"{"a": null, "b": [], "c": {}, "d": ""}"#, "d="),
            (
                r#"{"limit": 1.5, "big": 18446744073709551615, "minus": -1}"#,
                "limit=1.5&big=18446744073709551615&minus=-1",
            ),
            (r#"{"moodlewssettingfilter": true}"#, "moodlewssettingfilter=1"),
            (r#"{"name": "Überblick & mehr"}"#, "name=Überblick & mehr"),
        ] {
            assert_eq!(form(arguments).as_deref(), Ok(expected), "{arguments}");
        }
    }

    #[test]
    fn what_cannot_be_said() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(70), "}".repeat(70));
        let many = json!({ "ids": (0..5_000).collect::<Vec<_>>() }).to_string();
        for (arguments, part) in [
            ("[1]", "no JSON object"),
            ("{", "no JSON"),
            (r#"{"wstoken": "x"}"#, "the host's business"),
            (r#"{"wsfunction": "x"}"#, "the host's business"),
            (r#"{"ids": [1, null]}"#, "ids[1] is null"),
            (r#"{"a[b]": 1}"#, "cannot be the name"),
            (r#"{"requests[0][function]": "x"}"#, "cannot be the name"),
            (r#"{"a.b": 1}"#, "cannot be the name"),
            (r#"{"": 1}"#, "cannot be the name"),
            (r#"{"ws token": 1}"#, "cannot be the name"),
            (deep.as_str(), "nested deeper"),
            (many.as_str(), "more than 4990"),
        ] {
            let message = form(arguments).unwrap_err();
            assert!(message.contains(part), "{arguments:.60}: {message}");
        }
    }

    /// What PHP makes of the pairs: everything is a text or an array with text keys.
    #[derive(Debug, PartialEq)]
    enum Php {
        Text(String),
        Array(BTreeMap<String, Php>),
    }

    fn php(pairs: &[(String, String)]) -> Php {
        let mut root = BTreeMap::new();
        for (name, value) in pairs {
            let mut path: Vec<&str> = name.split('[').map(|part| part.trim_end_matches(']')).collect();
            let last = path.pop().unwrap();
            let mut at = &mut root;
            for part in path {
                let next = at.entry(part.to_owned()).or_insert_with(|| Php::Array(BTreeMap::new()));
                let Php::Array(map) = next else { panic!("{name} stands twice") };
                at = map;
            }
            assert!(at.insert(last.to_owned(), Php::Text(value.clone())).is_none(), "{name} stands twice");
        }
        Php::Array(root)
    }

    /// What should arrive.
    fn expected(value: &Value) -> Option<Php> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(yes) => Php::Text(if *yes { "1" } else { "0" }.to_owned()),
            Value::Number(number) => Php::Text(number.to_string()),
            Value::String(text) => Php::Text(text.clone()),
            Value::Array(list) => {
                let map: BTreeMap<_, _> = list
                    .iter()
                    .enumerate()
                    .filter_map(|(at, value)| Some((at.to_string(), expected(value)?)))
                    .collect();
                return (!map.is_empty()).then_some(Php::Array(map));
            }
            Value::Object(object) => {
                let map: BTreeMap<_, _> =
                    object.iter().filter_map(|(key, value)| Some((key.clone(), expected(value)?))).collect();
                return (!map.is_empty()).then_some(Php::Array(map));
            }
        })
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(
                    "[a-z][a-z0-9_]{0,6}",
                    prop_oneof![4 => inner, 1 => Just(Value::Null)],
                    0..5
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn php_reads_what_was_written(object in proptest::collection::btree_map("[a-z][a-z0-9_]{0,6}", value(), 0..5)) {
            let arguments: Map<String, Value> = object.into_iter().collect();
            let pairs = pairs(&arguments).unwrap();
            let arrived = expected(&Value::Object(arguments)).unwrap_or(Php::Array(BTreeMap::new()));
            prop_assert_eq!(php(&pairs), arrived);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = form(&text);
        }
    }
}
