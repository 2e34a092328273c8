//! What languages call months, and what a date may be about.

use serde::Deserialize;

/// A language that texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
    /// German.
    De,
}

/// What a language calls things.
pub(super) struct Words {
    pub(super) months: [&'static str; 12],
    pub(super) due: &'static [&'static str],
    pub(super) exam: &'static [&'static str],
    pub(super) class: &'static [&'static str],
}

const ENGLISH: Words = Words {
    months: [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
    due: &["due", "deadline", "hand in", "hand-in", "submit", "submission", "closes"],
    exam: &["exam", "midterm", "quiz", "test"],
    class: &["class", "lecture", "schedule", "session", "meeting"],
};

const SPANISH: Words = Words {
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    due: &["entrega", "vence", "vencimiento", "cierra", "deadline"],
    exam: &["parcial", "recuperatorio", "examen", "final"],
    class: &["clase", "cronograma", "horario", "encuentro"],
};

const GERMAN: Words = Words {
    months: [
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
    ],
    due: &["abgabe", "abzugeben", "fällig", "frist", "einreichen", "schließt"],
    exam: &["klausur", "prüfung", "klassenarbeit", "nachschreib"],
    class: &["unterricht", "vorlesung", "stunde", "treffen", "stundenplan"],
};

impl Language {
    /// Returns what it calls things.
    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::En => &ENGLISH,
            Self::Es => &SPANISH,
            Self::De => &GERMAN,
        }
    }
}
