use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

fn redactor(secret: &str) -> Redactor {
    let redactor = Redactor::new();
    redactor.register(&secret.into());
    redactor
}

/// What the path of an address escapes by itself, as an address parser does.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// Writes JSON as PHP does: slashes and everything beyond ASCII escaped.
fn php(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a text").replace('/', "\\/");
    let unit = |char: char| {
        let mut units = [0; 2];
        char.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    json.chars().map(|char| if char.is_ascii() { char.to_string() } else { unit(char) }).collect()
}

fn page(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\'', "&#039;")
}

/// Every way in which a peer might repeat what it was sent.
fn quoted(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let lower = percent.replace("%2F", "%2f").replace("%3D", "%3d").replace("%C3", "%c3");
    vec![
        secret.to_owned(),
        url::form_urlencoded::Serializer::new(String::new()).append_pair("t", secret).finish(),
        percent,
        lower,
        utf8_percent_encode(secret, PATH).to_string(),
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
        STANDARD.encode(format!("clerk:{secret}")),
        URL_SAFE.encode(format!("a clerk:{secret} and more")),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        format!("{secret:?}"),
        secret.escape_unicode().to_string(),
        serde_json::to_string(secret).expect("a text"),
        php(secret),
        secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        page(secret),
        secret.chars().map(|char| format!("&#x{:x};", u32::from(char))).collect(),
    ]
}

#[test]
fn every_form() {
    let secret = "p/w ü+\"1:x?=<🔑>&'";
    let redactor = redactor(secret);
    for text in quoted(secret) {
        let redacted = redactor.redact(&text);
        assert!(redacted.contains(REDACTED), "{text} became {redacted}");
    }
    assert_eq!(redactor.redact("nothing here"), "nothing here");
    assert_eq!(redactor.redact("nothing \\u here, 100%, & so on +"), "nothing \\u here, 100%, & so on +");
}

#[test]
fn longer_secrets_first_and_empty_ones_never() {
    let redactor = redactor("abcdef");
    redactor.register(&"abcdef-and-more".into());
    redactor.register(&"".into());
    assert_eq!(redactor.redact("x abcdef-and-more y abcdef z"), "x [secret] y [secret] z");
    assert!(!format!("{redactor:?}").contains("abcdef"));
}

#[test]
fn a_secret_made_of_escapes_is_found_in_time() {
    let secret = "%25%25\\\\&amp;".repeat(20);
    let text = format!("{}{}", "%25\\\\&amp;".repeat(2_000), utf8_percent_encode(&secret, NON_ALPHANUMERIC));
    let redacted = redactor(&secret).redact(&text).into_owned();
    assert!(redacted.ends_with(REDACTED), "{redacted}");
}

proptest! {
    #[test]
    fn no_secret_survives(secret in "\\PC{6,40}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
        // A mark beside the text around it must not look like the secret.
        prop_assume!(!format!("{before}{REDACTED}{after}").contains(&secret));
        let redactor = redactor(&secret);
        for quoted in quoted(&secret) {
            let redacted = redactor.redact(&format!("{before}{quoted}{after}")).into_owned();
            prop_assert!(redacted.contains(REDACTED) && !redacted.contains(&secret), "{} in {}", quoted, redacted);
        }
        for text in [STANDARD.encode(format!("{before}{secret}{after}")), URL_SAFE.encode(format!("{before}{secret}{after}"))] {
            prop_assert!(redactor.redact(&text).contains(REDACTED), "{}", text);
        }
    }

    /// Whatever else is known, and wherever a text is cut from a longer one.
    #[test]
    fn what_holds_no_secret_is_left_alone(text in "[a-m%\\\\&+; ]{0,80}", secret in "[n-z]{6,12}") {
        prop_assert_eq!(redactor(&secret).redact(&text), text.as_str());
    }

    #[test]
    fn several_secrets_that_overlap_leave_none(
        secrets in proptest::collection::vec("[ab%&+\\\\ ]{1,8}", 1..5),
        text in "[ab%&+\\\\ ]{0,40}",
    ) {
        let redactor = Redactor::new();
        secrets.iter().for_each(|secret| redactor.register(&secret.as_str().into()));
        let redacted = redactor.redact(&text).into_owned();
        for secret in &secrets {
            prop_assert!(redacted.split(REDACTED).all(|piece| !piece.contains(secret.as_str())), "{} in {}", secret, redacted);
        }
    }
}
