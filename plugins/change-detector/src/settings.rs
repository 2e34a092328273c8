//! The operator's settings; `settings.json` is their schema.

use serde::Deserialize;

use crate::dates::Language;

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Collect {
    /// The account's courses.
    Courses,
    /// The sections and modules of each course.
    Contents,
    /// Assignments with their dates.
    Assignments,
    /// Quizzes with their dates.
    Quizzes,
    /// The contents of courses in which Moodle says that something changed.
    Updates,
    /// Announcements and discussions.
    Forums,
    /// The account's grades.
    Grades,
    /// Events, and the dates of activities as the calendar has them.
    Calendar,
}

/// Where the calendar comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CalendarSource {
    /// From the web service.
    #[default]
    WebService,
    /// From the calendar export, where web services are off.
    Ical,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settings {
    pub(crate) collect: Collect,
    /// The courses to look at, where they are not all that are known.
    #[serde(default)]
    pub(crate) courses: Option<Vec<u64>>,
    /// Where the calendar comes from; of no meaning to the others.
    #[serde(default)]
    pub(crate) source: CalendarSource,
    #[serde(default = "languages")]
    pub(crate) languages: Vec<Language>,
    #[serde(default = "high_risk")]
    pub(crate) high_risk: Vec<String>,
}

fn languages() -> Vec<Language> {
    vec![Language::En, Language::Es, Language::De]
}

fn high_risk() -> Vec<String> {
    let words = [
        "cronograma",
        "horario",
        "calendario",
        "programa",
        "fechas",
        "schedule",
        "timetable",
        "calendar",
        "syllabus",
        "dates",
        "zeitplan",
        "stundenplan",
        "kalender",
        "termine",
    ];
    words.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_the_same_defaults() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("settings.json")).expect("JSON");
        assert_eq!(schema["properties"]["high-risk"]["default"], serde_json::json!(high_risk()));
        let all: Vec<Language> =
            serde_json::from_value(schema["properties"]["languages"]["default"].clone()).expect("languages");
        assert_eq!(all, languages());
        let source: CalendarSource =
            serde_json::from_value(schema["properties"]["source"]["default"].clone()).expect("a source");
        assert_eq!(source, CalendarSource::default());
        for word in schema["properties"]["source"]["enum"].as_array().expect("a list") {
            let settings = serde_json::json!({ "collect": "calendar", "source": word });
            assert!(serde_json::from_value::<Settings>(settings).is_ok(), "{word}");
        }
        for word in schema["properties"]["collect"]["enum"].as_array().expect("a list") {
            let settings = serde_json::from_value::<Settings>(serde_json::json!({ "collect": word }));
            assert!(settings.is_ok(), "{word}");
        }
    }
}
