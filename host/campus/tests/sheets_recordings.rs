//! Replays what the real service was recorded to answer, and compares; ids aside.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use beadle_campus::sheets::{Role, Sheets};
use serde_json::Value;

mod sheets_client;
use sheets_client::Client;

/// Finds the folder of fixtures, or says why the test is skipped.
fn specs() -> Option<PathBuf> {
    let found = std::env::var_os("BEADLE_FIXTURES").map(PathBuf::from).or_else(|| {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = root.ancestors().find(|folder| folder.join("rust-toolchain.toml").exists())?;
        Some(root.parent()?.join("shared/fixtures"))
    });
    let specs = found.map(|folder| folder.join("specs")).filter(|folder| folder.is_dir());
    if specs.is_none() {
        assert!(std::env::var("BEADLE_REQUIRE_FIXTURES").as_deref() != Ok("1"), "the fixtures are required and absent");
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: no folder of fixtures; name it in BEADLE_FIXTURES");
        }
    }
    specs
}

fn load(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(specs()?.join(name)).expect("the fixture can be read");
    Some(serde_json::from_str(&text).expect("the fixture is JSON"))
}

/// Ids of tabs as recorded and as given here.
#[derive(Default)]
struct Ids(BTreeMap<i64, i64>);

impl Ids {
    /// Learns the ids of new tabs from a pair of answers.
    fn learn(&mut self, recorded: &Value, ours: &Value) {
        let id = |answer: &Value| answer["addSheet"]["properties"]["sheetId"].as_i64();
        let replies = |answer: &Value| answer["replies"].as_array().cloned().unwrap_or_default();
        for (recorded, ours) in replies(recorded).iter().zip(&replies(ours)) {
            if let (Some(recorded), Some(ours)) = (id(recorded), id(ours)) {
                self.0.insert(recorded, ours);
            }
        }
    }

    fn translate(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| {
                    let known = value.as_i64().filter(|_| key == "sheetId").and_then(|id| self.0.get(&id));
                    (key.clone(), known.map_or_else(|| self.translate(value), |id| (*id).into()))
                })
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.translate(item)).collect(),
            other => other.clone(),
        }
    }
}

#[tokio::test]
async fn every_recorded_call_is_answered_as_recorded() {
    let Some(recordings) = load("google-sheets-recordings.json") else { return };
    let spec = load("google-sheets-v4.discovery.json").expect("both files stand side by side");
    let mut replayed = 0;
    for (name, calls) in recordings["scenarios"].as_object().expect("scenarios") {
        let sheets = Sheets::start(Arc::new(|| 1_795_198_024_000)).await.expect("loopback");
        sheets.create("SPREADSHEET", &[(sheets.email(), Role::Writer)]);
        let client = Client::new(&sheets).await;
        let mut ids = Ids::default();
        for (number, call) in calls.as_array().expect("calls").iter().enumerate() {
            let path = call["path"].as_str().expect("a path");
            if let Some(title) = call["response"]["properties"]["title"].as_str() {
                sheets.set_title("SPREADSHEET", title);
            }
            let request = call.get("request").map(|body| ids.translate(body));
            let (status, body) = client.call(call["method"].as_str().expect("a method"), path, request.as_ref()).await;
            ids.learn(&call["response"], &body);
            assert_eq!(
                (i64::from(status), &body),
                (call["status"].as_i64().expect("a status"), &ids.translate(&call["response"])),
                "{name}, call {number}: {path}"
            );
            if status == 200 {
                let schema = schema_of(call["method"].as_str().unwrap_or_default(), path);
                check(&spec["schemas"], schema, &body, &format!("{name}, call {number}"));
            }
            replayed += 1;
        }
    }
    assert_eq!(replayed, 210);
}

fn schema_of(method: &str, path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    match (method, path) {
        (_, path) if path.ends_with("values:batchGet") => "BatchGetValuesResponse",
        (_, path) if path.ends_with("values:batchClear") => "BatchClearValuesResponse",
        (_, path) if path.ends_with(":batchUpdate") => "BatchUpdateSpreadsheetResponse",
        (_, path) if path.ends_with(":append") => "AppendValuesResponse",
        (_, path) if path.ends_with(":clear") => "ClearValuesResponse",
        ("PUT", _) => "UpdateValuesResponse",
        (_, path) if path.contains("/values/") => "ValueRange",
        _ => "Spreadsheet",
    }
}

/// Checks an answer against a schema of the discovery document: every field is known and of its type, every word is one of its enum.
fn check(schemas: &Value, name: &str, value: &Value, at: &str) {
    let fields = value.as_object().unwrap_or_else(|| panic!("{at}: {name} is no object"));
    for (key, value) in fields {
        let schema = &schemas[name]["properties"][key];
        assert!(!schema.is_null(), "{at}: {name} has no field {key}");
        check_type(schemas, schema, value, &format!("{at}: {name}.{key}"));
    }
}

fn check_type(schemas: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(schemas, name, value, at);
    }
    let fits = match schema["type"].as_str() {
        Some("string") => value
            .as_str()
            .is_some_and(|text| schema["enum"].as_array().is_none_or(|words| words.iter().any(|word| word == text))),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.as_array().is_some_and(|items| {
            for item in items {
                check_type(schemas, &schema["items"], item, at);
            }
            true
        }),
        Some("any") => true,
        Some("object") => value.is_object(),
        other => panic!("{at}: the schema has an unknown type {other:?}"),
    };
    assert!(fits, "{at}: {value} does not fit {schema}");
}
