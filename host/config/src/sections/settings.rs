//! `settings`: what a plugin is told. Its own schema says what belongs in; here it only becomes JSON.

use serde_json::{Map, Number, Value as Json};
use toml::de::DeValue;

use crate::mask::is_secret_key;
use crate::reader::{Item, Reader, Value};

/// Reads a table of settings.
pub(crate) fn read(item: &Item<'_>) -> Option<Map<String, Json>> {
    let Some(table) = item.value.get_ref().as_table() else {
        item.wrong_type(item.write_example());
        return None;
    };
    let mut settings = Map::new();
    for (key, value) in table {
        let (name, path) = (key.get_ref().as_ref(), format!("{}.{}", item.path, key.get_ref()));
        if is_secret_key(name) && matches!(value.get_ref(), DeValue::String(_)) {
            let message = format!("{path} looks like a secret, and settings are kept with every run");
            let fix = "plugins never see secrets: give the token to the site, the database or the sheet";
            item.reader.warning(key.span(), &path, message, fix.to_owned());
        }
        if let Some(json) = json(item.reader, &path, value) {
            settings.insert(name.to_owned(), json);
        }
    }
    Some(settings)
}

fn json(reader: &Reader<'_>, path: &str, value: &Value<'_>) -> Option<Json> {
    let number = |number: Option<Number>| {
        if number.is_none() {
            let shown = reader.source.shown(value.span());
            reader.error(
                value.span(),
                path,
                format!("{path} is {shown}, which JSON cannot hold"),
                "write a smaller number".to_owned(),
            );
        }
        number.map(Json::Number)
    };
    Some(match value.get_ref() {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Boolean(flag) => Json::Bool(*flag),
        DeValue::Datetime(datetime) => Json::String(datetime.to_string()),
        DeValue::Integer(integer) => {
            number(i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(Number::from))?
        }
        DeValue::Float(float) => number(float.as_str().parse().ok().and_then(Number::from_f64))?,
        DeValue::Array(array) => {
            let items = array.iter().enumerate();
            Json::Array(items.filter_map(|(index, value)| json(reader, &format!("{path}[{index}]"), value)).collect())
        }
        DeValue::Table(table) => Json::Object(
            table
                .iter()
                .filter_map(|(key, value)| {
                    let json = json(reader, &format!("{path}.{}", key.get_ref()), value)?;
                    Some((key.get_ref().to_string(), json))
                })
                .collect(),
        ),
    })
}
