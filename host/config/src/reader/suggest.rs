//! What somebody may have meant.

/// Returns the candidate nearest to a word, if it is near enough to be a slip of the finger.
pub(crate) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Lists names for a message: `"a", "b"`; `none` when there are none.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("{:?}", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let keys = ["timezone", "timeout", "every", "cron", "misfire-window"];
        for (word, expected) in [
            ("timzone", Some("timezone")),
            ("TimeZone", Some("timezone")),
            ("misfire_window", Some("misfire-window")),
            ("evry", Some("every")),
            ("corn", Some("cron")),
            ("interval", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(closest(word, keys), expected, "{word}");
        }
    }
}
