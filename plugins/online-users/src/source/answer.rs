//! Accounts as both functions answer them. Only what is needed is read; the rest of a record is skipped without being kept.

use std::borrow::Cow;
use std::collections::HashSet;

use beadle_sdk::{Error, warn};
use serde::Deserialize;

use super::{PREFERENCE, Person, Poll};

/// One account.
#[derive(Debug, Deserialize)]
pub(super) struct Account<'a> {
    id: u64,
    /// Absent where the site hides it; 0 where the person never came.
    lastaccess: Option<i64>,
    #[serde(borrow, default)]
    fullname: Cow<'a, str>,
    #[serde(borrow, default)]
    username: Cow<'a, str>,
    /// Moodle gives them for the caller's own account only.
    #[serde(borrow)]
    preferences: Option<Vec<Preference<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Preference<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    value: serde_json::Value,
}

impl Account<'_> {
    /// Whether the person chose not to be shown; none where the answer does not say.
    fn hidden(&self) -> Option<bool> {
        let preferences = self.preferences.as_ref()?;
        let chosen = preferences.iter().find(|preference| preference.name == PREFERENCE);
        Some(chosen.is_some_and(|preference| preference.value == "0" || preference.value == 0))
    }
}

/// What all pages together say.
#[derive(Debug, Default)]
pub(super) struct Active {
    since: i64,
    /// How many seconds the clock that tells the accounts' times is ahead.
    ahead: i64,
    people: Vec<Person>,
    known: HashSet<u64>,
    /// How many accounts say when they were last active.
    telling: usize,
    /// How many of the active do not say whether they want to be shown.
    undecided: usize,
}

impl Active {
    pub(super) fn since(since: i64) -> Self {
        Self { since, ..Self::default() }
    }

    /// Says how many seconds the site's clock is ahead of the host's, which is known with its answer.
    pub(super) fn by_clock(&mut self, ahead: i64) -> &mut Self {
        self.ahead = ahead;
        self
    }

    /// Takes a page. Returns whether there was anybody in it who had not been there before.
    pub(super) fn take(&mut self, accounts: Vec<Account<'_>>) -> bool {
        let before = self.known.len();
        for account in accounts {
            if !self.known.insert(account.id) {
                continue;
            }
            let Some(last_access) = account.lastaccess else { continue };
            self.telling += 1;
            let last_access = last_access.saturating_sub(self.ahead);
            if last_access <= self.since {
                continue;
            }
            let hidden = account.hidden();
            self.undecided += usize::from(hidden.is_none());
            let text = |text: Cow<'_, str>| (!text.is_empty()).then(|| text.trim().to_owned());
            self.people.push(Person {
                id: account.id,
                last_access,
                address: None,
                hidden: hidden.unwrap_or(false),
                full_name: text(account.fullname),
                username: text(account.username),
            });
        }
        self.known.len() > before
    }

    /// How many accounts there are.
    pub(super) fn accounts(&self) -> usize {
        self.known.len()
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// [`Error::Denied`] where the site hides when people were last active. Everybody sees their own, so that one proves nothing.
    pub(super) fn poll(mut self, function: &str, capability: &str) -> Result<Poll, Error> {
        let silent = self.known.len() - self.telling;
        if silent > 0 && self.telling <= 1 {
            return Err(Error::Denied(format!(
                "the site hides when people were last active; give the account of the token the capability {capability}, \
                 or take \"Last access\" out of the site's hidden user fields"
            )));
        }
        if silent > 0 {
            warn!("{function}: {silent} accounts do not say when they were last active and are left out");
        }
        self.people.sort_unstable_by_key(|person| person.id);
        Ok(Poll { people: self.people, opt_outs_known: self.undecided == 0 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::from),
            (0u64..6).prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            "\\PC{0,6}".prop_map(Value::from),
            Just(Value::Null),
            Just(json!([{"name": PREFERENCE, "value": "0"}])),
            Just(json!([{"name": PREFERENCE}])),
            Just(json!({})),
        ]
    }

    proptest! {
        /// Answers of any shape: what reads counts each account once and nobody who was not active, and what does not read is refused.
        #[test]
        fn any_answer_is_read_or_refused(
            accounts in proptest::collection::vec(
                (0u64..8, prop_oneof![4 => (90i64..120).prop_map(Value::from), 1 => value()], proptest::option::of(value()), any::<bool>()), 0..12
            ),
            cut in proptest::option::of(0usize..400),
        ) {
            let accounts: Vec<Value> = accounts.iter().map(|(id, last, preferences, named)| {
                let mut account = json!({"id": id, "lastaccess": last, "new-in-moodle-6": [{"a": {}}]});
                if let Some(preferences) = preferences {
                    account["preferences"] = preferences.clone();
                }
                if *named {
                    account["fullname"] = "Ada \"\u{fc}\" Quill".into();
                }
                account
            }).collect();
            let mut text = Value::from(accounts).to_string();
            if let Some(cut) = cut {
                let cut = (0..=cut.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
                text.truncate(cut);
            }
            let Ok(accounts) = serde_json::from_str::<Vec<Account<'_>>>(&text) else { return Ok(()) };
            let mut active = Active::since(100);
            let fresh = active.take(accounts);
            prop_assert_eq!(fresh, active.accounts() > 0);
            let again = serde_json::from_str::<Vec<Account<'_>>>(&text).expect("it read before");
            prop_assert!(!active.take(again), "nobody is new the second time");
            let known = active.accounts();
            if let Ok(poll) = active.poll("core_fn", "moodle/x:y") {
                prop_assert!(poll.people.len() <= known);
                prop_assert!(poll.people.iter().all(|person| person.last_access > 100));
                prop_assert!(poll.people.windows(2).all(|pair| pair[0].id < pair[1].id));
            }
        }
    }
}
