//! The function that calls functions, unpacked: each call in it is decided by itself.

use serde_json::{Map, Value};

use crate::encode;

/// The batch function. It stops at the first call that fails, so that fewer answers than calls may come back.
pub(crate) const BATCH: &str = "tool_mobile_call_external_functions";

/// Returns the functions that a batch would call.
///
/// # Errors
/// Refuses whatever this and Moodle could read differently.
pub(crate) fn functions(arguments: &Map<String, Value>) -> Result<Vec<&str>, String> {
    let Some(Value::Array(requests)) = arguments.get("requests") else {
        return Err(format!(
            "{BATCH} takes a list of requests: {{\"requests\": [{{\"function\": …, \"arguments\": \"{{}}\"}}]}}"
        ));
    };
    if arguments.keys().any(|name| name != "requests" && !name.starts_with("moodlewssetting")) {
        return Err(format!("{BATCH} takes nothing but requests"));
    }
    let mut functions = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        let Value::Object(request) = request else { return Err(format!("request {index} is no object")) };
        let Some(Value::String(function)) = request.get("function") else {
            return Err(format!("request {index} names no function"));
        };
        // Moodle would take malformed arguments for none.
        let well = match request.get("arguments") {
            None => true,
            Some(Value::String(text)) => encode::read(text).is_ok(),
            Some(_) => false,
        };
        if !well {
            return Err(format!("the arguments of request {index} are no JSON object in a string"));
        }
        functions.push(function.as_str());
    }
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(arguments: Value) -> Result<Vec<String>, String> {
        let Value::Object(map) = arguments else { panic!() };
        functions(&map).map(|list| list.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn table() {
        let two = json!({"requests": [
            {"function": "core_user_get_users", "arguments": "{\"criteria\": []}"},
            {"function": "core_course_get_contents", "settinglang": "de"},
        ], "moodlewssettingfilter": true});
        assert_eq!(of(two), Ok(vec!["core_user_get_users".to_owned(), "core_course_get_contents".to_owned()]));
        for arguments in [
            json!({}),
            json!({"requests": {"0": {"function": "core_course_view_course"}}}),
            json!({"requests": "core_course_view_course"}),
            json!({"requests": [{"arguments": "{}"}]}),
            json!({"requests": [{"function": ["core_course_view_course"]}]}),
            json!({"requests": ["core_course_view_course"]}),
            json!({"requests": [{"function": "core_user_get_users", "arguments": "{not json"}]}),
            json!({"requests": [{"function": "core_user_get_users", "arguments": {"a": 1}}]}),
            json!({"requests": [], "other": 1}),
        ] {
            assert!(of(arguments.clone()).is_err(), "{arguments}");
        }
    }
}
