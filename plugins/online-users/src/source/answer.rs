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

    /// Takes a page. Returns whether there was anybody in it who had not been there before.
    pub(super) fn take(&mut self, accounts: Vec<Account<'_>>) -> bool {
        let before = self.known.len();
        for account in accounts {
            if !self.known.insert(account.id) {
                continue;
            }
            let Some(last_access) = account.lastaccess else { continue };
            self.telling += 1;
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
