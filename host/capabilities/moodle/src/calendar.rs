//! The calendar export: a page whose address holds a token, and says who asks and for how long a time. It is there where web services
//! are off. A token that is not known is answered with status 200 and a sentence.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use beadle_egress::{Answer, ExposeSecret as _, Redactor, Secret};
use url::Url;

use crate::account::Reread;

/// The page below Moodle's front page.
const PAGE: &str = "/calendar/export_execute.php";

/// The stretches of time that move on with the clock, so that what was ahead of it stays in it until it has passed. Others begin ahead
/// of now, or end at the end of a week or a month, and what leaves them would look deleted.
const STRETCHES: [&str; 2] = ["recentupcoming", "custom"];

/// How to get such an address.
const RENEW: &str = "make a new one in Moodle under Calendar → Import or export calendars → Export calendar → Get calendar URL, and put \
                     it where `calendar` says";

/// The address of a calendar export, a secret as a whole.
#[derive(Clone, Debug)]
pub struct CalendarAddress {
    /// The address as Moodle gives it.
    pub address: Secret,
    /// How it is read again, when the site refuses it.
    pub reread: Reread,
}

/// A site's calendar export.
pub(crate) struct Export {
    base: Url,
    reread: Reread,
    redactor: Redactor,
    /// The path below the base, with the query.
    target: Mutex<String>,
}

impl Export {
    /// Takes an address that must lie on the site at `base`. Messages show nothing of it.
    pub(crate) fn new(calendar: CalendarAddress, base: &Url, redactor: Redactor) -> Result<Self, String> {
        let CalendarAddress { address, reread } = calendar;
        let target = Mutex::new(target(&address, base, &redactor)?);
        Ok(Self { base: base.clone(), reread, redactor, target })
    }

    /// Returns what is to be fetched.
    pub(crate) fn target(&self) -> String {
        self.target.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the address again and returns what is to be fetched then, where it is a good one.
    pub(crate) fn renewed(&self) -> Option<String> {
        let other = target(&self.reread.read()?, &self.base, &self.redactor).ok()?;
        self.target.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&other);
        Some(other)
    }
}

/// Returns the part of an address below the site's own, after it was made known to the redactor.
fn target(address: &Secret, base: &Url, redactor: &Redactor) -> Result<String, String> {
    redactor.register(address);
    let wrong = |what: &str| format!("{what}; {RENEW}");
    let url = Url::parse(address.expose_secret().trim()).map_err(|_| wrong("the calendar's address is none"))?;
    let asked = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let token = asked("authtoken").filter(|token| !token.is_empty());
    if let Some(token) = &token {
        redactor.register(&token.clone().into());
    }
    if url.origin() != base.origin() {
        let whose = base.origin().ascii_serialization();
        return Err(wrong(&format!("the calendar's address is of another host than `url`, which is {whose}")));
    }
    let page = format!("{}{PAGE}", base.path().trim_end_matches('/'));
    if url.path() != page {
        return Err(wrong(&format!("the calendar's address is not that of the page {page}")));
    }
    if asked("userid").is_none() || token.is_none() {
        return Err(wrong("the calendar's address has no userid or no authtoken: it is not whole"));
    }
    let stretch = asked("preset_time").unwrap_or_default();
    if !STRETCHES.contains(&stretch.as_str()) {
        return Err(wrong(
            "the calendar's address asks for another time period than \"Recent and next 60 days\" or \"Custom range\", so that what \
             leaves it would look deleted",
        ));
    }
    Ok(format!("{PAGE}?{}", url.query().unwrap_or_default()))
}

/// What the site says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// The calendar, as the site sent it.
    Calendar(String),
    /// It does not take the address: the operator has to do something.
    Refused(String),
    /// It is there and cannot serve.
    Away { why: String, wait: Option<Duration> },
}

/// Tells a calendar from everything else that comes in its place.
pub(crate) fn read(answer: Answer) -> Said {
    let (status, wait) = (answer.status.as_u16(), answer.retry_after());
    let refused = |what: &str| Said::Refused(format!("{what}; {RENEW}"));
    match status {
        200..=299 => {}
        300..=399 => {
            return refused("the site sends the request for the calendar away, as for an address that is not whole");
        }
        429 => return Said::Away { why: "the site asks to wait (status 429)".to_owned(), wait },
        400..=499 => return refused(&format!("the site does not take the calendar's address (status {status})")),
        503 => return Said::Away { why: "the site is in maintenance (status 503)".to_owned(), wait },
        _ => return Said::Away { why: format!("the site answered with status {status}"), wait },
    }
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/calendar") {
        // The same words in every language that a site may have would be too many to know; the kind of the answer is enough.
        return refused(
            "the site answers with a page in place of the calendar: the token in the address is not known to it, as after a change of \
             the account's password",
        );
    }
    match String::from_utf8(answer.body.into()) {
        Ok(text) => Said::Calendar(text),
        Err(_) => Said::Away { why: "the calendar export is not UTF-8".to_owned(), wait: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "https://moodle.school.example/m/calendar/export_execute.php?userid=3&authtoken=c0ffee&preset_what=all\
                        &preset_time=recentupcoming";

    fn target_of(address: &str) -> Result<String, String> {
        target(&address.into(), &"https://moodle.school.example/m".parse().unwrap(), &Redactor::new())
    }

    #[test]
    fn an_address_is_one_of_the_sites_own_export() {
        assert_eq!(
            target_of(GOOD).as_deref(),
            Ok("/calendar/export_execute.php?userid=3&authtoken=c0ffee&preset_what=all&preset_time=recentupcoming")
        );
        assert!(target_of(&GOOD.replace("recentupcoming", "custom")).is_ok());
        for (address, part) in [
            ("c0ffee".to_owned(), "is none"),
            (
                GOOD.replace("moodle.school", "moodle.other"),
                "another host than `url`, which is https://moodle.school.example",
            ),
            (GOOD.replace("https:", "http:"), "another host"),
            (GOOD.replace(".example/", ".example:8443/"), "another host"),
            (GOOD.replace("/m/", "/"), "/m/calendar/export_execute.php"),
            (GOOD.replace("export_execute", "export"), "not that of the page"),
            (GOOD.replace("&authtoken=c0ffee", ""), "not whole"),
            (GOOD.replace("userid=3&", ""), "not whole"),
            (GOOD.replace("recentupcoming", "weeknext"), "time period"),
            (GOOD.replace("&preset_time=recentupcoming", ""), "time period"),
        ] {
            let message = target_of(&address).unwrap_err();
            assert!(message.contains(part) && message.contains("Get calendar URL"), "{address}: {message}");
            assert!(!message.contains("c0ffee"), "{message}");
        }
    }

    #[test]
    fn a_token_is_known_to_the_redactor_even_from_a_wrong_address() {
        let redactor = Redactor::new();
        let base = "https://moodle.other.example/".parse().unwrap();
        let address = GOOD.replace("c0ffee", "c0ffeec0ffeec0ffee");
        target(&address.into(), &base, &redactor).unwrap_err();
        assert!(!redactor.redact("authtoken c0ffeec0ffeec0ffee").contains("c0ffee"));
    }
}
