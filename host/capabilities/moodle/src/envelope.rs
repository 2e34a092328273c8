//! Tells answers from errors. Most errors come with status 200; what decides is the error's code, never its class or text.

use beadle_egress::{Answer, Redactor};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::failure::Failure;

/// What an answer of the site means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// JSON, as the site sent it.
    Good(String),
    /// The token is not known to the site, or no longer.
    TokenRefused(String),
    /// The account may not use web services.
    AccountRefused(String),
    /// `accessexception`: one of several things, among them a token that expires with this very call.
    AccessDenied(String),
    /// The site is there and cannot serve: maintenance, no database, or something before it. Asking again at once is no use.
    Away {
        /// What it said.
        why: String,
        /// How long it asks to wait.
        wait: Option<std::time::Duration>,
    },
    /// Anything else that went wrong.
    Failed(Failure),
}

/// Moodle's two envelopes at once: `exception`, `errorcode`, `message` from functions, `error`, `errorcode` from pages.
#[derive(Deserialize)]
struct Envelope {
    exception: Option<IgnoredAny>,
    errorcode: Option<Value>,
    message: Option<Value>,
    error: Option<Value>,
}

/// A text of Moodle's that an operator reads: enough for a sentence, not for a page.
const LONGEST: usize = 300;

/// Reads the answer of a function or of `login/token.php`. The site's own words may repeat what it was sent: secrets are taken out of
/// them before they are shortened, because half of one would not be known again.
pub(crate) fn read(answer: Answer, redactor: &Redactor) -> Verdict {
    let status = answer.status.as_u16();
    let wait = answer.retry_after();
    let away = |why: &str| Verdict::Away { why: why.to_owned(), wait };
    match status {
        300..=399 => return Verdict::Away { why: redirected(&answer, redactor), wait: None },
        403 if answer.body.is_empty() => {
            return away("web services, or the REST protocol, are switched off on the site");
        }
        404 => return away("there is no web service at this address; is `url` the address of Moodle's front page?"),
        413 => {
            return Verdict::Failed(Failure::Invalid("the call is larger than the site's web server takes".to_owned()));
        }
        429 => return away("the site asks to wait (status 429)"),
        _ => {}
    }
    // Without a copy: the list of a large site is some 30 MB.
    let Ok(text) = String::from_utf8(answer.body.into()) else {
        return Verdict::Failed(Failure::Unavailable("the site's answer is not UTF-8".to_owned()));
    };
    let whole = text.trim_start_matches('\u{feff}').trim();
    let read = match whole.as_bytes().first() {
        Some(b'{') => serde_json::from_str::<Envelope>(whole).map(Some),
        _ => serde_json::from_str::<IgnoredAny>(whole).map(|_| None),
    };
    match read {
        Ok(Some(envelope)) if envelope.exception.is_some() => judge(envelope.errorcode, envelope.message, redactor),
        Ok(Some(Envelope { errorcode: Some(code), error: Some(error), .. })) => {
            judge(Some(code), Some(error), redactor)
        }
        Ok(_) if (200..300).contains(&status) => Verdict::Good(text),
        Ok(_) => away(&format!("the site answered with status {status}")),
        Err(_) if status == 503 => away("the site is in maintenance (status 503)"),
        Err(_) if status >= 300 => away(&format!("the site's web server answered with status {status} and a page")),
        Err(_) => no_json(whole),
    }
}

/// Judges by the code alone; some codes are sentences.
fn judge(code: Option<Value>, message: Option<Value>, redactor: &Redactor) -> Verdict {
    let code = plain(code, redactor);
    let message = plain(message, redactor);
    match code.as_str() {
        "invalidtoken" => Verdict::TokenRefused(message),
        "accessexception" => Verdict::AccessDenied(message),
        "wsaccessusersuspended"
        | "wsaccessuserdeleted"
        | "wsaccessuserexpired"
        | "wsaccessusernologin"
        | "wsaccessuserunconfirmed" => Verdict::AccountRefused(message),
        "sitemaintenance" | "upgraderunning" => {
            Verdict::Away { why: "the site is in maintenance".to_owned(), wait: None }
        }
        "dbconnectionfailed" => Verdict::Away { why: "the site does not reach its database".to_owned(), wait: None },
        // Tables that are locked, damaged or on a full disk; each call of a web service also writes a row of Moodle's log.
        "dmlreadexception" | "dmlwriteexception" | "dmltransactionexception" => {
            Verdict::Failed(Failure::Unavailable(format!("the site's database fails: {message} ({code})")))
        }
        "requirecorrectaccess" => {
            let why = "the site answers only under its own address; write that one as `url`".to_owned();
            Verdict::Away { why, wait: None }
        }
        _ => Verdict::Failed(Failure::Refused { code, message }),
    }
}

/// Turns a text of Moodle's, which may be HTML, into one line.
fn plain(value: Option<Value>, redactor: &Redactor) -> String {
    let text = match value {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let text = redactor.redact(&text).into_owned();
    let mut inside = false;
    let bare: String = text
        .chars()
        .filter_map(|char| match char {
            '<' => {
                inside = true;
                Some(' ')
            }
            '>' if inside => {
                inside = false;
                None
            }
            _ if inside => None,
            _ => Some(char),
        })
        .collect();
    // A lone `<` is no tag: better the raw text than half of it.
    let bare = if inside { text } else { bare };
    let line = bare.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Says what came in place of JSON. What PHP says may be about one function only; a page, or nothing, is about the way to the site.
fn no_json(text: &str) -> Verdict {
    let failed = |what: &str| Verdict::Failed(Failure::Unavailable(format!("the site answered with {what}")));
    let away = |what: &str| Verdict::Away { why: format!("the site answered with {what}"), wait: None };
    if text.is_empty() {
        away("nothing")
    } else if text.starts_with("<br") || text.contains("<b>Warning</b>") || text.contains("<b>Fatal error</b>") {
        failed("messages of PHP in place of JSON; switch off `display_errors` on the site")
    } else if text.starts_with('<') {
        away("a page in place of JSON; something before the site, such as a log-in portal, answers for it")
    } else {
        failed("something that is no whole JSON")
    }
}

fn redirected(answer: &Answer, redactor: &Redactor) -> String {
    let location = answer.headers.get("location").and_then(|value| value.to_str().ok());
    // The query is left out: portals put return addresses and more into it.
    let to = location.and_then(|location| answer.url.join(location).ok()).map(|mut url| {
        url.set_query(None);
        url.set_fragment(None);
        redactor.redact(url.as_str()).into_owned()
    });
    match to {
        Some(to) => format!("the site sends this request away to {to}; write the site's own address as `url`"),
        None => format!("the site sends this request away (status {})", answer.status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(answer: Answer) -> Verdict {
        super::read(answer, &Redactor::new())
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            url: "https://moodle.school.example/webservice/rest/server.php".parse().unwrap(),
            status: beadle_egress_status(status),
            headers: Default::default(),
            body: body.to_owned().into(),
        }
    }

    fn beadle_egress_status<T: TryFrom<u16>>(status: u16) -> T
    where
        T::Error: std::fmt::Debug,
    {
        status.try_into().unwrap()
    }

    #[test]
    fn successes_of_all_shapes() {
        for body in [
            "null",
            "[]",
            "{}",
            "[{\"exception\":\"inside\"}]",
            "\"text\"",
            "1",
            " {\"warnings\":[{\"message\":\"m\"}]}\n",
            "{\"error\":\"a field of that name\"}",
            "{\"errorcode\":\"alone\"}",
            "\u{feff}[]",
        ] {
            assert_eq!(read(answer(200, body)), Verdict::Good(body.to_owned()), "{body}");
        }
    }

    #[test]
    fn the_code_decides() {
        let of = |code: &str| {
            read(answer(200, &format!(r#"{{"exception":"any\\thing","errorcode":"{code}","message":"m"}}"#)))
        };
        assert_eq!(of("invalidtoken"), Verdict::TokenRefused("m".into()));
        assert_eq!(of("accessexception"), Verdict::AccessDenied("m".into()));
        assert_eq!(of("wsaccessusersuspended"), Verdict::AccountRefused("m".into()));
        assert!(matches!(of("sitemaintenance"), Verdict::Away { .. }));
        assert!(
            matches!(of("dmlwriteexception"), Verdict::Failed(Failure::Unavailable(text)) if text.contains("database"))
        );
        let limit = "Limit must be between 1 and 50 (inclusive)";
        assert_eq!(of(limit), Verdict::Failed(Failure::Refused { code: limit.into(), message: "m".into() }));
        let page = r#"{"error":"Invalid login, please try again","errorcode":"invalidlogin","stacktrace":null}"#;
        let refused =
            Failure::Refused { code: "invalidlogin".into(), message: "Invalid login, please try again".into() };
        assert_eq!(read(answer(200, page)), Verdict::Failed(refused));
        let php = r#"{"exception":"Error","message":"Call to a member function get_meeting() on null"}"#;
        let Verdict::Failed(Failure::Refused { code, message }) = read(answer(200, php)) else { panic!() };
        assert_eq!((code.as_str(), message.starts_with("Call to")), ("", true));
    }

    #[test]
    fn texts_of_moodle_become_a_line() {
        let line = |value| plain(value, &Redactor::new());
        assert_eq!(line(Some("<p>Error: Database</p>\n<p>It is down</p>".into())), "Error: Database It is down");
        assert_eq!(line(Some("limit < 50".into())), "limit < 50");
        assert_eq!(line(Some("x".repeat(5_000).into())).chars().count(), LONGEST + 1);
        assert_eq!(line(Some("ü".repeat(5_000).into())).chars().count(), LONGEST + 1);
    }

    #[test]
    fn what_is_no_json() {
        for (status, body, part) in [
            (200, "<!DOCTYPE html><html>log in</html>", "a page in place of JSON"),
            (200, "<br />\n<b>Warning</b>: x{\"a\":1}", "display_errors"),
            (200, "", "nothing"),
            (200, "{\"a\":", "no whole JSON"),
            (200, "<?xml version=\"1.0\"?><EXCEPTION/>", "a page in place of JSON"),
        ] {
            let verdict = read(answer(status, body));
            assert!(
                matches!(&verdict, Verdict::Failed(Failure::Unavailable(text)) | Verdict::Away { why: text, .. }
                    if text.contains(part)),
                "{body}: {verdict:?}"
            );
        }
        for (status, body, part) in [
            (403, "", "switched off"),
            (403, "<html>forbidden</html>", "status 403"),
            (404, "", "no web service"),
            (502, "<html>bad gateway</html>", "status 502"),
            (503, "<html>Maintenance</html>", "maintenance"),
            (500, "", "status 500"),
            (500, "{}", "status 500"),
            (429, "{}", "asks to wait"),
        ] {
            let verdict = read(answer(status, body));
            assert!(
                matches!(&verdict, Verdict::Away { why, .. } if why.contains(part)),
                "{status} {body}: {verdict:?}"
            );
        }
        let mut away = answer(303, "<html>");
        away.headers.insert("location", "https://login.school.example/sso?back=SECRET".parse().unwrap());
        let Verdict::Away { why, .. } = read(away) else { panic!() };
        assert!(why.contains("https://login.school.example/sso;") && !why.contains("SECRET"), "{why}");
    }

    #[test]
    fn a_secret_is_not_cut_in_two() {
        let redactor = Redactor::new();
        redactor.register(&"p/w \"with\" <b>all</b>  of it".into());
        for before in 0..LONGEST + 8 {
            let message = format!("{}p/w \"with\" <b>all</b>  of it", "x".repeat(before));
            let said = plain(Some(message.into()), &redactor);
            assert!(!said.contains('w'), "{before}: {said}");
        }
    }

    /// What answers are made of, well and badly put together.
    fn body() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            proptest::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
            "\\PC{0,8}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    const PIECES: [&str; 24] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"exception\"",
        "\"errorcode\"",
        "\"message\"",
        "\"error\"",
        "\"invalidtoken\"",
        "\"accessexception\"",
        "\"sitemaintenance\"",
        "null",
        "1",
        "\"\\ud83d\"",
        "\"<p>no</p>\"",
        "<html>",
        "<br />",
        "<b>Warning</b>",
        "\u{feff}",
        " ",
        "\n",
        "\"x < y\"",
    ];

    proptest! {
        /// Whatever comes, of whatever status: it is an answer in JSON, or a failure in one short line.
        #[test]
        fn any_bytes_are_an_answer_or_a_failure(body in body(), status in 100u16..=999) {
            let mut answer = answer(status, "");
            answer.body = body.into();
            let said = match read(answer) {
                Verdict::Good(text) => {
                    prop_assert!(serde_json::from_str::<IgnoredAny>(text.trim_start_matches('\u{feff}').trim()).is_ok(), "{}", text);
                    return Ok(());
                }
                Verdict::TokenRefused(text) | Verdict::AccountRefused(text) | Verdict::AccessDenied(text) => text,
                Verdict::Away { why, .. } => why,
                Verdict::Failed(failure) => failure.to_string(),
            };
            prop_assert!(said.chars().count() <= 2 * (LONGEST + 4) && !said.contains('\n'), "{}", said);
        }

        /// An error is known by its code, whatever else stands around it.
        #[test]
        fn an_error_is_never_taken_for_an_answer(message in "\\PC{0,40}", code in "[a-z]{1,12}", page in any::<bool>()) {
            let body = match page {
                true => serde_json::json!({"error": message, "errorcode": code, "stacktrace": null}),
                false => serde_json::json!({"exception": "x", "errorcode": code, "message": message, "debuginfo": message}),
            };
            prop_assert!(!matches!(read(answer(200, &body.to_string())), Verdict::Good(_)));
        }
    }
}
