//! Answers as PHP writes them: JSON with escaped slashes and non-ASCII, and the XML of the REST protocol.

use serde::Serialize;
use serde_json::Value;

use super::Fail;

/// Writes JSON as PHP's `json_encode` does by default.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // What is written here are own structures with text keys, which cannot fail to serialise.
    escape(&serde_json::to_string(value).unwrap_or_else(|_| "null".into()))
}

/// Escapes slashes and everything beyond ASCII; both occur only inside of strings.
fn escape(json: &str) -> String {
    if json.bytes().all(|byte| byte.is_ascii() && byte != b'/') {
        return json.to_owned();
    }
    let mut escaped = String::with_capacity(json.len() + json.len() / 8);
    for character in json.chars() {
        match character {
            '/' => escaped.push_str("\\/"),
            ' '..='~' => escaped.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped
}

/// Writes an error as XML.
pub(super) fn xml_fail(fail: &Fail, debug: bool) -> String {
    let reason = match fail.debuginfo.as_deref().filter(|_| debug) {
        Some(reason) => format!("<DEBUGINFO>{}</DEBUGINFO>\n", text(reason)),
        None => String::new(),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<EXCEPTION class=\"{}\">\n<ERRORCODE>{}</ERRORCODE>\n<MESSAGE>{}</MESSAGE>\n{reason}</EXCEPTION>\n",
        text(&fail.exception),
        text(&fail.errorcode),
        text(&fail.message),
    )
}

/// Writes an answer, given as JSON, as XML.
pub(super) fn xml(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE>\n");
    element(&value, &mut xml);
    xml.push_str("</RESPONSE>\n");
    xml
}

fn element(value: &Value, xml: &mut String) {
    match value {
        Value::Null => xml.push_str("<VALUE null=\"null\"/>\n"),
        Value::Bool(flag) => xml.push_str(&format!("<VALUE>{}</VALUE>\n", u8::from(*flag))),
        Value::Number(number) => xml.push_str(&format!("<VALUE>{number}</VALUE>\n")),
        Value::String(string) => xml.push_str(&format!("<VALUE>{}</VALUE>\n", text(string))),
        Value::Array(list) => {
            xml.push_str("<MULTIPLE>\n");
            list.iter().for_each(|item| element(item, xml));
            xml.push_str("</MULTIPLE>\n");
        }
        Value::Object(map) => {
            xml.push_str("<SINGLE>\n");
            for (name, item) in map {
                xml.push_str(&format!("<KEY name=\"{}\">", text(name)));
                element(item, xml);
                xml.push_str("</KEY>\n");
            }
            xml.push_str("</SINGLE>\n");
        }
    }
}

fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn php_escapes_what_it_need_not() {
        assert_eq!(json(&json!({"a": "b/ö🎓\"\n"})), r#"{"a":"b\/\u00f6\ud83c\udf93\"\n"}"#);
    }

    #[test]
    fn a_flag_is_a_number_in_xml() {
        let written = xml(r#"{"canmanageentries":false,"warnings":[]}"#);
        assert_eq!(
            written,
            "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE>\n<SINGLE>\n<KEY name=\"canmanageentries\"><VALUE>0</VALUE>\n</KEY>\n<KEY name=\"warnings\"><MULTIPLE>\n</MULTIPLE>\n</KEY>\n</SINGLE>\n</RESPONSE>\n"
        );
    }
}
