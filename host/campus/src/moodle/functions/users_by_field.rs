//! `core_user_get_users_by_field`.

use super::super::params::{Node, Params};
use super::super::record::{Record, View};
use super::super::{Fail, write};
use super::{Caller, take};

pub(super) fn call(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["field", "values"])?;
    let field = take::letters(params, "field")?;
    let Some(nodes) = take::list(params, "values")? else {
        return Err(Fail::parameter("Missing required key in single structure: values"));
    };
    if !["id", "idnumber", "username", "email"].contains(&field) {
        return Err(Fail::coding("invalid field parameter"));
    }
    let mut values = Vec::new();
    for node in nodes {
        let Node::Text(value) = node else {
            return Err(Fail::parameter("values => Scalar type expected, array or object received."));
        };
        if !is_clean(field, value) {
            return Err(Fail::parameter(format!("The field '{field}' value is invalid: {value}")));
        }
        values.push(value.as_str());
    }
    let view = View::new(caller);
    let mut records: Vec<Record<'_>> = Vec::new();
    for user in caller.snapshot.users.iter().filter(|user| !user.deleted) {
        let id = user.id.to_string();
        let held = match field {
            "id" => id.as_str(),
            "idnumber" => &user.idnumber,
            "username" => &user.username,
            _ => &user.email,
        };
        if held.is_empty() || !values.contains(&held) {
            continue;
        }
        let shown = view.of(user).filter(|record| match field {
            "id" => true,
            "idnumber" => record.idnumber.is_some(),
            "username" => record.username.is_some(),
            _ => record.email.is_some(),
        });
        records.extend(shown);
    }
    Ok(write::json(&records))
}

/// Says whether Moodle would leave a value as it is; one that it would change is an error.
fn is_clean(field: &str, value: &str) -> bool {
    match field {
        "id" => value.parse::<i64>().is_ok(),
        "username" => value == value.to_lowercase() && !value.contains(char::is_whitespace),
        _ => true,
    }
}
