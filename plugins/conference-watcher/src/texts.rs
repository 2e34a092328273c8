//! What messages say, in the languages of the host. All texts of the plugin's messages stand here.

/// The texts of a language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Texts {
    /// For a conference without a name.
    pub(crate) untitled: &'static str,
    /// Before how long it lasts.
    pub(crate) lasts: &'static str,
    /// What a link to the meeting reads.
    pub(crate) join: &'static str,
    /// Before when it begins.
    pub(crate) begins: &'static str,
    /// Units, after a number.
    pub(crate) days: &'static str,
    pub(crate) hours: &'static str,
    pub(crate) minutes: &'static str,
}

const ENGLISH: Texts = Texts {
    untitled: "Conference",
    lasts: "Duration:",
    join: "Join",
    begins: "Begins",
    days: "d",
    hours: "h",
    minutes: "min",
};

const GERMAN: Texts = Texts {
    untitled: "Konferenz",
    lasts: "Dauer:",
    join: "Teilnehmen",
    begins: "Beginn:",
    days: "Tg.",
    hours: "Std.",
    minutes: "Min.",
};

const SPANISH: Texts = Texts {
    untitled: "Conferencia",
    lasts: "Duración:",
    join: "Unirse",
    begins: "Comienza:",
    days: "d",
    hours: "h",
    minutes: "min",
};

/// Returns the texts of a language, in English where there are none.
pub(crate) fn of(language: &str) -> &'static Texts {
    match language.split(['-', '_']).next() {
        Some("de") => &GERMAN,
        Some("es") => &SPANISH,
        _ => &ENGLISH,
    }
}

impl Texts {
    /// Writes a length of time in seconds as days, hours and minutes, whole minutes.
    pub(crate) fn length(&self, seconds: i64) -> String {
        let minutes = seconds.max(0) / 60;
        let parts = [(minutes / 1440, self.days), (minutes / 60 % 24, self.hours), (minutes % 60, self.minutes)];
        let mut said: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
        if said.is_empty() {
            said.push(format!("0 {}", self.minutes));
        }
        said.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_texts_and_others_read_english() {
        assert_eq!(of("de").lasts, "Dauer:");
        assert_eq!(of("de-AT"), of("de"));
        assert_eq!(of("es").join, "Unirse");
        assert_eq!((of("en"), of("fr")), (&ENGLISH, &ENGLISH));
    }

    #[test]
    fn lengths_are_told_in_what_they_are_made_of() {
        for (seconds, expected) in [
            (5400, "1 h 30 min"),
            (3600, "1 h"),
            (259_200, "3 d"),
            (90_060, "1 d 1 h 1 min"),
            (59, "0 min"),
            (-5, "0 min"),
        ] {
            assert_eq!(of("en").length(seconds), expected);
        }
        assert_eq!(of("de").length(5400), "1 Std. 30 Min.");
    }
}
