//! Secrets of recognisable value, and the search for them in everything that a host leaves behind.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{Done, House, files};

/// Secrets that must stand nowhere.
#[derive(Default)]
pub(crate) struct Canaries {
    known: Vec<(&'static str, String)>,
}

impl Canaries {
    /// Adds one; `what` names it where it is found.
    pub(crate) fn add(&mut self, what: &'static str, secret: impl Into<String>) {
        self.known.push((what, secret.into()));
    }

    /// Writes all of them in all forms, for peers that repeat what they know.
    pub(crate) fn sung(&self) -> String {
        self.known.iter().flat_map(|(_, secret)| forms(secret)).collect::<Vec<_>>().join(" ")
    }

    /// Expects none of them in what a command printed.
    #[track_caller]
    pub(crate) fn not_in(&self, what: &str, done: &Done) {
        self.not_in_bytes(&format!("{what}, printed"), done.out.as_bytes());
        self.not_in_bytes(&format!("{what}, logged"), done.err.as_bytes());
    }

    /// Expects none of them in a folder, but in the files that hold them on purpose; nor in the compile cache.
    #[track_caller]
    pub(crate) fn not_in_files(&self, house: &House, but: &[&str]) {
        let cache = super::cache();
        for (name, bytes) in files::all(house.path()).into_iter().chain(files::all(&cache)) {
            if !but.contains(&name.as_str()) {
                self.not_in_bytes(&name, &bytes);
            }
        }
    }

    #[track_caller]
    fn not_in_bytes(&self, place: &str, bytes: &[u8]) {
        let (names, forms): (Vec<&str>, Vec<String>) = self
            .known
            .iter()
            .flat_map(|(what, secret)| forms(secret).into_iter().map(move |form| (*what, form)))
            .unzip();
        let found = AhoCorasick::new(&forms).expect("a few forms").find(bytes);
        if let Some(found) = found {
            let around = &bytes[found.start().saturating_sub(200)..(found.end() + 100).min(bytes.len())];
            panic!("{} in {place}: {}", names[found.pattern().as_usize()], String::from_utf8_lossy(around));
        }
    }
}

/// Returns a secret as it is, percent-encoded in both ways, escaped for JSON, in base64 wherever it begins, and in hexadecimal digits.
fn forms(secret: &str) -> Vec<String> {
    let each = |write: &dyn Fn(u8) -> String| secret.bytes().map(write).collect::<String>();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![
        secret.to_owned(),
        form.replace('+', "%20"),
        form,
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("%{byte:02x}")),
        secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        serde_json::to_string(secret).expect("a text").trim_matches('"').to_owned(),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
    ];
    for lead in 0..3 {
        let bytes = [vec![0; lead].as_slice(), secret.as_bytes()].concat();
        let (from, to) = ([0, 2, 3][lead], bytes.len() * 8 / 6);
        forms.extend(
            [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)].map(|text| text[from..to].to_owned()),
        );
    }
    forms
}
