//! Removes secrets from what is kept.
//!
//! Moodle writes secrets into its answers: the account's private key, tokens in addresses of files, the password of a quiz and that of a
//! guest in a conference. The host does not know these values, so they are found by the names beside them; what it knows, its own
//! tokens and passwords, is found wherever it stands.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use beadle_egress::{REDACTED, Redactor};
use regex::{Captures, Regex};

/// Under which names in JSON secrets stand, as Moodle 5.0 has them.
const NAMES: &str =
    "userprivateaccesskey|privatetoken|wstoken|authtoken|token|sesskey|password|guestpassword|moderatorpass|viewerpass";

/// What stands in every text in which something is found by its name: most texts have none of it.
static HINTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let hints = NAMES.split('|').chain(["key=", "key%3D", "tokenpluginfile", "rss"]);
    AhoCorasick::builder().ascii_case_insensitive(true).build(hints).ok()
});

/// Finds a secret by what stands before it, which is the first group. JSON within a text of JSON has its quotes escaped.
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        format!(r#"("(?i-u:{NAMES})"[ \t\r\n]*:[ \t\r\n]*)(?:"(?:[^"\\]|\\.)+"|-?[0-9][0-9.]*)"#),
        format!(r#"(\\+"(?i-u:{NAMES})\\+"[ ]*:[ ]*)(?:\\+"(?:[^"\\]|\\{{2,}}[^ ])*\\"|-?[0-9][0-9.]*)"#),
        r#"((?:[?&;]|%3F|%26)(?i-u:wstoken|privatetoken|authtoken|token|sesskey|key|password)(?:=|%3D))[^&"'<>\\ \t\r\n#]+"#.to_owned(),
        // Addresses of files that need no login, and of news feeds, have the token in their path. Slashes in JSON may be escaped.
        r"(tokenpluginfile\.php\\?/)[0-9A-Za-z]+".to_owned(),
        r"(rss\\?/file\.php\\?/[0-9]+\\?/)[0-9A-Za-z]+".to_owned(),
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Returns the text without secrets.
pub(crate) fn clean(text: &str, known: &Redactor) -> String {
    let mut clean = known.redact(text);
    if HINTS.as_ref().is_some_and(|hints| !hints.is_match(clean.as_ref())) {
        return clean.into_owned();
    }
    for pattern in SECRETS.iter() {
        let quote = |found: &Captures<'_>| {
            let (before, all) = (&found[1], &found[0]);
            let value = &all[before.len()..];
            match value.find('"') {
                // With its quotes, escaped as they were.
                Some(quote) if value[..quote].bytes().all(|byte| byte == b'\\') => {
                    let quote = &value[..=quote];
                    format!("{before}{quote}{REDACTED}{quote}")
                }
                // A number becomes a text; JSON within JSON has the quotes of its names.
                None if before.trim_end().ends_with(':') => {
                    let quote = &before[..=before.find('"').unwrap_or_default()];
                    format!("{before}{quote}{REDACTED}{quote}")
                }
                _ => format!("{before}{REDACTED}"),
            }
        };
        if let Cow::Owned(replaced) = pattern.replace_all(&clean, quote) {
            clean = Cow::Owned(replaced);
        }
    }
    clean.into_owned()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn nothing_is_looked_for_in_vain() {
        assert!(HINTS.is_some());
        assert_eq!(SECRETS.len(), 5, "each is an expression");
        for name in NAMES.split('|') {
            assert_eq!(cleaned(&format!(r#"{{"{name}":"x"}}"#)), format!(r#"{{"{name}":"[secret]"}}"#));
        }
    }

    fn cleaned(text: &str) -> String {
        clean(text, &Redactor::new())
    }

    #[test]
    fn secrets_of_a_site_are_found_by_their_names() {
        for (dirty, kept) in [
            (r#"{"userprivateaccesskey":"0123abcd","userid":3}"#, r#"{"userprivateaccesskey":"[secret]","userid":3}"#),
            (r#"{"password" : "a\"b\\", "next": "x"}"#, r#"{"password" : "[secret]", "next": "x"}"#),
            (r#"{"password":1234}"#, r#"{"password":"[secret]"}"#),
            (r#"{"password":"","token":null}"#, r#"{"password":"","token":null}"#),
            (r#"{"haspassword":1,"name":"password"}"#, r#"{"haspassword":1,"name":"password"}"#),
            (
                r#"{"data":"{\"guestpassword\":\"pw 1\",\"id\":4}"}"#,
                r#"{"data":"{\"guestpassword\":\"[secret]\",\"id\":4}"}"#,
            ),
            (r#"{"data":"{\"token\":12,\"id\":4}"}"#, r#"{"data":"{\"token\":\"[secret]\",\"id\":4}"}"#),
            (
                r#"{"u":"https://a.example/f.pdf?x=1&token=abc123"}"#,
                r#"{"u":"https://a.example/f.pdf?x=1&token=[secret]"}"#,
            ),
            (
                r#"{"u":"https:\/\/a.example\/f?token=abc\u0026y=1"}"#,
                r#"{"u":"https:\/\/a.example\/f?token=[secret]\u0026y=1"}"#,
            ),
            ("<a href=\"/x?a=1&amp;wstoken=abc&amp;b=2\">", "<a href=\"/x?a=1&amp;wstoken=[secret]&amp;b=2\">"),
            (
                r"https:\/\/a\/tokenpluginfile.php\/0a1b\/5\/x.png",
                r"https:\/\/a\/tokenpluginfile.php\/[secret]\/5\/x.png",
            ),
            (
                "https://a/rss/file.php/26/0a1b/mod_forum/1/rss.xml",
                "https://a/rss/file.php/26/[secret]/mod_forum/1/rss.xml",
            ),
            ("the token of our time", "the token of our time"),
        ] {
            assert_eq!(cleaned(dirty), kept);
            assert_eq!(cleaned(kept), kept, "again it is the same");
        }
    }

    #[test]
    fn known_secrets_are_found_wherever_they_stand() {
        let known = Redactor::new();
        known.register(&SecretString::from("hunter2-hunter2"));
        assert_eq!(clean("see hunter2-hunter2 there", &known), "see [secret] there");
    }

    #[test]
    fn what_is_json_stays_json() {
        let mut text = String::from("[");
        for number in 0..2_000 {
            text.push_str(&format!(r#"{{"password":"{number}\\","d":"{{\"token\":\"{number}\"}}"}},"#));
        }
        text.push_str("{}]");
        let clean: serde_json::Value = serde_json::from_str(&cleaned(&text)).expect("JSON");
        assert_eq!(clean[7], serde_json::json!({ "password": "[secret]", "d": "{\"token\":\"[secret]\"}" }));
    }
}
