//! `core_user_get_users`: the search that knows neither time nor pages.

use serde::Serialize;

use super::super::params::Params;
use super::super::record::{Record, View};
use super::super::{Fail, write};
use super::{Caller, take};
use crate::school::User;

#[derive(Serialize)]
struct Answer<'a> {
    users: Vec<Record<'a>>,
    warnings: Vec<Warning<'a>>,
}

#[derive(Serialize)]
struct Warning<'a> {
    item: &'a str,
    warningcode: &'static str,
    message: String,
}

#[derive(Clone, Copy)]
enum Key {
    Id,
    Idnumber,
    Username,
    Auth,
    Firstname,
    Lastname,
    Email,
}

impl Key {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "idnumber" => Self::Idnumber,
            "username" => Self::Username,
            "auth" => Self::Auth,
            "firstname" => Self::Firstname,
            "lastname" => Self::Lastname,
            "email" => Self::Email,
            _ => return None,
        })
    }

    fn matches(self, user: &User, value: &str) -> bool {
        if value.is_empty() {
            return false;
        }
        match self {
            Self::Id => user.id == take::lenient(value),
            // The usual collation of the tables does not tell cases apart.
            Self::Idnumber => user.idnumber.to_lowercase() == value.to_lowercase(),
            Self::Username => user.username == value.to_lowercase(),
            Self::Auth => value == "manual",
            Self::Firstname => like(value, &user.firstname),
            Self::Lastname => like(value, &user.lastname),
            Self::Email => like(value, &user.email),
        }
    }

    /// Says whether the caller was shown the field that was searched; else the person must not be found by it.
    fn is_shown(self, record: &Record<'_>) -> bool {
        match self {
            Self::Id => true,
            Self::Idnumber => record.idnumber.is_some(),
            Self::Username => record.username.is_some(),
            Self::Auth => record.auth.is_some(),
            Self::Firstname => record.firstname.is_some(),
            Self::Lastname => record.lastname.is_some(),
            Self::Email => record.email.is_some(),
        }
    }
}

pub(super) fn call(caller: &Caller<'_>, params: &Params) -> Result<String, Fail> {
    take::only(params, &["criteria"])?;
    let Some(criteria) = take::structures(params, "criteria")? else {
        return Err(Fail::parameter("Missing required key in single structure: criteria"));
    };
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for criterion in criteria {
        take::only(criterion, &["key", "value"])?;
        pairs.push((take::letters(criterion, "key")?, take::text(criterion, "value")?));
    }
    let mut warnings = Vec::new();
    let mut search: Vec<(Key, &str)> = Vec::new();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if pairs[..index].iter().any(|(before, _)| before == name) {
            let mut fail = Fail::moodle("keyalreadyset", "error/keyalreadyset");
            fail.debuginfo = Some(format!("The key {name} can only be sent once"));
            return Err(fail);
        }
        match Key::named(name) {
            Some(key) => search.push((key, value)),
            None => warnings.push(Warning {
                item: name,
                warningcode: "invalidfieldparameter",
                message: format!("The search key '{name}' is not supported, look at the web service documentation"),
            }),
        }
    }
    let view = View::new(caller);
    let users = caller
        .snapshot
        .users
        .iter()
        .filter(|user| !user.deleted && search.iter().all(|(key, value)| key.matches(user, value)))
        .filter_map(|user| view.of(user))
        .filter(|record| search.iter().all(|(key, _)| key.is_shown(record)))
        .collect();
    Ok(write::json(&Answer { users, warnings }))
}

/// Matches as SQL's LIKE does: `%` is any text, `_` any character, cases are alike.
fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '%' {
            retry = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '_' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star, from)) = retry {
            // The last `%` takes one more character.
            retry = Some((star, from + 1));
            p = star + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn wildcards_work_as_in_sql() {
        for (pattern, text, expected) in [
            ("%", "", true),
            ("%", "anything", true),
            ("a%", "Ada", true),
            ("%a%a", "banana", true),
            ("student0_@%", "student07@school.example", true),
            ("student0_@%", "student17@school.example", false),
            ("ada", "Ada", true),
            ("ada", "Adam", false),
            ("%b", "abc", false),
            ("", "", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
