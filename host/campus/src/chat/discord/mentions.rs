//! Who is mentioned, and who of them is notified.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::refusal::Refusal;

/// Who was notified by a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ping {
    /// A user, by id.
    User(String),
    /// All who have a role, by its id.
    Role(String),
    /// Everyone in the channel, or everyone who is there.
    Everyone,
}

/// The most ids that a list of allowed mentions may hold.
const MOST_IDS: usize = 100;

/// Which of the mentions of one kind may notify.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    All,
    Only(BTreeSet<String>),
}

impl Which {
    fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    fn holds(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(id),
        }
    }
}

/// The allowances of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    users: Which,
    roles: Which,
    everyone: bool,
}

impl Allowed {
    /// What holds for a bot that says nothing: whoever is mentioned.
    pub(super) fn of_bots() -> Self {
        Self { users: Which::All, roles: Which::All, everyone: true }
    }

    /// What holds for a webhook that says nothing: users.
    pub(super) fn of_webhooks() -> Self {
        Self { users: Which::All, roles: Which::none(), everyone: false }
    }

    /// Reads `allowed_mentions`; without it `otherwise` holds, with an empty one nobody is notified.
    pub(super) fn read(value: &Value, otherwise: Self) -> Result<Self, Refusal> {
        let wrong = |why: &str| Refusal::field("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", why);
        let fields = match value {
            Value::Null => return Ok(otherwise),
            Value::Object(fields) => fields,
            _ => return Err(wrong("Only dictionaries may be used in a DictType")),
        };
        let list = |name: &str| -> Result<Option<BTreeSet<String>>, Refusal> {
            let items = match fields.get(name) {
                None | Some(Value::Null) => return Ok(None),
                Some(Value::Array(items)) => items,
                Some(_) => return Err(wrong(&format!("{name} is no list"))),
            };
            let texts = items.iter().filter(|item| !item.is_null()).map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Some).ok_or_else(|| wrong(&format!("{name} holds what is no text")))
        };
        let parse = list("parse")?.unwrap_or_default();
        if let Some(odd) = parse.iter().find(|kind| !["users", "roles", "everyone"].contains(&kind.as_str())) {
            return Err(wrong(&format!("Value must be one of ('users', 'roles', 'everyone'), not '{odd}'.")));
        }
        let which = |name: &str| -> Result<Which, Refusal> {
            let ids = list(name)?.unwrap_or_default();
            if ids.len() > MOST_IDS {
                return Err(wrong(&format!("Must be {MOST_IDS} or fewer in length.")));
            }
            match parse.contains(name) {
                true if !ids.is_empty() => {
                    Err(wrong(&format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.")))
                }
                true => Ok(Which::All),
                false => Ok(Which::Only(ids)),
            }
        };
        Ok(Self { users: which("users")?, roles: which("roles")?, everyone: parse.contains("everyone") })
    }

    /// Finds whom a text mentions and these allowances let through. `roles` says which of them everybody may mention;
    /// `powerful` is whether the author may mention everyone and every role.
    ///
    /// Neither a backslash nor a code span protects: the documentation names `allowed_mentions` as the way, and nothing else is
    /// relied on here.
    pub(super) fn found_in(&self, text: &str, roles: &BTreeMap<String, bool>, powerful: bool) -> BTreeSet<Ping> {
        let mut found = BTreeSet::new();
        for (at, _) in text.match_indices("<@") {
            let rest = &text[at + 2..];
            let Some(end) = rest.find('>') else { break };
            let (inner, role) = match rest[..end].strip_prefix('&') {
                Some(inner) => (inner, true),
                None => (rest[..end].trim_start_matches('!'), false),
            };
            if inner.is_empty() || !inner.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            if role && self.roles.holds(inner) && roles.get(inner).is_some_and(|mentionable| *mentionable || powerful) {
                found.insert(Ping::Role(inner.to_owned()));
            } else if !role && self.users.holds(inner) {
                found.insert(Ping::User(inner.to_owned()));
            }
        }
        if self.everyone && powerful && ["@everyone", "@here"].iter().any(|word| text.contains(word)) {
            found.insert(Ping::Everyone);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{Allowed, Ping};

    const TEXT: &str = "@everyone <@&42> <@&43> <@7> <@!8> <@&x> <@";

    fn pings(allowed: &Allowed, powerful: bool) -> String {
        let roles = BTreeMap::from([("42".to_owned(), true), ("43".to_owned(), false)]);
        let name = |ping: Ping| match ping {
            Ping::User(id) | Ping::Role(id) => id,
            Ping::Everyone => "all".to_owned(),
        };
        allowed.found_in(TEXT, &roles, powerful).into_iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn allowances_decide_who_is_notified() {
        for (value, of_bot, of_weak_bot, of_webhook) in [
            (Value::Null, "7 8 42 43 all", "7 8 42", "7 8"),
            (json!({}), "", "", ""),
            (json!({ "parse": [] }), "", "", ""),
            (json!({ "parse": ["users"] }), "7 8", "7 8", "7 8"),
            (json!({ "parse": [], "roles": ["42"] }), "42", "42", "42"),
            (json!({ "parse": [], "roles": ["43"] }), "43", "", "43"),
            (json!({ "parse": ["everyone"], "users": ["8"] }), "8 all", "8", "8 all"),
            (json!({ "parse": ["roles", null], "users": null }), "42 43", "42", "42 43"),
        ] {
            let bot = Allowed::read(&value, Allowed::of_bots()).expect("well formed");
            let webhook = Allowed::read(&value, Allowed::of_webhooks()).expect("well formed");
            assert_eq!(pings(&bot, true), of_bot, "{value}");
            assert_eq!(pings(&bot, false), of_weak_bot, "{value}");
            assert_eq!(pings(&webhook, true), of_webhook, "{value}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for value in [
            json!({ "parse": ["roles"], "roles": ["42"] }),
            json!({ "parse": ["role"] }),
            json!({ "roles": [42] }),
            json!({ "users": "7" }),
            json!({ "users": (0..101).map(|n| n.to_string()).collect::<Vec<_>>() }),
            json!([]),
        ] {
            let refused = Allowed::read(&value, Allowed::of_bots()).expect_err("a contradiction");
            assert_eq!(refused.body["code"], 50035, "{value}");
        }
    }
}
